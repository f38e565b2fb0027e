"""The formats a layer is exported in, each as its readers expect it."""

from __future__ import annotations

import re
import warnings
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

__all__ = ["EXPORT_FORMATS", "write_frame"]

EXPORT_FORMATS = {
    ".csv": "CSV with WKT", ".fgb": "FlatGeobuf", ".geojson": "GeoJSON", ".gpkg": "GPKG",
    ".kml": "KML", ".parquet": "GeoParquet", ".xlsx": "Excel with WKT", ".zip": "ESRI Shapefile",
}  # fmt: skip
"""Suffixes that `export_layer` writes; ``.zip`` is a zipped Shapefile."""

SHAPEFILE_FAMILIES = {"points": "Point", "lines": "LineString", "areas": "Polygon"}
"""A Shapefile holds one type of shape, so a mixed layer becomes up to three in the archive."""

EXCEL_CELL = 32_767
"""Characters of one Excel cell. An outline with more is left blank: `inner_lon` and `inner_lat`
still say where the feature is."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""A text cell that begins so would run as a formula when a spreadsheet opens the CSV."""


def write_frame(frame: GeoDataFrame, path: Path, suffix: str) -> None:
    """Write `frame` (EPSG:4326) to `path` in the format of `suffix`.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    if suffix == ".parquet":
        frame.to_parquet(path)
    elif suffix == ".csv":
        _table(frame, guarded=True).to_csv(path, index=False, lineterminator="\n")
    elif suffix == ".xlsx":
        _write_excel(_table(frame, guarded=False), path)
    elif suffix == ".zip":
        _write_shapefiles(frame, path)
    else:
        _write_gdal(frame, path, EXPORT_FORMATS[suffix], path.stem)


def _write_gdal(frame: GeoDataFrame, path: Path, driver: str, layer: str, **options: Any) -> None:
    import pyogrio

    pyogrio.write_dataframe(frame, path, driver=driver, layer=layer, **options)


def _table(frame: GeoDataFrame, *, guarded: bool) -> Any:
    """Return the attributes with lon and lat of an inner point and the shape as WKT."""
    shapes = frame.geometry
    inner = shapes.representative_point()
    table = frame.drop(columns=shapes.name)
    if guarded:
        table = table.map(_guarded)
    return table.assign(inner_lon=inner.x.round(6), inner_lat=inner.y.round(6), wkt=shapes.to_wkt())


def _guarded(value: Any) -> Any:
    dangerous = (
        isinstance(value, str)
        and value.startswith(FORMULA_STARTS)
        and re.fullmatch(r"[+-]?\d+(\.\d+)?|-", value) is None
    )
    return f"'{value}" if dangerous else value


def _write_excel(table: Any, path: Path) -> None:
    import openpyxl
    from openpyxl.cell import WriteOnlyCell

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("layer")
    for row in [list(table.columns), *table.itertuples(index=False)]:
        cells = []
        for value in row:
            shown = value if isinstance(value, int | float | str | bool) else None
            cell = WriteOnlyCell(sheet, None if shown != shown else shown)
            if isinstance(shown, str):
                cell.value = shown if len(shown) <= EXCEL_CELL else None
                cell.data_type = "s"  # never a formula
            cells.append(cell)
        sheet.append(cells)
    book.save(path)


def _write_shapefiles(frame: GeoDataFrame, path: Path) -> None:
    kinds = frame.geometry.geom_type.str.removeprefix("Multi")
    folder = path.parent / "parts"
    folder.mkdir()
    for ending, kind in SHAPEFILE_FAMILIES.items():
        part = frame[kinds == kind]
        if len(part) == 0:
            continue
        stem = path.stem if len(part) == len(frame) else f"{path.stem}_{ending}"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # names are cut to 10 letters: the format's limit
            _write_gdal(
                _short_text(part), folder / f"{stem}.shp", "ESRI Shapefile", stem, encoding="UTF-8"
            )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in sorted(folder.iterdir()):
            archive.write(one, one.name)


def _short_text(frame: GeoDataFrame) -> GeoDataFrame:
    """Return `frame` with text cut to the 254 bytes that a dBase field holds."""
    import geopandas

    def cut(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return value.encode()[:254].decode(errors="ignore")

    plain = frame.drop(columns=frame.geometry.name).map(cut)
    return geopandas.GeoDataFrame(plain, geometry=frame.geometry, crs=frame.crs)
