"""The files in data_samples: re-made without a difference, small, and honest about themselves."""

from __future__ import annotations

import csv
import gzip
import json
import os
import shutil
from pathlib import Path
from types import ModuleType

import pytest
from shapely.geometry import shape
from sqlmodel import Session

from agridata.observations import PRESETS, import_readings, import_stations
from agridata.places import hau_giang_communes, load_sample_admin
from agridata.registry import load_registry
from agridata.statistics import import_rice_panel
from agridata.storage import SourceInfo, Workspace
from agridata.vocabulary import LOCAL_ZONE
from apps.simulation import SAMPLE_AS_OF, SAMPLE_COMMUNES, geodesic_hectares, library_units

MAX_TOTAL_BYTES = 8_000_000
MAX_SCENE_BYTES = 250_000


def rows_of(path: Path) -> list[dict[str, str]]:
    text = gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text()
    return list(csv.DictReader(text.splitlines()))


def test_made_again_nothing_differs(maker: ModuleType, samples_dir: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        maker.make(folder)
    assert maker.differences(samples_dir, first) == []
    # on one machine the very bytes are the same, compressed ones too
    bytes_of = [
        {name: path.read_bytes() for name, path in maker.made_files(folder).items()}
        for folder in (first, second)
    ]
    assert bytes_of[0] == bytes_of[1]


def test_a_changed_or_missing_file_is_named(
    maker: ModuleType, samples_dir: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(samples_dir, copy)
    changed = copy / "registry" / "products.csv"
    changed.write_bytes(changed.read_bytes().replace(b"Mau", b"Mou").replace(b"5 kg", b"6 kg"))
    (copy / "season_calendar.csv").unlink()
    assert maker.differences(samples_dir, copy) == ["registry/products.csv", "season_calendar.csv"]


def test_small(maker: ModuleType, samples_dir: Path) -> None:
    files = maker.made_files(samples_dir)
    assert sum(path.stat().st_size for path in files.values()) < MAX_TOTAL_BYTES
    scenes = [path for name, path in files.items() if name.startswith("scenes/")]
    assert len(scenes) == 12
    assert max(path.stat().st_size for path in scenes) < MAX_SCENE_BYTES


def test_sources_and_readme_name_every_file(maker: ModuleType, samples_dir: Path) -> None:
    made = set(maker.made_files(samples_dir)) - {"SOURCES.csv"}
    listed = rows_of(samples_dir / "SOURCES.csv")
    assert {row["file"] for row in listed} == made
    for row in listed:
        blank = [name for name in row if not row[name] and name != "as_of"]
        assert blank == []
        assert row["simulated"] in ("yes", "no")
        if row["as_of"]:
            assert row["as_of"] == SAMPLE_AS_OF.astimezone(LOCAL_ZONE).isoformat()
    readme = (samples_dir / "README.md").read_text()
    unnamed = [name for name in made if name not in readme and not name.startswith("scenes/")]
    assert unnamed == []


def test_every_simulated_row_says_so(samples_dir: Path) -> None:
    for path in sorted((samples_dir / "registry").glob("*.csv")):
        assert {row["simulated"] for row in rows_of(path)} == {"true"}, path.name
    parcels = json.loads((samples_dir / "registry" / "parcels.geojson").read_text())["features"]
    marks = {
        (one["properties"]["simulated"], one["properties"]["geometry_schematic"]) for one in parcels
    }
    assert marks == {(True, True)}
    water = samples_dir / "salinity_vn"
    assert {row["simulated"] for row in rows_of(water / "stations.csv")} == {"true"}
    for name in ("salinity_bihourly", "water_level"):
        (path,) = water.glob(f"{name}_*")
        assert {row["source"] for row in rows_of(path)} == {"simulated"}
    (discharge,) = water.glob("mrc_kratie_*")
    assert {row["approval"] for row in rows_of(discharge)} == {"Simulated"}


def test_published_rows_carry_a_source(samples_dir: Path) -> None:
    for name in ("season_calendar.csv", "salinity_vn/published_readings.csv"):
        rows = rows_of(samples_dir / name)
        assert rows
        assert all(row["source"] and row["simulated"] == "false" for row in rows), name


def test_units_are_the_official_ones(samples_dir: Path) -> None:
    rows = rows_of(samples_dir / "admin" / "units.csv")
    now = [row for row in rows if not row["valid_to"]]
    assert sum(row["level"] == "1" for row in now) == 34
    communes = [row for row in now if row["level"] == "3"]
    assert len(communes) == 103
    assert sum(row["type"] == "Phường" for row in communes) == 31
    assert {row["parent"] for row in communes} == {"92"}
    hiep_hung = next(row for row in communes if row["code"] == "31396")
    assert hiep_hung["full_name"] == "Xã Hiệp Hưng"
    assert hiep_hung["full_name_en"] == "Hiep Hung Commune"
    old = {row["code"] for row in rows if row["valid_to"]}
    assert old == {"93", *(str(code) for code in range(930, 938))}


def test_unit_names_hold_no_stray_spaces() -> None:
    # the library writes one commune as "Xã  Phú Hữu"
    assert all("  " not in unit.full_name for unit in library_units())


def test_schematic_communes_cover_the_province(samples_dir: Path) -> None:
    features = json.loads((samples_dir / "admin" / "communes_schematic.geojson").read_text())
    shapes = {one["properties"]["code"]: shape(one["geometry"]) for one in features["features"]}
    assert len(shapes) == 28
    assert all(one["properties"]["geometry_schematic"] for one in features["features"])
    total_ha = sum(geodesic_hectares(one) for one in shapes.values())
    assert total_ha == pytest.approx(162_200, rel=0.005)
    codes = sorted(shapes)
    for place, code in enumerate(codes):
        assert shapes[code].is_valid
        for other in codes[place + 1 :]:
            assert shapes[code].intersection(shapes[other]).area < 1e-12
    assert set(SAMPLE_COMMUNES) < set(codes)


def test_stations_lie_in_the_communes_they_name(samples_dir: Path) -> None:
    from shapely.geometry import Point

    from apps.simulation import SALINITY_STATIONS, schematic_communes

    cells = {commune.code: commune.polygon for commune in schematic_communes()}
    for station in SALINITY_STATIONS:
        spot = Point(station.position.lon, station.position.lat)
        assert cells[station.admin_unit_code].contains(spot), station.key
    # one commune with fields has no station: its farmers must be told "unknown"
    assert set(SAMPLE_COMMUNES) - {one.admin_unit_code for one in SALINITY_STATIONS} == {"31453"}


def test_calendar_agrees_with_the_simulated_waves(samples_dir: Path) -> None:
    from datetime import date, timedelta

    from apps.simulation import winter_spring_waves

    published = [
        (date.fromisoformat(row["sown_from"]), date.fromisoformat(row["sown_to"]))
        for row in rows_of(samples_dir / "season_calendar.csv")
        if row["season"] == "winter_spring"
    ]
    waves = winter_spring_waves(2024)
    assert len(waves) == len(published) == 4
    for wave, (first, last) in zip(waves, published, strict=True):
        assert abs(wave.first_day - first) <= timedelta(days=1)
        assert abs(wave.last_day - last) <= timedelta(days=1)
    assert sum(wave.share for wave in waves) == pytest.approx(1)


def test_rice_panel_keeps_the_published_figures(samples_dir: Path) -> None:
    (path,) = (samples_dir / "yield_vn").glob("mekong_rice_province_season_*.csv")
    rows = {(row["province"], row["year"]): row for row in rows_of(path)}
    record = rows["Hau Giang", "2020"]
    assert float(record["rice_production_winter_spring"]) == 597.6
    assert float(rows["Hau Giang", "2024"]["rice_yield_summer_autumn"]) == 60.0
    assert ("Hau Giang", "2003") not in rows
    for row in rows.values():
        for season in ("winter_spring", "summer_autumn", "main_season"):
            area, quintals, tonnes = (
                float(row[f"{name}_{season}"])
                for name in ("cultivated_area", "rice_yield", "rice_production")
            )
            assert area * quintals / 10 == pytest.approx(tonnes, rel=0.0015, abs=0.05)
    drop = [
        float(rows[one, "2016"]["rice_yield_winter_spring"])
        / float(rows[one, "2015"]["rice_yield_winter_spring"])
        for one in ("Soc Trang", "Bac Lieu", "Kien Giang")
    ]
    assert max(drop) < 0.9


def test_the_real_loaders_reject_nothing(samples_dir: Path, workspace: Workspace) -> None:
    info = SourceInfo("sample", "sample", "mẫu", "sample", "made", "GPL", simulated=True)
    water = samples_dir / "salinity_vn"
    with Session(workspace.engine) as session:
        reports = load_sample_admin(session, samples_dir, SAMPLE_AS_OF)
        reports |= load_registry(
            session, samples_dir / "registry", info, SAMPLE_AS_OF, lambda: os.urandom(16)
        )
        (panel,) = (samples_dir / "yield_vn").glob("*.csv")
        reports["panel"] = import_rice_panel(session, panel, named(info, "panel"), SAMPLE_AS_OF)
        reports["stations"] = import_stations(
            session, water / "stations.csv", named(info, "stations"), SAMPLE_AS_OF
        )
        for prefix, preset in (
            ("salinity_bihourly", "salinity_bihourly"),
            ("water_level", "water_level"),
            ("mrc_kratie", "kratie"),
        ):
            (path,) = water.glob(f"{prefix}_*")
            reports[prefix] = import_readings(
                session, path, PRESETS[preset], named(info, prefix), SAMPLE_AS_OF
            )
        assert len(hau_giang_communes(session, "2025")) == 28
    for name, report in reports.items():
        assert report.rejected == [], name
        assert report.rows == report.imported > 0, name
        assert not report.flagged, name


def named(info: SourceInfo, key: str) -> SourceInfo:
    from dataclasses import replace

    return replace(info, key=key)
