"""Messages of devices become readings: checked, converted, stored once, or rejected with a reason.

The caller commits, and only then tells the sender. What has been stored once is not stored
again: readings are unique by station, variable and time, messages by their identifier.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlmodel import Session, col, select

from agridata.errors import Finding, InputError
from agridata.observations import _arrivals as arrivals
from agridata.observations._conductivity import REFERENCE_C, Converter, method_at
from agridata.observations._devices import KEY
from agridata.observations._payloads import (
    Measurement,
    PayloadError,
    identifier,
    parse,
    printable,
)
from agridata.observations._quality import CLOCK_DRIFT, RANGE, STALE
from agridata.observations._units import VARIABLES, Conversion, conversion
from agridata.observations.models import Device, DeviceMessage, Sensor, Station
from agridata.vocabulary import Utc

__all__ = ["MAX_AGE", "MAX_AHEAD", "Message", "Outcome", "take_messages"]

MAX_AHEAD = timedelta(minutes=10)
"""A clock further ahead is wrong; below it the reading is stored and flagged clock_drift."""

MAX_AGE = timedelta(days=92)
"""A logger without network keeps a season; older readings come in a file, with a person."""

KELVIN = 273.15


@dataclass(frozen=True, slots=True)
class Message:
    """What arrived: whose it says it is (proven by broker or token), the bytes, and when."""

    device: str
    payload: bytes
    received_at: Utc
    channel: str = "mqtt"
    message_id: str | None = None


@dataclass(slots=True)
class Outcome:
    """What became of a message.

    `stored + duplicates + len(rejected)` readings; `rejected` pairs a reason with a
    finding. `salinities` of the stored ones were derived from conductivity.
    """

    stored: int = 0
    duplicates: int = 0
    salinities: int = 0
    rejected: list[tuple[str, Finding]] = field(default_factory=list)


@dataclass(slots=True)
class _Known:
    """A device of the batch with what its names mean."""

    device: Device
    station: Station
    sensors: dict[str, tuple[Sensor, Conversion]]
    seen_ids: set[str]


def take_messages(
    session: Session, messages: Sequence[Message], *, convert: Converter | None = None
) -> list[Outcome]:
    """Store the readings of `messages`, in order; the caller commits.

    Parameters
    ----------
    session
        On SQLite begun with ``immediate=True``, as every writer that reads first.
    messages
        Their `device` must be proven already; whether it is registered and not revoked
        is checked here.
    convert
        Gives salinity from conductivity and temperature; without it conductivity is
        stored and no salinity derived.

    Returns
    -------
    list of Outcome
        One per message. Nothing a device sends raises: malformed, unauthorised, oversize,
        future, late or unknown things become rejections, kept in ``rejected_message``.
        The same reading again is a duplicate; another value for the same station,
        variable and time is rejected as "conflict" (the first stays).
    """
    outcomes = [Outcome() for _ in messages]
    known = _known_devices(session, messages)
    rows: list[tuple[Outcome, dict[str, Any]]] = []
    for message, outcome in zip(messages, outcomes, strict=True):
        found = known.get(message.device)
        if found is None or found.device.revoked_at is not None:
            outcome.rejected.append(_unauthorised(message.device, known=found is not None))
            continue
        rows += [(outcome, row) for row in _rows_of(session, message, found, outcome, convert)]
    arrivals.store(session, rows)
    arrivals.seen(session, messages, {key: one.device for key, one in known.items()})
    arrivals.reject(session, messages, outcomes)
    return outcomes


def _known_devices(session: Session, messages: Sequence[Message]) -> dict[str, _Known]:
    """Return the registered devices of the batch, by key."""
    keys = {one.device for one in messages if KEY.fullmatch(one.device)}
    query = (
        select(Device, Station)
        .join(Station, col(Station.id) == Device.station_id)
        .where(col(Device.key).in_(keys))
    )
    known = {
        device.id: _Known(device, station, {}, set()) for device, station in session.exec(query)
    }
    for sensor in session.exec(select(Sensor).where(col(Sensor.device_id).in_(known))):
        unit = conversion(VARIABLES[sensor.variable], sensor.unit)
        known[sensor.device_id].sensors[sensor.name] = (sensor, unit)
    return {one.device.key: one for one in known.values()}


def _unauthorised(device: str, *, known: bool) -> tuple[str, Finding]:
    return "unauthorised", Finding(
        "", "device", f"device {device!r:.80} is {'revoked' if known else 'not registered'}",
        "register it: agridata observe devices add",
        "thiết bị chưa đăng ký hoặc đã bị thu hồi", "hãy đăng ký thiết bị",
    )  # fmt: skip


def _rows_of(
    session: Session, message: Message, known: _Known, outcome: Outcome, convert: Converter | None
) -> list[dict[str, Any]]:
    """Return the rows of one message; what is no row goes into `outcome`."""
    try:
        parsed = parse(message.payload)
        name = message.message_id or parsed.message_id
        name = None if name is None else identifier(name)
    except PayloadError as error:
        outcome.rejected.append((error.reason, error.findings[0]))
        return []
    outcome.rejected += parsed.bad
    if name is not None and _taken(session, known, name):
        outcome.duplicates += len(parsed.measurements)
        return []
    rows = []
    for one in parsed.measurements:
        row = _row(one, message, known, has_id=name is not None)
        if isinstance(row, dict):
            rows.append(row)
        else:
            outcome.rejected.append(row)
    if convert is not None:
        derived = _salinities(rows, convert, outcome)
        outcome.salinities += len(derived)
        rows += derived
    if name is not None and rows:
        assert known.device.id is not None
        session.add(
            DeviceMessage(
                device_id=known.device.id, message_id=name, received_at=message.received_at
            )
        )
        known.seen_ids.add(name)
    return rows


def _taken(session: Session, known: _Known, name: str) -> bool:
    """Tell whether a message of this id came before."""
    if name in known.seen_ids:
        return True
    assert known.device.id is not None
    return session.get(DeviceMessage, (known.device.id, name)) is not None


def _row(
    one: Measurement, message: Message, known: _Known, *, has_id: bool
) -> dict[str, Any] | tuple[str, Finding]:
    """Return the reading of a measurement, or why it is none."""
    found = _sensor(one.sensor, known)
    if found is None:
        names = ", ".join(sorted(known.sensors))
        return _no(
            "unknown_sensor", one, f"the device has no sensor {one.sensor!r:.80}", f"it has {names}"
        )
    sensor, change = found
    if one.unit:
        try:
            change = conversion(VARIABLES[sensor.variable], one.unit)
        except InputError as error:
            return _no("unknown_unit", one, error.findings[0].problem, error.findings[0].fix)
    time = one.time
    if time is None:
        if not has_id:
            return _no(
                "no_time", one, "has no absolute time and no message id",
                "send the time, or an id by which a repetition is known",
            )  # fmt: skip
        time = Utc(message.received_at + timedelta(seconds=one.offset))
    problem = _out_of_time(one, time, message.received_at)
    if problem is not None:
        return problem
    return _reading(one, sensor, change, time, message, known)


def _sensor(name: str, known: _Known) -> tuple[Sensor, Conversion] | None:
    """Find a sensor by its whole name, else by what follows the device's own prefix."""
    if name in known.sensors:
        return known.sensors[name]
    return known.sensors.get(name.replace("/", ":").rpartition(":")[2])


def _out_of_time(one: Measurement, time: Utc, received: Utc) -> tuple[str, Finding] | None:
    if time - received > MAX_AHEAD:
        return _no(
            "future", one, f"{time:%Y-%m-%dT%H:%MZ} lies in the future",
            "set the device's clock (UTC)",
        )  # fmt: skip
    if received - time > MAX_AGE:
        return _no(
            "late", one, f"{time:%Y-%m-%dT%H:%MZ} is more than {MAX_AGE.days} days ago",
            "set the device's clock, or import old readings from a file",
        )  # fmt: skip
    return None


def _reading(
    one: Measurement,
    sensor: Sensor,
    change: Conversion,
    time: Utc,
    message: Message,
    known: _Known,
) -> dict[str, Any]:
    variable = VARIABLES[sensor.variable]
    value = one.value
    if (change.factor, change.offset) != (1.0, 0.0):
        value = round(one.value * change.factor + change.offset, 9)
    return {
        "station_id": known.station.id,
        "variable": sensor.variable,
        "statistic": "point",
        "time": time,
        "value": value,
        "unit": variable.unit,
        "raw_value": one.value,
        "raw_unit": change.unit,
        "flag": "" if variable.low <= value <= variable.high else RANGE,
        "suspect": arrivals.suspicion(time, message.received_at, (CLOCK_DRIFT, STALE)),
        "method": "",
        "received_at": message.received_at,
        "data_set_key": arrivals.data_set_key(simulated=known.station.simulated),
        "_where": one.where,
    }


def _salinities(
    rows: Iterable[dict[str, Any]], convert: Converter, outcome: Outcome
) -> list[dict[str, Any]]:
    """Return the salinity of each conductivity whose temperature is known."""
    rows = list(rows)
    warmth = {row["time"]: row["value"] for row in rows if row["variable"] == "water_temperature"}
    derived = []
    for row in rows:
        if row["variable"] == "conductivity_25":
            temperature, measured = REFERENCE_C, False
        elif row["variable"] == "conductivity" and row["time"] in warmth:
            temperature, measured = round(warmth[row["time"]] - KELVIN, 6), True
        else:
            continue
        try:
            value = round(convert(row["value"], temperature), 6)
        except InputError as error:
            found = error.findings[0]
            outcome.rejected.append(
                ("not_convertible", Finding(row["_where"], "conductivity", found.problem,
                                            "check the sensor", "không đổi được sang độ mặn"))
            )  # fmt: skip
            continue
        salinity = VARIABLES["water_salinity"]
        derived.append(
            row
            | {
                "variable": salinity.name, "value": value, "unit": salinity.unit,
                "flag": "" if salinity.low <= value <= salinity.high else RANGE,
                "method": method_at(temperature, measured=measured),
            }
        )  # fmt: skip
    return derived


def _no(reason: str, one: Measurement, problem: str, fix: str) -> tuple[str, Finding]:
    return reason, Finding(
        printable(one.where), printable(one.sensor)[:80], problem, fix,
        "số đo không được nhận", "hãy kiểm tra thiết bị",
    )  # fmt: skip
