"""Rasters as scenes: what they are, when they were taken, opened, stored and catalogued.

Sentinel-2 L2A: digital numbers become surface reflectance with scale 1e-4, and from
2022-01-25 (processing baseline 04.00) with offset −0.1; nodata 0 is masked before.
"""

from remote_sensing.scenes._cog import CloudMask, CogResult, make_cog, netcdf_to_geotiffs
from remote_sensing.scenes._describe import describe_scene
from remote_sensing.scenes._errors import (
    NoCrsError,
    NoSceneTimeError,
    NoSuchBandError,
    RasterError,
    UnreadableRasterError,
    UnsupportedGridError,
)
from remote_sensing.scenes._open import open_scene
from remote_sensing.scenes._reading import (
    band_names,
    band_numbers,
    open_raster,
    require_grid,
    unreadable,
)
from remote_sensing.scenes._sentinel2 import (
    clear_mask,
    cloud_share,
    needs_scaling,
    reflectance_scaling,
)
from remote_sensing.scenes._stac import require_time, stac_item
from remote_sensing.scenes._times import SceneTime, scene_time
from remote_sensing.scenes._types import Band, SceneDescription

__all__ = [
    "Band",
    "CloudMask",
    "CogResult",
    "NoCrsError",
    "NoSceneTimeError",
    "NoSuchBandError",
    "RasterError",
    "SceneDescription",
    "SceneTime",
    "UnreadableRasterError",
    "UnsupportedGridError",
    "band_names",
    "band_numbers",
    "clear_mask",
    "cloud_share",
    "describe_scene",
    "make_cog",
    "needs_scaling",
    "netcdf_to_geotiffs",
    "open_raster",
    "open_scene",
    "reflectance_scaling",
    "require_grid",
    "require_time",
    "scene_time",
    "stac_item",
    "unreadable",
]
