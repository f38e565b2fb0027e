"""Zones as exactextract takes them: polygons in the grid's CRS, numbered by row."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from exactextract.feature import GeoPandasFeatureSource
from numpy.typing import NDArray

from agridata.errors import InputError, UsageError

__all__ = ["ROW", "ZoneSource", "ZonesError", "polygons_on", "zone_ids"]

ROW = "_row"
"""Column that carries a zone's row number through exactextract, which may reorder."""


class ZonesError(InputError):
    """The zones were rejected."""


class ZoneSource(GeoPandasFeatureSource):  # type: ignore[misc]  # the library ships no types
    """Features that name no CRS: they are already in the grid's, so nothing is compared."""

    def srs_wkt(self) -> None:
        """Return None."""
        return


def zone_ids(zones: Any, id_column: str | None) -> NDArray[Any]:
    """Return the identity of each zone: a column's values, else row numbers from 0.

    Raises
    ------
    UsageError
        If there is no such column.
    """
    if id_column is None:
        return np.arange(len(zones))
    if id_column not in zones.columns:
        raise UsageError(
            f"the zones have no column {id_column!r}",
            field="--id-col",
            fix=f"choose one of {', '.join(str(name) for name in zones.columns)}",
        )
    return np.asarray(zones[id_column])


def polygons_on(zones: Any, crs: Any) -> Any:
    """Return the polygonal part of `zones` in `crs`, numbered by row in `ROW`.

    Self-crossing rings are repaired (even-odd, GEOS ``make_valid``). Missing, empty and
    zero-area geometries are left out: such zones have no coverage anywhere.

    Raises
    ------
    ZonesError
        If the zones name no CRS.
    """
    import geopandas as gpd

    if zones.crs is None:
        raise ZonesError(
            "the zones name no coordinate reference system",
            field="crs",
            fix="write one into the file (EPSG:4326 for longitude and latitude)",
            problem_vi="lớp vùng không ghi hệ toạ độ",
            fix_vi="hãy ghi hệ toạ độ vào tệp (EPSG:4326 nếu là kinh độ, vĩ độ)",
        )
    geometries = np.asarray(zones.geometry.to_crs(crs).array)
    polygonal = _polygonal(geometries)
    usable = ~shapely.is_missing(polygonal) & (shapely.area(polygonal) > 0)
    rows = np.flatnonzero(usable)
    return gpd.GeoDataFrame({ROW: rows}, geometry=list(polygonal[rows]), crs=crs)


def _polygonal(geometries: NDArray[Any]) -> NDArray[Any]:
    """Return each geometry valid and reduced to its polygons (None where it has none)."""
    invalid = ~shapely.is_valid(geometries) & ~shapely.is_missing(geometries)
    repaired = geometries.copy()
    repaired[invalid] = shapely.make_valid(geometries[invalid])
    plain = shapely.get_type_id(repaired)
    for row in np.flatnonzero((plain != 3) & (plain != 6)):
        repaired[row] = _polygons_of(repaired[row])
    return repaired


def _polygons_of(geometry: Any) -> Any:
    if geometry is None:
        return None
    parts = [part for part in shapely.get_parts(geometry) if part.geom_type.endswith("Polygon")]
    return shapely.union_all(parts) if parts else None
