"""What a farmer's pages say: water at a place, one field. Read from tables, computed nowhere."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, select

from agridata.errors import NotFoundError
from agridata.forecasts import Advice, SalinityForecast, advice_for, latest_salinity, yield_for
from agridata.observations.models import Station
from agridata.places import find, get_unit
from agridata.places.models import AdminUnit
from agridata.registry.models import Parcel, Planting
from agridata.vocabulary import Utc, local_date, to_local
from apps.evidence import STATISTICS_UNIT, harvest_seen
from apps.views._text import Lang, day, moment, number, say
from apps.views._trace_chart import greenness
from apps.views._trace_model import Chart, LotLink
from apps.views.farmer_text import CROPS, FARMER, SEASONS, method_name
from traceability.lots.models import Lot

__all__ = [
    "THRESHOLDS_GL",
    "FieldPage",
    "ForecastDay",
    "PlaceLink",
    "PlacesPage",
    "WaterPage",
    "field_page",
    "places_page",
    "water_page",
]

THRESHOLDS_GL = (1.0, 4.0)
"""The two isolines of every Vietnamese bulletin, g/L (‰)."""

CONG_PER_HA = 10
"""One công is 1,000 m² in the south."""

FIELDS_SHOWN = 12
CHART_WIDTH, CHART_HEIGHT = 300, 100


@dataclass(frozen=True, slots=True)
class PlaceLink:
    """A commune one can go to."""

    code: str
    name: str
    has_station: bool


@dataclass(frozen=True, slots=True)
class PlacesPage:
    """The list of communes, those with a station first."""

    lang: Lang
    searched: str
    with_station: tuple[PlaceLink, ...]
    without_station: tuple[PlaceLink, ...]


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


def places_page(session: Session, lang: Lang, searched: str = "") -> PlacesPage:
    """List the communes that were given advice, or those that answer to a search text."""
    stations = set(session.exec(select(Station.admin_unit_code)).all())
    if searched:
        units = [unit for unit in find(session, searched, era="2025") if unit.level == 3]
    else:
        codes = select(Advice.place_code).distinct()
        units = list(
            session.exec(
                select(AdminUnit).where(
                    AdminUnit.level == 3,
                    col(AdminUnit.code).in_(codes),
                    col(AdminUnit.valid_to).is_(None),
                )
            ).all()
        )
    links = [
        PlaceLink(unit.code, unit.full_name, unit.code in stations)
        for unit in sorted(units, key=lambda one: one.search_key)
    ]
    return PlacesPage(
        lang,
        searched,
        tuple(one for one in links if one.has_station),
        tuple(one for one in links if not one.has_station),
    )


def water_page(
    session: Session, place_code: str, *, threshold_gl: float, lang: Lang, now: Utc
) -> WaterPage:
    """Tell what was advised to a place, on which station and forecast it rests, and how good it is.

    Raises
    ------
    NotFoundError
        If the place is unknown, or no advice was ever issued for it.
    """
    unit = get_unit(session, place_code)
    advice = advice_for(session, place_code, threshold_gl, until=now)
    if advice is None:
        raise NotFoundError(
            f"no advice was issued for {unit.full_name}", where=place_code, field="place",
            fix="run `agridata advice` for it",
            problem_vi=f"chưa có khuyến cáo cho {unit.full_name}",
            fix_vi="hãy chọn xã, phường khác",
        )  # fmt: skip
    station = _station(session, advice.station_key)
    rows = latest_salinity(session, station.key, until=local_date(now)) if station else []
    fresh = rows if advice.status == "advice" else []
    return WaterPage(
        lang=lang, code=unit.code, place=unit.full_name, old_names=old_names(session, unit.code),
        as_of=moment(advice.as_of, lang), status=_status(advice),
        word=say(FARMER, lang, f"word_{_status(advice)}"),
        sentence=advice.sentence_vi if lang == "vi" else advice.sentence_en,
        threshold=_threshold(threshold_gl, lang),
        other_thresholds=tuple(
            (f"{value:g}", say(FARMER, lang, "threshold_other", value=number(value, lang)))
            for value in THRESHOLDS_GL
            if value != threshold_gl
        ),
        windows=tuple(_window(one, lang) for one in advice.windows),
        last_reading=_last_reading(advice, lang), station=_station_text(station, lang),
        days=tuple(_forecast_day(row, threshold_gl, lang) for row in fresh),
        band=_band(fresh, threshold_gl, lang) if len(fresh) > 1 else None,
        fields=_fields(session, unit.code, lang), simulated=advice.simulated,
    )  # fmt: skip


def _status(advice: Advice) -> str:
    if advice.status == "unknown":
        return "unknown"
    return "open" if advice.windows else "closed"


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


def _last_reading(advice: Advice, lang: Lang) -> str:
    if advice.last_reading_at is None or advice.last_value_gl is None:
        return say(FARMER, lang, "no_reading")
    return say(
        FARMER, lang, "last_reading_text",
        value=number(advice.last_value_gl, lang),
        moment=moment(advice.last_reading_at, lang),
        age=number(advice.data_age_hours or 0, lang, 0),
    )  # fmt: skip


def _window(window: Mapping[str, Any], lang: Lang) -> tuple[str, str]:
    start = to_local(datetime.fromisoformat(str(window["from"])))
    end = to_local(datetime.fromisoformat(str(window["to"])))
    percent = number(math.floor(float(window["prob_safe"]) * 100), lang, 0)
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
        chance=f"{number(chance * 100, lang, 0)} %",
        lead=str(row.lead_days),
        method=method_name(row.method, lang),
        error_model=_error(row.backtest.get("model"), lang),
        error_best=_best_baseline(row.backtest, lang),
    )


def _error(scores: object, lang: Lang) -> str:
    rmse = scores.get("rmse") if isinstance(scores, Mapping) else None
    return number(float(rmse), lang, 2) if rmse is not None else "–"


def _best_baseline(backtest: Mapping[str, Any], lang: Lang) -> str:
    errors = [
        float(scores["rmse"])
        for name, scores in backtest.items()
        if name not in ("model", "shown")
        and isinstance(scores, Mapping)
        and scores.get("rmse") is not None
    ]
    return number(min(errors), lang, 2) if errors else "–"


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


def old_names(session: Session, code: str) -> str:
    """Return the names of the communes before the reform that this one was made of."""
    from agridata.places import convert

    try:
        links = convert(session, code, to="pre2025")
    except NotFoundError:
        return ""
    return ", ".join(one.name for one in links[:3])


def _fields(session: Session, place_code: str, lang: Lang) -> tuple[LotLink, ...]:
    parcels = session.exec(
        select(Parcel)
        .where(Parcel.admin_unit_code == place_code)
        .order_by(col(Parcel.code))
        .limit(FIELDS_SHOWN)
    ).all()
    return tuple(
        LotLink(one.code, f"/{lang}/ruong/{one.code}", f"{one.code}: {_crop(one.land_use, lang)}, "
                f"{number(one.area_ha, lang, 2)} ha")
        for one in parcels
    )  # fmt: skip


def _crop(name: str, lang: Lang) -> str:
    return CROPS[name].text(lang) if name in CROPS else name


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
            for key, text in [*rows, ("crop", _crop(parcel.land_use, lang))]
        )
    seen = harvest_seen(session, parcel.code, planting.expected_harvest_on or local_date(now), now)
    rows += [
        ("crop", f"{_crop(planting.crop, lang)} {planting.variety}".strip()),
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
                FARMER, lang, "yield_error_text", model=_error(issued.backtest.get("model"), lang),
                best=_best_baseline(issued.backtest, lang),
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
        LotLink(lot.lot, f"/01/{lot.gtin}/10/{lot.lot}", lot.lot)
        for lot in lots
        if parcel_code in lot.parcel_codes.split(",")
    )
