"""Features of imported layers that are not registry nouns (soil, other)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry
from sqlmodel import Field, SQLModel

from agridata.storage import GeometryColumn

__all__ = ["LayerFeature"]


class LayerFeature(SQLModel, table=True):
    """One feature of a named layer, in EPSG:4326, with its geodesic area."""

    __tablename__ = "layer_feature"
    __table_args__ = (sa.UniqueConstraint("layer", "source_id"),)
    model_config = {"arbitrary_types_allowed": True}

    id: int | None = Field(default=None, primary_key=True)
    layer: str = Field(index=True)
    kind: str
    source_id: str
    properties: dict[str, Any] = Field(sa_type=sa.JSON)
    area_ha: float | None = None
    geom: BaseGeometry = Field(sa_type=GeometryColumn)
    min_lon: float | None = None
    min_lat: float | None = None
    max_lon: float | None = None
    max_lat: float | None = None
    data_set_key: str = Field(foreign_key="data_set.key")
