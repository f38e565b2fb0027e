"""Stations and readings on the ground, scenes and their zonal statistics from the air."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry
from sqlmodel import Field, SQLModel

from agridata.storage import GeometryColumn, UtcDateTime

__all__ = ["Reading", "Scene", "Station", "ZonalStatistic"]


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
    midnight at the start of the day. `flag` is "" or names what is suspicious
    (``range`` …); flags never delete. `raw_value`/`raw_unit` keep what was sent.
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
    data_set_key: str = Field(foreign_key="data_set.key", index=True)


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
