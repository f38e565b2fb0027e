"""Statistics of raster bands over zones, each pixel weighted by its covered fraction."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from exactextract import exact_extract
from numpy.typing import NDArray

from agridata.errors import UsageError
from remote_sensing.scenes import band_names, band_numbers, open_raster, require_grid, unreadable
from remote_sensing.zonal._band_source import BandSource
from remote_sensing.zonal._zones import ROW, ZoneSource, polygons_on, zone_ids

__all__ = ["STATISTICS", "checked_statistics", "zonal_statistics"]

STATISTICS = ("mean", "count", "stdev", "min", "max", "sum")
"""What can be asked for. `stdev` is that of the population, weighted by coverage."""

ZERO_WITHOUT_COVERAGE = ("count", "sum")
"""Statistics that are 0, not NaN, over no pixel at all."""


def checked_statistics(stats: Sequence[str]) -> tuple[str, ...]:
    """Return the asked statistics, each known and named once.

    Raises
    ------
    UsageError
        If one is unknown or none is asked.
    """
    unknown = [name for name in stats if name not in STATISTICS]
    if unknown or not stats:
        raise UsageError(
            f"unknown statistic {', '.join(unknown) or '(none given)'}",
            field="--stats",
            fix=f"choose from {','.join(STATISTICS)}",
        )
    return tuple(dict.fromkeys(stats))


def zonal_statistics(
    zones: Any,
    id_column: str | None,
    raster: Path,
    bands: Sequence[str | int] | None = None,
    stats: Sequence[str] = STATISTICS,
) -> pd.DataFrame:
    """Return one row per zone × band of a raster, in the order of `zones`.

    Parameters
    ----------
    zones
        geopandas.GeoDataFrame in any CRS; reprojected to the raster's. Overlaps are allowed.
    id_column
        Column of the zones' identity (repeated values are kept); None numbers rows from 0.
    raster
        Raster file with CRS on a north-up grid. Its nodata, mask, scale and offset are
        honoured; NaN counts as nodata.
    bands
        Descriptions or numbers (from 1); None takes all.
    stats
        Any of `STATISTICS`.

    Returns
    -------
    pandas.DataFrame
        zone, raster (the path as given), band (description, else number as text), and one
        float64 column per statistic. `count` is the fractional coverage in pixels. A zone
        that meets no valid pixel has count 0 and sum 0, all else NaN: never a dropped row.

    Raises
    ------
    RasterError
        Unreadable, without CRS, rotated, or no such band.
    ZonesError, UsageError
        Zones without CRS; no such column or statistic.

    Notes
    -----
    exactextract 0.3 with ``strategy="raster-sequential"``: coverage is exact (Baston,
    exactextract), and every block of the raster is read once.
    """
    wanted = checked_statistics(stats)
    ids = zone_ids(zones, id_column)
    with open_raster(raster) as dataset:
        require_grid(dataset, raster)
        numbers = band_numbers(dataset, bands, raster)
        polygons = polygons_on(zones, dataset.crs.to_wkt())
        found = _extract(dataset, numbers, polygons, wanted, raster)
        names = band_names(dataset)
    tables = [
        _band_table(ids, str(raster), names[number - 1], _values(found, index, wanted, len(ids)))
        for index, number in enumerate(numbers)
    ]
    return pd.concat(tables, ignore_index=True)


def _extract(
    dataset: Any, numbers: list[int], polygons: Any, stats: tuple[str, ...], path: Path
) -> pd.DataFrame | None:
    """Run exactextract over all bands at once; None when no zone has a polygon."""
    if polygons.empty:
        return None
    sources = [BandSource(dataset, number, f"b{index}") for index, number in enumerate(numbers)]
    try:
        table: pd.DataFrame = exact_extract(
            sources, ZoneSource(polygons), list(stats), include_cols=[ROW],
            strategy="raster-sequential", output="pandas",
        )  # fmt: skip
    except RuntimeError as error:
        raise unreadable(path, error) from error
    if len(numbers) == 1:  # a single source is left out of the column names
        return table.rename(columns={name: f"b0_{name}" for name in stats})
    return table


def _values(
    found: pd.DataFrame | None, index: int, stats: tuple[str, ...], zones: int
) -> dict[str, NDArray[np.float64]]:
    """Return each statistic of one band, one value per zone."""
    columns = {}
    for name in stats:
        column = np.full(zones, 0.0 if name in ZERO_WITHOUT_COVERAGE else np.nan)
        if found is not None:
            column[found[ROW].to_numpy()] = found[f"b{index}_{name}"].to_numpy(float)
        columns[name] = column
    return columns


def _band_table(
    ids: NDArray[Any], raster: str, band: str, columns: dict[str, NDArray[np.float64]]
) -> pd.DataFrame:
    return pd.DataFrame({"zone": ids, "raster": raster, "band": band, **columns})
