"""What a raster file says of itself; no pixel is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasterio.warp import transform_bounds

from remote_sensing.scenes._errors import UnreadableRasterError
from remote_sensing.scenes._netcdf import NetcdfStack, is_netcdf
from remote_sensing.scenes._reading import band_names, open_raster, require_grid
from remote_sensing.scenes._times import scene_time
from remote_sensing.scenes._types import SIMULATED_TAG, Band, SceneDescription

__all__ = ["describe_dataset", "describe_scene"]


def describe_scene(path: Path) -> SceneDescription:
    """Read the metadata of a GeoTIFF (or any single raster GDAL reads) or a NetCDF stack.

    Parameters
    ----------
    path
        Raster file; a NetCDF file holds variables on (time, y, x), each a band here.

    Returns
    -------
    SceneDescription
        Bands named by description, else by number; times from tags, time axis or file name.

    Raises
    ------
    UnreadableRasterError, NoCrsError, UnsupportedGridError
        As their names say.
    """
    path = Path(path)
    if not path.is_file():
        raise UnreadableRasterError(
            "no such file", where=str(path), fix="check the path",
            problem_vi="không tìm thấy tệp ảnh", fix_vi="hãy kiểm tra đường dẫn",
        )  # fmt: skip
    if is_netcdf(path):
        return _describe_netcdf(NetcdfStack(path))
    with open_raster(path) as dataset:
        require_grid(dataset, path)
        return describe_dataset(dataset, path)


def describe_dataset(dataset: Any, path: Path) -> SceneDescription:
    """Describe an open rasterio dataset that has a CRS and a north-up grid."""
    tags = dataset.tags()
    named = scene_time(tags, path.name)
    return SceneDescription(
        path=path,
        driver=dataset.driver,
        crs=crs_name(dataset.crs),
        crs_wkt=dataset.crs.to_wkt(),
        shape=(dataset.height, dataset.width),
        transform=tuple(dataset.transform)[:6],
        bbox=transform_bounds(dataset.crs, "EPSG:4326", *dataset.bounds),
        bands=_bands(dataset),
        times=() if named is None else (named.start,),
        period="" if named is None else named.period,
        simulated=_is_simulated(tags),
    )


def crs_name(crs: Any) -> str:
    """Return ``EPSG:…`` where the authority is known, else WKT."""
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else str(crs.to_wkt())


def _is_simulated(tags: dict[str, str]) -> bool:
    return tags.get(SIMULATED_TAG, "").lower() in ("yes", "true", "1")


def _bands(dataset: Any) -> tuple[Band, ...]:
    return tuple(
        Band(name, dtype, float(scale), float(offset), nodata)
        for name, dtype, scale, offset, nodata in zip(
            band_names(dataset), dataset.dtypes, dataset.scales, dataset.offsets,
            dataset.nodatavals, strict=True,
        )
    )  # fmt: skip


def _describe_netcdf(stack: NetcdfStack) -> SceneDescription:
    grid, (rows, columns) = stack.transform, stack.shape
    bounds = (grid.c, grid.f + rows * grid.e, grid.c + columns * grid.a, grid.f)
    return SceneDescription(
        path=stack.path,
        driver="netCDF",
        crs=crs_name(stack.crs),
        crs_wkt=stack.crs.to_wkt(),
        shape=stack.shape,
        transform=tuple(grid)[:6],
        bbox=transform_bounds(stack.crs, "EPSG:4326", *bounds),
        bands=tuple(Band(name, *stack.band(name)) for name in stack.variables),
        times=stack.times,
        period="",
        simulated=_is_simulated(stack.tags),
    )
