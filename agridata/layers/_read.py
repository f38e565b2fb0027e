"""Open a vector file of any usual format: attributes, raw shapes and what they are measured in."""

from __future__ import annotations

import math
import warnings
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agridata.errors import InputError
from agridata.vocabulary import nfc

if TYPE_CHECKING:
    from pyproj import CRS
    from shapely.geometry.base import BaseGeometry

__all__ = ["IMPORT_FORMATS", "RawFeature", "RawLayer", "read_layers"]

IMPORT_FORMATS = {
    ".fgb": "FlatGeobuf", ".geojson": "GeoJSON", ".geoparquet": "GeoParquet", ".gpkg": "GeoPackage",
    ".json": "GeoJSON", ".kml": "KML", ".parquet": "GeoParquet", ".shp": "Shapefile",
    ".zip": "zipped Shapefile",
}  # fmt: skip
"""Suffixes that `import_layer` reads."""

MAX_FILE_BYTES = 1 << 30
"""1 GiB: a layer is read as a whole; the parcels of a province fill a few hundred MB."""

MAX_UNPACKED_BYTES = 4 << 30
"""4 GiB: a zipped Shapefile that unpacks to more is not a map but a trap."""

MAX_FEATURES = 2_000_000
"""A province has about 1 million agricultural parcels; more is a wrong file."""


@dataclass(frozen=True, slots=True)
class RawFeature:
    """A feature as the file gives it: shape in the file's own reference system."""

    where: str
    properties: dict[str, Any]
    geometry: BaseGeometry | None


@dataclass(frozen=True, slots=True)
class RawLayer:
    """The features of one layer and the reference system of their coordinates."""

    crs: CRS
    features: list[RawFeature]


def read_layers(path: Path, crs: str | None = None) -> list[RawLayer]:
    """Return every layer of `path` that has geometry.

    Parameters
    ----------
    crs
        What the coordinates are in, instead of what the file says (``"EPSG:32648"``).

    Raises
    ------
    InputError
        If the file is missing, too large, of an unknown or broken format, without
        features or without a reference system.
    """
    _refuse_before_opening(path)
    given = None if crs is None else _crs(crs)
    parquet = path.suffix.lower() in (".parquet", ".geoparquet")
    frames = list((_parquet_frames if parquet else _gdal_frames)(path))
    _refuse_counts(path, sum(len(frame) for _name, frame in frames))
    return [_layer(path, name, frame, given, several=len(frames) > 1) for name, frame in frames]


def _layer(path: Path, name: str, frame: Any, given: CRS | None, *, several: bool) -> RawLayer:
    crs = given or frame.crs
    if crs is None:
        raise InputError(
            "does not say its coordinate reference system (CRS)",
            where=path.name, field="crs", fix="name it: --crs EPSG:32648 (UTM 48N), EPSG:4326 …",
            problem_vi="tệp không ghi hệ tọa độ", fix_vi="hãy ghi rõ: --crs EPSG:32648 …",
        )  # fmt: skip
    head = f"{path.name}#{name}" if several else path.name
    shapes = list(frame.geometry)
    records = frame.drop(columns=frame.geometry.name).to_dict("records")
    return RawLayer(
        crs,
        [
            RawFeature(f"{head}:{number}", _plain_properties(record), shape)
            for number, (record, shape) in enumerate(zip(records, shapes, strict=True), start=1)
        ],
    )


def _refuse_before_opening(path: Path) -> None:
    if not path.is_file():
        raise InputError(
            "no such file" if not path.exists() else "is not a file",
            where=str(path), fix="check the path",
            problem_vi="không tìm thấy tệp", fix_vi="hãy kiểm tra đường dẫn",
        )  # fmt: skip
    if path.suffix.lower() not in IMPORT_FORMATS:
        raise InputError(
            f"format {path.suffix or 'without suffix'} is not known",
            where=path.name, fix=f"use one of {', '.join(sorted(IMPORT_FORMATS))}",
            problem_vi="không nhận ra định dạng tệp",
            fix_vi=f"hãy dùng một trong: {', '.join(sorted(IMPORT_FORMATS))}",
        )  # fmt: skip
    size, limit = path.stat().st_size, MAX_FILE_BYTES
    if path.suffix.lower() == ".zip":
        size, limit = _unpacked_size(path), MAX_UNPACKED_BYTES
    if size > limit:
        raise InputError(
            f"has {size >> 20} MiB, the limit is {limit >> 20}", where=path.name,
            fix="split it by district or commune",
            problem_vi="tệp quá lớn", fix_vi="hãy chia theo huyện hoặc xã",
        )  # fmt: skip


def _unpacked_size(path: Path) -> int:
    try:
        with zipfile.ZipFile(path) as archive:
            return sum(item.file_size for item in archive.infolist())
    except (zipfile.BadZipFile, OSError) as error:
        raise _unreadable(path, error) from error


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
    return {nfc(str(key)): _plain(value) for key, value in record.items()}


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
