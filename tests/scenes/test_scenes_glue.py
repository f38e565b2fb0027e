"""Scenes in the workspace: rows, statistics per commune and parcel, harvest as evidence."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from shapely import box
from sqlmodel import select

from agridata.errors import InputError, NotFoundError, UsageError
from agridata.observations.models import Scene, ZonalStatistic
from agridata.places.models import AdminUnit
from agridata.registry.models import Parcel
from agridata.storage import DataSet, SourceInfo
from agridata.vocabulary import Utc
from apps.cli import main
from apps.scenes import (
    add_scene,
    add_scenes,
    list_scenes,
    observed_harvest,
    store_commune_statistics,
    store_parcel_statistics,
    zone_series,
)
from remote_sensing.scenes import RasterError

NOW = Utc(datetime(2026, 3, 20, tzinfo=UTC))
INFO = SourceInfo(
    key="ndvi_test", kind="scene", title_vi="Ảnh thử", title_en="Test scenes", source="test",
    licence="none", simulated=True,
)  # fmt: skip


def ndvi_file(folder, day, value, nodata_share=0.0):
    """A scaled int16 NDVI over two boxes: `value` on the left, 0.7 on the right."""
    stored = np.full((20, 20), round(value * 1e4), "int16")
    stored[:, 10:] = 7000
    stored[: round(20 * nodata_share)] = -32768
    path = folder / f"ndvi_{day:%Y%m%d}.tif"
    with rasterio.open(
        path, "w", driver="GTiff", height=20, width=20, count=1, dtype="int16", nodata=-32768,
        crs="EPSG:32648", transform=Affine(20, 0, 550_000, 0, -20, 1_080_000),
    ) as dataset:  # fmt: skip
        dataset.write(stored, 1)
        dataset.scales, dataset.descriptions = (1e-4,), ("NDVI",)
        dataset.update_tags(SIMULATED="yes")
    return path


@pytest.fixture
def parcels():
    boxes = [
        box(550_020, 1_079_620, 550_180, 1_079_980),
        box(550_220, 1_079_620, 550_380, 1_079_980),
    ]
    around = gpd.GeoSeries(boxes, crs="EPSG:32648").to_crs(4326)
    return [
        Parcel(
            code=code, land_use="rice", area_ha=5.8, geom=shape, simulated=True, data_set_key="x"
        )
        for code, shape in zip(("left", "right"), around, strict=True)
    ]


def test_added_scene_is_described_and_counted(workspace, tmp_path):
    with workspace.session() as session:
        for day in (date(2026, 3, 1), date(2026, 3, 11)):
            add_scene(session, workspace, ndvi_file(tmp_path, day, 0.5), now=NOW, info=INFO)
        session.commit()
        first, second = list_scenes(session)
        assert (first.key, second.key) == ("ndvi_20260301", "ndvi_20260311")
        assert (first.crs, first.simulated) == ("EPSG:32648", True)
        assert first.bands == [{"name": "NDVI", "scale": 1e-4, "offset": 0.0, "nodata": -32768.0}]
        assert (workspace.scenes_dir / first.path).is_file()
        data_set = session.get(DataSet, "ndvi_test")
        assert data_set is not None
        assert (data_set.rows_in_file, data_set.rows_stored) == (2, 2)


def test_adding_again_changes_nothing_and_other_bytes_are_refused(workspace, tmp_path):
    path = ndvi_file(tmp_path, date(2026, 3, 1), 0.5)
    with workspace.session() as session:
        once = add_scene(session, workspace, path, now=NOW, info=INFO)
        again = add_scene(session, workspace, path, now=NOW, info=INFO)
        assert again.id == once.id
        ndvi_file(tmp_path, date(2026, 3, 1), 0.6)
        with pytest.raises(InputError, match="another raster"):
            add_scene(session, workspace, path, now=NOW, info=INFO)
        assert len(list_scenes(session)) == 1


def test_a_bad_file_among_good_ones_leaves_nothing(workspace, tmp_path):
    good = ndvi_file(tmp_path, date(2026, 3, 1), 0.5)
    bad = tmp_path / "bad_20260302.tif"
    bad.write_bytes(good.read_bytes()[:200])
    with workspace.session() as session, pytest.raises(RasterError):
        add_scenes(session, workspace, [good, bad], now=NOW, info=INFO)
    with workspace.session() as session:
        assert list_scenes(session) == []
        assert session.get(DataSet, "ndvi_test") is None
    assert list(workspace.scenes_dir.iterdir()) == []


def test_real_stack_over_communes_shows_the_harvest(workspace, shared_dir):
    """Worst first: where NDVI fell most between January and March 2025."""
    folder = shared_dir / "data"
    shapes = gpd.read_file(folder / "admin" / "haugiang_pre2025_communes.gpkg").to_crs(4326)
    units = [
        AdminUnit(
            code=row.code, level=3, name=row.tenxa, full_name=row.tenxa, search_key="",
            geom=row.geometry, data_set_key="x",
        )
        for row in shapes.itertuples()
    ]  # fmt: skip
    units.append(
        AdminUnit(code="00000", level=3, name="?", full_name="?", search_key="", data_set_key="x")
    )
    with workspace.session() as session:
        for month in ("01", "03"):
            path = folder / "raster_mekong_1km_2025" / f"mekong_2025_{month}.tif"
            scene = add_scene(session, workspace, path, now=NOW, in_place=True)
            assert scene.path == str(path.resolve())
            stored = store_commune_statistics(session, workspace, scene.key, units, ["NDVI"])
            assert (stored.rows, stored.zones) == (76, 76)
            assert stored.without_geometry == ("00000",)
        again = store_commune_statistics(session, workspace, "mekong_2025_03", units, ["NDVI"])
        session.commit()
        assert again.rows == 76
        rows = session.exec(select(ZonalStatistic)).all()
        assert len(rows) == 152
        change = {}
        for unit in units[:-1]:
            (_, january, *_), (_, march, *_) = zone_series(session, "commune", unit.code, "NDVI")
            change[unit.code] = march - january
        falling = sum(value < 0 for value in change.values())
        assert falling > 0.9 * len(change)
        assert min(change.values()) < -0.25


def test_harvest_of_a_parcel_becomes_evidence(workspace, tmp_path, parcels):
    days = [date(2025, 12, 10) + timedelta(days=10 * n) for n in range(10)]
    left = [0.2, 0.4, 0.7, 0.8, 0.82, 0.8, 0.78, 0.2, 0.21, 0.2]
    with workspace.session() as session:
        for day, value in zip(days, left, strict=True):
            path = ndvi_file(tmp_path, day, value, nodata_share=1.0 if day == days[4] else 0.0)
            scene = add_scene(session, workspace, path, now=NOW, info=INFO)
            stored = store_parcel_statistics(session, workspace, scene.key, parcels)
            assert stored.rows == 2
        session.commit()
        seen = observed_harvest(session, "left", until=NOW)
        assert seen is not None
        assert (seen.first_day, seen.last_day, seen.simulated) == (days[6], days[7], True)
        assert observed_harvest(session, "right", until=NOW) is None
        early = Utc(datetime(2026, 2, 1, tzinfo=UTC))
        assert observed_harvest(session, "left", until=early) is None
        hidden = zone_series(session, "parcel", "left", "NDVI")[4]
        assert hidden[1:3] == (None, 0.0)  # cloud: a row that says so
        visible = zone_series(session, "parcel", "right", "NDVI")[0]
        assert visible[1] == pytest.approx(0.7)


def test_wrong_questions_are_named(workspace, tmp_path, parcels):
    with workspace.session() as session:
        with pytest.raises(NotFoundError):
            store_parcel_statistics(session, workspace, "nowhere", parcels)
        path = ndvi_file(tmp_path, date(2026, 3, 1), 0.5)
        scene = add_scene(session, workspace, path, now=NOW, info=INFO)
        with pytest.raises(UsageError, match="twice"):
            store_parcel_statistics(session, workspace, scene.key, [parcels[0], parcels[0]])
        assert store_parcel_statistics(session, workspace, scene.key, []).rows == 0


def run(capsys, *arguments):
    code = main([*map(str, arguments), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_commands_add_and_list(shared_dir, tmp_path, capsys):
    home = tmp_path / "home"
    folder = shared_dir / "data" / "raster_s2_s1_an_giang_2022"
    sentinel = folder / "geotiff_c222" / "S2_L2A_20220130.tif"
    code, said = run(capsys, "scenes", "add", sentinel, "--cloud-mask", "scl", "--home", home)
    assert code == 0
    (scene,) = said["scenes"]
    assert scene["id"] == "S2_L2A_20220130"
    assert scene["datetime"] == "2022-01-30T00:00:00Z"
    assert 0 <= scene["cloud_share"] <= 1
    assert scene["bands"][0] == {
        "name": "blue", "scale": 1e-4, "offset": pytest.approx(-0.1), "nodata": 0,
    }  # fmt: skip
    radar = folder / "s1_rtc_mosaic_c56.nc"
    code, said = run(capsys, "scenes", "add", radar, "--home", home)
    assert (code, len(said["scenes"])) == (0, 57)
    code, said = run(capsys, "scenes", "list", "--home", home)
    assert (code, len(said["scenes"])) == (0, 58)


def test_commands_reject_with_the_contract_document(shared_dir, tmp_path, capsys):
    home = tmp_path / "home"
    folder = shared_dir / "data"
    dem = folder / "raster_mekong_1km_2025" / "static_dem.tif"
    raw = folder / "raster_s2_s1_an_giang_2022" / "geotiff_c222" / "S2_L2A_20220130.tif"
    for expected, *arguments in (
        (1, dem),
        (1, tmp_path / "absent.tif"),
        (1, folder / "admin" / "vn_units_2025.csv"),
        (1, raw, "--in-place"),
        (1, dem, "--time", "2025-01-01", "--cloud-mask", "scl"),
        (2, dem, dem, "--time", "2025-01-01"),
        (2, dem, "--time", "soon"),
    ):
        code, said = run(capsys, "scenes", "add", *arguments, "--home", home)
        assert code == expected, arguments
        assert said["errors"][0]["problem"]
    code, said = run(capsys, "scenes", "list", "--home", home)
    assert said == {"scenes": []}
    code, said = run(capsys, "scenes", "list", "--home", tmp_path / "nothing")
    assert (code, said["ok"]) == (1, False)


def test_scene_rows_live_on_both_databases(workspace_on, tmp_path, parcels):
    with workspace_on.session() as session:
        path = ndvi_file(tmp_path, date(2026, 3, 1), 0.5)
        scene = add_scene(session, workspace_on, path, now=NOW, info=INFO)
        store_parcel_statistics(session, workspace_on, scene.key, parcels)
        session.commit()
        stored = session.exec(select(Scene)).one()
        assert stored.stac_item["properties"]["agridata:simulated"] is True
        assert zone_series(session, "parcel", "left", "NDVI")[0][1] == pytest.approx(0.5)
