"""Stations, devices and readings on the ground; scenes and their zonal statistics from the air."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry
from sqlmodel import Field, SQLModel

from agridata.storage import GeometryColumn, UtcDateTime

__all__ = [
    "Device",
    "DeviceMessage",
    "Reading",
    "RejectedMessage",
    "Scene",
    "Sensor",
    "Station",
    "ZonalStatistic",
]


class Station(SQLModel, table=True):
    """A place where something is measured; `key` is its identity, never its name.

    `geom` is None where no source gives coordinates: such a station has readings but
    serves no commune. `admin_unit_code` is the current commune that contains it.
    """

    __tablename__ = "station"
    model_config = {"arbitrary_types_allowed": True}

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    name: str
    river: str = ""
    place_text: str = ""
    coordinate_source: str = ""
    admin_unit_code: str | None = Field(default=None, index=True)
    geom: BaseGeometry | None = Field(default=None, sa_type=GeometryColumn)
    min_lon: float | None = None
    min_lat: float | None = None
    max_lon: float | None = None
    max_lat: float | None = None
    simulated: bool
    data_set_key: str = Field(foreign_key="data_set.key")


class Reading(SQLModel, table=True):
    """One value of one variable at one station.

    `variable` is the CF-style name of the contract (``water_salinity`` …), `unit` its
    UCUM-style unit in storage (g/L, m, m3/s, m/s, K, mm), `statistic` one of
    point, daily_max, daily_min, daily_mean. For daily statistics `time` is local
    midnight at the start of the day. `flag` is "" or names the checks that failed
    (``range`` …), `suspect` what is suspicious and may be true (``spike`` …), joined by
    ";"; flags never delete. `raw_value`/`raw_unit` keep what was sent, `method` says how
    it became `value` where that is more than a factor ("" otherwise). `received_at` is
    when it arrived over the network, None where it came in a file.
    """

    __tablename__ = "reading"
    __table_args__ = (sa.UniqueConstraint("station_id", "variable", "statistic", "time"),)

    id: int | None = Field(default=None, primary_key=True)
    station_id: int = Field(foreign_key="station.id")
    variable: str
    statistic: str
    time: datetime = Field(sa_type=UtcDateTime)
    value: float
    unit: str
    raw_value: float
    raw_unit: str
    flag: str = ""
    suspect: str = Field(default="", sa_column_kwargs={"server_default": ""})
    method: str = Field(default="", sa_column_kwargs={"server_default": ""})
    received_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    data_set_key: str = Field(foreign_key="data_set.key", index=True)


class Device(SQLModel, table=True):
    """A logger in the field that may send readings of one station.

    `key` is its MQTT user name and the level of its topic. `token_hash` is the SHA-256 of
    its token (32 random bytes, shown once): a token of 256 random bits cannot be guessed
    from its hash, so a slow hash such as argon2id would protect nothing and would let
    anyone who posts rubbish burn 50 ms of the server per try. `broker_hash` is the same
    token in the form that Mosquitto's password file wants. `last_seen` is when something
    of it was last taken in, `online` what the broker says of its connection (None:
    unknown), since `online_at`.
    """

    __tablename__ = "device"

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    name: str = ""
    station_id: int = Field(foreign_key="station.id", index=True)
    token_hash: str
    broker_hash: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_seen: datetime | None = Field(default=None, sa_type=UtcDateTime)
    online: bool | None = None
    online_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Sensor(SQLModel, table=True):
    """What a name in a device's messages measures.

    `unit` is meant where a message names none. `interval_seconds` is how often it should
    report; None: learnt from its readings.
    """

    __tablename__ = "sensor"
    __table_args__ = (sa.UniqueConstraint("device_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    device_id: int = Field(foreign_key="device.id")
    name: str
    variable: str
    unit: str
    interval_seconds: float | None = None


class DeviceMessage(SQLModel, table=True):
    """An identifier of a message that has been taken in: it is not taken in twice."""

    __tablename__ = "device_message"

    device_id: int = Field(foreign_key="device.id", primary_key=True)
    message_id: str = Field(primary_key=True)
    received_at: datetime = Field(sa_type=UtcDateTime, index=True)


class RejectedMessage(SQLModel, table=True):
    """A message, or a record of one, that was not stored, and why.

    The same content rejected again (a redelivery, a device that repeats itself) only
    raises `times` and `last_at`. `excerpt` is the beginning of the payload.
    """

    __tablename__ = "rejected_message"
    __table_args__ = (sa.UniqueConstraint("device_key", "content_hash", "where"),)

    id: int | None = Field(default=None, primary_key=True)
    device_key: str
    channel: str
    reason: str = Field(index=True)
    where: str
    field: str
    problem: str
    fix: str
    excerpt: str
    content_hash: str
    first_at: datetime = Field(sa_type=UtcDateTime)
    last_at: datetime = Field(sa_type=UtcDateTime, index=True)
    times: int = 1


class Scene(SQLModel, table=True):
    """A raster in the workspace; `bands` is a list of {name, scale, offset, nodata}.

    `path` is relative to the workspace's scenes folder, or absolute for a raster that
    is read in place. `time` is the acquisition, or the start of the composited period
    that `period` names ("" for an instant, "P1M" for a month).
    """

    __tablename__ = "scene"

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    time: datetime = Field(sa_type=UtcDateTime)
    period: str = ""
    path: str
    crs: str
    bands: list[dict[str, Any]] = Field(sa_type=sa.JSON)
    cloud_share: float | None = None
    stac_item: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    simulated: bool
    data_set_key: str = Field(foreign_key="data_set.key")


class ZonalStatistic(SQLModel, table=True):
    """Statistics of one band (or index) of one scene over one zone.

    `zone_kind` is "commune" (zone = unit code) or "parcel" (zone = parcel code);
    `count` is fractional coverage in pixels, 0 where the raster does not reach.
    """

    __tablename__ = "zonal_statistic"
    __table_args__ = (sa.UniqueConstraint("scene_key", "band", "zone_kind", "zone"),)

    id: int | None = Field(default=None, primary_key=True)
    scene_key: str = Field(foreign_key="scene.key", index=True)
    band: str
    zone_kind: str
    zone: str = Field(index=True)
    count: float
    mean: float | None = None
    stdev: float | None = None
    min: float | None = None
    max: float | None = None
