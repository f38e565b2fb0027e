"""What files say of themselves, opened and stored: real rasters of three kinds."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pystac
import pytest
import rasterio
from affine import Affine

from remote_sensing.scenes import (
    NoSceneTimeError,
    NoSuchBandError,
    UnreadableRasterError,
    UnsupportedGridError,
    clear_mask,
    cloud_share,
    describe_scene,
    make_cog,
    netcdf_to_geotiffs,
    open_raster,
    open_scene,
    reflectance_scaling,
    scene_time,
    stac_item,
)


@pytest.fixture
def monthly(shared_dir):
    return shared_dir / "data" / "raster_mekong_1km_2025" / "mekong_2025_03.tif"


@pytest.fixture
def an_giang(shared_dir):
    return shared_dir / "data" / "raster_s2_s1_an_giang_2022"


def at(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tags", "name", "start", "period"),
    [
        ({"datetime": "2022-01-05"}, "x.tif", at(2022, 1, 5), ""),
        ({"datetime": "2022-01-05T10:00:00+07:00"}, "x.tif", at(2022, 1, 5, 3), ""),
        ({"TIFFTAG_DATETIME": "2026:02:18 03:20:00"}, "x.tif", at(2026, 2, 18, 3, 20), ""),
        ({"month": "2025-01"}, "x.tif", at(2025, 1, 1), "P1M"),
        ({}, "ndvi_20260218.tif", at(2026, 2, 18), ""),
        ({}, "S2A_MSIL2A_20220105T031129_N0301.tif", at(2022, 1, 5, 3, 11, 29), ""),
        ({}, "MODIS_012010_NDVI_2013-09-14.jp2", at(2013, 9, 14), ""),
        ({}, "mekong_2025_01.tif", at(2025, 1, 1), "P1M"),
    ],
)
def test_time_comes_from_tags_then_from_the_name(tags, name, start, period):
    found = scene_time(tags, name)
    assert found is not None
    assert (found.start, found.period) == (start, period)


@pytest.mark.parametrize("name", ["static_dem.tif", "b20231345.tif", "1234567890.tif"])
def test_no_time_is_no_time(name):
    assert scene_time({"datetime": "yesterday"}, name) is None


def test_description_of_the_monthly_stack(monthly):
    scene = describe_scene(monthly)
    assert scene.crs == "EPSG:4326"
    assert scene.shape == (376, 373)
    assert [band.name for band in scene.bands][:2] == ["NDVI", "NDSI"]
    assert {band.nodata for band in scene.bands} == {-9999.0}
    assert (scene.time, scene.period, scene.simulated) == (at(2025, 3, 1), "P1M", False)
    assert scene.bbox == pytest.approx((103.458, 8.413, 106.808, 11.783), abs=1e-3)


def test_netcdf_grids_agree_with_each_other(an_giang):
    """Sentinel-1 in UTM and Sentinel-2 in degrees cover the same block of fields."""
    radar = describe_scene(an_giang / "s1_rtc_mosaic_c222.nc")
    optical = describe_scene(an_giang / "s2_l2a_mosaic_c222.nc")
    assert (radar.crs, optical.crs) == ("EPSG:32648", "EPSG:4326")
    assert radar.bbox == pytest.approx(optical.bbox, abs=2e-4)
    assert (len(radar.times), len(optical.times)) == (57, 70)
    assert radar.times[0] == at(2022, 1, 9, 22, 46)
    assert optical.bands[0].nodata == 0


def test_netcdf_slices_equal_the_geotiffs(an_giang, tmp_path):
    files = netcdf_to_geotiffs(an_giang / "s2_l2a_mosaic_c56.nc", tmp_path)
    assert len(files) == 70
    for day in ("20220105", "20220629", "20221231"):
        theirs = an_giang / "geotiff_c56" / f"S2_L2A_{day}.tif"
        ours = tmp_path / f"s2_l2a_mosaic_c56_{day}.tif"
        with rasterio.open(theirs) as a, rasterio.open(ours) as b:
            np.testing.assert_array_equal(a.read(), b.read())
            assert a.descriptions == b.descriptions
            np.testing.assert_allclose(a.bounds, b.bounds, atol=1e-9)


def test_radar_slices_are_north_up(an_giang, tmp_path):
    """GDAL turns the rows of files whose coordinates it does not know; ours are not turned."""
    path = an_giang / "s1_rtc_mosaic_c222.nc"
    first = netcdf_to_geotiffs(path, tmp_path)[0]
    with open_raster(f'HDF5:"{path}"://vv') as raw, rasterio.open(first) as ours:
        np.testing.assert_array_equal(raw.read(1), ours.read(1))
    with open_raster(f'HDF5:"{path}"://y') as raw, rasterio.open(first) as ours:
        assert raw.read(1).ravel()[0] == ours.bounds.top - 5


def test_opened_scene_reads_windows_lazily(monthly):
    array = open_scene(monthly)
    assert array.dims == ("band", "y", "x")
    assert not array.variable._in_memory
    part = array.sel(band=["NDVI", "SM"]).isel(y=slice(100, 110, 3), x=slice(200, 205))
    with rasterio.open(monthly) as dataset:
        stored = dataset.read([1, 11], masked=True)[:, 100:110:3, 200:205].filled(np.nan)
    np.testing.assert_array_equal(part.values, stored)
    one = array.isel(band=0, y=100, x=200)
    assert float(one) == stored[0, 0, 0]
    assert str(array.time.values)[:10] == "2025-03-01"
    assert "WGS 84" in array.spatial_ref.attrs["crs_wkt"]


def test_opened_stack_has_time(an_giang):
    array = open_scene(an_giang / "s2_l2a_mosaic_c222.nc")
    assert array.dims == ("time", "band", "y", "x")
    assert array.sizes["time"] == 70
    red = array.sel(time="2022-01-05", band="red")
    assert float(red.min()) > 0  # nodata 0 is NaN


def test_cog_keeps_values_and_has_overviews(monthly, tmp_path):
    noise = np.random.default_rng(0).integers(-100, 100, (1, 1200, 1100)).astype("int16")
    source = tmp_path / "big_20260101.tif"
    with rasterio.open(
        source, "w", driver="GTiff", height=1200, width=1100, count=1, dtype="int16",
        crs="EPSG:32648", transform=Affine(10, 0, 5e5, 0, -10, 1.1e6), nodata=-1,
    ) as dataset:  # fmt: skip
        dataset.write(noise)
        dataset.scales, dataset.offsets = (0.01,), (0.5,)
        dataset.update_tags(SIMULATED="yes")
    result = make_cog(source, tmp_path / "cog.tif")
    assert result.cloud_share is None
    assert result.description.simulated
    with rasterio.open(tmp_path / "cog.tif") as stored:
        np.testing.assert_array_equal(stored.read(), noise)
        assert stored.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert stored.overviews(1)
        assert stored.block_shapes == [(512, 512)]
        assert (stored.scales, stored.offsets, stored.nodata) == ((0.01,), (0.5,), -1)
    assert not list(tmp_path.glob(".*part*"))


def test_reflectance_is_continuous_across_the_offset(an_giang, tmp_path):
    """Median clear blue jumps from 340 to 1754 DN across 2022-01-25 and does not jump here."""
    medians = []
    for day in ("20220110", "20220130"):
        source = an_giang / "geotiff_c222" / f"S2_L2A_{day}.tif"
        result = make_cog(source, tmp_path / f"{day}.tif", cloud_mask="scl")
        assert result.cloud_share is not None
        blue = open_scene(tmp_path / f"{day}.tif").sel(band="blue")
        with rasterio.open(source) as raw:
            assert int(np.isfinite(blue).sum()) == int(clear_mask(raw.read(8)).sum())
        medians.append(float(blue.median()))
    assert 0.0 < medians[0] < 0.1
    assert 0.0 < medians[1] < 0.1
    with rasterio.open(tmp_path / "20220130.tif") as stored:
        assert stored.scales[-1] == 1
        assert stored.offsets[0] == pytest.approx(-0.1)


def test_offset_from_the_tag_or_the_date():
    assert reflectance_scaling({}, at(2022, 1, 24)) == (1e-4, 0)
    assert reflectance_scaling({}, at(2022, 1, 25)) == pytest.approx((1e-4, -0.1))
    assert reflectance_scaling({"BOA_ADD_OFFSET": "0"}, at(2023, 1, 1)) == (1e-4, 0)


def test_cloud_masks_grow_but_swath_edges_do_not():
    scl = np.full((9, 9), 4, "uint8")
    scl[4, 4], scl[:, 8] = 9, 0
    clear = clear_mask(scl)
    assert int((~clear[:, :8]).sum()) == 25
    assert not clear[:, 8].any()
    assert cloud_share(scl) == pytest.approx(1 / 72)
    assert cloud_share(np.zeros((3, 3), "uint8")) is None


def test_stac_item_is_valid_and_says_what_is_simulated(monthly):
    scene = describe_scene(monthly)
    document = stac_item(scene, key="m03", href="m03.tif", cloud_share=0.25, simulated=True)
    item = pystac.Item.from_dict(document)
    assert item.id == "m03"
    assert item.properties["agridata:simulated"] is True
    assert item.properties["eo:cloud_cover"] == 25
    assert item.properties["end_datetime"] == "2025-04-01T00:00:00Z"
    assert document["assets"]["data"]["bands"][0]["name"] == "NDVI"
    assert document["properties"]["proj:transform"][0] == pytest.approx(0.00898, abs=1e-5)


def test_bad_files_are_named(shared_dir, tmp_path):
    with pytest.raises(UnreadableRasterError):
        describe_scene(tmp_path / "absent.tif")
    (tmp_path / "a.nc").write_bytes(b"CDF\x01 but not really")
    with pytest.raises(UnreadableRasterError):
        describe_scene(tmp_path / "a.nc")
    (tmp_path / "a.tif").write_bytes(b"II*\x00 and then nothing")
    with pytest.raises(UnreadableRasterError):
        make_cog(tmp_path / "a.tif", tmp_path / "b.tif")
    dem = shared_dir / "data" / "raster_mekong_1km_2025" / "static_dem.tif"
    with pytest.raises(NoSceneTimeError):
        stac_item(describe_scene(dem), key="dem", href="dem.tif")
    with pytest.raises(NoSuchBandError):
        make_cog(dem, tmp_path / "b.tif", cloud_mask="scl")
    pixels = shared_dir / "data" / "raster_s2_s1_an_giang_2022" / "s2_l2a_center_pixels_2022.nc"
    with pytest.raises(UnsupportedGridError):
        describe_scene(pixels)  # points, not a grid
    assert not (tmp_path / "b.tif").exists()


def test_truncated_file_leaves_no_cog(tmp_path):
    source, cut = tmp_path / "whole.tif", tmp_path / "cut_20260101.tif"
    noise = np.random.default_rng(0).random((1, 500, 500)).astype("float32")
    with rasterio.open(
        source, "w", driver="GTiff", height=500, width=500, count=1, dtype="float32",
        crs="EPSG:32648", transform=Affine(10, 0, 5e5, 0, -10, 1.1e6),
    ) as dataset:  # fmt: skip
        dataset.write(noise)
    cut.write_bytes(source.read_bytes()[:400_000])
    with pytest.raises(UnreadableRasterError):
        make_cog(cut, tmp_path / "out.tif")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cut_20260101.tif", "whole.tif"]
