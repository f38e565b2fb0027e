"""Reading the source files of administrative units; a broken file is refused as a whole."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from agridata.errors import InputError
from agridata.vocabulary import nfc

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

__all__ = ["Feature", "read_features", "read_rows"]

MAX_ROWS = 200_000
"""Rows of one file of units: the country has had about 11,000 communes at most."""


class Feature(NamedTuple):
    """One polygon of a source file, in EPSG:4326, with its attributes."""

    where: str
    properties: dict[str, Any]
    geometry: BaseGeometry | None


def read_rows(path: Path, columns: frozenset[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield ``(row number in the file, values in NFC)``; the header is row 1.

    Raises
    ------
    InputError
        If the file cannot be read, is not UTF-8 CSV, lacks a column or is too long.
    """
    try:
        with _text(path) as stream:
            reader = csv.DictReader(stream)
            lacking = columns - set(reader.fieldnames or ())
            if lacking:
                raise _refused(path, f"lacks the columns {', '.join(sorted(lacking))}")
            for number, row in enumerate(reader, start=2):
                if number > MAX_ROWS:
                    raise _refused(path, f"has more than {MAX_ROWS} rows")
                yield number, {key: nfc((row[key] or "").strip()) for key in columns}
    except (OSError, UnicodeDecodeError, csv.Error, EOFError) as error:
        raise _refused(path, f"cannot be read: {error}") from error


def _text(path: Path) -> Any:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def read_features(path: Path) -> list[Feature]:
    """Return all features of all layers of a vector file, in EPSG:4326.

    Raises
    ------
    InputError
        If the file cannot be read or does not say its reference system.
    """
    import pyogrio

    try:
        layers = [str(name) for name, _kind in pyogrio.list_layers(path)]
        return [one for name in layers for one in _layer_features(path, name)]
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise _refused(path, f"cannot be read: {error}") from error


def _layer_features(path: Path, layer: str) -> Iterator[Feature]:
    import pyogrio

    frame = pyogrio.read_dataframe(path, layer=layer)
    if frame.crs is None:
        raise _refused(path, "does not say its coordinate reference system")
    shapes = frame.geometry.to_crs(4326)
    attributes = frame.drop(columns=frame.geometry.name).to_dict("records")
    for number, (properties, shape) in enumerate(zip(attributes, shapes, strict=True), start=1):
        yield Feature(f"{layer}:{number}", properties, shape)


def _refused(path: Path, problem: str) -> InputError:
    return InputError(
        problem, where=path.name, fix="see docs/data.md for the layout of this file",
        problem_vi="tệp đơn vị hành chính không đọc được",
        fix_vi="xem docs/data.md về cấu trúc của tệp",
    )  # fmt: skip
