"""What is wrong with a shape, in words a person can act on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agridata.layers._read import RawFeature, RawLayer
from agridata.layers._reasons import Defect, NamedFinding, finding

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pyproj import CRS
    from shapely.geometry.base import BaseGeometry

__all__ = [
    "COUNTRY_BOX",
    "DECIMALS",
    "CheckedFeature",
    "check_layer",
    "defect_of_shape",
    "has_more_decimals",
]

COUNTRY_BOX = (102.0, 8.0, 110.0, 24.0)
"""Viet Nam, ``(min_lon, min_lat, max_lon, max_lat)`` in degrees: here longitude and latitude
cannot be mistaken for each other, so a shape that enters the box only when its axes are
swapped has them swapped."""

MAX_VERTICES = 200_000
"""Vertices of one shape: the most detailed commune on file has 8,144; twenty times that is a
traced raster or a broken export, and every page would have to carry it."""

DECIMALS = 6
"""Decimals of a degree that mean something: the sixth is 11 cm."""

OUTSIDE = "outside_country"
"""Flag of shapes that are sound but lie outside Viet Nam."""


@dataclass(frozen=True, slots=True)
class CheckedFeature:
    """A sound feature: shape in EPSG:4326, two-dimensional, valid."""

    where: str
    properties: dict[str, Any]
    geometry: BaseGeometry
    outside_country: bool
    number: int = 0


def check_layer(layer: RawLayer) -> tuple[list[CheckedFeature], list[NamedFinding]]:
    """Return the sound features of a layer and one finding for each other one."""
    import shapely

    shapes = [feature.geometry for feature in layer.features]
    first, swapped = _first_positions(shapes, layer.crs)
    inside = _in_country(first)
    turned = ~inside & _in_country(swapped)
    placed = _to_lonlat(shapely.force_2d(shapes), layer.crs)
    sound, findings = [], []
    for number, feature in enumerate(layer.features):
        shape = placed[number]
        defect = _defect(feature, shape, layer.crs, turned=bool(turned[number]))
        if defect is None:
            outside = not inside[number]
            sound.append(
                CheckedFeature(feature.where, feature.properties, shape, outside, feature.number)
            )
        else:
            findings.append(
                finding(feature.where, defect.reason, defect.detail, field=defect.field)
            )
    return sound, findings


def _defect(feature: RawFeature, shape: BaseGeometry, crs: CRS, *, turned: bool) -> Defect | None:
    """Return the first thing wrong with a feature, None if it is sound."""
    raw = feature.geometry
    if feature.defect is not None:
        return feature.defect
    if raw is None:
        return Defect("no_geometry")
    return _defect_of_numbers(raw, crs, turned=turned) or _defect_of_place(shape, crs)


def _defect_of_numbers(raw: BaseGeometry, crs: CRS, *, turned: bool) -> Defect | None:
    """Judge the coordinates as the file has them."""
    import numpy as np
    import shapely

    if raw.is_empty:
        return Defect("empty_geometry")
    vertices = int(shapely.get_num_coordinates(raw))
    if vertices > MAX_VERTICES:
        return Defect("too_many_vertices", f"{vertices}, the limit is {MAX_VERTICES}")
    if not np.isfinite(shapely.get_coordinates(raw)).all():
        return Defect("non_finite")
    if turned:
        return Defect("swapped_axes")
    if _degrees_in_metres(raw, crs):
        return Defect("degrees_in_metres", f"but {_name(crs)} counts in metres")
    return None


def _defect_of_place(shape: BaseGeometry, crs: CRS) -> Defect | None:
    import numpy as np

    bounds = np.array(shape.bounds)
    if not np.isfinite(bounds).all() or (np.abs(bounds) > (180, 90, 180, 90)).any():
        return Defect("off_earth", f"in {_name(crs)}")
    return defect_of_shape(shape)


def defect_of_shape(shape: BaseGeometry) -> Defect | None:
    """Return what keeps a shape from being simple and of one type (OGC Simple Features)."""
    import shapely

    if shape.geom_type == "GeometryCollection":
        return Defect("mixed_types")
    if shape.is_valid:
        return None
    said = str(shapely.is_valid_reason(shape))
    lower = said.casefold()
    if "too few points" in lower:
        return Defect("short_ring", said)
    return Defect("self_crossing" if "self-intersection" in lower else "not_valid", said)


def has_more_decimals(shape: BaseGeometry, decimals: int = DECIMALS) -> bool:
    """Tell whether a coordinate of `shape` needs more than `decimals` decimals."""
    import numpy as np
    import shapely

    scaled = shapely.get_coordinates(shape) * 10.0**decimals
    return bool((np.abs(scaled - np.round(scaled)) > 1e-3).any())


def _name(crs: CRS) -> str:
    authority = crs.to_authority()
    return ":".join(authority) if authority else str(crs.name)


def _degrees_in_metres(raw: BaseGeometry, crs: CRS) -> bool:
    min_x, min_y, max_x, max_y = raw.bounds
    small = -180 <= min_x <= max_x <= 180 and -90 <= min_y <= max_y <= 180
    return bool(crs.is_projected) and small


def _to_lonlat(shapes: Any, crs: CRS) -> Any:
    import geopandas

    series = geopandas.GeoSeries(list(shapes), crs=crs)
    return list(series.to_crs(4326))


def _first_positions(
    shapes: Sequence[BaseGeometry | None], crs: CRS
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return lon/lat of each shape's lower left corner, as written and with its axes swapped."""
    import numpy as np
    import shapely
    from pyproj import Transformer

    corners = shapely.bounds(shapes)[:, :2] if shapes else np.empty((0, 2))
    transform = Transformer.from_crs(crs, 4326, always_xy=True).transform
    x, y = corners.T
    return np.column_stack(transform(x, y)), np.column_stack(transform(y, x))


def _in_country(positions: NDArray[np.float64]) -> NDArray[np.bool_]:
    min_lon, min_lat, max_lon, max_lat = COUNTRY_BOX
    inside = (positions >= (min_lon, min_lat)) & (positions <= (max_lon, max_lat))
    return inside[:, 0] & inside[:, 1]
