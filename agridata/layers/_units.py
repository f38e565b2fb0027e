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

__all__ = ["commune_codes", "inner_units", "units_with_polygon"]


def commune_codes(session: Session, shapes: Sequence[BaseGeometry], on: date) -> list[str]:
    """Return the commune code of each shape, "" where no commune polygon reaches."""
    if not shapes:
        return []
    found = inner_units(shapes, units_with_polygon(session, 3, on))
    return ["" if unit is None else unit.code for unit in found]


def units_with_polygon(session: Session, level: int, on: date) -> list[AdminUnit]:
    """Return the units of a level that existed on `on` and whose polygon is known, by code."""
    query = (
        select(AdminUnit)
        .where(AdminUnit.level == level, col(AdminUnit.geom).is_not(None), valid_on(on))
        .order_by(col(AdminUnit.code))
    )
    return list(session.exec(query).all())


def inner_units(
    shapes: Sequence[BaseGeometry], units: Sequence[AdminUnit]
) -> list[AdminUnit | None]:
    """Return the unit that contains a point inside each shape (EPSG:4326)."""
    import shapely

    found: list[AdminUnit | None] = [None] * len(shapes)
    if not units or not shapes:
        return found
    polygons = [unit.geom for unit in units if unit.geom is not None]
    inside = shapely.point_on_surface(list(shapes))
    pairs = shapely.STRtree(polygons).query(inside, predicate="covered_by")
    for shape, unit in zip(*pairs, strict=True):
        found[shape] = found[shape] or units[unit]
    return found
