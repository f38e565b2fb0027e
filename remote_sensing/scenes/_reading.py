"""Opening a raster file so that every low-level failure has a name."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from remote_sensing.scenes._errors import (
    NoCrsError,
    NoSuchBandError,
    UnreadableRasterError,
    UnsupportedGridError,
)

__all__ = ["band_names", "band_numbers", "open_raster", "require_grid", "unreadable"]


def unreadable(path: Path | str, error: Exception) -> UnreadableRasterError:
    """Return the named error for a file that GDAL cannot read."""
    return UnreadableRasterError(
        f"cannot be read as a raster: {error}",
        where=str(path),
        fix="give a complete GeoTIFF or NetCDF file",
        problem_vi="không đọc được ảnh (tệp hỏng hoặc không phải ảnh raster)",
        fix_vi="hãy đưa tệp GeoTIFF hoặc NetCDF đầy đủ",
    )


@contextmanager
def open_raster(path: Path | str) -> Iterator[Any]:
    """Open a raster for reading and give the rasterio dataset.

    Raises
    ------
    UnreadableRasterError
        If the file is missing, is no raster or ends too early; failures while the
        block reads from it are told the same way.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # `require_grid` names it
            dataset = rasterio.open(path)
    except RasterioError as error:
        raise unreadable(path, error) from error
    try:
        yield dataset
    except RasterioError as error:
        raise unreadable(path, error) from error
    finally:
        dataset.close()


def require_grid(dataset: Any, path: Path | str) -> None:
    """Check that an open raster has bands on a regular north-up grid with a CRS.

    Raises
    ------
    NoCrsError, UnsupportedGridError
        As their names say.
    """
    if dataset.count == 0:
        raise UnsupportedGridError(
            "holds several variables, not one stack of bands",
            where=str(path),
            fix="run `agridata scenes add` on it first: it writes one GeoTIFF per date",
        )
    if dataset.crs is None:
        raise NoCrsError(
            "names no coordinate reference system",
            where=str(path),
            fix="write one into the file, for example with gdal_edit -a_srs EPSG:32648",
            problem_vi="ảnh không ghi hệ toạ độ",
            fix_vi="hãy ghi hệ toạ độ vào tệp (ví dụ gdal_edit -a_srs EPSG:32648)",
        )
    grid = dataset.transform
    if grid.b != 0 or grid.d != 0 or grid.a <= 0 or grid.e >= 0:
        raise UnsupportedGridError(
            "the grid is rotated or not north-up",
            where=str(path),
            fix="warp it to a north-up grid, for example with gdalwarp",
            problem_vi="lưới ảnh bị xoay hoặc lật",
            fix_vi="hãy nắn ảnh về lưới hướng bắc (ví dụ gdalwarp)",
        )


def band_names(dataset: Any) -> list[str]:
    """Return each band's description, or its number (from 1) as text."""
    return [text or str(number) for number, text in enumerate(dataset.descriptions, start=1)]


def band_numbers(dataset: Any, bands: Sequence[str | int] | None, path: Path | str) -> list[int]:
    """Return the numbers (from 1) of the asked bands; None asks for all of them.

    A band is asked for by description or by number (as int or text).

    Raises
    ------
    NoSuchBandError
        If one is not there; the message lists what is.
    """
    names = band_names(dataset)
    if bands is None:
        return list(range(1, len(names) + 1))
    return [_band_number(names, band, path) for band in bands]


def _band_number(names: list[str], band: str | int, path: Path | str) -> int:
    if str(band) in names:
        return names.index(str(band)) + 1
    if str(band).isdecimal() and 1 <= int(band) <= len(names):
        return int(band)
    raise NoSuchBandError(
        f"has no band {str(band)!r}",
        where=str(path),
        field="band",
        fix=f"choose one of {', '.join(names)}",
        problem_vi=f"ảnh không có băng {str(band)!r}",
        fix_vi=f"hãy chọn một trong: {', '.join(names)}",
    )
