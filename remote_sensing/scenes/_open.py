"""A raster as an xarray array that knows its CRS and time and reads only what is used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from rasterio.windows import Window
from xarray.backends import BackendArray
from xarray.core import indexing

from remote_sensing.scenes._describe import describe_scene
from remote_sensing.scenes._netcdf import NetcdfStack
from remote_sensing.scenes._reading import open_raster
from remote_sensing.scenes._types import Band, SceneDescription

__all__ = ["open_scene"]


class _RasterArray(BackendArray):
    """Windowed reader of a raster: (band, y, x), float32, scaled, NaN where nodata."""

    def __init__(self, scene: SceneDescription) -> None:
        self.path = scene.path
        self.shape = (len(scene.bands), *scene.shape)
        self.dtype = np.dtype(np.float32)

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return indexing.explicit_indexing_adapter(
            key, self.shape, indexing.IndexingSupport.BASIC, self._read
        )

    def _read(self, key: tuple[Any, ...]) -> NDArray[np.float32]:
        bands, rows, columns = (
            range(*part.indices(size)) if isinstance(part, slice) else range(part, part + 1)
            for part, size in zip(key, self.shape, strict=True)
        )
        window = Window(
            columns[0] if columns else 0, rows[0] if rows else 0,
            _span(columns), _span(rows),
        )  # fmt: skip
        with open_raster(self.path) as dataset:
            stored = [self._band(dataset, band + 1, window) for band in bands]
        block = np.stack(stored)[:, :: rows.step, :: columns.step]
        dropped = tuple(axis for axis, part in enumerate(key) if not isinstance(part, slice))
        return np.squeeze(block, axis=dropped) if dropped else block

    @staticmethod
    def _band(dataset: Any, number: int, window: Window) -> NDArray[np.float32]:
        masked = dataset.read(number, window=window, masked=True)
        scale, offset = dataset.scales[number - 1], dataset.offsets[number - 1]
        values = masked.astype(np.float64) * scale + offset
        return np.ma.filled(values, np.nan).astype(np.float32)


def _span(positions: range) -> int:
    return positions[-1] - positions[0] + 1 if positions else 0


def open_scene(path: Path) -> xr.DataArray:
    """Open a raster as an array; pixels of a GeoTIFF are read when they are used.

    Parameters
    ----------
    path
        GeoTIFF/COG, or a NetCDF stack.

    Returns
    -------
    xarray.DataArray
        float32; dims (band, y, x) with the scalar coordinate ``time`` where known, or
        (time, band, y, x) for a NetCDF stack. Values are scaled, NaN where nodata. ``x`` and
        ``y`` are pixel centres in the CRS of the scalar coordinate ``spatial_ref``
        (CF grid mapping with ``crs_wkt`` and ``GeoTransform``).

    Raises
    ------
    RasterError
        As `describe_scene`.
    """
    scene = describe_scene(path)
    if scene.driver == "netCDF":
        return _open_stack(scene)
    lazy = xr.Variable(("band", "y", "x"), indexing.LazilyIndexedArray(_RasterArray(scene)))
    array = xr.DataArray(lazy, coords=_coordinates(scene), name=scene.path.stem)
    array.attrs = _attributes(scene)
    if scene.time is None:
        return array
    return array.assign_coords(time=np.datetime64(scene.time.replace(tzinfo=None), "ns"))


def _coordinates(scene: SceneDescription) -> dict[str, Any]:
    a, _, c, _, e, f = scene.transform
    rows, columns = scene.shape
    grid = {
        "crs_wkt": scene.crs_wkt, "spatial_ref": scene.crs_wkt,
        "GeoTransform": f"{c!r} {a!r} 0.0 {f!r} 0.0 {e!r}",
    }  # fmt: skip
    return {
        "band": [band.name for band in scene.bands],
        "y": f + e * (np.arange(rows) + 0.5),
        "x": c + a * (np.arange(columns) + 0.5),
        "spatial_ref": xr.DataArray(0, attrs=grid),
    }


def _attributes(scene: SceneDescription) -> dict[str, Any]:
    return {
        "crs": scene.crs, "grid_mapping": "spatial_ref", "source": str(scene.path),
        "period": scene.period, "simulated": int(scene.simulated),
    }  # fmt: skip


def _open_stack(scene: SceneDescription) -> xr.DataArray:
    stack = NetcdfStack(scene.path)
    values = np.stack([
        np.stack([_scaled(stack, band, index) for band in scene.bands])
        for index in range(max(len(scene.times), 1))
    ])  # fmt: skip
    times = [np.datetime64(time.replace(tzinfo=None), "ns") for time in scene.times]
    coordinates = _coordinates(scene) | ({"time": times} if times else {})
    return xr.DataArray(
        values, dims=("time", "band", "y", "x"), coords=coordinates, attrs=_attributes(scene),
        name=scene.path.stem,
    )  # fmt: skip


def _scaled(stack: NetcdfStack, band: Band, index: int) -> NDArray[np.float32]:
    stored = stack.read(band.name, index)
    values = stored.astype(np.float64) * band.scale + band.offset
    if band.nodata is not None:
        values[stored == band.nodata] = np.nan
    return values.astype(np.float32)
