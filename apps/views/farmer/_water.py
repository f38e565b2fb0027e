"""Salinity at a place: the advice, what it rests on, how good the forecast is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from agridata.errors import NotFoundError
from agridata.forecasts import Advice, SalinityForecast, advice_for, latest_salinity
from agridata.observations.models import Station
from agridata.places import resolve_slug
from agridata.registry.models import Parcel
from agridata.vocabulary import Utc, local_date, to_local
from apps.views._text import Lang, day, moment, number, say
from apps.views._trace_model import LotLink
from apps.views.farmer._common import best_baseline, crop_name, error_of, old_names
from apps.views.farmer_text import FARMER, method_name

__all__ = ["THRESHOLDS_GL", "ForecastDay", "WaterPage", "water_page"]

THRESHOLDS_GL = (1.0, 4.0)
"""The two isolines of every Vietnamese bulletin, g/L (‰)."""

STALE_HOURS = 48
"""A reading older than this supports no advice (the limit of the advice itself)."""

ROUNDING = 1e-9
"""0.57 × 100 is 56.999… in binary; the sentence of the advice counts it as 57 too."""

FIELDS_SHOWN = 12
CHART_WIDTH, CHART_HEIGHT = 300, 100


@dataclass(frozen=True, slots=True)
class Band:
    """Forecast as SVG in a 300 × 100 box: interval polygon, middle line, threshold height."""

    polygon: str
    line: str
    threshold_y: float
    top_label: str


@dataclass(frozen=True, slots=True)
class ForecastDay:
    """One row of the forecast table, numbers already written out (g/L)."""

    day: str
    middle: str
    interval: str
    chance: str
    lead: str
    method: str
    error_model: str
    error_best: str


@dataclass(frozen=True, slots=True)
class WaterPage:
    """Salinity at a place, in the order a farmer asks."""

    lang: Lang
    code: str
    place: str
    old_names: str
    as_of: str
    status: str
    word: str
    sentence: str
    threshold: str
    other_thresholds: tuple[tuple[str, str], ...]
    windows: tuple[tuple[str, str], ...]
    last_reading: str
    station: str
    days: tuple[ForecastDay, ...]
    band: Band | None
    fields: tuple[LotLink, ...]
    simulated: bool


def water_page(
    session: Session, place_code: str, *, threshold_gl: float, lang: Lang, now: Utc
) -> WaterPage:
    """Tell what was advised to a place, on which station and forecast it rests, and how good it is.

    Raises
    ------
    NotFoundError
        If the place (a code, or a name without tone marks) is unknown, or was never
        given advice.
    """
    unit = resolve_slug(session, place_code)
    advice = advice_for(session, unit.code, threshold_gl, until=now)
    if advice is None:
        raise NotFoundError(
            f"no advice was issued for {unit.full_name}", where=place_code, field="place",
            fix="run `agridata advice` for it",
            problem_vi=f"chưa có khuyến cáo cho {unit.full_name}",
            fix_vi="hãy chọn xã, phường khác",
        )  # fmt: skip
    station = _station(session, advice.station_key)
    rows = latest_salinity(session, station.key, until=local_date(now)) if station else []
    stale = _is_stale(advice, now)
    shown_at = now if stale else advice.as_of
    status = _status(advice, now)
    fresh = rows if status != "unknown" else []
    return WaterPage(
        lang=lang, code=unit.code, place=unit.full_name, old_names=old_names(session, unit.code),
        as_of=moment(shown_at, lang), status=status,
        word=say(FARMER, lang, f"word_{status}"),
        sentence=_stale_sentence(advice, now, lang) if stale else _sentence(advice, lang),
        threshold=_threshold(threshold_gl, lang),
        other_thresholds=tuple(
            (f"{value:g}", say(FARMER, lang, "threshold_other", value=number(value, lang)))
            for value in THRESHOLDS_GL
            if value != threshold_gl
        ),
        windows=tuple(_window(one, lang) for one in _coming(advice, now)),
        last_reading=_last_reading(advice, shown_at, lang), station=_station_text(station, lang),
        days=tuple(_forecast_day(row, threshold_gl, lang) for row in fresh),
        band=_band(fresh, threshold_gl, lang) if len(fresh) > 1 else None,
        fields=_fields(session, unit.code, lang), simulated=advice.simulated,
    )  # fmt: skip


def _is_stale(advice: Advice, now: Utc) -> bool:
    """Return whether advice once given rests on a reading that is too old by now."""
    if advice.status == "unknown" or advice.last_reading_at is None:
        return False
    return _age_hours(advice, now) > STALE_HOURS


def _age_hours(advice: Advice, at: datetime) -> float:
    assert advice.last_reading_at is not None
    return (at - advice.last_reading_at).total_seconds() / 3600


def _status(advice: Advice, now: Utc) -> str:
    if advice.status == "unknown" or _is_stale(advice, now):
        return "unknown"
    return "open" if _coming(advice, now) else "closed"


def _coming(advice: Advice, now: Utc) -> list[Mapping[str, Any]]:
    """Return the windows that are not over; none where the readings are too old."""
    if _is_stale(advice, now):
        return []
    return [one for one in advice.windows if datetime.fromisoformat(str(one["to"])) > now]


def _sentence(advice: Advice, lang: Lang) -> str:
    return advice.sentence_vi if lang == "vi" else advice.sentence_en


def _stale_sentence(advice: Advice, now: Utc, lang: Lang) -> str:
    assert advice.last_reading_at is not None
    return say(
        FARMER, lang, "stale", moment=moment(advice.last_reading_at, lang),
        age=number(_age_hours(advice, now), lang, 0), limit=STALE_HOURS,
    )  # fmt: skip


def _threshold(value: float, lang: Lang) -> str:
    text = say(FARMER, lang, "threshold", value=number(value, lang))
    key = f"threshold_{value:g}"
    return f"{text}: {say(FARMER, lang, key)}" if key in FARMER else text


def _station(session: Session, key: str | None) -> Station | None:
    if key is None:
        return None
    return session.exec(select(Station).where(Station.key == key)).first()


def _station_text(station: Station | None, lang: Lang) -> str:
    if station is None:
        return say(FARMER, lang, "no_station")
    key = "station_text" if station.river else "station_text_plain"
    return say(FARMER, lang, key, name=station.name, river=station.river)


def _last_reading(advice: Advice, at: datetime, lang: Lang) -> str:
    if advice.last_reading_at is None or advice.last_value_gl is None:
        return say(FARMER, lang, "no_reading")
    return say(
        FARMER, lang, "last_reading_text",
        value=number(advice.last_value_gl, lang),
        moment=moment(advice.last_reading_at, lang),
        age=number(_age_hours(advice, at), lang, 0),
    )  # fmt: skip


def _window(window: Mapping[str, Any], lang: Lang) -> tuple[str, str]:
    start = to_local(datetime.fromisoformat(str(window["from"])))
    end = to_local(datetime.fromisoformat(str(window["to"])))
    percent = number(math.floor(float(window["prob_safe"]) * 100 + ROUNDING), lang, 0)
    if start.date() == end.date():
        when = say(
            FARMER, lang, "window", day=day(start.date(), lang),
            start=f"{start:%H:%M}", end=f"{end:%H:%M}",
        )  # fmt: skip
    else:
        when = say(FARMER, lang, "window_days", start=moment(start, lang), end=moment(end, lang))
    return when, say(FARMER, lang, "prob", percent=percent)


def _forecast_day(row: SalinityForecast, threshold_gl: float, lang: Lang) -> ForecastDay:
    chance = row.prob_ge_4 if threshold_gl >= THRESHOLDS_GL[1] else row.prob_ge_1
    return ForecastDay(
        day=f"{row.valid_date:%d/%m}",
        middle=number(row.p50, lang),
        interval=f"{number(row.p05, lang)}–{number(row.p95, lang)}",
        chance=f"{number(chance * 100, lang, 0)}\N{NO-BREAK SPACE}%",
        lead=str(row.lead_days),
        method=method_name(row.method, lang),
        error_model=error_of(row.backtest.get("model"), lang),
        error_best=best_baseline(row.backtest, lang),
    )


def _band(rows: Sequence[SalinityForecast], threshold_gl: float, lang: Lang) -> Band:
    top = max(threshold_gl, *(row.p95 for row in rows)) * 1.1
    step = CHART_WIDTH / (len(rows) - 1)

    def at(index: int, value: float) -> str:
        return f"{index * step:.0f},{CHART_HEIGHT * (1 - value / top):.0f}"

    upper = [at(index, row.p95) for index, row in enumerate(rows)]
    lower = [at(index, row.p05) for index, row in enumerate(rows)]
    middle = [at(index, row.p50) for index, row in enumerate(rows)]
    return Band(
        polygon=" ".join([*upper, *reversed(lower)]),
        line=" ".join(middle),
        threshold_y=round(CHART_HEIGHT * (1 - threshold_gl / top), 1),
        top_label=number(top, lang),
    )


def _fields(session: Session, place_code: str, lang: Lang) -> tuple[LotLink, ...]:
    parcels = session.exec(
        select(Parcel)
        .where(Parcel.admin_unit_code == place_code)
        .order_by(col(Parcel.code))
        .limit(FIELDS_SHOWN)
    ).all()
    return tuple(
        LotLink(
            one.code,
            f"/{lang}/ruong/{one.code}",
            f"{one.code}: {crop_name(one.land_use, lang)}, {number(one.area_ha, lang, 2)} ha",
        )
        for one in parcels
    )
