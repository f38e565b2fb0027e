"""The page of a place, and the officer's table over communes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlmodel import Session

from agridata.environment import MODEL_ECE, SOIL_MOISTURE, Soil, flowering_season, soil_of
from agridata.places import hau_giang_communes, resolve_slug
from agridata.places.models import AdminUnit
from agridata.storage import DataSet
from agridata.vocabulary import LonLat, Utc, local_date
from apps.views._text import Lang, moment, number, say
from apps.views.environment._items import Item, amount, from_text, when
from apps.views.environment._soil import soil_items
from apps.views.environment._text import ENVIRONMENT, ITEMS, KINDS, TEXTURE_NAMES
from apps.views.environment._weather import (
    LATEST,
    NORMALS,
    Weather,
    latest_items,
    normal_items,
    year_rows,
)
from apps.views.farmer._common import old_names
from apps.views.farmer_text import SEASONS
from apps.views.office import Table

__all__ = ["EnvironmentPage", "environment_page", "environment_table"]


@dataclass(frozen=True, slots=True)
class EnvironmentPage:
    """Weather and soil of one commune at one moment."""

    lang: Lang
    code: str
    place: str
    old_names: str
    as_of: str
    day: str
    month: str
    position_known: bool
    season: str
    standing: Literal["watch", "fine", "unknown"]
    watch: tuple[str, ...]
    not_known: tuple[str, ...]
    latest: tuple[Item, ...]
    normals: tuple[Item, ...]
    normals_origin: str
    year: tuple[tuple[str, ...], ...]
    year_station: str
    soil: tuple[Item, ...]
    sources: tuple[str, ...]
    has_weather: bool
    simulated: bool


def environment_page(session: Session, place: str, *, lang: Lang, now: Utc) -> EnvironmentPage:
    """Tell weather and soil of a place at `now`.

    Raises
    ------
    NotFoundError
        If the place (a code, or a name without tone marks) is unknown.
    """
    unit = resolve_slug(session, place)
    position, today = _position(unit), local_date(now)
    soil = soil_of(session, unit.code, now)
    weather = Weather(session, position, now) if position else None
    latest = latest_items(weather, today, lang) if weather else ()
    normals, origin = normal_items(weather, today.month, lang) if weather else ((), "")
    year, year_station = year_rows(weather, today.month, lang) if weather else ((), "")
    items = soil_items(soil, lang)
    told = (*latest, *normals, *items)
    return EnvironmentPage(
        lang=lang, code=unit.code, place=unit.full_name, old_names=old_names(session, unit.code),
        as_of=moment(now, lang), day=today.isoformat(), month=str(today.month),
        position_known=position is not None, season=_season(today, lang), standing=_standing(told),
        watch=tuple(f"{one.label}: {one.meaning}" for one in told if one.level == "watch"),
        not_known=tuple(one.label for one in latest if one.state in ("old", "far", "unknown")),
        latest=latest, normals=normals, normals_origin=origin,
        year=year, year_station=year_station, soil=items,
        sources=_sources(session, weather, soil, lang),
        has_weather=any(one.state != "unknown" for one in latest),
        simulated=any(one.simulated for one in told),
    )  # fmt: skip


def _standing(items: Sequence[Item]) -> Literal["watch", "fine", "unknown"]:
    """Return what the page says at first sight; without a fresh value it says "unknown"."""
    if any(one.level == "watch" for one in items):
        return "watch"
    return "fine" if any(one.state == "fresh" and one.level for one in items) else "unknown"


def _position(unit: AdminUnit) -> LonLat | None:
    if unit.geom is None:
        return None
    point = unit.geom.representative_point()
    return LonLat(point.x, point.y)


def _season(today: date, lang: Lang) -> str:
    season = flowering_season(today)
    if season is None:
        return say(ENVIRONMENT, lang, "not_flowering")
    return say(ENVIRONMENT, lang, "flowering", season=SEASONS[season].text(lang))


def _sources(session: Session, weather: Weather | None, soil: Soil, lang: Lang) -> tuple[str, ...]:
    """Name the published data sets behind the page, with publisher and licence."""
    keys = {value.data_set_key for value in soil.values.values()}
    if weather is not None:
        keys |= {key.removesuffix(".monthly").removesuffix(".daily") for key in weather.data_sets}
    rows = [row for key in sorted(keys) if (row := session.get(DataSet, key)) is not None]
    return tuple(
        dict.fromkeys(
            f"{row.title_vi if lang == 'vi' else row.title_en}: {row.source} ({row.licence})"
            for row in rows
        )
    )


def environment_table(session: Session, lang: Lang, now: Utc) -> Table:
    """List weather and soil of the communes of former Hậu Giang, for officers."""
    month = f"{say(ENVIRONMENT, lang, 'month').lower()} {local_date(now).month}"
    heads = (
        say(ENVIRONMENT, lang, "commune"), say(ITEMS, lang, "air_temperature daily_max"),
        say(ITEMS, lang, "rain daily_sum"),
        f"{say(ITEMS, lang, 'air_temperature monthly_mean')}, {month}",
        f"{say(ITEMS, lang, 'rain monthly_sum')}, {month}", say(ENVIRONMENT, lang, "station"),
        say(ENVIRONMENT, lang, "texture"), say(ITEMS, lang, SOIL_MOISTURE),
        say(ITEMS, lang, MODEL_ECE),
    )  # fmt: skip
    rows = [
        _row(session, unit, position, lang, now)
        for unit in hau_giang_communes(session, "2025")
        if (position := _position(unit)) is not None
    ]
    known = [
        row for row in rows if any(cell != say(ENVIRONMENT, lang, "unknown") for cell in row[1:])
    ]
    return Table(heads, tuple(known))


def _row(
    session: Session, unit: AdminUnit, position: LonLat, lang: Lang, now: Utc
) -> tuple[str, ...]:
    weather, soil = Weather(session, position, now), soil_of(session, unit.code, now)
    month, unknown = local_date(now).month, say(ENVIRONMENT, lang, "unknown")
    heat, rain = weather.latest(*LATEST[0]), weather.latest(*LATEST[2])
    usual = [weather.normal(*key, month) for key in (NORMALS[1], NORMALS[3])]
    station = usual[0].station if usual[0] else None
    return (
        unit.full_name,
        *(
            f"{amount(one.variable, one.value, lang)} ({KINDS[one.station.kind].text(lang)}, "
            f"{number(one.station.km, lang, 0)} km, {when(one, lang)})"
            if one is not None and one.state == "fresh"
            else unknown
            for one in (heat, rain)
        ),
        *(amount(one.variable, one.mean, lang) if one else unknown for one in usual),
        f"{from_text(station.name, station.km, lang)}" if station else unknown,
        TEXTURE_NAMES[soil.texture].text(lang) if soil.texture else unknown,
        *_images(soil, ((SOIL_MOISTURE, "m³/m³", 2), (MODEL_ECE, "dS/m", 1)), lang, unknown),
    )


def _images(
    soil: Soil, bands: Sequence[tuple[str, str, int]], lang: Lang, unknown: str
) -> list[str]:
    cells = []
    for band, unit, digits in bands:
        value = soil.values.get(band)
        known = value is not None and value.fresh
        cells.append(f"{number(value.mean, lang, digits)} {unit}" if value and known else unknown)
    return cells
