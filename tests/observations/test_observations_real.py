"""The real files beside the project, in place: their known counts and oddities."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import col, func, select

from agridata.observations import (
    PRESETS,
    Reading,
    Station,
    file_stem,
    import_readings,
    import_stations,
    readings_frame,
    series,
)
from agridata.storage import ImportReport, SourceInfo, Workspace
from agridata.vocabulary import Utc

pytestmark = pytest.mark.shared
NOW = Utc(datetime(2026, 3, 20, tzinfo=UTC))
FILES = {
    "salinity_bihourly": "salinity_bihourly_2020_2022.csv.gz",
    "salinity_daily": "salinity_daily_maxmin_2021_2022_2024.csv.gz",
    "water_level": "water_level_2020_2022.csv.gz",
    "kratie": "mrc_kratie_daily_discharge_1924_2024.csv.gz",
    "era5": "era5_hourly_10.75N_106.25E_2020_2025.csv.gz",
}


def load(session, path: Path, preset: str) -> ImportReport:
    source = SourceInfo(file_stem(path), "readings", "", "", "shared", "none stated", False)
    return import_readings(session, path, PRESETS[preset], source, NOW)


def load_stations(session, folder: Path) -> ImportReport:
    source = SourceInfo("stations", "stations", "", "", "shared", "none stated", False)
    return import_stations(session, folder / "stations.csv", source, NOW)


@pytest.fixture(scope="module")
def loaded(
    tmp_path_factory: pytest.TempPathFactory, shared_dir: Path
) -> Iterator[tuple[Workspace, dict[str, ImportReport]]]:
    made = Workspace(tmp_path_factory.mktemp("real") / "home").create()
    folder = shared_dir / "data" / "salinity_vn"
    with made.session() as session:
        reports = {"stations": load_stations(session, folder)}
        reports |= {preset: load(session, folder / name, preset) for preset, name in FILES.items()}
        session.commit()
    yield made, reports
    made.engine.dispose()


def test_every_row_of_every_file_is_stored(loaded):
    _, reports = loaded
    assert {name: one.rows for name, one in reports.items()} == {
        "stations": 110, "salinity_bihourly": 90_019, "salinity_daily": 12_097,
        "water_level": 40_475, "kratie": 25_858, "era5": 47_472,
    }  # fmt: skip
    assert all(one.imported == one.rows and not one.rejected for one in reports.values())
    made, _ = loaded
    with made.session() as session:
        count = select(func.count()).select_from(Reading)
        daily = session.exec(count.where(Reading.statistic.in_(("daily_max", "daily_min")))).one()
        assert daily == 12_097 + 10_487  # the minimum is blank before 2024
        assert session.exec(count).one() == 90_019 + daily + 40_475 + 25_858 + 4 * 47_472


def test_stations_have_coordinates_where_the_sheets_do(loaded):
    made, _ = loaded
    with made.session() as session:
        keys = select(func.count()).select_from(Station).where(Station.data_set_key == "stations")
        assert session.exec(keys).one() == 110
        assert session.exec(keys.where(col(Station.min_lon).is_not(None))).one() == 37


def test_the_known_oddities_are_flagged_and_nothing_else(loaded):
    made, reports = loaded
    assert reports["salinity_bihourly"].flagged == {"range": 1, "constant_season": 7968}
    assert not reports["salinity_daily"].flagged
    assert not reports["water_level"].flagged
    with made.session() as session:
        frame = readings_frame(session, "water_salinity")
    odd = frame[frame["flag"] == "range"].iloc[0]
    assert (odd["station"], odd["value"]) == ("cau_noi", 110.6)
    assert odd["time"] == datetime(2021, 5, 1, 2, tzinfo=UTC)
    still = frame[frame["flag"] == "constant_season"]
    years = still["time"].dt.tz_convert("Asia/Ho_Chi_Minh").dt.year
    assert still.groupby([still["station"], years]).size().to_dict() == {
        ("soc_cung", 2020): 720, ("tuyen_nhon", 2021): 1812, ("tuyen_nhon", 2022): 1812,
        ("xuan_khanh", 2021): 1812, ("xuan_khanh", 2022): 1812,
    }  # fmt: skip
    assert (still["value"] == 0.1).all()
    assert frame.loc[frame["station"] == "song_doc", "flag"].eq("").all()


def test_the_last_day_of_kratie_and_a_skipped_midnight(loaded):
    made, _ = loaded
    with made.session() as session:
        flow = series(session, "kratie", "discharge", "daily_mean")
    days = flow["time"].dt.tz_convert("Asia/Ho_Chi_Minh").dt.date.astype("str")
    assert days.is_unique
    assert {"1924-01-01", "1947-04-01", "1955-07-01"} <= set(days)
    assert flow["value"].between(1000, 70_000).all()


def test_the_largest_file_on_both_databases_twice(workspace_on, shared_dir):
    folder = shared_dir / "data" / "salinity_vn"
    with workspace_on.session() as session:
        load_stations(session, folder)
        once = load(session, folder / FILES["salinity_bihourly"], "salinity_bihourly")
        session.commit()
        again = load(session, folder / FILES["salinity_bihourly"], "salinity_bihourly")
        assert once.as_dict() == again.as_dict()
        assert (again.rows, again.imported) == (90_019, 90_019)
        frame = readings_frame(session, "water_salinity")
        assert len(frame) == 90_019
        assert frame["station"].nunique() == 38
