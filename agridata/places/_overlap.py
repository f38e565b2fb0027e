"""Which part of a unit lies in which other unit: the polygons decide, not the names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from agridata.places._lookup import former_province_note
from agridata.places._records import Catalogue, UnitRecord
from agridata.storage import geodesic_area_m2

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

__all__ = ["SLIVER_SHARE", "measured_shares", "name_former_provinces", "reach_of_old"]

SLIVER_SHARE = 0.01
"""Overlaps below 1 % of a unit are differences between two maps (coast, rivers), not facts."""

MAIN_PART = 0.5
"""A commune belongs to the old province that holds more than half of its area."""


def measured_shares(catalogue: Catalogue) -> dict[str, dict[str, float]]:
    """Return old commune → new commune → share of the old one's area (0–1), unrounded.

    Every old commune with a polygon is listed, also where no polygon of a new one meets it.
    """
    old = catalogue.with_polygon("old", 3)
    shares: dict[str, dict[str, float]] = {unit.code: {} for unit in old}
    for unit, other, area in _overlaps(old, catalogue.with_polygon("new", 3)):
        shares[unit.code][other.code] = area
    for unit in old:
        whole = _area(unit)
        shares[unit.code] = {code: part / whole for code, part in shares[unit.code].items()}
    return shares


def reach_of_old(catalogue: Catalogue, level: int) -> dict[str, dict[str, float]]:
    """Return new commune → old province (1) or district (2) → share of the commune in it."""
    communes = catalogue.with_polygon("new", 3)
    reach: dict[str, dict[str, float]] = {unit.code: {} for unit in communes}
    for unit, holder, area in _overlaps(communes, catalogue.with_polygon("old", level)):
        reach[unit.code][holder.code] = area / _area(unit)
    return reach


def name_former_provinces(catalogue: Catalogue, reach: Mapping[str, Mapping[str, float]]) -> None:
    """Write into the note of each current commune which old province held its main part."""
    for code, shares in reach.items():
        unit = catalogue.get("new", 3, code)
        main = max(shares, key=lambda province: shares[province], default=None)
        if unit is not None and main is not None and shares[main] > MAIN_PART:
            percent = min(100.0, 100 * shares[main])
            unit.note = f"{former_province_note(main)} ({percent:.1f} % of the area)"


def _area(unit: UnitRecord) -> float:
    return geodesic_area_m2(_polygon(unit))


def _polygon(unit: UnitRecord) -> BaseGeometry:
    assert unit.geom is not None, "only units with polygons are compared"
    return unit.geom


def _overlaps(
    left: Sequence[UnitRecord], right: Sequence[UnitRecord]
) -> Iterator[tuple[UnitRecord, UnitRecord, float]]:
    """Yield pairs that share area, with the area in m²."""
    import shapely

    if not left or not right:
        return
    ours = [_polygon(unit) for unit in left]
    theirs = [_polygon(unit) for unit in right]
    pairs = shapely.STRtree(theirs).query(ours, predicate="intersects")
    for a, b in zip(*pairs, strict=True):
        area = geodesic_area_m2(shapely.intersection(ours[a], theirs[b]))
        if area > 0:
            yield left[a], right[b], area
