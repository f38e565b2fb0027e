"""What can be wrong with a raster, each with its own name.

::

    InputError
    └── RasterError
        ├── UnreadableRasterError    not a raster, or truncated
        ├── NoCrsError               nothing says where on Earth the pixels lie
        ├── UnsupportedGridError     rotated, south-up or irregular grid
        ├── NoSuchBandError          the asked band is not in the file
        └── NoSceneTimeError         neither tags nor file name tell when it was taken
"""

from __future__ import annotations

from agridata.errors import InputError

__all__ = [
    "NoCrsError",
    "NoSceneTimeError",
    "NoSuchBandError",
    "RasterError",
    "UnreadableRasterError",
    "UnsupportedGridError",
]


class RasterError(InputError):
    """A raster was rejected; nothing of it was stored."""


class UnreadableRasterError(RasterError):
    """The file is no raster that can be read, or it ends too early."""


class NoCrsError(RasterError):
    """The raster names no coordinate reference system."""


class UnsupportedGridError(RasterError):
    """The pixels are not a regular north-up grid."""


class NoSuchBandError(RasterError):
    """The asked band is not in the raster."""


class NoSceneTimeError(RasterError):
    """Nothing tells when the scene was acquired."""
