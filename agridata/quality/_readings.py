"""Readings under the four figures: possible, unbroken, their own, fresh."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import SQLModel

from agridata.observations import VARIABLES, split_flags
from agridata.quality._nouns import Known
from agridata.quality._rules import Check, Tally
from agridata.vocabulary import LOCAL_ZONE, to_utc

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["reading_checks"]

MAX_AGE_HOURS: Mapping[str, float] = {"discharge": 7 * 24}
OTHER_MAX_AGE_HOURS = 48.0
"""The limit of the advice itself: an older reading supports none. Kratie is five days upstream
of the delta, so a week serves there."""

LATE_HOURS = 48.0
"""A reading that arrives later than this came too late for any advice."""

NOT_ITS_OWN = frozenset({"constant_season", "copied_year"})

REGULAR_SHARE = 0.8
"""A series is regular, and can have gaps, where this share of its steps is one and the same."""

MIN_STEPS = 10


class _Group(NamedTuple):
    data_set: str
    station: str
    unit: str
    variable: str
    statistic: str

    @property
    def key(self) -> str:
        return f"{self.station} {self.variable} {self.statistic}"


def reading_checks(known: Known) -> Iterator[Check]:
    """Count readings that cannot be, are missing, are copies, or are old."""
    stations = {one.values["id"]: (one.key, one.unit) for one in known.things("station")}
    newest: dict[_Group, Any] = {}
    tallies: dict[tuple[str, str, str], Tally] = {}

    def add(rule: str, group: _Group, checked: int, failing: int) -> None:
        tally = tallies.setdefault((rule, group.data_set, group.unit), Tally())
        tally.add(Tally(checked, failing, [group.key] if failing else []))

    for row in known.session.execute(_summary()):
        key, unit = stations.get(row.station_id, (str(row.station_id), ""))
        group = _Group(row.data_set_key, key, unit, row.variable, row.statistic)
        flags = set(split_flags(row.flag))
        outside = row.number if "range" in flags else int(row.outside or 0)
        add("possible_value", group, row.number, outside)
        add("own_reading", group, row.number, row.number if flags & NOT_ITS_OWN else 0)
        if row.received:
            add("arrived_in_time", group, row.received, row.late)
        newest[group] = max(newest.get(group, row.last), row.last)
    for group, last in newest.items():
        add("fresh", group, 1, 0 if _is_fresh(known, group, last) else 1)
    for group, checked, missing in _gaps(known, stations):
        add("series_unbroken", group, checked, missing)
    for (rule, data_set, unit), tally in tallies.items():
        yield Check(rule, data_set, unit, tally)


def _summary() -> sa.Select[Any]:
    reading = SQLModel.metadata.tables["reading"].c
    outside = sa.or_(
        *(
            sa.and_(
                reading.variable == one.name,
                sa.or_(reading.value < one.low, reading.value > one.high),
            )
            for one in VARIABLES.values()
        )
    )
    late = reading.suspect.like("%stale%")
    groups = (
        reading.data_set_key, reading.station_id, reading.variable, reading.statistic, reading.flag,
    )  # fmt: skip
    return sa.select(
        *groups,
        sa.func.count().label("number"),
        sa.func.max(reading.time).label("last"),
        sa.func.sum(sa.case((outside, 1), else_=0)).label("outside"),
        sa.func.count(reading.received_at).label("received"),
        sa.func.sum(sa.case((late, 1), else_=0)).label("late"),
    ).group_by(*groups)


def _is_fresh(known: Known, group: _Group, last: datetime) -> bool:
    hours = MAX_AGE_HOURS.get(group.variable, OTHER_MAX_AGE_HOURS)
    if group.statistic.startswith("daily"):
        hours += 24.0  # stands at the midnight that begins its day
    return known.moment(group.data_set) - to_utc(last) <= timedelta(hours=hours)


def _gaps(
    known: Known, stations: Mapping[int, tuple[str, str]]
) -> Iterator[tuple[_Group, int, int]]:
    """Yield, per series, readings expected and missing between first and last of each year."""
    import itertools

    reading = SQLModel.metadata.tables["reading"].c
    on_sqlite = known.session.get_bind().dialect.name == "sqlite"
    time = sa.type_coerce(reading.time, sa.String() if on_sqlite else sa.DateTime(timezone=True))
    names = (reading.data_set_key, reading.station_id, reading.variable, reading.statistic)
    rows = known.session.execute(sa.select(*names, time).order_by(*names, reading.time))
    for place, group in itertools.groupby(rows, key=lambda row: tuple(row[:4])):
        data_set, station, variable, statistic = place
        key, unit = stations.get(station, (str(station), ""))
        expected, missing = _missing(_seconds([row[4] for row in group]))
        if expected:
            yield _Group(data_set, key, unit, variable, statistic), expected, missing


def _seconds(times: list[Any]) -> npt.NDArray[np.int64]:
    """Return times (text of SQLite, aware of PostgreSQL) as local seconds."""
    import numpy as np

    if isinstance(times[0], str):
        utc = np.array(times, dtype="datetime64[s]").astype(np.int64)
    else:
        utc = np.array([int(one.timestamp()) for one in times], dtype=np.int64)
    shift = datetime(2000, 1, 1, tzinfo=LOCAL_ZONE).utcoffset() or timedelta()
    return utc + int(shift.total_seconds())


def _missing(seconds: npt.NDArray[np.int64]) -> tuple[int, int]:
    """Return readings expected and missing; (0, 0) of a series without a regular step."""
    import numpy as np

    years = seconds.astype("datetime64[s]").astype("datetime64[Y]")
    expected = missing = 0
    for year in np.unique(years):
        mine = seconds[years == year]
        steps = np.diff(mine)
        if len(steps) < MIN_STEPS:
            continue
        values, counts = np.unique(steps, return_counts=True)
        step, share = int(values[counts.argmax()]), float(counts.max() / len(steps))
        if share >= REGULAR_SHARE and step > 0:
            there = int(mine[-1] - mine[0]) // step + 1
            expected += there
            missing += max(0, there - len(mine))
    return expected, missing
