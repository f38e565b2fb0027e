"""What only shows when shapes are seen together: twins, overlaps, slivers, strangers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agridata.errors import Finding
from agridata.layers._check import CheckedFeature
from agridata.layers._reasons import NamedFinding, finding
from agridata.storage import geodesic_area_m2

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

__all__ = [
    "OVERLAP_SHARE",
    "Neighbour",
    "find_overlaps",
    "other_types",
    "outside_of",
    "slivers_of",
    "without_duplicate_shapes",
]

OVERLAP_SHARE = 0.05
"""Two parcels that share more than this of the smaller one cannot both be right; less is the
line of a ditch drawn twice, which is noted."""

OVERLAP_M2 = 1.0
"""Overlaps below a square metre are rounding of coordinates, not worth a word."""

SLIVER_WIDTH_M = 0.2
"""Mean width (2 × area ÷ perimeter) below which an area is left over from an overlay: bunds
between paddies are 0.3 m, the narrowest of 100 real Dutch parcels measures 0.30 m."""

SLIVER_M2 = 1.0
"""Area below which nothing grows; the smallest of 400 real parcels has 3.9 m²."""


SQUARE_DEGREE_M2 = 1.24e10
"""Square metres of a square degree at the equator, the most there can be."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A parcel that the workspace already has."""

    name: str
    geometry: BaseGeometry


def without_duplicate_shapes(
    features: Iterable[CheckedFeature], rejected: list[Finding], known: Sequence[Neighbour] = ()
) -> list[CheckedFeature]:
    """Keep the first of several identical areas or lines; points may coincide."""
    import shapely

    def mark(shape: BaseGeometry) -> bytes:
        data: bytes = shapely.to_wkb(shapely.normalize(shape))
        return data

    seen = {mark(one.geometry): one.name for one in known}
    kept = []
    for feature in features:
        if feature.geometry.geom_type.endswith("Point"):
            kept.append(feature)
            continue
        first = seen.setdefault(mark(feature.geometry), feature.where)
        if first == feature.where:
            kept.append(feature)
        else:
            rejected.append(
                finding(
                    feature.where, "duplicate", f"the same shape as {first}",
                    detail_vi=f"cùng hình với {first}",
                )
            )  # fmt: skip
    return kept


def find_overlaps(
    features: Sequence[CheckedFeature], known: Sequence[Neighbour] = ()
) -> tuple[dict[str, NamedFinding], list[NamedFinding]]:
    """Return the overlaps that cannot be and those that are only noted.

    Returns
    -------
    tuple
        Place of the later of two features → finding with partner, square metres and share
        of the smaller one; and the notes on overlaps up to `OVERLAP_SHARE`.
    """
    areas = [one for one in features if one.geometry.geom_type.endswith("Polygon")]
    stock = [*known, *(Neighbour(one.where, one.geometry) for one in areas)]
    if not areas:
        return {}, []
    found: dict[str, NamedFinding] = {}
    notes = []
    for number, other in _candidates([one.geometry for one in areas], stock, len(known)):
        one, partner = areas[number], stock[other]
        if one.where in found or partner.name in found:  # the partner does not land either
            continue
        shared, share = _shared(one.geometry, partner.geometry)
        if shared < OVERLAP_M2:
            continue
        detail = f"{partner.name}, {shared:,.0f} m² ({share:.1%} of the smaller)"
        if share > OVERLAP_SHARE:
            found[one.where] = finding(one.where, "overlap", detail)
        else:
            notes.append(finding(one.where, "small_overlap", detail))
    return found, notes


def _candidates(
    shapes: Sequence[BaseGeometry], stock: Sequence[Neighbour], known: int
) -> list[tuple[int, int]]:
    """Return (shape, earlier one of the stock) that share some area, in the order of shapes."""
    import numpy as np
    import shapely

    others = np.array([one.geometry for one in stock], dtype=object)
    ours = np.array(shapes, dtype=object)
    left, right = shapely.STRtree(others).query(ours, predicate="intersects")
    earlier = right < known + left  # neither itself nor a later one, which will look back
    left, right = left[earlier], right[earlier]
    common = shapely.area(shapely.intersection(ours[left], others[right]))
    real = common > OVERLAP_M2 / SQUARE_DEGREE_M2
    return sorted(zip(left[real].tolist(), right[real].tolist(), strict=True))


def _shared(one: BaseGeometry, other: BaseGeometry) -> tuple[float, float]:
    """Return square metres in common and their share of the smaller area."""
    shared = geodesic_area_m2(one.intersection(other))
    smaller = min(geodesic_area_m2(one), geodesic_area_m2(other))
    return shared, shared / smaller if smaller else 0.0


def slivers_of(features: Sequence[CheckedFeature]) -> dict[str, NamedFinding]:
    """Return a finding for each area that is too thin or too small to be a parcel."""
    import numpy as np
    import shapely

    shapes = [one.geometry for one in features]
    area = shapely.area(shapes)
    width = np.divide(2 * area, shapely.length(shapes), out=np.ones_like(area), where=area > 0)
    small = area * SQUARE_DEGREE_M2 < 4 * SLIVER_M2
    thin = width * SQUARE_DEGREE_M2**0.5 < 4 * SLIVER_WIDTH_M
    found = (_sliver(features[n]) for n in np.flatnonzero((area > 0) & (small | thin)).tolist())
    return {one.where: one for one in found if one is not None}


def _sliver(feature: CheckedFeature) -> NamedFinding | None:
    from pyproj import Geod

    shape = feature.geometry
    area = geodesic_area_m2(shape)
    width = 2 * area / Geod(ellps="WGS84").geometry_area_perimeter(shape)[1]
    if area >= SLIVER_M2 and width >= SLIVER_WIDTH_M:
        return None
    return finding(feature.where, "sliver", f"{area:.2f} m², {width:.2f} m wide on average")


def outside_of(
    features: Sequence[CheckedFeature], name: str, province: BaseGeometry
) -> dict[str, NamedFinding]:
    """Return a finding for each feature of which nothing lies in the polygon of a unit."""
    import shapely

    shapely.prepare(province)
    meets = shapely.intersects(province, [one.geometry for one in features])
    return {
        one.where: finding(one.where, "outside_province", name)
        for one, hit in zip(features, meets, strict=True)
        if not hit
    }


def other_types(features: Sequence[CheckedFeature]) -> list[NamedFinding]:
    """Return a note for each shape that is no point, line or area like most of the layer."""
    kinds = [one.geometry.geom_type.removeprefix("Multi") for one in features]
    if len(set(kinds)) < 2:
        return []
    main = Counter(kinds).most_common(1)[0][0]
    return [
        finding(one.where, "other_type", f"{kind}, most are {main}")
        for one, kind in zip(features, kinds, strict=True)
        if kind != main
    ]
