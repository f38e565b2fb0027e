"""The real files beside the project, in place: their known counts and oddities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import col, func, select

from agridata.observations import (
    PRESETS,
    Reading,
    Station,
    check_quality,
    file_stem,
    homonyms,
    import_readings,
    import_stations,
    network_health,
    readings_frame,
    series,
)
from agridata.storage import ImportReport, SourceInfo, Workspace
from agridata.vocabulary import Utc

pytestmark = pytest.mark.shared
NOW = Utc(datetime(2026, 3, 20, tzinfo=UTC))
THEN = Utc(datetime(2022, 3, 9, 23, tzinfo=UTC))
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
    assert {name: dict(one.flagged) for name, one in reports.items()} == {
        "stations": {"duplicate_station": 2},
        "salinity_bihourly": {
            "range": 1, "constant_season": 7968, "copied_year": 3624, "flat_line": 434,
            "duplicate_station": 4695,
        },
        "salinity_daily": {"duplicate_station": 304},
        "water_level": {"spike": 1, "duplicate_station": 9792},
        "kratie": {}, "era5": {},
    }  # fmt: skip
    with made.session() as session:
        frame = readings_frame(session, "water_salinity")
        assert homonyms(session) == {"thanh phu": ("thanh_phu", "thanh_phu_vamco")}
    odd = frame[frame["flag"] == "range"].iloc[0]
    assert (odd["station"], odd["value"]) == ("cau_noi", 110.6)
    assert odd["time"] == datetime(2021, 5, 1, 2, tzinfo=UTC)
    still = frame[frame["flag"].str.contains("constant_season")]
    assert (still["value"] == 0.1).all()
    assert by_year(still) == {
        ("soc_cung", 2020): 720, ("tuyen_nhon", 2021): 1812, ("tuyen_nhon", 2022): 1812,
        ("xuan_khanh", 2021): 1812, ("xuan_khanh", 2022): 1812,
    }  # fmt: skip
    copied = frame[frame["flag"] == "constant_season;copied_year"]
    assert by_year(copied) == {("tuyen_nhon", 2022): 1812, ("xuan_khanh", 2022): 1812}
    assert frame.loc[frame["station"] == "song_doc", "flag"].eq("").all()


def by_year(frame) -> dict[tuple[str, int], int]:
    years = frame["time"].dt.tz_convert("Asia/Ho_Chi_Minh").dt.year
    return frame.groupby([frame["station"], years]).size().to_dict()


def test_three_pairs_of_water_level_stations_have_one_series(loaded):
    """The sheets of 2020 give two stations the same 1,000 to 2,000 levels, three times."""
    made, _ = loaded
    pairs = [("an_dinh", "hoa_binh"), ("ben_trai", "hung_my"), ("cau_quan", "dai_ngai")]
    with made.session() as session:
        for pair in pairs:
            first, second = (
                one[one["suspect"].str.contains("duplicate_station")].set_index("time")["value"]
                for one in (series(session, key, "water_level") for key in pair)
            )
            assert len(first) == len(second) > 1000
            assert (first == second).mean() > 0.99
        spike = series(session, "tuyen_nhon", "water_level").query("suspect == 'spike'")
        assert spike["raw_value"].tolist() == [330.0]


def test_checking_again_over_all_sheets_changes_nothing(loaded):
    """Values and flags of the import stand: the same checks, made from the stored rows."""
    made, reports = loaded
    with made.session() as session:
        report = check_quality(session, variables=["water_salinity", "water_level"])
        session.rollback()
    flagged = Counter()
    for name in ("salinity_bihourly", "salinity_daily", "water_level"):
        flagged.update(reports[name].flagged)
    assert report.changed == 0
    assert report.flagged == flagged
    assert report.readings == 90_019 + 12_097 + 10_487 + 40_475


def test_the_network_of_the_sheets_at_two_moments(loaded):
    made, _ = loaded
    with made.session() as session:
        then = {one.station: one for one in network_health(session, THEN, ["water_salinity"])}
        now = network_health(session, NOW, ["water_salinity"])
    assert {then[key].state for key in ("dai_ngai", "tra_vinh")} == {"fresh"}
    assert then["dai_ngai"].interval == timedelta(hours=2)
    assert then["dai_ngai"].last_time == datetime(2022, 3, 9, 22, tzinfo=UTC)
    assert {one.state for one in now} == {"dead"}
    assert len(now) == 108


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
