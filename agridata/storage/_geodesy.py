"""Area on the ellipsoid: the one way every stored hectare is measured."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyproj import Geod
    from shapely.geometry.base import BaseGeometry

__all__ = ["geodesic_area_m2"]


@cache
def _wgs84() -> Geod:
    from pyproj import Geod

    return Geod(ellps="WGS84")


def geodesic_area_m2(geometry: BaseGeometry) -> float:
    """Return the area of a geometry on the WGS 84 ellipsoid.

    Parameters
    ----------
    geometry
        In EPSG:4326, longitude first; rings in any direction.

    Returns
    -------
    float
        Square metres, never negative; 0 for points, lines and empty shapes. Parts of a
        collection add up, holes are taken off.

    References
    ----------
    Karney (2013), Algorithms for geodesics, J. Geodesy 87:43-55 (PROJ's `geod`).
    """
    if geometry.geom_type == "Polygon":
        return _polygon_area(geometry)
    return sum(geodesic_area_m2(part) for part in getattr(geometry, "geoms", ()))


def _polygon_area(polygon: BaseGeometry) -> float:
    import shapely

    rings = [shapely.get_exterior_ring(polygon)]
    rings += [
        shapely.get_interior_ring(polygon, number)
        for number in range(int(shapely.get_num_interior_rings(polygon)))
    ]
    areas = [_ring_area(ring) for ring in rings if ring is not None and not ring.is_empty]
    return areas[0] - sum(areas[1:]) if areas else 0.0


def _ring_area(ring: BaseGeometry) -> float:
    import shapely

    lon, lat = shapely.get_coordinates(ring).T
    area, _perimeter = _wgs84().polygon_area_perimeter(lon, lat)
    return abs(float(area))
