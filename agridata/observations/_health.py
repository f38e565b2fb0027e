"""Which sensors report, which are late, which are dead: the network at one moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any, Literal

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from agridata.observations._devices import filled_variables
from agridata.observations._units import STATISTICS, VARIABLES
from agridata.observations.models import Device, Sensor, Station
from agridata.vocabulary import Utc, to_utc

__all__ = ["GRACE", "SensorHealth", "State", "network_health"]

State = Literal["fresh", "late", "dead", "silent"]

LATE_AFTER = 2.0
"""Expected intervals without a reading until a sensor is late: one may be on its way."""

DEAD_AFTER = 5.0
"""Expected intervals without a reading until a sensor is called dead."""

GRACE = timedelta(minutes=1)
"""Allowed on top: the message travels, clocks differ."""

UNKNOWN_INTERVAL = timedelta(hours=24)
"""Assumed of a sensor that has not shown a habit yet: dead after five days."""

LEARNT_FROM = 30
"""Newest readings whose median distance is the interval: gaps and bursts do not move it."""

FEWEST = 4
"""Fewer readings show no habit."""


@dataclass(frozen=True, slots=True)
class SensorHealth:
    """One variable at one station, as it stood at the moment asked for.

    Attributes
    ----------
    station, name
        Key and name of the station.
    device
        Key of the active device that measures it; "" where readings come in files.
    last_time, last_value, unit, last_flag
        Newest reading known at the moment (for a daily value: end of its local day);
        `last_flag` joins failed checks and suspicions.
    interval
        Expected distance of readings; None where nothing is known.
    interval_source
        "configured" (of the device), "learnt" (median of the last readings) or "".
    last_seen
        When the device was last heard, whatever it said.
    online
        What the broker says of its connection; None: unknown.
    age
        From `last_time` to the moment; None if nothing was ever measured.
    state
        fresh (within 2 intervals + 1 min), late (within 5), dead (beyond), silent (never
        measured anything). A device that the broker reports as gone is at least late.
    """

    station: str
    name: str
    variable: str
    unit: str
    device: str
    last_time: Utc | None
    last_value: float | None
    last_flag: str
    interval: timedelta | None
    interval_source: str
    last_seen: Utc | None
    online: bool | None
    age: timedelta | None
    state: State
    simulated: bool


@dataclass(frozen=True, slots=True)
class _Source:
    """The device behind a variable of a station."""

    key: str
    interval: timedelta | None
    last_seen: Utc | None
    online: bool | None
    is_derived: bool = False


def network_health(
    session: Session, now: Utc, variables: Iterable[str] | None = None
) -> list[SensorHealth]:
    """Return every sensor with its state at `now`, the dead first, then late, silent, fresh.

    Parameters
    ----------
    now
        Readings after it are not known yet.
    variables
        Only these; None means all. Sensors of devices are listed from their registration
        on; variables that only came in files once they have a reading.
    """
    wanted = list(VARIABLES) if variables is None else list(variables)
    stations = {one.id: one for one in session.exec(select(Station)) if one.id is not None}
    sources = _sources(session, now)
    newest = _newest(session, now, wanted)
    registered = (key for key, one in sources.items() if key[1] in wanted and not one.is_derived)
    series = dict.fromkeys([*newest, *registered])
    found = [
        _health(session, now, stations[station], variable, newest.get((station, variable)),
                sources.get((station, variable)))
        for station, variable in series
    ]  # fmt: skip
    order = {"dead": 0, "late": 1, "silent": 2, "fresh": 3}
    return sorted(
        found, key=lambda one: (not one.device, order[one.state], one.station, one.variable)
    )


def _sources(session: Session, now: Utc) -> dict[tuple[int, str], _Source]:
    """Return the active device of each station and variable (conductivity gives salinity)."""
    found: dict[tuple[int, str], _Source] = {}
    query = select(Device, Sensor).join(Sensor, col(Sensor.device_id) == Device.id)
    for device, sensor in session.exec(query):
        ended = device.revoked_at is not None and device.revoked_at <= now
        if ended or device.created_at > now:
            continue
        seconds = sensor.interval_seconds
        interval = None if seconds is None else timedelta(seconds=seconds)
        seen = _known(device.last_seen, now)
        online = device.online if _known(device.online_at, now) is not None else None
        for variable in filled_variables(sensor.variable):
            derived = variable != sensor.variable
            found[device.station_id, variable] = _Source(
                device.key, interval, seen, online, derived
            )
    return found


def _known(moment: datetime | None, now: Utc) -> Utc | None:
    return None if moment is None or moment > now else to_utc(moment)


def _newest(
    session: Session, now: Utc, variables: Sequence[str]
) -> dict[tuple[int, str], tuple[Utc, str]]:
    """Return the newest known moment of every series and the statistic it has.

    One index seek per station, variable and statistic instead of a pass over all readings.
    """
    reading, station = (SQLModel.metadata.tables[name] for name in ("reading", "station"))
    kinds = sa.union_all(
        *(
            sa.select(
                sa.literal(variable).label("variable"),
                sa.literal(statistic).label("statistic"),
            )
            for variable in variables
            for statistic in STATISTICS
        )
    ).subquery()
    known = sa.case(
        (kinds.c.statistic == "point", sa.literal(now, reading.c.time.type)),
        else_=sa.literal(now - timedelta(days=1), reading.c.time.type),
    )
    last = (
        sa.select(sa.func.max(reading.c.time))
        .where(
            reading.c.station_id == station.c.id,
            reading.c.variable == kinds.c.variable,
            reading.c.statistic == kinds.c.statistic,
            reading.c.time <= known,
        )
        .correlate(station, kinds)
        .scalar_subquery()
    )
    every = sa.select(
        station.c.id, kinds.c.variable, kinds.c.statistic, last.label("last")
    ).select_from(station.join(kinds, sa.true()))
    rows = every.subquery()
    found: dict[tuple[int, str], tuple[Utc, str]] = {}
    for number, variable, statistic, time in session.execute(
        sa.select(rows).where(rows.c.last.is_not(None))
    ):
        moment = _end(to_utc(time), statistic)
        if (number, variable) not in found or found[number, variable][0] < moment:
            found[number, variable] = (moment, statistic)
    return found


def _end(time: Utc, statistic: str) -> Utc:
    """Return when a value was known: a daily one at the end of its day."""
    return time if statistic == "point" else Utc(time + timedelta(days=1))


def _health(
    session: Session,
    now: Utc,
    station: Station,
    variable: str,
    newest: tuple[Utc, str] | None,
    source: _Source | None,
) -> SensorHealth:
    rows = [] if newest is None else _last(session, station.id or 0, variable, newest, now)
    learnt = _learnt([row.time for row in rows])
    interval, origin = source.interval if source else None, "configured"
    if interval is None:
        interval, origin = learnt, "learnt" if learnt else ""
    last_time = None if newest is None else newest[0]
    age = None if last_time is None else now - last_time
    flags = "" if not rows else ";".join(one for one in (rows[0].flag, rows[0].suspect) if one)
    online = source.online if source else None
    return SensorHealth(
        station=station.key, name=station.name, variable=variable,
        unit=VARIABLES[variable].unit, device=source.key if source else "",
        last_time=last_time, last_value=rows[0].value if rows else None, last_flag=flags,
        interval=interval, interval_source=origin,
        last_seen=source.last_seen if source else None, online=online, age=age,
        state=_state(age, interval, online), simulated=station.simulated,
    )  # fmt: skip


def _last(
    session: Session, station: int, variable: str, newest: tuple[Utc, str], now: Utc
) -> list[Any]:
    """Return the newest readings of a series, newest first."""
    reading = SQLModel.metadata.tables["reading"].c
    known = now if newest[1] == "point" else now - timedelta(days=1)
    query = (
        sa.select(reading.time, reading.value, reading.flag, reading.suspect)
        .where(
            reading.station_id == station, reading.variable == variable,
            reading.statistic == newest[1], reading.time <= known,
        )
        .order_by(reading.time.desc())
        .limit(LEARNT_FROM)
    )  # fmt: skip
    return list(session.execute(query))


def _learnt(times: Sequence[datetime]) -> timedelta | None:
    """Return the median distance of moments given newest first; None if they are too few."""
    if len(times) < FEWEST:
        return None
    gaps = [(later - earlier).total_seconds() for later, earlier in zip(times, times[1:])]  # noqa: B905, RUF007  neighbours
    return timedelta(seconds=median(gaps))


def _state(age: timedelta | None, interval: timedelta | None, online: bool | None) -> State:
    if age is None:
        return "silent"
    every = interval or UNKNOWN_INTERVAL
    if age > DEAD_AFTER * every + GRACE:
        return "dead"
    if age > LATE_AFTER * every + GRACE or online is False:
        return "late"
    return "fresh"
