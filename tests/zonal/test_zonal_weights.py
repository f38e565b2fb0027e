"""Stored coverage weights give exactextract's figures on every scene."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from shapely import box
from shapely.affinity import rotate

from remote_sensing.scenes import describe_scene
from remote_sensing.zonal import (
    STATISTICS,
    CoverageWeights,
    WeightsError,
    ZonesError,
    read_zones,
    zonal_statistics,
)

GRID = GeoBox((12, 9), Affine(10, 0, 500_000, 0, -10, 1_100_000), "EPSG:32648")


def shapes(seed, count=6):
    draw = np.random.default_rng(seed)
    spread = draw.uniform([-20, -20, 1, 1, 0], [110, 130, 50, 50, 90], (count, 5))
    polygons = [
        rotate(box(500_000 + x, 1_100_000 - y - h, 500_000 + x + w, 1_100_000 - y), angle)
        for x, y, w, h, angle in spread
    ]
    return gpd.GeoDataFrame({"code": list("abcdef")[:count]}, geometry=polygons, crs=GRID.crs)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), level=st.sampled_from([0.0, 1e6]))
def test_equal_to_exactextract(tmp_path_factory, seed, level):
    """Also where the mean is large and the deviation small."""
    values = level + np.random.default_rng(seed).normal(0, 1, (2, 12, 9))
    values[0, 3, 3], values[1, :, 2] = -1, np.nan
    path = tmp_path_factory.mktemp("r") / "r.tif"
    with rasterio.open(
        path, "w", driver="GTiff", height=12, width=9, count=2, dtype="float64",
        crs="EPSG:32648", transform=GRID.affine, nodata=-1,
    ) as dataset:  # fmt: skip
        dataset.write(values)
    zones = shapes(seed)
    weights = CoverageWeights.build(zones, GRID, "code")
    assert weights.zones.tolist() == zones["code"].tolist()
    found = weights.apply(values, nodata=-1)
    expected = zonal_statistics(zones, "code", path)
    for name in STATISTICS:
        np.testing.assert_allclose(
            found[name].ravel(), expected[name], rtol=1e-9, atol=1e-12 + level * 1e-12, err_msg=name
        )


def test_real_communes_on_the_real_grid(shared_dir):
    raster = shared_dir / "data" / "raster_mekong_1km_2025" / "mekong_2025_02.tif"
    communes = read_zones(shared_dir / "data" / "admin" / "haugiang_pre2025_communes.gpkg")
    scene = describe_scene(raster)
    grid = GeoBox(scene.shape, Affine(*scene.transform), scene.crs_wkt)
    weights = CoverageWeights.build(communes, grid, "code")
    with rasterio.open(raster) as dataset:
        found = weights.apply(dataset.read(), nodata=dataset.nodata)
    expected = zonal_statistics(communes, "code", raster)
    for name in STATISTICS:
        np.testing.assert_allclose(found[name].ravel(), expected[name], rtol=1e-9, err_msg=name)


def test_shape_of_results_follows_the_array():
    weights = CoverageWeights.build(shapes(1), GRID)
    assert weights.zones.tolist() == [0, 1, 2, 3, 4, 5]
    assert weights.apply(np.ones((12, 9)))["count"].shape == (6,)
    stack = weights.apply(np.ones((4, 3, 12, 9), "int16"), ["sum"])
    assert stack["sum"].shape == (4, 3, 6)
    assert list(stack) == ["sum"]
    masked = np.ma.masked_all((12, 9))
    assert (weights.apply(masked)["count"] == 0).all()


def test_saved_weights_come_back_the_same(tmp_path):
    weights = CoverageWeights.build(shapes(2), GRID, "code")
    weights.save(tmp_path / "w.npz")
    again = CoverageWeights.load(tmp_path / "w.npz")
    values = np.random.default_rng(3).random((12, 9))
    assert again.zones.tolist() == weights.zones.tolist()
    assert again.grid == weights.grid
    for name, figures in weights.apply(values).items():
        np.testing.assert_array_equal(again.apply(values)[name], figures)


def test_no_zone_on_the_grid_still_answers():
    far = gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1)], crs=GRID.crs)
    found = CoverageWeights.build(far, GRID).apply(np.ones((12, 9)))
    assert found["count"].tolist() == [0]
    assert np.isnan(found["mean"]).all()


def test_wrong_files_arrays_and_grids_are_named(tmp_path):
    weights = CoverageWeights.build(shapes(1), GRID)
    with pytest.raises(WeightsError, match="grid"):
        weights.apply(np.ones((9, 12)))
    for name, content in (("text.npz", b"no"), ("empty.npz", b""), ("zip.npz", b"PK\x03\x04")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(WeightsError):
            CoverageWeights.load(tmp_path / name)
    np.savez(tmp_path / "other.npz", about=np.array('{"format": "other"}'))
    with pytest.raises(WeightsError, match="other"):
        CoverageWeights.load(tmp_path / "other.npz")
    turned = GeoBox((12, 9), Affine(10, 1, 0, 1, -10, 0), "EPSG:32648")
    with pytest.raises(ZonesError):
        CoverageWeights.build(shapes(1), turned)
