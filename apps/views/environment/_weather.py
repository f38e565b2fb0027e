"""Items of the weather: last values, what is usual in the month, the twelve months."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

from sqlmodel import Session

from agridata.environment import (
    REACH_KM,
    RULES,
    Finding,
    LastMonth,
    LatestValue,
    MonthlyNormal,
    cold_finding,
    heat_finding,
    humidity_finding,
    last_month,
    latest_value,
    month_rain_finding,
    nearest_normal,
    normal_rain_finding,
    normals_of_year,
    rain_day_finding,
    sunshine_finding,
    usual_cold_finding,
    usual_heat_finding,
)
from agridata.vocabulary import LonLat, Utc
from apps.views._text import Lang, number, say
from apps.views.environment._items import (
    UNITS,
    Item,
    age_text,
    amount,
    from_text,
    told,
    when,
)
from apps.views.environment._text import ENVIRONMENT, ITEMS, KINDS

__all__ = ["LATEST", "NORMALS", "Weather", "latest_items", "normal_items", "year_rows"]

LATEST = (
    ("air_temperature", "daily_max"), ("air_temperature", "daily_min"), ("rain", "daily_sum"),
    ("relative_humidity", "daily_mean"),
)  # fmt: skip
NORMALS = (
    ("air_temperature", "monthly_mean_max"), ("air_temperature", "monthly_mean"),
    ("air_temperature", "monthly_mean_min"), ("rain", "monthly_sum"),
    ("relative_humidity", "monthly_mean"), ("sunshine_duration", "monthly_sum"),
)  # fmt: skip
YEAR = (
    ("air_temperature", "monthly_mean_max"), ("air_temperature", "monthly_mean_min"),
    ("rain", "monthly_sum"),
)  # fmt: skip


class Weather:
    """What is known around a position at a moment; remembers the data sets it was read from."""

    def __init__(self, session: Session, position: LonLat, now: Utc) -> None:
        self._session, self._position, self._now = session, position, now
        self.data_sets: set[str] = set()

    def latest(self, variable: str, statistic: str) -> LatestValue | None:
        """Return the newest value near the position."""
        value = latest_value(self._session, self._position, variable, statistic, self._now)
        self._remember(value)
        return value

    def last_month(self, variable: str, statistic: str) -> LastMonth | None:
        """Return the last whole month beside the normal of its own series."""
        month = last_month(self._session, self._position, variable, statistic, self._now)
        self._remember(month.latest if month is not None else None)
        return month

    def normal(self, variable: str, statistic: str, month: int) -> MonthlyNormal | None:
        """Return what is usual in a month."""
        found = nearest_normal(
            self._session, self._position, variable, statistic, month, before=self._now
        )
        self._remember(found)
        return found

    def year(self, variable: str, statistic: str, month: int) -> dict[int, MonthlyNormal]:
        """Return the normals of all months, of the station that has the one of `month`."""
        months = (month, *(one for one in range(1, 13) if one != month))
        return normals_of_year(
            self._session, self._position, variable, statistic, before=self._now, months=months
        )

    def _remember(self, found: LatestValue | MonthlyNormal | None) -> None:
        if found is not None:
            self.data_sets.add(found.data_set_key)


def latest_items(weather: Weather, today: date, lang: Lang) -> tuple[Item, ...]:
    judge: Mapping[str, Callable[[float], Finding]] = {
        "air_temperature daily_max": lambda value: heat_finding(value, today),
        "air_temperature daily_min": cold_finding,
        "rain daily_sum": rain_day_finding,
        "relative_humidity daily_mean": humidity_finding,
    }
    items = []
    for variable, statistic in LATEST:
        key = f"{variable} {statistic}"
        value = weather.latest(variable, statistic)
        items.append(_latest_item(key, value, lang, judge[key]) if value else _nothing(key, lang))
    month = weather.last_month("rain", "monthly_sum")
    key = "rain monthly_sum last"
    if month is None:
        return (*items, _nothing(key, lang))
    return (*items, _latest_item(key, month.latest, lang, lambda _: month_rain_finding(month)))


def _nothing(key: str, lang: Lang) -> Item:
    unknown = say(ENVIRONMENT, lang, "unknown")
    return Item(key, say(ITEMS, lang, key), unknown, "", "", "unknown")


def _latest_item(
    key: str, value: LatestValue, lang: Lang, judge: Callable[[float], Finding | None]
) -> Item:
    station = value.station
    item = Item(
        key, say(ITEMS, lang, key), amount(value.variable, value.value, lang),
        f"{from_text(station.name, station.km, lang)}; {when(value, lang)}",
        KINDS[station.kind].text(lang), value.state, simulated=station.simulated,
    )  # fmt: skip
    if value.state == "old":
        note = say(ENVIRONMENT, lang, "old", age=age_text(value.age, lang))
        return replace(item, note=note)
    if value.state == "far":
        reach, km = number(REACH_KM[value.variable], lang, 0), number(station.km, lang, 0)
        return replace(item, note=say(ENVIRONMENT, lang, "far", km=km, reach=reach))
    return told(item, judge(value.value), lang)


def normal_items(weather: Weather, month: int, lang: Lang) -> tuple[tuple[Item, ...], str]:
    """Return what is usual in a month, and the origin where all items have the same."""
    items = []
    for variable, statistic in NORMALS:
        normal = weather.normal(variable, statistic, month)
        if normal is not None:
            items.append(_normal_item(normal, lang))
    origins = {(one.origin, one.badge) for one in items}
    if len(origins) != 1:
        return tuple(items), ""
    origin, badge = origins.pop()
    return tuple(replace(one, origin="", badge="") for one in items), f"{origin} ({badge})"


def _normal_item(normal: MonthlyNormal, lang: Lang) -> Item:
    key = f"{normal.variable} {normal.statistic}"
    unit, add, digits = UNITS[normal.variable]
    figures = {
        name: number(value + add, lang, digits)
        for name, value in (("mean", normal.mean), ("low", normal.p10), ("high", normal.p90))
    }
    years = say(
        ENVIRONMENT, lang, "years", years=normal.years, first=normal.first_year,
        last=normal.last_year,
    )  # fmt: skip
    item = Item(
        key, say(ITEMS, lang, key), say(ENVIRONMENT, lang, "range", unit=unit, **figures),
        f"{from_text(normal.station.name, normal.station.km, lang)}; {years}",
        KINDS[normal.station.kind].text(lang), "", simulated=normal.station.simulated,
    )  # fmt: skip
    return told(item, _usual(normal), lang)


def _usual(normal: MonthlyNormal) -> Finding:
    """Return what a month's normal means."""
    if normal.variable == "rain":
        return normal_rain_finding(normal)
    if normal.variable == "sunshine_duration":
        return sunshine_finding()
    if normal.variable == "relative_humidity":
        return humidity_finding(normal.mean)
    if normal.statistic == "monthly_mean_min":
        return usual_cold_finding(normal.mean)
    if normal.statistic == "monthly_mean_max":
        return usual_heat_finding(normal.mean)
    return Finding("cool", RULES["rain_month"])


def year_rows(weather: Weather, month: int, lang: Lang) -> tuple[tuple[tuple[str, ...], ...], str]:
    """Return rows (month, day high, night low, rain) and the station they are of."""
    series = [weather.year(variable, statistic, month) for variable, statistic in YEAR]
    if not all(series):
        return (), ""
    rows = []
    for one in range(1, 13):
        cells = [
            amount(variable, found[one].mean, lang, unit=False) if one in found else "–"
            for (variable, _), found in zip(YEAR, series, strict=True)
        ]
        rows.append((str(one), *cells))
    station = series[0][month].station
    return tuple(rows), from_text(station.name, station.km, lang)
