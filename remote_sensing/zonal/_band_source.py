"""A band as exactextract reads it: scaled numbers, NaN where there are none.

exactextract 0.3.0's own rasterio source hands masked arrays on, and the raster-sequential
strategy does not look at the mask: nodata of a scaled int16 NDVI enters the mean as −32768
(the feature-sequential one leaves it out). Here the mask is turned into NaN, which both
leave out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from exactextract.raster import RasterSource
from numpy.typing import NDArray
from rasterio.enums import MaskFlags
from rasterio.windows import Window

__all__ = ["BandSource"]


class BandSource(RasterSource):  # type: ignore[misc]  # the library ships no types
    """One band of an open rasterio dataset on a north-up grid.

    Parameters
    ----------
    dataset
        Open rasterio dataset.
    number
        Band number from 1.
    name
        Prefix of the columns that come back.
    """

    def __init__(self, dataset: Any, number: int, name: str) -> None:
        super().__init__()
        self.dataset = dataset
        self.number = number
        self.scale = float(dataset.scales[number - 1])
        self.offset = float(dataset.offsets[number - 1])
        self.scaled = self.scale != 1 or self.offset != 0
        self.masked = MaskFlags.all_valid not in dataset.mask_flag_enums[number - 1]
        self.set_name(name)

    def res(self) -> tuple[float, float]:
        """Return pixel width and height in units of the CRS."""
        return self.dataset.transform.a, -self.dataset.transform.e

    def extent(self) -> tuple[float, float, float, float]:
        """Return xmin, ymin, xmax, ymax."""
        grid = self.dataset.transform
        right = grid.c + self.dataset.width * grid.a
        return grid.c, grid.f + self.dataset.height * grid.e, right, grid.f

    def srs_wkt(self) -> None:
        """Return None: zones were reprojected before, nothing is compared."""
        return

    def nodata_value(self) -> None:
        """Return None: nodata is NaN already."""
        return

    def read_window(self, x0: int, y0: int, nx: int, ny: int) -> NDArray[Any]:
        """Return the values of a window (ny, nx)."""
        window = Window(x0, y0, nx, ny)
        stored: Any = self.dataset.read(self.number, window=window, masked=self.masked)
        if not self.masked and not self.scaled:
            return np.asarray(stored)
        values = stored.astype(_wide_enough(stored.dtype, self.scaled))
        if self.scaled:
            values = values * self.scale + self.offset
        return np.asarray(np.ma.filled(values, np.nan))


def _wide_enough(dtype: np.dtype[Any], scaled: bool) -> np.dtype[Any]:
    """Return a float type that holds the stored numbers exactly and can hold NaN."""
    return dtype if dtype.kind == "f" and not scaled else np.dtype(np.float64)
