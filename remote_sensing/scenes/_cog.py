"""Writing Cloud-Optimised GeoTIFFs: 512-pixel blocks, overviews, deflate with predictor."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import rasterio
import rasterio.shutil
from numpy.typing import NDArray
from rasterio._err import CPLE_BaseError  # what GDAL's copy raises has no public name
from rasterio.errors import RasterioError

from agridata.vocabulary import Utc
from remote_sensing.scenes._describe import describe_dataset
from remote_sensing.scenes._errors import NoSuchBandError
from remote_sensing.scenes._netcdf import NetcdfStack
from remote_sensing.scenes._reading import band_numbers, open_raster, require_grid, unreadable
from remote_sensing.scenes._sentinel2 import (
    SCL,
    clear_mask,
    cloud_share,
    is_sentinel2_l2a,
    reflectance_scaling,
)
from remote_sensing.scenes._types import SceneDescription

__all__ = ["CloudMask", "CogResult", "make_cog", "netcdf_to_geotiffs"]

CloudMask = Literal["auto", "scl", "none"]

BLOCK_PIXELS = 512
"""Block size of stored rasters: one HTTP range or one disk read per block on a phone map."""


@dataclass(frozen=True, slots=True)
class CogResult:
    """What `make_cog` wrote: the description of the file, and the cloud share of the scene."""

    description: SceneDescription
    cloud_share: float | None


def make_cog(
    src: Path, dst: Path, *, cloud_mask: CloudMask = "auto", time: Utc | None = None
) -> CogResult:
    """Write `src` as a Cloud-Optimised GeoTIFF at `dst`, whole or not at all.

    Values stay as stored. A raw Sentinel-2 L2A stack gets its scale and offset written
    (see `remote_sensing.scenes`), and with an SCL mask its cloudy pixels become nodata.

    Parameters
    ----------
    src
        GeoTIFF or another single raster with CRS and north-up grid.
    dst
        Target; its folder exists.
    cloud_mask
        ``"scl"`` needs an SCL band; ``"auto"`` uses it where there is one; ``"none"`` keeps
        every pixel.
    time
        Acquisition, needed for raw Sentinel-2 only where the file does not tell.

    Raises
    ------
    RasterError
        Unreadable, without CRS, unsupported grid, or no SCL band to mask with.
    """
    with open_raster(src) as dataset:
        require_grid(dataset, src)
        scene = describe_dataset(dataset, src)
        scl = _read_scl(dataset, src, cloud_mask)
        masking = None if cloud_mask == "none" or scl is None else clear_mask(scl)
        scaling = _scaling(scene, dataset.tags(), time)
        with _part_file(dst) as part:
            if masking is None and scaling is None:
                _copy(src, part, scl is not None)
            else:
                _copy_edited(dataset, src, part, masking, scaling)
    with open_raster(dst) as written:
        description = describe_dataset(written, dst)
    return CogResult(description, None if scl is None else cloud_share(scl))


def _read_scl(dataset: Any, path: Path, cloud_mask: CloudMask) -> NDArray[Any] | None:
    """Return the classification band, or None where there is none and none was asked for."""
    try:
        (number,) = band_numbers(dataset, [SCL], path)
    except NoSuchBandError:
        if cloud_mask == "scl":
            raise
        return None
    band: NDArray[Any] = dataset.read(number)
    return band


def _scaling(
    scene: SceneDescription, tags: dict[str, str], time: Utc | None
) -> tuple[float, float] | None:
    taken = time or scene.time
    if taken is None or not is_sentinel2_l2a(scene.bands):
        return None
    return reflectance_scaling(tags, taken)


@contextmanager
def _part_file(dst: Path) -> Iterator[Path]:
    """Give a name beside `dst` that becomes `dst` when the block succeeds."""
    part = dst.with_name(f".{dst.name}.part.tif")
    try:
        yield part
        part.replace(dst)
    finally:
        part.unlink(missing_ok=True)


def _copy(src: Path, dst: Path, categorical: bool) -> None:
    options = {
        "driver": "COG", "compress": "DEFLATE", "predictor": "YES", "blocksize": BLOCK_PIXELS,
        "overviews": "AUTO", "overview_resampling": "NEAREST" if categorical else "AVERAGE",
        "bigtiff": "IF_SAFER",
    }  # fmt: skip
    try:
        rasterio.shutil.copy(src, dst, **options)
    except (RasterioError, CPLE_BaseError) as error:
        raise unreadable(src, error) from error


def _copy_edited(
    dataset: Any,
    src: Path,
    dst: Path,
    clear: NDArray[np.bool_] | None,
    scaling: tuple[float, float] | None,
) -> None:
    """Copy through a plain GeoTIFF in which scale, offset and masked pixels are set."""
    (scl,) = band_numbers(dataset, [SCL], src)
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "scene.tif"
        profile = {**dataset.profile, "driver": "GTiff", "compress": "DEFLATE"}
        if profile.get("nodata") is None:
            profile["nodata"] = 0
        with rasterio.open(plain, "w", **profile) as edited:
            edited.update_tags(**dataset.tags())
            if scaling is not None:
                edited.scales = [1.0 if n == scl else scaling[0] for n in dataset.indexes]
                edited.offsets = [0.0 if n == scl else scaling[1] for n in dataset.indexes]
            edited.descriptions = dataset.descriptions
            for number in dataset.indexes:
                values = dataset.read(number)
                if clear is not None and number != scl:
                    values[~clear] = profile["nodata"]
                edited.write(values, number)
        _copy(plain, dst, categorical=True)


def netcdf_to_geotiffs(path: Path, folder: Path) -> list[Path]:
    """Write one GeoTIFF per date of a NetCDF stack, a band per variable, into `folder`.

    Returns
    -------
    list of Path
        ``STEM_YYYYMMDD.tif``, with the hour where a day has several acquisitions. Each
        carries its acquisition in the tag ``datetime``.

    Raises
    ------
    RasterError
        No CRS, no time axis, an irregular grid, or variables of different types.
    """
    stack = NetcdfStack(path)
    days = [f"{time:%Y%m%d}" for time in stack.times]
    written = []
    for index, time in stack.slices():
        name = days[index] if days.count(days[index]) == 1 else f"{time:%Y%m%dT%H%M%S}"
        target = folder / f"{path.stem}_{name}.tif"
        _write_slice(stack, index, time, target)
        written.append(target)
    return written


def _write_slice(stack: NetcdfStack, index: int, time: Utc, target: Path) -> None:
    dtype, _, _, nodata = stack.band(stack.variables[0])
    rows, columns = stack.shape
    profile = {
        "driver": "GTiff", "height": rows, "width": columns, "count": len(stack.variables),
        "dtype": dtype, "crs": stack.crs, "transform": stack.transform, "nodata": nodata,
        "compress": "DEFLATE",
    }  # fmt: skip
    with rasterio.open(target, "w", **profile) as dataset:
        dataset.update_tags(datetime=time.isoformat(), **stack.tags)
        dataset.descriptions = stack.variables
        for number, name in enumerate(stack.variables, start=1):
            dataset.write(stack.read(name, index).astype(dtype), number)
