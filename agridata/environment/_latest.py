"""The last value near a place, with its age: fresh, too old, or too far away to count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from agridata.environment._near import REACH_KM, NearStation, stations_near
from agridata.environment._normals import MonthlyNormal, monthly_values, normal_of
from agridata.vocabulary import LonLat, Utc, local_date, local_midnight, to_utc

__all__ = ["MAX_AGE", "LastMonth", "LatestValue", "last_month", "latest_value"]

MAX_AGE: Mapping[str, timedelta] = {
    "point": timedelta(hours=48),
    "daily": timedelta(days=3),
    "monthly": timedelta(days=45),
}
"""A value is known as long as this after its period ended; older is "unknown", never advice.
48 h is the limit of the salinity advice; a day's weather says nothing of next week's; a monthly
table may appear two weeks after the following month began."""

SEARCH_KM = 200.0
"""Further away is another climate: such stations are not even shown."""

DEFAULT_REACH_KM = 30.0

State = Literal["fresh", "old", "far"]


@dataclass(frozen=True, slots=True)
class LatestValue:
    """The newest value of a series; only a "fresh" one may be acted on.

    `time` is the start of its period and `ended` the end, both UTC; `value` is in `unit`.
    """

    station: NearStation
    variable: str
    statistic: str
    value: float
    unit: str
    time: Utc
    ended: Utc
    age: timedelta
    state: State
    data_set_key: str


@dataclass(frozen=True, slots=True)
class LastMonth:
    """The last whole month of a series beside the normal of the same series and month."""

    latest: LatestValue
    normal: MonthlyNormal | None

    @property
    def standing(self) -> Literal["below", "within", "above", "unknown"]:
        """Tell where the value lies against the 10-90 % range."""
        if self.normal is None or self.latest.state != "fresh":
            return "unknown"
        if self.latest.value < self.normal.p10:
            return "below"
        return "above" if self.latest.value > self.normal.p90 else "within"


def latest_value(
    session: Session, position: LonLat, variable: str, statistic: str, as_of: Utc
) -> LatestValue | None:
    """Return the newest value near a place that was known at `as_of`.

    Returns
    -------
    LatestValue or None
        Of the nearest fresh series within reach; else the nearest fresh one, "far"; else the
        nearest one that has anything, "old". None where nothing was ever measured around.
    """
    near = stations_near(session, position, variable, statistic, within_km=SEARCH_KM)
    reach = REACH_KM.get(variable, DEFAULT_REACH_KM)
    found = [
        value
        for station in near
        if (value := _newest(session, station, variable, statistic, as_of, reach)) is not None
    ]
    for state in ("fresh", "far", "old"):
        for value in found:
            if value.state == state:
                return value
    return None


def last_month(
    session: Session, position: LonLat, variable: str, statistic: str, as_of: Utc
) -> LastMonth | None:
    """Return the last whole month near a place, compared with its own series.

    A modelled product is never compared with a station's normal: their biases differ.
    """
    latest = latest_value(session, position, variable, statistic, as_of)
    if latest is None:
        return None
    values = monthly_values(session, latest.station.id, variable, statistic, before=latest.time)
    month = local_date(latest.time).month
    return LastMonth(latest, normal_of(values, latest.station, variable, statistic, month))


def _newest(
    session: Session, station: NearStation, variable: str, statistic: str, as_of: Utc, reach: float
) -> LatestValue | None:
    reading = SQLModel.metadata.tables["reading"].c
    row = session.execute(
        sa.select(reading.time, reading.value, reading.unit, reading.data_set_key)
        .where(
            reading.station_id == station.id,
            reading.variable == variable,
            reading.statistic == statistic,
            reading.time <= _known_until(statistic, as_of),
            reading.flag == "",
        )
        .order_by(reading.time.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    time = to_utc(row.time)
    ended = _end(statistic, time)
    age = as_of - ended
    state: State = "old" if age > _max_age(statistic) else "fresh"
    if state == "fresh" and station.km > reach:
        state = "far"
    return LatestValue(
        station, variable, statistic, row.value, row.unit, time, ended, age, state,
        row.data_set_key,
    )  # fmt: skip


def _known_until(statistic: str, as_of: Utc) -> Utc:
    """Return the latest start of a period that had ended at `as_of`."""
    if statistic.startswith("monthly"):
        day = local_date(as_of)
        return Utc(local_midnight(date(day.year, day.month, 1)) - timedelta(seconds=1))
    return Utc(as_of - timedelta(days=1)) if statistic.startswith("daily") else as_of


def _end(statistic: str, time: Utc) -> Utc:
    if statistic.startswith("monthly"):
        day = local_date(time)
        return local_midnight(date(day.year + day.month // 12, day.month % 12 + 1, 1))
    return Utc(time + timedelta(days=1)) if statistic.startswith("daily") else time


def _max_age(statistic: str) -> timedelta:
    return MAX_AGE[statistic.partition("_")[0]]
