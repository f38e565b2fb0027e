"""Layers that arrive as a table: CSV, Excel, Parquet without geo metadata."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agridata.errors import InputError
from agridata.layers._defects import shape_of_text
from agridata.layers._reasons import Defect, refused
from agridata.vocabulary import nfc, search_key

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

__all__ = ["TableRow", "read_table"]

LON_NAMES = ("lon", "lng", "long", "longitude", "kinhdo", "ddlon")
LAT_NAMES = ("lat", "latitude", "vido", "ddlat")
X_NAMES = ("x", "easting", "toadox", "xcoord")
Y_NAMES = ("y", "northing", "toadoy", "ycoord")
TEXT_NAMES = ("wkt", "ewkt", "geom", "geometry", "thegeom", "shape", "geowkt", "wkb")
"""Names of columns of coordinates, toneless, without spaces and punctuation."""

MAX_CELL = 64 << 20
"""Characters of one cell: a commune's outline of 8,144 vertices as WKT has about 300,000."""

DEGREES = ((-180.0, 180.0), (-90.0, 180.0))
"""Numbers within these are taken for degrees; latitude may reach 180 because axes may be
swapped, which is found later. Metres of any Vietnamese grid are far beyond."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row: its number in the table (header is 1), cells, attributes, shape or defect."""

    number: int
    cells: dict[str, Any]
    properties: dict[str, Any]
    geometry: BaseGeometry | None
    srid: int | None = None
    defect: Defect | None = None


@dataclass(frozen=True, slots=True)
class _Columns:
    """Which columns hold the position: two of numbers, or one of text or bytes."""

    pair: tuple[str, str] | None = None
    shape: str | None = None


def read_table(path: Path) -> list[TableRow]:
    """Return the rows of a table with their shapes in the table's own coordinates.

    Raises
    ------
    InputError
        If it cannot be read as a table or has no columns of coordinates.
    """
    suffix = path.suffix.lower()
    if suffix == ".xlsx":
        header, rows = _excel(path)
    elif suffix in (".parquet", ".geoparquet"):
        header, rows = _parquet(path)
    else:
        header, rows = _delimited(path)
    columns = _columns(path, header)
    listed = [_row(number, header, cells, columns) for number, cells in rows]
    _type_columns(listed)
    return listed


def _columns(path: Path, header: Sequence[str]) -> _Columns:
    keys = {re.sub(r"[^a-z0-9]", "", search_key(name)): name for name in header}
    for xs, ys in ((LON_NAMES, LAT_NAMES), (X_NAMES, Y_NAMES)):
        x, y = (next((keys[n] for n in names if n in keys), None) for names in (xs, ys))
        if x is not None and y is not None:
            return _Columns(pair=(x, y))
    text = next((keys[name] for name in TEXT_NAMES if name in keys), None)
    if text is None:
        shown = ", ".join(header[:8])[:120]
        raise refused(path.name, "no_coordinates", f"it has {shown!r}", field="header")
    return _Columns(shape=text)


def _row(number: int, header: Sequence[str], cells: Sequence[Any], columns: _Columns) -> TableRow:
    cells = list(cells)
    while len(cells) > len(header) and cells[-1] in (None, ""):
        cells.pop()
    record = dict(zip(header, [*cells, *[None] * len(header)], strict=False))
    if len(cells) > len(header):
        return TableRow(number, record, record, None, None, _surplus(cells, header, columns))
    taken = columns.pair or (str(columns.shape),)
    properties = {key: value for key, value in record.items() if key not in taken}
    if columns.pair is not None:
        shape, srid, defect = _point(record, columns.pair)
    else:
        shape, srid, defect = _shape(record[str(columns.shape)])
    return TableRow(number, record, properties, shape, srid, defect)


def _surplus(cells: Sequence[Any], header: Sequence[str], columns: _Columns) -> Defect:
    """Two cells too many are two decimal commas that nobody quoted."""
    said = f"{len(cells)} cells under {len(header)} names"
    if columns.pair is not None and len(cells) == len(header) + 2:
        return Defect("decimal_comma", said, ",".join(columns.pair))
    return Defect("too_many_cells", said, "")


def _point(record: Mapping[str, Any], names: tuple[str, str]) -> tuple[Any, None, Defect | None]:
    import shapely

    if all(record[name] in (None, "") for name in names):
        return None, None, Defect("no_geometry")
    values = []
    for name in names:
        value, defect = _coordinate(record[name], name)
        if defect is not None:
            return None, None, defect
        values.append(value)
    return shapely.Point(*values), None, None


def _coordinate(cell: Any, name: str) -> tuple[float, Defect | None]:
    text = str(cell if cell is not None else "").strip()
    if re.fullmatch(r"[+-]?\d+,\d+", text):
        return 0.0, Defect("decimal_comma", repr(text), name)
    try:
        value = float(text)
    except ValueError:
        return 0.0, Defect("not_a_number", repr(text[:40]), name)
    return value, None if math.isfinite(value) else Defect("non_finite", repr(text), name)


def _shape(cell: Any) -> tuple[Any, int | None, Defect | None]:
    import shapely

    if isinstance(cell, bytes):
        try:
            return shapely.from_wkb(cell), None, None
        except (shapely.errors.GEOSException, TypeError):
            return None, None, Defect("not_a_shape", "not WKB")
    text = str(cell if cell is not None else "").strip()
    return shape_of_text(text) if text else (None, None, Defect("no_geometry"))


def _type_columns(rows: list[TableRow]) -> None:
    """Turn text columns that hold nothing but plain numbers into numbers, in place.

    Codes with leading zeros stay text.
    """
    for key in list(rows[0].properties) if rows else ():
        values = [row.properties.get(key) for row in rows]
        if not all(value is None or isinstance(value, str) for value in values):
            continue
        given = [value for value in values if value]
        if not given or not all(re.fullmatch(r"-?(0|[1-9]\d{0,14})(\.\d+)?", v) for v in given):
            continue
        whole = all("." not in value for value in given)
        for row in rows:
            text = row.properties.get(key)
            number: float | int | None = None if not text else int(text) if whole else float(text)
            row.properties[key] = number


def _delimited(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    text = _decoded(path)
    first = text.partition("\n")[0]
    delimiter = "\t" if path.suffix.lower() == ".tsv" else max(",;\t", key=first.count)
    csv.field_size_limit(MAX_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [nfc(name).strip() for name in next(reader, [])]
        rows = [(number, list(row)) for number, row in enumerate(reader, start=2) if any(row)]
    except csv.Error as error:
        raise _unreadable(path, "CSV", error) from error
    return _header(path, header), rows


def _decoded(path: Path) -> str:
    data = path.read_bytes()
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _unreadable(path, "CSV", error, "save it as CSV UTF-8") from error
    if "\0" in text:
        raise _unreadable(path, "CSV", "it holds binary data", "save it as CSV UTF-8")
    return text


def _header(path: Path, header: list[str]) -> list[str]:
    doubled = next((name for name in header if name and header.count(name) > 1), None)
    if not any(header) or doubled is not None:
        said = (
            f"two columns are called {doubled!r}" if doubled else "the first row names no columns"
        )
        raise _unreadable(path, "a table", said, "give each column one name, in the first row")
    return [name or f"column_{number}" for number, name in enumerate(header, start=1)]


def _excel(path: Path) -> tuple[list[str], list[tuple[int, list[Any]]]]:
    """Read the first sheet; formulas give their last computed value."""
    import warnings
    import zipfile

    import openpyxl

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # unknown styles and extensions do not matter here
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
            try:
                listed = list(_sheet_rows(book.worksheets[0]))
            finally:
                book.close()
    except (zipfile.BadZipFile, SyntaxError, KeyError, ValueError, OSError, IndexError) as error:
        raise _unreadable(path, "Excel", error) from error
    first = listed[0] if listed else []
    header = ["" if cell is None else nfc(str(cell)).strip() for cell in first]
    while header and not header[-1]:
        header.pop()
    rows = [
        (number, row[: len(header)])
        for number, row in enumerate(listed[1:], start=2)
        if any(cell not in (None, "") for cell in row)
    ]
    return _header(path, header), rows


def _sheet_rows(sheet: Any) -> Iterator[list[Any]]:
    for row in sheet.iter_rows(values_only=True):
        yield list(row)


def _parquet(path: Path) -> tuple[list[str], list[tuple[int, list[Any]]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _unreadable(path, "Parquet", error) from error
    columns = [column.to_pylist() for column in table.columns]
    return list(table.column_names), [
        (number, list(cells)) for number, cells in enumerate(zip(*columns, strict=True), start=2)
    ]


def _unreadable(path: Path, known: str, error: object, fix: str = "save it again") -> InputError:
    return InputError(
        f"cannot be read as {known}: {error}", where=path.name, fix=fix,
        problem_vi=f"không đọc được tệp dạng {known}", fix_vi="hãy lưu lại tệp (CSV UTF-8)",
    )  # fmt: skip
