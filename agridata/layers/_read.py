"""Open a vector file of any usual format: attributes, raw shapes and what they are measured in."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agridata.errors import InputError
from agridata.layers._archive import IMPORT_FORMATS, refuse_before_opening
from agridata.layers._defects import (
    defect_of_geojson,
    defect_of_wkb,
    geojson_members,
)
from agridata.layers._reasons import Defect, NamedFinding, finding, refused
from agridata.layers._tables import DEGREES, TableRow, read_table
from agridata.vocabulary import nfc

if TYPE_CHECKING:
    from pyproj import CRS
    from shapely.geometry.base import BaseGeometry

__all__ = ["REPAIR_PREFIX", "RawFeature", "RawLayer", "read_layers"]

MAX_FEATURES = 2_000_000
"""A province has about 1 million agricultural parcels; more is a wrong file."""

REPAIR_PREFIX = "rejected_"
"""Attributes that begin so come from a file of rejected rows; they are not read back."""

TABLE_SUFFIXES = (".csv", ".tsv", ".xlsx")

KML_NOISE = frozenset(
    {"timestamp", "begin", "end", "altitudeMode", "tessellate", "extrude", "visibility",
     "drawOrder", "icon"}
)  # fmt: skip
"""Columns that the KML driver adds about drawing, not about the feature."""


@dataclass(frozen=True, slots=True)
class RawFeature:
    """A feature as the file gives it: shape in the file's own reference system.

    `number` counts rows from 0. `defect` says why there is no shape; `source` is what the
    file has instead (cells of a table, a raw GeoJSON geometry), to be given back for repair.
    """

    where: str
    properties: dict[str, Any]
    geometry: BaseGeometry | None
    number: int = 0
    defect: Defect | None = None
    source: Any = None


@dataclass(frozen=True, slots=True)
class RawLayer:
    """The features of one layer, the reference system of their coordinates, and notes on it.

    `decimal` tells that the file holds decimal text, whose digits mean something.
    """

    crs: CRS
    features: list[RawFeature]
    decimal: bool = False
    notes: list[NamedFinding] = field(default_factory=list)


def read_layers(path: Path, crs: str | None = None) -> list[RawLayer]:
    """Return every layer of `path` that has geometry.

    Parameters
    ----------
    crs
        What the coordinates are in, instead of what the file says (``"EPSG:32648"``).

    Raises
    ------
    InputError
        If the file is missing, too large, unsafe, of an unknown or broken format, without
        features or without a reference system.
    """
    refuse_before_opening(path)
    given = None if crs is None else _crs(crs)
    suffix = path.suffix.lower()
    parquet = suffix in (".parquet", ".geoparquet")
    if suffix in TABLE_SUFFIXES or (parquet and not _has_geo_metadata(path)):
        return [_table_layer(path, read_table(path), given)]
    frames = list((_parquet_frames if parquet else _gdal_frames)(path))
    _refuse_counts(path, sum(len(frame) for _name, frame in frames))
    return [_layer(path, name, frame, given, several=len(frames) > 1) for name, frame in frames]


def _layer(path: Path, name: str, frame: Any, given: CRS | None, *, several: bool) -> RawLayer:
    crs = given or frame.crs
    if crs is None:
        raise refused(path.name, "missing_crs", field="crs")
    suffix = path.suffix.lower()
    head = f"{path.name}#{name}" if several else path.name
    shapes = list(frame.geometry)
    noise = KML_NOISE & set(frame.columns) if suffix == ".kml" else set()
    records = frame.drop(columns=[frame.geometry.name, *noise]).to_dict("records")
    features = [
        RawFeature(f"{head}:{number + 1}", _plain_properties(record), shape, number)
        for number, (record, shape) in enumerate(zip(records, shapes, strict=True))
    ]
    geojson = IMPORT_FORMATS[suffix] == "GeoJSON"
    if geojson:
        features = _with_raw_members(path, features)
    elif suffix not in (".parquet", ".geoparquet"):
        features = _with_wkb_defects(path, name, features)
    return RawLayer(crs, features, decimal=geojson or suffix == ".kml")


def _with_raw_members(path: Path, features: list[RawFeature]) -> list[RawFeature]:
    """Say what is wrong with GeoJSON members that gave no shape or that GDAL left out."""
    members = geojson_members(path)
    if members is None:
        return features
    kept = [isinstance(one, dict) and one.get("type") == "Feature" for one in members]
    if sum(kept) != len(features):
        return features
    read = iter(features)
    complete = []
    for number, (member, is_feature) in enumerate(zip(members, kept, strict=True)):
        where = f"{path.name}:{number + 1}"
        if not is_feature:
            complete.append(RawFeature(where, {}, None, number, Defect("not_a_feature")))
            continue
        one = next(read)
        if _needs_a_look(one.geometry):
            raw = member.get("geometry")
            defect = defect_of_geojson(raw)
            one = RawFeature(where, one.properties, one.geometry, number, defect, raw)
        complete.append(replace(one, where=where, number=number))
    return complete


def _needs_a_look(shape: BaseGeometry | None) -> bool:
    return shape is None or shape.is_empty or not shape.is_valid


def _with_wkb_defects(path: Path, layer: str, features: list[RawFeature]) -> list[RawFeature]:
    """Say why rows without a shape have none, by reading their bytes once more."""
    if all(one.geometry is not None for one in features):
        return features
    import pyogrio

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        raw = pyogrio.raw.read(path, layer=layer, columns=[])[2]
    if len(raw) != len(features):
        return features
    return [
        one
        if one.geometry is not None
        else RawFeature(one.where, one.properties, None, one.number, defect_of_wkb(data))
        for one, data in zip(features, raw, strict=True)
    ]


def _table_layer(path: Path, rows: list[TableRow], given: CRS | None) -> RawLayer:
    _refuse_counts(path, len(rows))
    srid = next((row.srid for row in rows if row.srid is not None), None)
    notes: list[NamedFinding] = []
    crs = given or (_crs(f"EPSG:{srid}") if srid else None)
    if crs is None:
        if not _all_degrees(rows):
            raise refused(path.name, "missing_crs", field="crs")
        crs = _crs("EPSG:4326")
        notes.append(finding(path.name, "assumed_wgs84", field="crs"))
    features = [
        RawFeature(
            f"{path.name}:{row.number}", _plain_properties(row.properties), row.geometry, number,
            _table_defect(row, srid), _plain_properties(row.cells),
        )
        for number, row in enumerate(rows)
    ]  # fmt: skip
    return RawLayer(crs, features, decimal=path.suffix.lower() in (".csv", ".tsv"), notes=notes)


def _table_defect(row: TableRow, srid: int | None) -> Defect | None:
    if row.defect is None and row.srid is not None and row.srid != srid:
        return Defect("other_crs", f"{row.srid}, not {srid}")
    return row.defect


def _all_degrees(rows: list[TableRow]) -> bool:
    import numpy as np
    import shapely

    shapes = [row.geometry for row in rows if row.geometry is not None]
    points = shapely.get_coordinates(shapes) if shapes else np.empty((0, 2))
    points = points[np.isfinite(points).all(axis=1)]
    low, high = np.array(DEGREES).T
    return bool(((points >= low) & (points <= high)).all())


def _refuse_counts(path: Path, rows: int) -> None:
    if rows == 0:
        raise InputError(
            "holds no features with geometry", where=path.name, fix="export the layer again",
            problem_vi="tệp không có đối tượng nào", fix_vi="hãy xuất lại lớp bản đồ",
        )  # fmt: skip
    if rows > MAX_FEATURES:
        raise InputError(
            f"has {rows} features, the limit is {MAX_FEATURES}", where=path.name,
            fix="split it by district or commune",
            problem_vi="tệp có quá nhiều đối tượng", fix_vi="hãy chia theo huyện hoặc xã",
        )  # fmt: skip


def _crs(text: str) -> CRS:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        raise InputError(
            f"{text!r} is not a coordinate reference system", field="--crs",
            fix="write EPSG:32648, EPSG:4326 …",
            problem_vi=f"{text!r} không phải là hệ tọa độ", fix_vi="hãy viết EPSG:32648 …",
        ) from error  # fmt: skip


def _gdal_frames(path: Path) -> Iterable[tuple[str, Any]]:
    import pyogrio
    from pyogrio.errors import CRSError, DataLayerError, DataSourceError

    try:
        with warnings.catch_warnings():
            # what GDAL warns about (unclosed rings …) arrives as a missing shape, and each
            # such row is rejected by name; attributes of mixed type arrive as text
            warnings.simplefilter("ignore")
            for name, kind in pyogrio.list_layers(path):
                if kind is not None:
                    yield str(name), pyogrio.read_dataframe(path, layer=name, on_invalid="ignore")
    except (CRSError, DataLayerError, DataSourceError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error


def _has_geo_metadata(path: Path) -> bool:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return b"geo" in (pq.read_schema(path).metadata or {})
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _parquet_frames(path: Path) -> Iterable[tuple[str, Any]]:
    import geopandas

    try:
        yield path.stem, geopandas.read_parquet(path)
    except (ValueError, OSError, KeyError) as error:  # pyarrow's errors are ValueErrors
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> InputError:
    known = IMPORT_FORMATS[path.suffix.lower()]
    reason = str(error).replace(str(path), path.name).split(";")[0].split("\n")[0]
    return InputError(
        f"cannot be read as {known}: {reason}", where=path.name,
        fix="open it in QGIS and export it again",
        problem_vi=f"không đọc được tệp dạng {known}",
        fix_vi="hãy mở bằng QGIS rồi xuất lại",
    )  # fmt: skip


def _plain_properties(record: dict[Any, Any]) -> dict[str, Any]:
    """Return attributes as JSON values, text in NFC; missing numbers become None."""
    return {
        nfc(str(key)): _plain(value)
        for key, value in record.items()
        if not str(key).startswith(REPAIR_PREFIX)
    }


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return nfc(value)
    if isinstance(value, date | datetime):
        return None if value != value else value.isoformat()
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, bytes):
        return value.hex()
    return _plain_array(value)


def _plain_array(value: Any) -> Any:
    """Return numpy scalars and arrays as JSON values, anything else as text."""
    convert: Callable[[], Any] | None = getattr(value, "tolist", None)
    if convert is None:
        return [_plain(one) for one in value] if isinstance(value, list | tuple) else str(value)
    native = convert()
    return [_plain(one) for one in native] if isinstance(native, list) else _plain(native)
