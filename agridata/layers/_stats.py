"""Features and hectares of a layer by administrative unit of either era, cut at the borders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlmodel import Session, select

from agridata.errors import UsageError
from agridata.layers._catalogue import find_layer
from agridata.layers._stock import polygon_of
from agridata.layers._units import inner_units, units_with_polygon
from agridata.places import Era
from agridata.places.models import AdminUnit
from agridata.storage import geodesic_area_m2
from agridata.vocabulary import REFORM_DATE

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

__all__ = ["UnitShare", "layer_statistics"]

LEVELS = {"province": 1, "district": 2, "commune": 3}

NOWHERE_SHARE = 1e-6
"""Part of a shape outside every unit that is rounding of coordinates, not land."""


@dataclass(frozen=True, slots=True)
class UnitShare:
    """What lies in one unit; code "" gathers what lies in no known unit.

    `features` counts shapes with an inner point in the unit, so counts add up;
    `area_ha` is the geodesic area of the parts inside its border, None without areas.
    """

    code: str
    name: str
    features: int
    area_ha: float | None


def layer_statistics(
    session: Session,
    name: str,
    by: str,
    on: date,
    *,
    within: str | None = None,
    within_era: Era | None = None,
) -> list[UnitShare]:
    """Return features and geodesic hectares of a layer per unit, largest first.

    Parameters
    ----------
    by
        ``province``, ``district`` (only for days before the reform) or ``commune``.
    on
        Day whose units are meant.
    within
        Code of a unit; only what lies inside its polygon is counted, so that the totals
        of a place of one era can be told by units of the other.
    within_era
        Era of that unit; None takes the current one, else the one that ended.

    Notes
    -----
    Shapes are cut at the borders of units; the sum over all rows is the area of the layer
    (within the place). Polygons of neighbouring units may overlap by a few metres.

    Raises
    ------
    NotFoundError
        If there is no such layer, or no polygon of the unit `within`.
    UsageError
        If `by` is unknown, or districts are asked for on a day that has none.
    """
    _refuse(by, on)
    layer = find_layer(session, name)
    shapes = [row.geom for row in session.exec(select(layer.model).where(layer.rows))]
    if within is not None:
        shapes = _clipped(shapes, polygon_of(session, within, within_era)[1])
    units = units_with_polygon(session, LEVELS[by], on)
    counts = Counter(unit.code if unit else "" for unit in inner_units(shapes, units))
    areas = _areas(shapes, units)
    names = {unit.code: unit.full_name for unit in units} | {"": "in no unit with a polygon"}
    rows = [
        UnitShare(code, names[code], counts[code], areas.get(code))
        for code in counts.keys() | areas.keys()
    ]
    return sorted(rows, key=lambda one: (-(one.area_ha or 0), -one.features, one.code))


def _clipped(shapes: Sequence[BaseGeometry], place: BaseGeometry) -> list[BaseGeometry]:
    """Return the parts of `shapes` inside `place`; what only touches it is left out."""
    import shapely

    shapely.prepare(place)
    inside = shapely.covers(place, shapes)
    meets = shapely.intersects(place, shapes)
    parts = []
    for shape, whole, some in zip(shapes, inside, meets, strict=True):
        part = shape if whole else shapely.intersection(shape, place) if some else None
        if part is not None and shapely.get_dimensions(part) == shapely.get_dimensions(shape):
            parts.append(part)
    return parts


def _areas(shapes: Sequence[BaseGeometry], units: Sequence[AdminUnit]) -> dict[str, float]:
    """Return hectares of the layer inside each unit, "" for what is left over."""
    areal = [shape for shape in shapes if shape.area > 0]
    sums: dict[str, float] = {}
    covered = [0.0] * len(areal)
    for number, unit, part in _parts(areal, units):
        sums[unit.code] = sums.get(unit.code, 0.0) + geodesic_area_m2(part) / 10_000
        covered[number] += part.area / areal[number].area
    nowhere = sum(
        (1 - share) * geodesic_area_m2(shape) / 10_000
        for shape, share in zip(areal, covered, strict=True)
        if share < 1 - NOWHERE_SHARE
    )
    return (sums | {"": nowhere}) if nowhere else sums


def _parts(
    shapes: Sequence[BaseGeometry], units: Sequence[AdminUnit]
) -> list[tuple[int, AdminUnit, BaseGeometry]]:
    """Return (number of the shape, unit, part of the shape inside it)."""
    import numpy as np
    import shapely

    if not shapes or not units:
        return []
    polygons = np.array([unit.geom for unit in units], dtype=object)
    ours = np.array(shapes, dtype=object)
    tree = shapely.STRtree(polygons)
    whole, holder = tree.query(ours, predicate="covered_by")
    holders = dict(zip(whole.tolist(), holder.tolist(), strict=True))
    found = [(shape, units[unit], shapes[shape]) for shape, unit in holders.items()]
    rest = np.array([n for n in range(len(shapes)) if n not in holders], dtype=int)
    cut, unit_of = tree.query(ours[rest], predicate="intersects")
    parts = shapely.intersection(ours[rest[cut]], polygons[unit_of])
    return found + [
        (int(rest[shape]), units[unit], part)
        for shape, unit, part in zip(cut, unit_of, parts, strict=True)
        if shapely.area(part) > 0
    ]


def _refuse(by: str, on: date) -> None:
    if by not in LEVELS:
        raise UsageError(
            f"{by!r} is not a level", field="--by", fix=f"use one of {', '.join(LEVELS)}",
            problem_vi=f"{by!r} không phải là cấp hành chính",
            fix_vi="hãy dùng province, district hoặc commune",
        )  # fmt: skip
    if by == "district" and on >= REFORM_DATE:
        raise UsageError(
            "there is no district level since 1 July 2025", field="--by",
            fix="use commune, or the units of before: --era pre2025",
            problem_vi="từ 1/7/2025 không còn cấp huyện",
            fix_vi="hãy dùng commune, hoặc --era pre2025",
        )  # fmt: skip
