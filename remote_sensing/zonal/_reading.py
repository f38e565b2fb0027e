"""Zone files in, tables out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from agridata.errors import UsageError
from remote_sensing.zonal._zones import ZonesError

__all__ = ["checked_output", "default_id_column", "read_zones", "write_table"]

ID_COLUMNS = ("id", "ID", "Id")
"""Columns taken for the zones' identity where none is named."""


def read_zones(path: Path, layer: str | None = None) -> Any:
    """Read polygons from any vector file GDAL knows, or from GeoParquet.

    Parameters
    ----------
    path
        File; the geometry column may have any name.
    layer
        Layer of a file with several; None takes the first.

    Returns
    -------
    geopandas.GeoDataFrame

    Raises
    ------
    ZonesError
        If the file is missing, unreadable, without geometry or without the layer.
    """
    import geopandas as gpd
    import pyogrio

    try:
        if path.suffix in (".parquet", ".geoparquet"):
            return gpd.read_parquet(path)
        layers = [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
        table = gpd.read_file(path, layer=layer or (layers[0] if layers else None))
    except (OSError, ValueError, RuntimeError) as error:
        raise _unreadable(path, str(error)) from error
    if not isinstance(table, gpd.GeoDataFrame):
        raise _unreadable(path, "no geometry column")
    return table


def _unreadable(path: Path, why: str) -> ZonesError:
    return ZonesError(
        f"cannot be read as zones: {why}",
        where=str(path),
        fix="give a GeoPackage, GeoJSON, GeoParquet or Shapefile of polygons",
        problem_vi="không đọc được lớp vùng",
        fix_vi="hãy đưa tệp GeoPackage, GeoJSON, GeoParquet hoặc Shapefile",
    )


def default_id_column(zones: Any) -> str | None:
    """Return the zones' id column, None where rows must be numbered."""
    return next((name for name in ID_COLUMNS if name in zones.columns), None)


def checked_output(path: Path) -> Path:
    """Return `path` if a table can be written there; ask before long work.

    Raises
    ------
    UsageError
        If the suffix is neither ``.parquet`` nor ``.csv``, or the folder is missing.
    """
    if path.suffix not in (".parquet", ".csv"):
        raise UsageError(
            f"{path.name} is neither .parquet nor .csv", field="--out", fix="choose one of the two"
        )
    if not path.parent.is_dir():
        raise UsageError(f"no folder {path.parent}", field="--out", fix="create it first")
    return path


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write `table` as ``.parquet`` or ``.csv``, whole or not at all (see `checked_output`)."""
    checked_output(path)
    part = path.with_name(f".{path.name}.part")
    if path.suffix == ".csv":
        table.to_csv(part, index=False)
    else:
        table.to_parquet(part, index=False)
    part.replace(path)
