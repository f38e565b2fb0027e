"""Smallholder fields drawn inside a commune: strips between canals, never overlapping.

All drawing happens in metres (WGS 84 / UTM 48N, EPSG:32648); results are EPSG:4326.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from pyproj import Geod, Transformer
from shapely import affinity, set_precision, transform
from shapely.geometry import MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import nearest_points, unary_union

from agridata.errors import InputError
from agridata.vocabulary import Hectare, LonLat

from ._models import Commune, stream

__all__ = [
    "MetricField",
    "cluster_centre",
    "draw_fields",
    "draw_points",
    "geodesic_hectares",
    "to_degrees",
    "to_metres",
]

Shape = TypeVar("Shape", bound=BaseGeometry)

_ROWS, _COLUMNS = 11, 15
"""Candidate grid per commune: about 165 strips, of which the nearest 20–30 are kept."""

_CANAL_M, _BUND_M = 18.0, 3.0
"""Gaps between rows (canal with its dykes) and between strips (bund)."""

_EDGE_M = 60.0
"""Fields keep this far from the commune's border, where its line is uncertain."""

_SMALLEST_HA, _LARGEST_HA = 0.3, 2.5


@dataclass(frozen=True, slots=True)
class MetricField:
    """One strip in metres with the canal row it lies on (neighbours sow together)."""

    polygon: Polygon
    row: int


@cache
def _projection(source: str, target: str) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True)


def _moved(shape: Shape, source: str, target: str) -> Shape:
    def move(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.column_stack(_projection(source, target).transform(points[:, 0], points[:, 1]))

    return transform(shape, move)


def to_metres(shape: Shape) -> Shape:
    """Return `shape` (EPSG:4326) in metres, EPSG:32648."""
    return _moved(shape, "EPSG:4326", "EPSG:32648")


def to_degrees(shape: Shape) -> Shape:
    """Return `shape` (EPSG:32648) in degrees, EPSG:4326, rounded to 1e-7° (about 1 cm)."""
    return set_precision(_moved(shape, "EPSG:32648", "EPSG:4326"), 1e-7, mode="pointwise")


def geodesic_hectares(shape: BaseGeometry) -> Hectare:
    """Return the area of an EPSG:4326 polygon on the WGS 84 ellipsoid, ha."""
    square_metres, _ = Geod(ellps="WGS84").geometry_area_perimeter(shape)
    return Hectare(abs(square_metres) / 10_000)


def _main_part(commune: Commune) -> Polygon:
    shape = to_metres(commune.polygon)
    parts = list(shape.geoms) if isinstance(shape, MultiPolygon) else [shape]
    polygons = [part for part in parts if isinstance(part, Polygon) and not part.is_empty]
    if not polygons:
        raise InputError(
            f"commune {commune.code} has no polygon",
            where=commune.code,
            field="polygon",
            fix="give communes with a polygon in EPSG:4326",
        )
    return max(polygons, key=lambda part: part.area)


def cluster_centre(communes: Sequence[Commune]) -> Point:
    """Return the common centre of `communes` in metres; fields gather towards it."""
    centre: Point = unary_union([_main_part(commune) for commune in communes]).centroid
    return centre


def _inside(polygon: Polygon, margins_m: Sequence[float]) -> BaseGeometry:
    for margin in margins_m:
        inner = polygon.buffer(-margin)
        if not inner.is_empty:
            return inner
    return polygon


def _grid(rng: np.random.Generator) -> list[MetricField]:
    """Return strips around the origin: rows between canals, irregular widths and ends."""
    depths = rng.uniform(105, 255, _ROWS)
    tops = np.cumsum(depths + _CANAL_M) - (depths + _CANAL_M).sum() / 2
    fields = []
    for row in range(_ROWS):
        widths = rng.uniform(32, 92, _COLUMNS)
        ends = np.cumsum(widths + _BUND_M) - (widths + _BUND_M).sum() / 2 + rng.uniform(-20, 20)
        # both ends of a strip's four corners stay within half a canal of their line
        low = tops[row] - depths[row] + rng.uniform(-7, 7, (_COLUMNS, 2))
        high = tops[row] + rng.uniform(-7, 7, (_COLUMNS, 2))
        lean = rng.uniform(-1, 1, (_COLUMNS, 4))
        for column in range(_COLUMNS):
            left, right = ends[column] - widths[column], ends[column]
            xs = np.array([left, right, right, left]) + lean[column]
            ys = (low[column, 0], low[column, 1], high[column, 1], high[column, 0])
            fields.append(MetricField(Polygon(list(zip(xs, ys, strict=True))), row))
    return fields


def _placed(field: MetricField, angle_deg: float, anchor: Point) -> MetricField:
    turned = affinity.rotate(field.polygon, angle_deg, origin=(0, 0))
    return MetricField(affinity.translate(turned, anchor.x, anchor.y), field.row)


def draw_fields(
    commune: Commune, *, towards: Point, fewest: int, most: int, seed: int
) -> list[MetricField]:
    """Draw `fewest` to `most` strips of 0.3–2.5 ha in one block of a commune.

    Parameters
    ----------
    commune
        Polygon in EPSG:4326.
    towards
        Point in metres (EPSG:32648) to which the block lies as near as it can, so that
        the blocks of neighbouring communes fit one small scene.

    Returns
    -------
    list of MetricField
        Ordered from the block's centre outward; disjoint, inside the commune by 60 m.

    Raises
    ------
    InputError
        If not a single strip fits.
    """
    rng = stream(seed, "fields", commune.code)
    polygon = _main_part(commune)
    anchor, _ = nearest_points(_inside(polygon, (800, 400, 150, _EDGE_M)), towards)
    angle, wanted = rng.uniform(15, 75), int(rng.integers(fewest, most + 1))
    bounds = _inside(polygon, (_EDGE_M,))
    candidates = [_placed(field, angle, anchor) for field in _grid(rng)]
    usable = [
        field
        for field in candidates
        if _SMALLEST_HA + 0.01 <= field.polygon.area / 1e4 <= _LARGEST_HA - 0.01
        and bounds.contains(field.polygon)
    ]
    if not usable:
        raise InputError(
            f"commune {commune.code} is too small for a field of {_SMALLEST_HA} ha",
            where=commune.code,
            field="polygon",
            fix="choose communes of at least about 1 km²",
        )
    usable.sort(key=lambda field: field.polygon.centroid.distance(anchor))
    return usable[:wanted]


def draw_points(commune: Commune, count: int, rng: np.random.Generator) -> list[LonLat]:
    """Return `count` positions inside a commune, rounded to 1e-4° (about 10 m)."""
    inner = _inside(_main_part(commune), (400, 150, _EDGE_M))
    min_x, min_y, max_x, max_y = inner.bounds
    points: list[LonLat] = []
    while len(points) < count:
        spot = Point(rng.uniform(min_x, max_x), rng.uniform(min_y, max_y))
        if inner.contains(spot):
            degrees = to_degrees(spot)
            points.append(LonLat(round(degrees.x, 4), round(degrees.y, 4)))
    return points
