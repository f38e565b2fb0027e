"""Statistics over zones against exactextract's own path, and everything that may be odd."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from exactextract import exact_extract
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, Polygon, box
from shapely.affinity import rotate

from agridata.errors import UsageError
from remote_sensing.scenes import (
    NoCrsError,
    NoSuchBandError,
    UnreadableRasterError,
    UnsupportedGridError,
)
from remote_sensing.zonal import (
    STATISTICS,
    ZonesError,
    default_id_column,
    read_zones,
    zonal_statistics,
)

UTM = "EPSG:32648"


def write(path: Path, bands, *, crs=UTM, transform=None, nodata=None, scale=None, names=None):
    stack = np.asarray(bands)
    count, height, width = stack.shape
    grid = transform or Affine(10, 0, 500_000, 0, -10, 1_100_000)
    with rasterio.open(
        path, "w", driver="GTiff", height=height, width=width, count=count, dtype=stack.dtype,
        crs=crs, transform=grid, nodata=nodata,
    ) as dataset:  # fmt: skip
        dataset.write(stack)
        if scale:
            dataset.scales, dataset.offsets = (scale[0],) * count, (scale[1],) * count
        if names:
            dataset.descriptions = names
    return path


def zones_at(*polygons, crs=UTM, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(polygons), crs=crs)


def cells(x0, y0, x1, y1):
    """A box in pixel units from the upper left corner of the test grid."""
    return box(500_000 + 10 * x0, 1_100_000 - 10 * y1, 500_000 + 10 * x1, 1_100_000 - 10 * y0)


def test_known_figures_by_hand(tmp_path):
    path = write(tmp_path / "a.tif", np.arange(16, dtype="float32").reshape(1, 4, 4))
    table = zonal_statistics(zones_at(cells(0, 0, 1.5, 1)), None, path)
    row = table.iloc[0]
    assert row["count"] == pytest.approx(1.5)
    assert row["sum"] == pytest.approx(0 * 1 + 1 * 0.5)
    assert row["mean"] == pytest.approx(1 / 3)
    assert row["stdev"] == pytest.approx(np.sqrt((1 * (1 / 3) ** 2 + 0.5 * (2 / 3) ** 2) / 1.5))
    assert (row["min"], row["max"]) == (0, 1)
    assert (row["zone"], row["raster"], row["band"]) == (0, str(path), "1")


def test_nodata_of_scaled_integers_never_enters_the_mean(tmp_path):
    """exactextract 0.3.0's own source, read raster-sequentially, returns −32768 here."""
    values = np.full((1, 4, 4), 5000, "int16")
    values[0, 0, 0] = -32768
    path = write(tmp_path / "ndvi.tif", values, nodata=-32768, scale=(1e-4, 0))
    empty, partly = zonal_statistics(
        zones_at(cells(0, 0, 1, 1), cells(0, 0, 2, 2)), None, path
    ).to_dict("records")
    assert empty["count"] == 0
    assert np.isnan(empty["mean"])
    assert partly["count"] == pytest.approx(3)
    assert partly["mean"] == pytest.approx(0.5)


def test_mask_band_nan_and_unscaled_nodata_are_left_out(tmp_path):
    values = np.ones((2, 4, 4), "float32")
    values[0, 1, 1], values[1, 2, 2] = np.nan, -9999
    path = write(tmp_path / "m.tif", values, nodata=-9999)
    counts = zonal_statistics(zones_at(cells(0, 0, 4, 4)), None, path, stats=["count"])["count"]
    assert counts.tolist() == [15, 15]


def test_zone_without_pixels_keeps_its_row_in_order(tmp_path):
    path = write(tmp_path / "a.tif", np.ones((1, 4, 4), "float32"))
    far = zones_at(
        cells(100, 100, 101, 101), cells(0, 0, 1, 1), Polygon(), None, Point(500_005, 1_099_995),
        name=["far", "near", "empty", "missing", "point"],
    )  # fmt: skip
    table = zonal_statistics(far, "name", path)
    assert table["zone"].tolist() == ["far", "near", "empty", "missing", "point"]
    assert table["count"].tolist() == [0, 1, 0, 0, 0]
    outside = table.iloc[[0, 2, 3, 4]]
    assert outside[["mean", "stdev", "min", "max"]].isna().all(axis=None)
    assert (outside["sum"] == 0).all()


def test_self_crossing_zone_counts_both_lobes(tmp_path):
    path = write(tmp_path / "a.tif", np.ones((1, 4, 4), "float32"))
    x, y = 500_000, 1_100_000
    bow = Polygon([(x, y), (x + 20, y - 20), (x + 20, y), (x, y - 20)])
    assert zonal_statistics(zones_at(bow), None, path)["count"].iloc[0] == pytest.approx(2)


def test_overlapping_zones_and_repeated_ids_are_kept(tmp_path):
    path = write(tmp_path / "a.tif", np.ones((1, 4, 4), "float32"))
    table = zonal_statistics(
        zones_at(cells(0, 0, 2, 2), cells(1, 1, 3, 3), id=["a", "a"]), "id", path
    )
    assert table["zone"].tolist() == ["a", "a"]
    assert table["count"].tolist() == [4, 4]


def test_bands_by_name_and_number(tmp_path):
    stack = np.stack([np.full((4, 4), n, "float32") for n in (1, 2, 3)])
    path = write(tmp_path / "b.tif", stack, names=("red", "nir", ""))
    zone = zones_at(cells(0, 0, 4, 4))
    table = zonal_statistics(zone, None, path)
    assert table["band"].tolist() == ["red", "nir", "3"]
    assert table["mean"].tolist() == [1, 2, 3]
    chosen = zonal_statistics(zone, None, path, bands=["nir", 3, "1"], stats=["max"])
    assert chosen[["band", "max"]].to_dict("list") == {
        "band": ["nir", "3", "red"],
        "max": [2, 3, 1],
    }
    with pytest.raises(NoSuchBandError, match="swir"):
        zonal_statistics(zone, None, path, bands=["swir"])


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    dtype=st.sampled_from(["float32", "float64", "uint8", "int16"]),
)
def test_equals_exactextract_feature_by_feature(tmp_path_factory, seed, dtype):
    """The other strategy of the library, on shapes across cells, edges and each other."""
    draw = np.random.default_rng(seed)
    values = draw.integers(0, 100, (1, 12, 9)).astype(dtype)
    path = write(tmp_path_factory.mktemp("r") / "r.tif", values, nodata=7)
    shapes = [
        rotate(cells(x, y, x + w, y + h), angle)
        for x, y, w, h, angle in draw.uniform([-2, -2, 0.05, 0.05, 0], [10, 12, 5, 5, 90], (6, 5))
    ]
    zones = zones_at(*shapes)
    expected = exact_extract(str(path), zones, list(STATISTICS), output="pandas")
    found = zonal_statistics(zones, None, path)
    for name in STATISTICS:
        # "sum" of float32 cells: both strategies add in another order
        np.testing.assert_allclose(
            found[name], expected[name].astype(float), rtol=1e-9, atol=1e-7, err_msg=name
        )


def test_zones_in_degrees_meet_a_raster_in_metres(shared_dir):
    """NDVI over Hậu Giang falls from January to March: the winter-spring harvest."""
    folder = shared_dir / "data"
    communes = read_zones(folder / "admin" / "haugiang_pre2025_communes.gpkg")
    assert communes.crs.to_epsg() == 32648
    province = []
    for month in ("01", "02", "03"):
        raster = folder / "raster_mekong_1km_2025" / f"mekong_2025_{month}.tif"
        table = zonal_statistics(communes, "code", raster, bands=["NDVI"])
        assert len(table) == len(communes) == 76
        assert (table["count"] > 0).all()
        province.append(np.average(table["mean"], weights=table["count"]))
    january, february, march = province
    assert january > february > march
    assert january == pytest.approx(0.474, abs=0.005)
    assert march == pytest.approx(0.255, abs=0.005)


def test_foreign_parcels_in_sinusoidal_and_other_crs(shared_dir):
    folder = shared_dir / "data"
    dutch = read_zones(folder / "parcels" / "brpgewaspercelen_definitief_2023.gpkg")
    modis = folder / "raster_other" / "dtwsat_modis_mt" / "ndvi.tif"
    assert (zonal_statistics(dutch, None, modis, bands=[1], stats=["count"])["count"] == 0).all()
    fields = read_zones(folder / "parcels" / "jp_field_polygons_2024.parquet")
    assert fields.geometry.name == "GEOM"
    vietnam = read_zones(folder / "parcels" / "1_vietnam_areas.gpkg")
    assert default_id_column(vietnam) == "id"


def test_bad_rasters_have_names(tmp_path):
    zone = zones_at(cells(0, 0, 1, 1))
    ones = np.ones((1, 4, 4), "float32")
    with pytest.raises(NoCrsError):
        zonal_statistics(zone, None, write(tmp_path / "n.tif", ones, crs=None))
    turned = Affine(10, 1, 500_000, 1, -10, 1_100_000)
    with pytest.raises(UnsupportedGridError):
        zonal_statistics(zone, None, write(tmp_path / "t.tif", ones, transform=turned))
    south_up = Affine(10, 0, 500_000, 0, 10, 1_099_960)
    with pytest.raises(UnsupportedGridError):
        zonal_statistics(zone, None, write(tmp_path / "s.tif", ones, transform=south_up))
    (tmp_path / "text.tif").write_text("no raster")
    for path in (tmp_path / "text.tif", tmp_path / "absent.tif"):
        with pytest.raises(UnreadableRasterError) as caught:
            zonal_statistics(zone, None, path)
        assert caught.value.findings[0].where == str(path)


def test_truncated_raster_is_named(tmp_path):
    noise = np.random.default_rng(0).random((1, 400, 400)).astype("float32")
    whole = write(tmp_path / "whole.tif", noise)
    cut = tmp_path / "cut.tif"
    cut.write_bytes(whole.read_bytes()[:300_000])
    with pytest.raises(UnreadableRasterError):
        zonal_statistics(zones_at(cells(0, 0, 400, 400)), None, cut)


def test_bad_zones_and_arguments_have_names(tmp_path):
    path = write(tmp_path / "a.tif", np.ones((1, 4, 4), "float32"))
    with pytest.raises(ZonesError):
        zonal_statistics(zones_at(cells(0, 0, 1, 1), crs=None), None, path)
    zone = zones_at(cells(0, 0, 1, 1))
    with pytest.raises(UsageError, match="median"):
        zonal_statistics(zone, None, path, stats=["median"])
    with pytest.raises(UsageError, match="nope"):
        zonal_statistics(zone, "nope", path)
    with pytest.raises(ZonesError):
        read_zones(tmp_path / "absent.gpkg")
    (tmp_path / "a.geojson").write_text("{")
    with pytest.raises(ZonesError):
        read_zones(tmp_path / "a.geojson")
    (tmp_path / "t.parquet").write_text("{")
    with pytest.raises(ZonesError):
        read_zones(tmp_path / "t.parquet")
