"""Devices: who may send, with what secret, and what the names in their messages measure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from agridata.errors import InputError, NotFoundError, UsageError
from agridata.observations._stations import find_station
from agridata.observations._units import conversion, variable_named
from agridata.observations.models import Device, Sensor, Station
from agridata.vocabulary import Utc

__all__ = [
    "KEY",
    "SensorSpec",
    "UnauthorisedError",
    "add_device",
    "authenticated",
    "broker_hash",
    "devices",
    "filled_variables",
    "find_device",
    "new_token",
    "parse_sensor",
    "revoke_device",
    "rotate_token",
    "sensors_of",
]

KEY = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?")
"""Also an MQTT user name and a level of a topic: no ``+ # /``, no case to mistype."""

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9:./_-]{0,127}")
"""Characters of a name in SenML (RFC 8428 §4.5.1)."""

TOKEN_BYTES = 32
"""256 random bits: nobody guesses them, from the hash or over the network."""

SALT_BYTES = 12
BROKER_ROUNDS = 101
"""What ``mosquitto_passwd`` 2.0 writes (format ``$7$``); the token itself is the strength."""

DERIVED_SALINITY = frozenset({"conductivity", "conductivity_25"})
"""A sensor of these gives the station's salinity as well."""


class UnauthorisedError(InputError):
    """The device is unknown or revoked, or the token is not its own."""


@dataclass(frozen=True, slots=True)
class SensorSpec:
    """A name in messages, the variable it measures, its unit, how often it reports."""

    name: str
    variable: str
    unit: str = ""
    interval_seconds: float | None = None


def parse_sensor(text: str, every: float | None = None) -> SensorSpec:
    """Read ``NAME=VARIABLE``, ``NAME=VARIABLE@UNIT`` or ``VARIABLE[@UNIT]``.

    Raises
    ------
    UsageError
        If there is no such variable or the name is none.
    InputError
        If the unit does not measure the variable.
    """
    head, _, unit = text.partition("@")
    name, equals, variable = head.partition("=")
    variable = variable if equals else name
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is not the name of a sensor", field="--sensor",
            fix="letters, digits and : . / _ - only, for example ec=conductivity@uS/cm",
            problem_vi=f"{name!r} không phải tên cảm biến",
            fix_vi="chỉ dùng chữ, số và : . / _ -",
        )  # fmt: skip
    known = variable_named(variable)
    if unit:
        conversion(known, unit)
    return SensorSpec(name, variable, unit or known.unit, every)


def new_token() -> str:
    """Return a fresh secret for a device: 32 random bytes in base64url."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def broker_hash(token: str) -> str:
    """Return `token` as Mosquitto's password file keeps it (PBKDF2-SHA-512, ``$7$``)."""
    salt = secrets.token_bytes(SALT_BYTES)
    digest = hashlib.pbkdf2_hmac("sha512", token.encode(), salt, BROKER_ROUNDS)
    parts = (base64.b64encode(one).decode() for one in (salt, digest))
    return f"$7${BROKER_ROUNDS}${'$'.join(parts)}"


def add_device(
    session: Session,
    key: str,
    station: str,
    sensors: Sequence[SensorSpec],
    now: Utc,
    *,
    name: str = "",
) -> tuple[Device, str]:
    """Register a device and return it with its token, which nothing keeps; no commit.

    Parameters
    ----------
    key
        Lower-case letters, digits, ``-`` and ``_``: user name at the broker and level of
        its topic ``agridata/KEY/readings``.
    station
        Key of the station, or its name where only one station has it.
    sensors
        At least one.

    Raises
    ------
    InputError
        If the key is taken or malformed, no sensor is given, a sensor's name comes twice,
        or another active device already measures the same variable at the station (two
        sensors of one variable are two stations: readings are kept by station, variable
        and time).
    NotFoundError
        If there is no such station.
    """
    _check_key(session, key)
    place = find_station(session, station)
    assert place.id is not None
    _check_sensors(session, place, sensors)
    token = new_token()
    device = Device(
        key=key, name=name, station_id=place.id, token_hash=_hashed(token),
        broker_hash=broker_hash(token), created_at=now,
    )  # fmt: skip
    session.add(device)
    session.flush()
    assert device.id is not None
    for one in sensors:
        session.add(
            Sensor(
                device_id=device.id, name=one.name, variable=one.variable, unit=one.unit,
                interval_seconds=one.interval_seconds,
            )
        )  # fmt: skip
    session.flush()
    return device, token


def rotate_token(session: Session, key: str) -> str:
    """Give a device a new token and return it; the old one ends at the caller's commit."""
    device = find_device(session, key)
    if device.revoked_at is not None:
        raise InputError(
            f"device {key!r} is revoked", field="device", fix="add it under another key",
            problem_vi=f"thiết bị {key!r} đã bị thu hồi", fix_vi="hãy thêm với mã khác",
        )  # fmt: skip
    token = new_token()
    device.token_hash, device.broker_hash = _hashed(token), broker_hash(token)
    session.add(device)
    session.flush()
    return token


def revoke_device(session: Session, key: str, now: Utc) -> Device:
    """End a device's right to send, from `now`; its readings stay. Again: no change."""
    device = find_device(session, key)
    if device.revoked_at is None:
        device.revoked_at = now
        session.add(device)
        session.flush()
    return device


def find_device(session: Session, key: str) -> Device:
    """Return a device, revoked or not.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    device = session.exec(select(Device).where(Device.key == key)).one_or_none()
    if device is None:
        raise NotFoundError(
            f"no device {key!r}", field="device", fix="see `agridata observe devices list`",
            problem_vi=f"không có thiết bị {key!r}",
            fix_vi="xem `agridata observe devices list`",
        )  # fmt: skip
    return device


def devices(session: Session) -> list[tuple[Device, Station, list[Sensor]]]:
    """Return every device with its station and sensors, by key."""
    sensors: dict[int, list[Sensor]] = {}
    for sensor in session.exec(select(Sensor).order_by(Sensor.name)):
        sensors.setdefault(sensor.device_id, []).append(sensor)
    rows = session.exec(
        select(Device, Station)
        .join(Station, col(Station.id) == Device.station_id)
        .order_by(Device.key)
    ).all()
    return [(device, station, sensors.get(device.id or 0, [])) for device, station in rows]


def sensors_of(session: Session, device: Device) -> list[Sensor]:
    """Return the sensors of a device, by name."""
    query = select(Sensor).where(Sensor.device_id == device.id).order_by(Sensor.name)
    return list(session.exec(query).all())


def authenticated(session: Session, key: str, token: str) -> Device:
    """Return the device if `token` is its own and it is not revoked.

    Raises
    ------
    UnauthorisedError
        Otherwise, with the same words whatever is wrong.
    """
    device = session.exec(select(Device).where(Device.key == key)).one_or_none()
    expected = device.token_hash if device is not None else _hashed("")
    right = hmac.compare_digest(_hashed(token), expected)
    if device is None or not right or device.revoked_at is not None:
        raise UnauthorisedError(
            "unknown device or wrong token", field="Authorization",
            fix="send the header Authorization: Bearer TOKEN of this device",
            problem_vi="thiết bị không rõ hoặc sai mã bí mật",
            fix_vi="hãy gửi tiêu đề Authorization: Bearer MÃ của thiết bị này",
        )  # fmt: skip
    return device


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _check_key(session: Session, key: str) -> None:
    if not KEY.fullmatch(key):
        raise InputError(
            f"{key!r} is not a key for a device", field="device",
            fix="use 1 to 63 lower-case letters, digits, - and _, for example nuoc-trong-1",
            problem_vi=f"{key!r} không phải mã thiết bị",
            fix_vi="chỉ dùng chữ thường không dấu, số, - và _",
        )  # fmt: skip
    if session.exec(select(Device).where(Device.key == key)).first() is not None:
        raise InputError(
            f"there is a device {key!r} already", field="device",
            fix="give another key (a revoked device keeps its own for ever), or rotate its token",
            problem_vi=f"đã có thiết bị {key!r}", fix_vi="hãy dùng mã khác",
        )  # fmt: skip


def _check_sensors(session: Session, station: Station, sensors: Sequence[SensorSpec]) -> None:
    names = [one.name for one in sensors]
    given = [variable for one in sensors for variable in filled_variables(one.variable)]
    problem = ""
    if not sensors:
        problem = "measures nothing"
    elif len(set(names)) < len(names):
        problem = "names a sensor twice"
    elif len(set(given)) < len(given):
        problem = "measures one variable twice (conductivity gives salinity as well)"
    if problem:
        raise InputError(
            f"the device {problem}", field="--sensor",
            fix="give each sensor once: --sensor NAME=VARIABLE@UNIT",
            problem_vi="danh sách cảm biến không hợp lệ", fix_vi="mỗi cảm biến ghi một lần",
        )  # fmt: skip
    taken = session.exec(
        select(Device.key, Sensor.variable)
        .join(Sensor, col(Sensor.device_id) == Device.id)
        .where(Device.station_id == station.id, col(Device.revoked_at).is_(None))
    ).all()
    for device, variable in taken:
        if set(filled_variables(variable)) & set(given):
            raise InputError(
                f"device {device!r} already measures {variable} at {station.key}",
                field="--sensor", fix=f"revoke {device!r} first, or give this place its own "
                "station (a second depth is a second station)",
                problem_vi=f"thiết bị {device!r} đã đo đại lượng này tại {station.key}",
                fix_vi="hãy thu hồi thiết bị cũ, hoặc khai báo trạm riêng",
            )  # fmt: skip


def filled_variables(variable: str) -> tuple[str, ...]:
    """Return the variables of the station that a sensor of `variable` fills."""
    return (variable, "water_salinity") if variable in DERIVED_SALINITY else (variable,)
