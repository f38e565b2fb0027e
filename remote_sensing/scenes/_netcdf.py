"""NetCDF stacks (variables on time, y, x) read through GDAL's netCDF driver.

GDAL alone does not find CRS and grid of files that keep them in plain attributes and
coordinate variables, as the open Sentinel extracts do; both are read here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS

from agridata.vocabulary import Utc
from remote_sensing.scenes._errors import (
    NoCrsError,
    NoSceneTimeError,
    UnreadableRasterError,
    UnsupportedGridError,
)
from remote_sensing.scenes._reading import open_raster
from remote_sensing.scenes._times import scene_time, times_since

__all__ = ["NetcdfStack", "is_netcdf"]

X_NAMES = ("x", "lon", "longitude")
Y_NAMES = ("y", "lat", "latitude")
GRID_TOLERANCE = 1e-3
"""Largest step error, in pixels, of a coordinate that still counts as regular (float32 files)."""


def is_netcdf(path: Path) -> bool:
    """Tell NetCDF (classic or HDF5-based) by the first bytes."""
    with path.open("rb") as stream:
        head = stream.read(8)
    return head[:3] == b"CDF" or (head == b"\x89HDF\r\n\x1a\n" and path.suffix in (".nc", ".nc4"))


def _numbers(text: str) -> list[float]:
    return [float(part) for part in text.strip("{}").split(",") if part]


@dataclass(frozen=True)
class NetcdfStack:
    """The variables of one NetCDF file that share a grid and a time axis."""

    path: Path

    def _address(self, name: str) -> str:
        return f'NETCDF:"{self.path}":{name}'

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """Names of the gridded variables, in the file's order."""
        with open_raster(self.path) as dataset:
            found = tuple(address.rsplit(":", 1)[1] for address in dataset.subdatasets)
            return found or self._only_variable(dataset)

    def _only_variable(self, dataset: Any) -> tuple[str, ...]:
        if dataset.count and (name := dataset.tags(1).get("NETCDF_VARNAME")):
            return (str(name),)
        raise UnreadableRasterError(
            "holds no gridded variable", where=str(self.path), fix="give a file on (time, y, x)"
        )

    @cached_property
    def _first(self) -> dict[str, Any]:
        """Tags, shape and grid as GDAL sees them in the first variable."""
        with open_raster(self._address(self.variables[0])) as dataset:
            return {
                "tags": dataset.tags(), "shape": dataset.shape, "transform": dataset.transform,
                "crs": dataset.crs, "count": dataset.count,
            }  # fmt: skip

    @property
    def tags(self) -> dict[str, str]:
        """Global attributes without GDAL's prefix."""
        prefix = "NC_GLOBAL#"
        return {
            key.removeprefix(prefix): value
            for key, value in self._first["tags"].items()
            if key.startswith(prefix)
        }

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        rows, columns = self._first["shape"]
        return int(rows), int(columns)

    @cached_property
    def crs(self) -> Any:
        """CRS of the variables, else of the global attribute ``crs``."""
        named = self._first["crs"] or self.tags.get("crs")
        if named is None:
            raise NoCrsError(
                "names no coordinate reference system", where=str(self.path),
                fix="add the global attribute crs, for example EPSG:32648",
                problem_vi="ảnh không ghi hệ toạ độ",
            )  # fmt: skip
        return CRS.from_user_input(named)

    @cached_property
    def transform(self) -> Affine:
        """North-up grid, from GDAL or from the coordinate variables."""
        known: Affine = self._first["transform"]
        if not self.grid_known:
            dx, left = self._axis(X_NAMES)
            dy, top = self._axis(Y_NAMES)
            known = Affine(dx, 0, left, 0, -abs(dy), top if dy < 0 else top + dy * self.shape[0])
        if known.a <= 0 or known.e >= 0 or known.b or known.d:
            raise UnsupportedGridError(
                "the grid is not north-up", where=str(self.path), fix="sort x up and y down"
            )
        return known

    @property
    def grid_known(self) -> bool:
        """Whether GDAL itself found the grid (and then gives rows north up)."""
        return not self._first["transform"].is_identity

    @cached_property
    def south_up(self) -> bool:
        """Whether rows as stored run from south to north and must be turned."""
        return not self.grid_known and self._axis(Y_NAMES)[0] > 0

    def _axis(self, names: tuple[str, ...]) -> tuple[float, float]:
        """Return step and outer edge of a coordinate of pixel centres."""
        centres = self._coordinate(names)
        steps = np.diff(centres)
        step = float((centres[-1] - centres[0]) / steps.size) if steps.size else 0.0
        if not step or np.abs(steps - step).max() > GRID_TOLERANCE * abs(step):
            raise UnsupportedGridError(
                f"coordinate {names[0]} is not evenly spaced", where=str(self.path),
                fix="resample to a regular grid",
            )  # fmt: skip
        return step, float(centres[0]) - step / 2

    def _coordinate(self, names: tuple[str, ...]) -> NDArray[np.float64]:
        for name in names:
            try:
                with open_raster(self._address(name)) as dataset:
                    return np.asarray(dataset.read(1), np.float64).ravel()
            except UnreadableRasterError:
                continue
        raise UnsupportedGridError(
            f"has no coordinate variable {' or '.join(names)}", where=str(self.path),
            fix="give a file with x and y of its pixel centres",
        )  # fmt: skip

    @cached_property
    def times(self) -> tuple[Utc, ...]:
        """Moments of the time axis (UTC); none where the file has no such axis."""
        tags = self._first["tags"]
        for axis in tags.get("NETCDF_DIM_EXTRA", "").strip("{}").split(","):
            values = _numbers(tags.get(f"NETCDF_DIM_{axis}_VALUES", ""))
            decoded = times_since(tags.get(f"{axis}#units", ""), values)
            if decoded is not None:
                return tuple(decoded)
        named = scene_time(self.tags, self.path.name)
        return () if named is None or self._first["count"] != 1 else (named.start,)

    def band(self, name: str) -> tuple[str, float, float, float | None]:
        """Return (dtype, scale, offset, nodata) of one variable."""
        with open_raster(self._address(name)) as dataset:
            own = dataset.tags(1).get("_FillValue")
            declared = own if own is not None else self.tags.get("nodata")
            nodata = dataset.nodata if declared is None else float(declared)
            return dataset.dtypes[0], dataset.scales[0], dataset.offsets[0], nodata

    def read(self, name: str, index: int) -> NDArray[Any]:
        """Return the stored values (rows, columns) of `name` at time number `index`, north up."""
        # GDAL turns rows over by guess where it does not know the coordinates: it must not
        order = {} if self.grid_known else {"GDAL_NETCDF_BOTTOMUP": "NO"}
        with rasterio.Env(**order), open_raster(self._address(name)) as dataset:
            values: NDArray[Any] = dataset.read(index + 1)
        return values[::-1] if self.south_up else values

    def slices(self) -> Iterator[tuple[int, Utc]]:
        """Give number and moment of each date.

        Raises
        ------
        NoSceneTimeError
            If the file has no time axis that can be read.
        """
        if not self.times:
            raise NoSceneTimeError(
                "has no time axis", where=str(self.path), field="time",
                fix="add a CF time axis (days since …)",
            )  # fmt: skip
        yield from enumerate(self.times)
