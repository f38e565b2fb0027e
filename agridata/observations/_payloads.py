"""What a message says: SenML JSON (RFC 8428) and plain JSON become measurements.

Pure: bytes in, measurements and findings out. Nothing that a device can send raises
anything but `PayloadError`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from agridata.errors import Finding, InputError
from agridata.vocabulary import Utc

__all__ = [
    "MAX_PAYLOAD_BYTES",
    "MAX_RECORDS",
    "Measurement",
    "Parsed",
    "PayloadError",
    "identifier",
    "parse",
    "printable",
]

MAX_PAYLOAD_BYTES = 65_536
"""A day of minute values of one sensor in SenML is 40 kB; more is sent in parts."""

MAX_RECORDS = 2_000
"""Records of one message: a day of minute values, and some."""

MAX_ID = 128
"""Characters of a message identifier: a UUID has 36, an idempotency key rarely 64."""

SENML_VERSION = 10
"""Newest version of SenML (RFC 8428 §4.4)."""

RELATIVE_BELOW = 2**28
"""Times below it are seconds relative to now (RFC 8428 §4.5.3)."""

SENML_LABELS = frozenset(
    {"bn", "bt", "bu", "bv", "bs", "bver", "n", "u", "v", "vs", "vb", "vd", "s", "t", "ut"}
)
PLAIN_LABELS = frozenset({"sensor", "value", "values", "time", "unit", "units", "id"})


class PayloadError(InputError):
    """The whole message is refused; `reason` is its name in the list of rejections."""

    def __init__(self, reason: str, problem: str, fix: str, problem_vi: str) -> None:
        self.reason = reason
        super().__init__(problem, field="payload", fix=fix, problem_vi=problem_vi)


@dataclass(frozen=True, slots=True)
class Measurement:
    """One number of one sensor.

    Attributes
    ----------
    sensor
        Name as sent, base name and name joined.
    time
        None where the message gives no absolute time.
    offset
        Seconds relative to the moment of sending, where `time` is None.
    unit
        "" where the message names none.
    where
        Which record: ``record 3`` or ``values.ec``.
    """

    sensor: str
    time: Utc | None
    offset: float
    value: float
    unit: str
    where: str


@dataclass(slots=True)
class Parsed:
    """Measurements of a message, the records that are none, and the message's own id."""

    measurements: list[Measurement] = field(default_factory=list)
    bad: list[tuple[str, Finding]] = field(default_factory=list)
    message_id: str | None = None


def parse(payload: bytes) -> Parsed:
    """Read a message.

    Parameters
    ----------
    payload
        SenML JSON: an array of records with base fields (``bn bt bu bv bver``); every
        number must have a name. Or plain JSON: ``{"sensor", "time", "value", "unit"}``,
        ``{"time", "values": {sensor: number}, "units": {sensor: unit}}``, or an array of
        these; ``id`` is an identifier of the message. Times are ISO 8601 with an offset,
        or seconds since 1970.

    Returns
    -------
    Parsed
        A record that is no measurement is listed in `bad` with a reason; the others stay.

    Raises
    ------
    PayloadError
        If the message is too large, no JSON, or neither of the two forms.
    """
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise PayloadError(
            "oversize", f"has {len(payload)} bytes, more than {MAX_PAYLOAD_BYTES}",
            "send it in parts", "tin nhắn quá lớn",
        )  # fmt: skip
    document = _json(payload)
    records = document if isinstance(document, list) else [document]
    if len(records) > MAX_RECORDS:
        raise PayloadError(
            "oversize", f"has {len(records)} records, more than {MAX_RECORDS}",
            "send it in parts", "tin nhắn quá nhiều bản ghi",
        )  # fmt: skip
    if not records or not all(isinstance(one, dict) for one in records):
        raise _neither()
    if isinstance(document, list) and not any(PLAIN_LABELS & one.keys() for one in records):
        return _senml(records)
    if all(PLAIN_LABELS & one.keys() for one in records):
        return _plain(records, alone=not isinstance(document, list))
    raise _neither()


def _neither() -> PayloadError:
    return PayloadError(
        "malformed", "is neither SenML nor plain JSON readings",
        'send [{"bn": "…", "n": "…", "u": "…", "v": 1.2, "t": …}] or '
        '{"sensor": "…", "time": "…", "value": 1.2, "unit": "…"}',
        "không phải SenML cũng không phải JSON số đo",
    )  # fmt: skip


def _json(payload: bytes) -> Any:
    """Return the JSON document; whatever is wrong with it is one kind of error."""

    def refuse(name: str) -> None:
        raise ValueError(f"{name} is no JSON number")

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            raise ValueError("a name stands twice in one object")
        return dict(pairs)

    try:
        return json.loads(payload.decode("utf-8"), parse_constant=refuse, object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:  # a UnicodeDecodeError is a ValueError
        raise PayloadError(
            "malformed", f"is not JSON: {_short(error)}", "send UTF-8 JSON",
            "không phải JSON hợp lệ",
        ) from None  # fmt: skip


def _short(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)[:120]


def _senml(records: list[dict[str, Any]]) -> Parsed:
    """Resolve the base fields (RFC 8428 §4.6) and read each record."""
    parsed = Parsed()
    base = _Base()
    for number, record in enumerate(records, start=1):
        where = f"record {number}"
        problem = base.take(record) or _unknown_label(record)
        if problem:
            raise PayloadError(
                "malformed", f"{where}: {problem}", "see RFC 8428", "SenML không hợp lệ"
            )
        if not {"v", "vs", "vb", "vd", "s"} & record.keys():
            continue  # base fields alone carry no measurement
        found = _senml_record(record, base, where)
        if isinstance(found, Measurement):
            parsed.measurements.append(found)
        else:
            parsed.bad.append(found)
    return parsed


@dataclass(slots=True)
class _Base:
    """Base fields in force."""

    name: str = ""
    time: float = 0.0
    unit: str = ""
    value: float = 0.0

    def take(self, record: Mapping[str, Any]) -> str:
        """Take the base fields of a record; return what is wrong with them."""
        version = record.get("bver", SENML_VERSION)
        if not isinstance(version, int) or isinstance(version, bool) or version > SENML_VERSION:
            return f"version {version!r} of SenML is not known"
        for label, kind in (("bn", str), ("bu", str), ("bt", float), ("bv", float)):
            if label not in record:
                continue
            given = _number(record[label]) if kind is float else record[label]
            if given is None or not isinstance(given, kind):
                return f"{label} is {record[label]!r:.60}"
            setattr(self, {"bn": "name", "bu": "unit", "bt": "time", "bv": "value"}[label], given)
        return ""


def _unknown_label(record: Mapping[str, Any]) -> str:
    """A label that ends in "_" must be understood (RFC 8428 §4.4); others are passed over."""
    wrong = [label for label in record if label.endswith("_") and label not in SENML_LABELS]
    return f"the label {wrong[0]!r:.60} must be understood and is not" if wrong else ""


def _senml_record(
    record: Mapping[str, Any], base: _Base, where: str
) -> Measurement | tuple[str, Finding]:
    value = _number(record.get("v"))
    if value is None:
        return _bad(where, "v", "is no number", "send v as a finite number")
    if "n" in record and not isinstance(record["n"], str):
        return _bad(where, "n", "is no text", "send n as text")
    if "u" in record and not isinstance(record["u"], str):
        return _bad(where, "u", "is no text", "send u as text")
    seconds = _number(record.get("t", 0))
    if seconds is None:
        return _bad(where, "t", "is no number", "send t as seconds")
    name, unit = base.name + record.get("n", ""), record.get("u", base.unit)
    total = base.time + seconds
    if not name:
        return _bad(where, "n", "has no name", "give bn or n")
    if total < RELATIVE_BELOW:
        return Measurement(name, None, total, base.value + value, unit, where)
    time = _moment(total)
    if time is None:
        return _bad(where, "t", "is no time", "send seconds since 1970")
    return Measurement(name, time, 0.0, base.value + value, unit, where)


def _plain(records: list[dict[str, Any]], *, alone: bool) -> Parsed:
    parsed = Parsed()
    for number, record in enumerate(records, start=1):
        where = "" if alone else f"record {number}"
        given = record.get("id")
        if given is not None:
            parsed.message_id = _message_id(given, parsed.message_id, where)
        for found in _plain_record(record, where):
            if isinstance(found, Measurement):
                parsed.measurements.append(found)
            else:
                parsed.bad.append(found)
    return parsed


def _message_id(given: object, known: str | None, where: str) -> str:
    """Return the message's id; an array may repeat it, not change it."""
    text = str(given) if isinstance(given, str | int) else ""
    if known not in (None, text):
        text = ""
    return identifier(text, where)


def identifier(text: str, where: str = "") -> str:
    """Return `text` if it may be the identifier of a message.

    Raises
    ------
    PayloadError
        If it is empty, long, or holds characters that do not print.
    """
    if text and len(text) <= MAX_ID and text.isprintable():
        return text
    raise PayloadError(
        "malformed", f"{where or 'the message'}: id {text!r:.60} is not an identifier",
        f"send one id per message, 1 to {MAX_ID} characters that print",
        "mã tin nhắn không hợp lệ",
    )  # fmt: skip


def printable(text: str) -> str:
    """Return text that both databases hold and a terminal survives."""
    return "".join(one if one.isprintable() else "·" for one in text)


def _plain_record(
    record: Mapping[str, Any], where: str
) -> Iterator[Measurement | tuple[str, Finding]]:
    """Yield the measurements of ``{sensor, value}`` or ``{values: {…}}``."""
    values, units = record.get("values"), record.get("units", {})
    if values is None:
        name = record.get("sensor")
        if not isinstance(name, str) or not name:
            yield _bad(where, "sensor", "has no name", "name the sensor")
            return
        values, units = {name: record.get("value")}, {name: record.get("unit", "")}
    if not isinstance(values, dict) or not isinstance(units, dict) or not values:
        yield _bad(where, "values", "is no object", 'send "values": {"ec": 1.2}')
        return
    time = None
    if record.get("time") is not None:
        time = _plain_time(record["time"])
        if time is None:
            yield _bad(
                where, "time", f"{record['time']!r:.60} is no time with an offset",
                "send 2026-03-20T06:00:00+07:00 or seconds since 1970", "bad_time",
            )  # fmt: skip
            return
    for name, given in values.items():
        place = f"{where} values.{name}".strip() if "values" in record else where
        value, unit = _number(given), units.get(name, "")
        if not name:
            yield _bad(place, "sensor", "has no name", "name the sensor")
        elif value is None:
            yield _bad(place, name[:60], "is no number", "send a finite number")
        elif not isinstance(unit, str):
            yield _bad(place, name[:60], "has a unit that is no text", "send the unit as text")
        else:
            yield Measurement(name, time, 0.0, value, unit, place)


def _plain_time(given: object) -> Utc | None:
    """Return an ISO 8601 time with offset, or seconds since 1970; None if it is neither."""
    if isinstance(given, str):
        try:
            moment = datetime.fromisoformat(given)
            return None if moment.tzinfo is None else _rounded(moment.astimezone(UTC))
        except (ValueError, OverflowError):
            return None
    seconds = _number(given)
    return None if seconds is None or seconds < RELATIVE_BELOW else _moment(seconds)


def _number(given: object) -> float | None:
    """Return a finite JSON number, None for anything else."""
    if isinstance(given, bool) or not isinstance(given, int | float):
        return None
    try:
        number = float(given)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _moment(seconds: float) -> Utc | None:
    try:
        return _rounded(datetime.fromtimestamp(seconds, UTC))
    except (ValueError, OverflowError, OSError):
        return None


def _rounded(moment: datetime) -> Utc:
    """Return the moment to the millisecond: floats of one time must be one key."""
    stray = moment.microsecond % 1000
    return Utc(moment + timedelta(microseconds=(1000 if stray >= 500 else 0) - stray))


def _bad(
    where: str, name: str, problem: str, fix: str, reason: str = "malformed"
) -> tuple[str, Finding]:
    return reason, Finding(
        printable(where), printable(name), problem, fix,
        "bản ghi không hợp lệ", "hãy kiểm tra thiết bị",
    )  # fmt: skip
