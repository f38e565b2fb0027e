"""Coverage of zones computed once per grid, applied to any number of scenes.

The weights are a sparse matrix (zone × touched cell) of covered fractions. Building
costs about three runs of exactextract over one band; applying costs one gather and a few
sums over the stored entries per band.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np
from exactextract import __version__ as engine_version
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from agridata.errors import InputError
from remote_sensing.zonal._statistics import checked_statistics
from remote_sensing.zonal._zones import ROW, ZonesError, ZoneSource, polygons_on, zone_ids

if TYPE_CHECKING:
    from odc.geo.geobox import GeoBox

__all__ = ["CoverageWeights", "WeightsError"]

FORMAT = "agridata-coverage-weights/1"
STATISTICS = ("mean", "count", "stdev", "min", "max", "sum")


class WeightsError(InputError):
    """A file holds no coverage weights, or an array does not lie on their grid."""


@dataclass(frozen=True)
class CoverageWeights:
    """Covered fractions of the cells of one grid by each zone.

    Attributes
    ----------
    matrix
        scipy CSR array (zones × touched cells), float64, 0 < fraction ≤ 1.
    cells
        int64 row-major cell numbers on the grid, one per column of `matrix`, ascending.
    zones
        Identity of each zone, in the order of the rows.
    grid
        odc.geo GeoBox: shape, affine and CRS.
    """

    matrix: csr_array
    cells: NDArray[np.int64]
    zones: NDArray[Any]
    grid: GeoBox

    def __repr__(self) -> str:
        rows, columns = self.grid.shape
        return f"<CoverageWeights {len(self.zones)} zones on {rows}×{columns}>"

    @classmethod
    def build(cls, zones: Any, grid: GeoBox, id_column: str | None = None) -> CoverageWeights:
        """Compute the exact coverage of `zones` on `grid`.

        Parameters
        ----------
        zones
            geopandas.GeoDataFrame in any CRS; reprojected to the grid's.
        grid
            Regular north-up GeoBox.
        id_column
            Column of the zones' identity; None numbers rows from 0.

        Raises
        ------
        ZonesError
            Zones without CRS, or a grid that is rotated, flipped or without CRS.
        """
        extent = _extent(grid)
        polygons = polygons_on(zones, str(grid.crs))
        rows, columns = grid.shape
        blank = np.broadcast_to(np.uint8(0), (rows, columns))  # never held in memory
        ids = zone_ids(zones, id_column)
        matrix = csr_array((len(ids), rows * columns), dtype=np.float64)
        if not polygons.empty:
            table = exact_extract(
                NumPyRasterSource(blank, *extent), ZoneSource(polygons), ["cell_id", "coverage"],
                include_cols=[ROW], output="pandas",
            )  # fmt: skip
            matrix = _matrix(table, (len(ids), rows * columns))
        cells = np.unique(matrix.indices).astype(np.int64)
        compact = csr_array(
            (matrix.data, np.searchsorted(cells, matrix.indices), matrix.indptr),
            shape=(len(ids), len(cells)),
        )
        return cls(compact, cells, ids, grid)

    def apply(
        self,
        array: ArrayLike,
        stats: Sequence[str] = STATISTICS,
        nodata: float | None = None,
    ) -> dict[str, NDArray[np.float64]]:
        """Return statistics of every zone for every leading index of `array`.

        Parameters
        ----------
        array
            Numbers (..., y, x) on the grid. NaN, masked values and `nodata` are left out.
        stats
            Any of mean, count, stdev, min, max, sum.
        nodata
            Stored value that means "nothing here".

        Returns
        -------
        dict
            Statistic → float64 (..., zone); count and sum are 0, all else NaN, where a zone
            meets no valid cell. Equal to exactextract's figures within 1e-9.

        Raises
        ------
        WeightsError
            If the last two dimensions are not the grid's shape.
        """
        wanted = checked_statistics(stats)
        values: Any = np.ma.asanyarray(array)
        if values.shape[-2:] != tuple(self.grid.shape):
            raise WeightsError(
                f"the array is {values.shape[-2:]}, the grid {tuple(self.grid.shape)}",
                field="array",
                fix="build weights for this grid",
            )
        leading = values.shape[:-2]
        cells = values.reshape(-1, values.shape[-2] * values.shape[-1])[:, self.cells]
        bands = [self._band(band, wanted, nodata) for band in cells]
        shape = (*leading, len(self.zones))
        return {
            name: np.array([band[name] for band in bands], dtype=float).reshape(shape)
            for name in wanted
        }

    def _band(
        self, cells: Any, stats: tuple[str, ...], nodata: float | None
    ) -> dict[str, NDArray[np.float64]]:
        """Return the statistics of one band, given the values of the touched cells."""
        valid = ~np.ma.getmaskarray(cells)
        plain = np.asarray(np.ma.getdata(cells))
        if nodata is not None and not np.isnan(nodata):
            valid &= plain != nodata
        numbers = plain.astype(np.float64)
        valid &= ~np.isnan(numbers)
        entries = self.matrix.indices
        weight = self.matrix.data * valid[entries]
        value = np.where(valid, numbers, 0.0)[entries]
        return _Entries(self._entry_rows(), len(self.zones), weight, value).statistics(stats)

    def _entry_rows(self) -> NDArray[np.intp]:
        return np.repeat(np.arange(len(self.zones)), np.diff(self.matrix.indptr))

    def save(self, path: Path) -> None:
        """Write the weights to one compressed file (NumPy ``.npz``, no pickle)."""
        about = {
            "format": FORMAT, "engine": f"exactextract {engine_version}",
            "crs": str(self.grid.crs), "shape": list(self.grid.shape),
            "transform": list(self.grid.affine)[:6],
        }  # fmt: skip
        part = Path(path).with_name(f".{Path(path).name}.part")
        with part.open("wb") as stream:
            np.savez_compressed(
                stream, about=np.array(json.dumps(about)), cells=self.cells,
                zones=_storable(self.zones), data=self.matrix.data,
                indices=self.matrix.indices, indptr=self.matrix.indptr,
            )  # fmt: skip
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> CoverageWeights:
        """Read what `save` wrote.

        Raises
        ------
        WeightsError
            If the file is missing, damaged or of another kind.
        """
        from affine import Affine
        from odc.geo.geobox import GeoBox

        try:
            with Path(path).open("rb") as file, np.load(file, allow_pickle=False) as stored:
                about = json.loads(str(stored["about"]))
                parts = {name: stored[name] for name in stored.files}
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise _not_weights(path, str(error)) from error
        if about.get("format") != FORMAT:
            raise _not_weights(path, f"format {about.get('format')!r}")
        shape = (len(parts["zones"]), len(parts["cells"]))
        matrix = csr_array((parts["data"], parts["indices"], parts["indptr"]), shape=shape)
        grid = GeoBox(tuple(about["shape"]), Affine(*about["transform"]), about["crs"])
        return cls(matrix, parts["cells"], parts["zones"], grid)


def _not_weights(path: Path, why: str) -> WeightsError:
    return WeightsError(
        f"holds no coverage weights: {why}", where=str(path), fix="build and save them again"
    )


def _storable(zones: NDArray[Any]) -> NDArray[Any]:
    """Return identities as numbers or text, never as pickled objects."""
    return zones if zones.dtype.kind in "iufU" else zones.astype(str)


def _extent(grid: GeoBox) -> tuple[float, float, float, float]:
    """Return xmin, ymin, xmax, ymax of a regular north-up grid."""
    affine = grid.affine
    if grid.crs is None or affine.b or affine.d or affine.a <= 0 or affine.e >= 0:
        raise ZonesError(
            "the grid has no CRS or is not north-up", field="grid", fix="give a north-up GeoBox"
        )
    rows, columns = grid.shape
    return affine.c, affine.f + rows * affine.e, affine.c + columns * affine.a, affine.f


def _matrix(table: Any, shape: tuple[int, int]) -> csr_array:
    """Put exactextract's cell lists into rows of a sparse matrix."""
    counts = np.array([len(cells) for cells in table["coverage"]])
    zone = np.repeat(table[ROW].to_numpy(), counts)
    cell = np.concatenate([np.asarray(cells, np.int64) for cells in table["cell_id"]])
    fraction = np.concatenate([np.asarray(part, np.float64) for part in table["coverage"]])
    kept = fraction > 0
    return csr_array((fraction[kept], (zone[kept], cell[kept])), shape=shape)


@dataclass(frozen=True)
class _Entries:
    """Weighted values grouped by zone: the arithmetic of one band."""

    zone: NDArray[np.intp]
    zones: int
    weight: NDArray[np.float64]
    value: NDArray[np.float64]

    def _sums(self, terms: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(self.zone, terms, minlength=self.zones).astype(np.float64)

    def statistics(self, stats: tuple[str, ...]) -> dict[str, NDArray[np.float64]]:
        count = self._sums(self.weight)
        total = self._sums(self.weight * self.value)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = total / count
        found = {"count": count, "sum": total, "mean": mean}
        if "stdev" in stats:
            found["stdev"] = self._deviation(count, mean)
        for name, extreme in (("min", np.minimum), ("max", np.maximum)):
            if name in stats:
                found[name] = self._extreme(extreme)
        return {name: found[name] for name in stats}

    def _deviation(
        self, count: NDArray[np.float64], mean: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Two passes, so that a large mean does not eat a small deviation."""
        distance = self.value - np.nan_to_num(mean)[self.zone]
        squares = self._sums(self.weight * distance**2)
        with np.errstate(invalid="ignore", divide="ignore"):
            deviation: NDArray[np.float64] = np.sqrt(squares / count)
        return deviation

    def _extreme(self, extreme: np.ufunc) -> NDArray[np.float64]:
        used = self.weight > 0
        worst = np.inf if extreme is np.minimum else -np.inf
        found = np.full(self.zones, worst)
        extreme.at(found, self.zone[used], self.value[used])
        found[np.isinf(found)] = np.nan
        return found
