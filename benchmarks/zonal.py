"""Mean of small fields over several scenes: stored coverage against exactextract each time."""

from __future__ import annotations

from typing import Any

from benchmarks._row import Row, best_of

__all__ = ["run"]

PARCELS, SCENES, PIXELS, PIXEL_M = 2_000, 6, 1_200, 10.0
STATS = ("mean", "count", "stdev")


def run(parcels: int = PARCELS, scenes: int = SCENES, pixels: int = PIXELS) -> list[Row]:
    """Time both on arrays in memory; their figures must agree within 1e-6."""
    import numpy as np

    from remote_sensing.zonal import CoverageWeights

    rng = np.random.default_rng(952)
    zones, grid = _fields(parcels, pixels, rng), _grid(pixels)
    stack = rng.random((scenes, pixels, pixels), dtype=np.float32)
    weights = CoverageWeights.build(zones, grid)
    found = weights.apply(stack, STATS)
    expected = _exactextract(stack, zones, grid)
    for name in STATS:
        if not np.allclose(found[name], expected[name], atol=1e-6, equal_nan=True):
            raise RuntimeError(f"the two disagree on {name}: nothing to compare")
    applied = best_of(3, lambda: weights.apply(stack, STATS))
    built = best_of(2, lambda: CoverageWeights.build(zones, grid).apply(stack, STATS))
    other = best_of(2, lambda: _exactextract(stack, zones, grid))
    work = parcels * scenes
    return [
        Row("zonal statistics, coverage stored / exactextract", applied, other, "s", work),
        Row("the same, coverage computed first / exactextract", built, other, "s", work),
    ]


def _grid(pixels: int) -> Any:
    from affine import Affine
    from odc.geo.geobox import GeoBox

    return GeoBox((pixels, pixels), Affine(PIXEL_M, 0, 500_000, 0, -PIXEL_M, 1_100_000), 32648)


def _fields(count: int, pixels: int, rng: Any) -> Any:
    """Return turned rectangles of 0.1–2 ha within the grid."""
    import geopandas as gpd
    from shapely import affinity, box

    side = pixels * PIXEL_M

    def field() -> Any:
        width, height = rng.uniform(25, 80), rng.uniform(40, 250)
        x, y = rng.uniform(300, side - 300, 2)
        shape = affinity.rotate(
            box(-width / 2, -height / 2, width / 2, height / 2), rng.uniform(0, 90)
        )
        return affinity.translate(shape, 500_000 + x, 1_100_000 - y)

    return gpd.GeoDataFrame(geometry=[field() for _ in range(count)], crs=32648)


def _exactextract(stack: Any, zones: Any, grid: Any) -> dict[str, Any]:
    import numpy as np
    from exactextract import exact_extract
    from exactextract.raster import NumPyRasterSource

    box = grid.boundingbox
    tables = [
        exact_extract(
            NumPyRasterSource(
                scene, xmin=box.left, ymin=box.bottom, xmax=box.right, ymax=box.top, srs_wkt=None
            ),
            zones, list(STATS), output="pandas", strategy="raster-sequential",
        )
        for scene in stack
    ]  # fmt: skip
    return {name: np.array([table[name].to_numpy() for table in tables]) for name in STATS}
