"""The season as satellites saw it: one small line of NDVI for a lot's parcels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from agridata.observations.models import Scene, ZonalStatistic
from agridata.vocabulary import Utc, local_date
from apps.views._text import Lang, day, number, say
from apps.views._trace_model import Chart
from apps.views._trace_text import PAGE

__all__ = ["greenness"]

SEASON_DAYS = 150
"""A rice season with its fallow before: the longest the Mekong delta grows is about 120 days."""

WIDTH, HEIGHT = 300, 60


def greenness(session: Session, parcels: Sequence[str], lang: Lang, now: Utc) -> Chart | None:
    """Return the mean NDVI of `parcels` per image over the last season, None without images."""
    rows = session.exec(
        select(Scene.time, ZonalStatistic.mean, Scene.simulated)
        .join(ZonalStatistic, col(ZonalStatistic.scene_key) == Scene.key)
        .where(
            ZonalStatistic.zone_kind == "parcel",
            col(ZonalStatistic.zone).in_(parcels),
            sa.func.lower(ZonalStatistic.band) == "ndvi",
            Scene.time <= now,
            Scene.time >= now - timedelta(days=SEASON_DAYS),
            col(ZonalStatistic.mean).is_not(None),
        )
        .order_by(col(Scene.time))
    ).all()
    by_day: dict[date, list[float]] = {}
    for time, mean, _ in rows:
        by_day.setdefault(local_date(time), []).append(float(mean or 0.0))
    if len(by_day) < 2:
        return None
    series = [(when, sum(values) / len(values)) for when, values in sorted(by_day.items())]
    return _drawn(series, lang, simulated=any(simulated for _, _, simulated in rows))


def _drawn(series: Sequence[tuple[date, float]], lang: Lang, *, simulated: bool) -> Chart:
    start, span = series[0][0], (series[-1][0] - series[0][0]).days
    points = " ".join(
        f"{(when - start).days / span * WIDTH:.0f},{HEIGHT - max(0.0, min(1.0, ndvi)) * HEIGHT:.0f}"
        for when, ndvi in series
    )
    peak_day, peak = max(series, key=lambda one: one[1])
    last_day, last = series[-1]
    sentence = say(
        PAGE, lang, "ndvi_sentence", count=len(series),
        peak=number(peak, lang, 2), peak_day=day(peak_day, lang),
        last=number(last, lang, 2), last_day=day(last_day, lang),
    )  # fmt: skip
    rows = tuple((day(when, lang), number(ndvi, lang, 2)) for when, ndvi in series)
    return Chart(points, sentence, rows, simulated)
