"""Parcels from GeoJSON: every feature checked, its area measured on the ellipsoid."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agridata.errors import InputError
from agridata.observations import Row
from agridata.storage import geodesic_area_m2
from agridata.vocabulary import Hectare, nfc

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

__all__ = ["features_of", "geodesic_area", "polygon_of"]

WGS84_NAMES = ("CRS84", "EPSG::4326", "EPSG:4326")
SQUARE_METRES_PER_HECTARE = 10_000


def geodesic_area(geometry: BaseGeometry) -> Hectare:
    """Return the area on the WGS 84 ellipsoid of a polygon in EPSG:4326, ha.

    Independent of any projection: a UTM zone would be 0.1 % wrong at its edge.
    """
    return Hectare(geodesic_area_m2(geometry) / SQUARE_METRES_PER_HECTARE)


def features_of(path: Path) -> list[tuple[Row, Any]]:
    """Return the features of a GeoJSON file: properties as a row of text, raw geometry.

    Raises
    ------
    InputError
        If the file is no GeoJSON FeatureCollection in WGS 84.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise _no_collection(path, f"is not JSON: {error}") from error
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        raise _no_collection(path, "is not a GeoJSON FeatureCollection")
    features = document.get("features")
    if not isinstance(features, list):
        raise _no_collection(path, "has no list of features")
    crs = json.dumps(document.get("crs"))
    if document.get("crs") is not None and not any(name in crs for name in WGS84_NAMES):
        raise InputError(
            f"is not in WGS 84: {crs}", where=path.name, field="crs",
            fix="export it as EPSG:4326, or use `agridata layers import`",
            problem_vi="không ở hệ toạ độ WGS 84", fix_vi="hãy xuất lại theo EPSG:4326",
        )  # fmt: skip
    return [_feature(path, number, one) for number, one in enumerate(features, start=1)]


def _no_collection(path: Path, problem: str) -> InputError:
    return InputError(
        problem, where=path.name, fix="export the parcels as GeoJSON",
        problem_vi="không phải tệp GeoJSON", fix_vi="hãy xuất thửa đất ra GeoJSON",
    )  # fmt: skip


def _feature(path: Path, number: int, feature: Any) -> tuple[Row, Any]:
    mapping = feature if isinstance(feature, Mapping) else {}
    properties = mapping.get("properties")
    cells = properties if isinstance(properties, Mapping) else {}
    texts = {
        str(name): "" if cell is None else nfc(str(cell)).strip() for name, cell in cells.items()
    }
    return Row(f"{path.name}:feature {number}", texts), mapping.get("geometry")


def polygon_of(row: Row, raw: Any) -> BaseGeometry:
    """Return the checked polygon of a feature.

    Raises
    ------
    RowRejectedError
        If it is missing, no polygon, empty, self-crossing, not in degrees or has its
        axes swapped.
    """
    import numpy as np
    import shapely
    from shapely.geometry import shape

    try:
        with np.errstate(invalid="ignore"):  # a NaN is named below, not warned of
            geometry: BaseGeometry = shapely.force_2d(shape(raw))
    except (shapely.errors.ShapelyError, TypeError, ValueError, KeyError, AttributeError) as error:
        raise row.rejected(
            "geometry", f"cannot be read: {error}", "draw the parcel again",
            "không đọc được hình thửa đất", "hãy vẽ lại thửa đất",
        ) from None  # fmt: skip
    if geometry.geom_type not in ("Polygon", "MultiPolygon") or geometry.is_empty:
        raise row.rejected(
            "geometry", f"is {'an empty' if geometry.is_empty else 'a'} {geometry.geom_type}",
            "a parcel is a polygon", "không phải là một vùng", "thửa đất phải là một vùng",
        )  # fmt: skip
    _check_degrees(row, geometry)
    if not geometry.is_valid:
        raise row.rejected(
            "geometry", f"is not a proper area: {shapely.is_valid_reason(geometry)}",
            "correct the outline so that it does not cross itself",
            "đường bao tự cắt hoặc sai", "hãy sửa đường bao cho không tự cắt",
        )  # fmt: skip
    return geometry


def _check_degrees(row: Row, geometry: BaseGeometry) -> None:
    """Reject coordinates that are no degrees, or latitude before longitude."""
    import numpy as np
    import shapely

    if not np.isfinite(shapely.get_coordinates(geometry)).all():
        raise row.rejected(
            "geometry", "has a coordinate that is not a number", "draw the parcel again",
            "có toạ độ không phải là số", "hãy vẽ lại thửa đất",
        )  # fmt: skip
    west, south, east, north = geometry.bounds
    if west >= -180 and east <= 180 and south >= -90 and north <= 90:
        return
    swapped = south >= 90 and west >= -90 and east <= 90
    raise row.rejected(
        "geometry",
        f"{'latitude stands before longitude' if swapped else 'is not in degrees'} "
        f"(box {west:g}, {south:g}, {east:g}, {north:g})",
        "write longitude first, in degrees (EPSG:4326)",
        "vĩ độ đứng trước kinh độ" if swapped else "toạ độ không theo độ",
        "hãy ghi kinh độ trước, theo độ",
    )
