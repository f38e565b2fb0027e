"""One field: what grows, what the satellite sees, what it may give."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from agridata.errors import NotFoundError
from agridata.forecasts import yield_for
from agridata.places import get_unit
from agridata.places.models import AdminUnit
from agridata.registry.models import Parcel, Planting
from agridata.vocabulary import Utc, local_date
from apps.evidence import STATISTICS_UNIT
from apps.scenes import observed_harvest
from apps.views._text import Lang, day, moment, number, say
from apps.views._trace_chart import greenness
from apps.views._trace_model import Chart, LotLink
from apps.views.farmer._common import best_baseline, crop_name, error_of, old_names
from apps.views.farmer_text import FARMER, SEASONS, method_name
from traceability.identifiers import escape_path
from traceability.lots.models import Lot

__all__ = ["FieldPage", "field_page"]

CONG_PER_HA = 10
"""One công is 1,000 m² in the south."""


@dataclass(frozen=True, slots=True)
class FieldPage:
    """One field: what grows, what the satellite sees, what it may give."""

    lang: Lang
    code: str
    place_code: str
    place: str
    as_of: str
    facts: tuple[tuple[str, str], ...]
    yields: tuple[tuple[str, str], ...]
    chart: Chart | None
    lots: tuple[LotLink, ...]
    simulated: bool


def field_page(session: Session, parcel_code: str, *, lang: Lang, now: Utc) -> FieldPage:
    """Tell what is known of one field at `now`.

    Raises
    ------
    NotFoundError
        If the field is not registered.
    """
    parcel = session.exec(select(Parcel).where(Parcel.code == parcel_code)).first()
    if parcel is None:
        raise NotFoundError(
            f"no field {parcel_code!r}", where=parcel_code, field="parcel",
            fix="check the code on your paper", problem_vi=f"không có thửa {parcel_code!r}",
            fix_vi="hãy xem lại mã thửa",
        )  # fmt: skip
    planting = _planting(session, parcel_code, local_date(now))
    unit = get_unit(session, parcel.admin_unit_code)
    return FieldPage(
        lang=lang, code=parcel.code, place_code=unit.code, place=unit.full_name,
        as_of=moment(now, lang), facts=_field_facts(session, parcel, planting, unit, lang, now),
        yields=_yield_facts(session, parcel, planting, lang),
        chart=greenness(session, [parcel_code], lang, now),
        lots=_lots_of(session, parcel_code), simulated=parcel.simulated,
    )  # fmt: skip


def _planting(session: Session, parcel_code: str, today: date) -> Planting | None:
    rows = session.exec(select(Planting).where(Planting.parcel_code == parcel_code)).all()
    begun = [row for row in rows if row.sown_on is None or row.sown_on <= today]
    return max(begun, key=lambda row: (row.year, row.sown_on or date.min), default=None)


def _field_facts(
    session: Session,
    parcel: Parcel,
    planting: Planting | None,
    unit: AdminUnit,
    lang: Lang,
    now: Utc,
) -> tuple[tuple[str, str], ...]:
    missing = say(FARMER, lang, "unknown_value")
    ha = number(parcel.area_ha, lang, 2)
    cong = number(parcel.area_ha * CONG_PER_HA, lang, 1)
    before = old_names(session, unit.code)
    note = f" ({say(FARMER, lang, 'place_old', names=before)})" if before else ""
    rows = [
        ("area", say(FARMER, lang, "area_text", ha=ha, cong=cong)),
        ("place", unit.full_name + note),
    ]
    if planting is None:
        return tuple(
            (say(FARMER, lang, key), text)
            for key, text in [*rows, ("crop", crop_name(parcel.land_use, lang))]
        )
    seen = observed_harvest(
        session, parcel.code, until=now, around=planting.expected_harvest_on or local_date(now)
    )
    rows += [
        ("crop", f"{crop_name(planting.crop, lang)} {planting.variety}".strip()),
        ("season", f"{SEASONS[planting.season].text(lang)} {planting.year}"),
        ("sown", day(planting.sown_on, lang) if planting.sown_on else missing),
        (
            "expected",
            day(planting.expected_harvest_on, lang) if planting.expected_harvest_on else missing,
        ),
        (
            "seen_harvest",
            say(FARMER, lang, "seen_none")
            if seen is None
            else say(
                FARMER, lang, "seen_between",
                first=day(seen.first_day, lang), last=day(seen.last_day, lang),
            ),
        ),
    ]  # fmt: skip
    return tuple((say(FARMER, lang, key), text) for key, text in rows)


def _yield_facts(
    session: Session, parcel: Parcel, planting: Planting | None, lang: Lang
) -> tuple[tuple[str, str], ...]:
    issued = planting and yield_for(
        session, STATISTICS_UNIT, planting.crop, planting.season, planting.year
    )
    if not issued:
        return ((say(FARMER, lang, "yield"), say(FARMER, lang, "yield_none")),)

    def numbers(factor: float, digits: int) -> dict[str, str]:
        values = {"low": issued.p05, "mid": issued.p50, "high": issued.p95}
        return {key: number(value * factor, lang, digits) for key, value in values.items()}

    in_cong = say(FARMER, lang, "yield_cong", **numbers(1000 / CONG_PER_HA, 0))
    baselines = {
        name: "–" if value is None else number(value, lang, 2)
        for name, value in issued.baselines.items()
    }
    rows = [
        ("yield", f"{say(FARMER, lang, 'yield_text', **numbers(1, 1))}; {in_cong}"),
        ("yield_total", say(FARMER, lang, "yield_total_text", **numbers(parcel.area_ha, 1))),
        ("yield_baselines", say(FARMER, lang, "yield_baseline_text", **baselines)),
        (
            "yield_error",
            say(
                FARMER, lang, "yield_error_text",
                model=error_of(issued.backtest.get("model"), lang),
                best=best_baseline(issued.backtest, lang),
            ),
        ),
        (
            "how_good",
            say(
                FARMER, lang, "yield_basis", unit=issued.unit_name, year=issued.last_known_year,
                method=method_name(issued.method, lang),
            ),
        ),
    ]  # fmt: skip
    return tuple((say(FARMER, lang, key), text) for key, text in rows)


def _lots_of(session: Session, parcel_code: str) -> tuple[LotLink, ...]:
    lots = session.exec(
        select(Lot)
        .where(col(Lot.parcel_codes).contains(parcel_code), col(Lot.packed_at).is_not(None))
        .order_by(col(Lot.lot))
    ).all()
    return tuple(
        LotLink(lot.lot, f"/01/{lot.gtin}/10/{escape_path(lot.lot)}", lot.lot)
        for lot in lots
        if parcel_code in lot.parcel_codes.split(",")
    )
