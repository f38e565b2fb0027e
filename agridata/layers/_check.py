"""What is wrong with a shape, in words a person can act on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agridata.errors import Finding
from agridata.layers._read import RawFeature, RawLayer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pyproj import CRS
    from shapely.geometry.base import BaseGeometry

__all__ = ["COUNTRY_BOX", "CheckedFeature", "check_layer"]

COUNTRY_BOX = (102.0, 8.0, 110.0, 24.0)
"""Viet Nam, ``(min_lon, min_lat, max_lon, max_lat)`` in degrees: here longitude and latitude
cannot be mistaken for each other, so a shape that enters the box only when its axes are
swapped has them swapped."""

MAX_VERTICES = 200_000
"""Vertices of one shape: the most detailed commune on file has 8,144; twenty times that is a
traced raster or a broken export, and every page would have to carry it."""

OUTSIDE = "outside_country"
"""Flag of shapes that are sound but lie outside Viet Nam."""


@dataclass(frozen=True, slots=True)
class CheckedFeature:
    """A sound feature: shape in EPSG:4326, two-dimensional, valid."""

    where: str
    properties: dict[str, Any]
    geometry: BaseGeometry
    outside_country: bool


def check_layer(layer: RawLayer) -> tuple[list[CheckedFeature], list[Finding]]:
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
        problem = _problem(feature, shape, layer.crs, turned=bool(turned[number]))
        if problem is None:
            sound.append(
                CheckedFeature(
                    feature.where, feature.properties, shape, outside_country=not inside[number]
                )
            )
        else:
            findings.append(Finding(feature.where, "geometry", *problem))
    return sound, findings


def _problem(
    feature: RawFeature, shape: BaseGeometry, crs: CRS, *, turned: bool
) -> tuple[str, str, str, str] | None:
    """Return (problem, fix, the same in Vietnamese), or None for a sound shape."""
    import numpy as np
    import shapely

    raw = feature.geometry
    if raw is None or raw.is_empty:
        return (
            "the shape is empty or cannot be read (no points, or a ring that is not closed)",
            "draw the shape, or take the row out",
            "hình rỗng hoặc không đọc được (không có điểm, hoặc vòng không khép kín)",
            "hãy vẽ hình, hoặc bỏ dòng này",
        )
    vertices = int(shapely.get_num_coordinates(raw))
    if vertices > MAX_VERTICES:
        return (
            f"has {vertices} vertices, the limit is {MAX_VERTICES}",
            "simplify the shape (1 m is enough)",
            f"có {vertices} đỉnh, giới hạn là {MAX_VERTICES}",
            "hãy đơn giản hóa hình (1 m là đủ)",
        )
    if turned:
        return (
            "the axes are swapped: latitude stands where longitude belongs",
            "write longitude (x, easting) first, latitude (y, northing) second",
            "hai trục bị đảo: vĩ độ đứng ở chỗ kinh độ",
            "hãy ghi kinh độ (x) trước, vĩ độ (y) sau",
        )
    if _degrees_in_metres(raw, crs):
        return (
            f"coordinates look like degrees, but {_name(crs)} counts in metres",
            "correct the CRS: --crs EPSG:4326",
            f"tọa độ có vẻ là độ, nhưng {_name(crs)} tính bằng mét",
            "hãy sửa hệ tọa độ: --crs EPSG:4326",
        )
    bounds = np.array(shape.bounds)
    if not np.isfinite(bounds).all() or (np.abs(bounds) > (180, 90, 180, 90)).any():
        return (
            f"coordinates are not a place on Earth in {_name(crs)}",
            "check the CRS of the file: --crs …",
            f"tọa độ không nằm trên Trái Đất theo {_name(crs)}",
            "hãy kiểm tra hệ tọa độ của tệp: --crs …",
        )
    return _shape_problem(shape)


def _shape_problem(shape: BaseGeometry) -> tuple[str, str, str, str] | None:
    import shapely

    if shape.geom_type == "GeometryCollection":
        return (
            "mixes points, lines and areas in one shape",
            "split it into one row per shape",
            "trộn điểm, đường và vùng trong một hình",
            "hãy tách mỗi hình một dòng",
        )
    if shape.is_valid:
        return None
    reason = str(shapely.is_valid_reason(shape))
    crossing = "self-intersection" in reason.casefold()
    return (
        f"a ring crosses itself: {reason}" if crossing else f"the shape is not valid: {reason}",
        "repair it (QGIS: Fix geometries), then look whether the area is still right",
        f"đường bao tự cắt: {reason}" if crossing else f"hình không hợp lệ: {reason}",
        "hãy sửa hình (QGIS: Fix geometries) rồi xem lại diện tích",
    )


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
    """Return lon/lat of each shape's first vertex, as written and with its axes swapped."""
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
