"""Administrative units of both eras and the published crosswalk between them."""

from __future__ import annotations

from datetime import date

from shapely.geometry.base import BaseGeometry
from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from agridata.storage import GeometryColumn

__all__ = ["AdminCrosswalk", "AdminUnit"]


class AdminUnit(SQLModel, table=True):
    """A province (level 1), district (2, until the reform) or commune (3).

    Valid on ``valid_from <= day < valid_to``; None is open. Validity dates, not two
    fixed sets: some communes ended between reforms; `valid_from` None means that no
    source gives the start. `code` is the GSO code; one code may name different extents
    in different eras.

    `data_set_key` says where code and names come from, `geometry_data_set_key` where the
    polygon does. `area_km2` is the area as that source publishes it, else the geodesic
    area of the polygon. `note` begins with ``former province NN`` in a current commune
    whose main part (more than half of its area) lay in old province NN.
    """

    __tablename__ = "admin_unit"
    __table_args__ = (UniqueConstraint("code", "level", "valid_from"),)
    model_config = {"arbitrary_types_allowed": True}

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(index=True)
    level: int
    parent_code: str = Field(default="", index=True)
    name: str
    full_name: str
    full_name_en: str = ""
    kind: str = ""
    search_key: str = Field(index=True)
    valid_from: date | None = None
    valid_to: date | None = None
    note: str = ""
    area_km2: float | None = None
    geom: BaseGeometry | None = Field(default=None, sa_type=GeometryColumn)
    geometry_schematic: bool = False
    min_lon: float | None = None
    min_lat: float | None = None
    max_lon: float | None = None
    max_lat: float | None = None
    data_set_key: str = Field(foreign_key="data_set.key", index=True)
    geometry_data_set_key: str | None = Field(default=None, foreign_key="data_set.key")


class AdminCrosswalk(SQLModel, table=True):
    """One link from a commune before the reform to one after it.

    `share_of_area` is the measured share of the old unit's area inside the new one
    (0–1), None where no polygons of both exist and the link is only published.
    `old_is_split` is true when the old unit has more than one stored link.
    """

    __tablename__ = "admin_crosswalk"

    id: int | None = Field(default=None, primary_key=True)
    old_code: str = Field(index=True)
    new_code: str = Field(index=True)
    old_is_split: bool
    share_of_area: float | None = None
    data_set_key: str = Field(foreign_key="data_set.key")
