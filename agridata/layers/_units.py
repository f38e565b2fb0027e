"""Which administrative unit each of many shapes lies in, through one tree."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from sqlmodel import Session, col, select

from agridata.places import valid_on
from agridata.places.models import AdminUnit

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

__all__ = ["commune_codes", "units_of"]


def commune_codes(session: Session, shapes: Sequence[BaseGeometry], on: date) -> list[str]:
    """Return the commune code of each shape, "" where no commune polygon reaches."""
    found = units_of(session, shapes, level=3, on=on)
    return ["" if unit is None else unit.code for unit in found]


def units_of(
    session: Session, shapes: Sequence[BaseGeometry], level: int, on: date
) -> list[AdminUnit | None]:
    """Return the unit that contains a point inside each shape (EPSG:4326), on the day `on`."""
    import shapely

    query = (
        select(AdminUnit)
        .where(AdminUnit.level == level, col(AdminUnit.geom).is_not(None), valid_on(on))
        .order_by(col(AdminUnit.code))
    )
    units = session.exec(query).all()
    found: list[AdminUnit | None] = [None] * len(shapes)
    if not units or not shapes:
        return found
    polygons = [unit.geom for unit in units if unit.geom is not None]
    inside = shapely.point_on_surface(list(shapes))
    pairs = shapely.STRtree(polygons).query(inside, predicate="covered_by")
    for shape, unit in zip(*pairs, strict=True):
        found[shape] = found[shape] or units[unit]
    return found
