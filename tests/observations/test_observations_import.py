"""Readings and stations into both databases: every bad row has its reason, nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import func, select

from agridata.errors import InputError, NotFoundError, UsageError
from agridata.observations import (
    PRESETS,
    Reading,
    ReadingSpec,
    Station,
    ValueColumn,
    find_station,
    import_readings,
    import_stations,
    locate_stations,
    readings_frame,
    series,
    write_series,
)
from agridata.storage import DataSet, SourceInfo, stored_report
from agridata.vocabulary import LonLat, Utc

NOW = Utc(datetime(2024, 6, 1, tzinfo=UTC))
STATIONS = """station,name,river,lon,lat,place,province,coord_source
long_my,Long Mỹ,Cái Lớn,105.57,9.68,xã A,Hậu Giang,sheet
vi_thanh,Vị Thanh,Xà No,,,xã B,Hậu Giang,
"""


def info(key: str, *, simulated: bool = False) -> SourceInfo:
    return SourceInfo(key, "readings", key, key, "test", "none stated", simulated)


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def with_stations(session, folder: Path) -> None:
    path = write(folder, "stations.csv", STATIONS)
    assert import_stations(session, path, info("stations"), NOW).imported == 2


def stored(session) -> int:
    return session.exec(select(func.count()).select_from(Reading)).one()


BAD_ROWS = """station,time,salinity_gl,source
long_my,2024-03-01 01:00:00,1.5,x
long_my,2024-03-01 01:00:00,1.6,x
nowhere,2024-03-01 01:00:00,1.5,x
long_my,2024-02-30 01:00:00,1.5,x
long_my,soon,1.5,x
long_my,2024-03-01 05:00:00,nan,x
long_my,2024-03-01 07:00:00,,x
long_my,2030-03-01 01:00:00,1.5,x
,2024-03-01 09:00:00,1.5,x
long_my,2024-03-01 11:00:00
vi_thanh,2024-03-01 01:00:00,"0,5",x

vi_thanh,2024-03-01 01:00:00,46,x
vi_thanh,2024-03-01 03:00:00,-0.1,x
"""


def test_every_bad_row_is_rejected_with_row_field_problem_and_fix(workspace_on, tmp_path):
    path = write(tmp_path, "salt.csv", BAD_ROWS)
    with workspace_on.session() as session:
        with_stations(session, tmp_path)
        report = import_readings(session, path, PRESETS["salinity_bihourly"], info("salt"), NOW)
        session.commit()
        found = {one.where: (one.field, one.problem) for one in report.rejected}
        assert found == {
            "salt.csv:3": ("salinity_gl", "same station and time as row 2"),
            "salt.csv:4": ("station", "no station has the key 'nowhere'"),
            "salt.csv:5": (
                "time", "'2024-02-30 01:00:00' is not in the calendar or on the clock",
            ),
            "salt.csv:6": ("time", "'soon' is not a time"),
            "salt.csv:7": ("salinity_gl", "'nan' is not a number"),
            "salt.csv:8": ("salinity_gl", "no value was measured"),
            "salt.csv:9": ("time", "'2030-03-01 01:00:00' lies in the future"),
            "salt.csv:10": ("station", "is blank"),
            "salt.csv:11": ("", "has 2 fields where the header has 4"),
            "salt.csv:12": ("salinity_gl", "'0,5' is not a number"),
        }  # fmt: skip
        assert all(one.fix and one.problem_vi and one.fix_vi for one in report.rejected)
        assert (report.rows, report.imported) == (13, 3)
        assert report.flagged == {"range": 2}
        assert stored(session) == 3
        data_set = session.get_one(DataSet, "salt")
        assert (data_set.rows_in_file, data_set.rows_stored, data_set.rows_rejected) == (13, 3, 10)
        assert {one.where for one in stored_report(session, "salt").rejected} == set(found)


def test_values_are_stored_in_storage_units_with_what_was_sent(workspace_on, tmp_path):
    text = "station,time,level_cm,source\nlong_my,2024-03-01 01:00:00,-63,x\n"
    with workspace_on.session() as session:
        with_stations(session, tmp_path)
        path = write(tmp_path, "level.csv", text)
        import_readings(session, path, PRESETS["water_level"], info("level"), NOW)
        session.commit()
        row = session.exec(select(Reading)).one()
        assert (row.value, row.unit, row.raw_value, row.raw_unit) == (-0.63, "m", -63, "cm")
        assert row.time == datetime(2024, 2, 29, 18, tzinfo=UTC)
        frame = series(session, "long_my", "water_level", "point")
        assert frame.iloc[0].to_dict() == {
            "time": frame["time"].iloc[0], "value": -0.63, "unit": "m", "flag": "",
            "suspect": "", "raw_value": -63, "raw_unit": "cm", "method": "", "statistic": "point",
        }  # fmt: skip
        assert frame["time"].iloc[0] == row.time
        assert str(frame["time"].dtype) == "datetime64[us, UTC]"


def test_a_day_has_a_maximum_and_a_minimum_and_either_may_be_blank(workspace_on, tmp_path):
    text = (
        "station,date,salinity_max_gl,salinity_min_gl\n"
        "long_my,2024-03-01,4.0,0.5\nlong_my,2024-03-02,4.1,\nlong_my,2024-03-03,,\n"
        "long_my,2024-03-02,4.1,0.2\n"
    )
    with workspace_on.session() as session:
        with_stations(session, tmp_path)
        path = write(tmp_path, "daily.csv", text)
        report = import_readings(session, path, PRESETS["salinity_daily"], info("daily"), NOW)
        assert (report.rows, report.imported) == (4, 2)
        assert stored(session) == 3
        lowest = series(session, "long_my", "water_salinity", "daily_min")
        assert lowest["value"].tolist() == [0.5]
        assert lowest["time"].iloc[0] == datetime(2024, 2, 29, 17, tzinfo=UTC)


def test_hours_of_the_reanalysis_are_utc_and_bring_their_station(workspace_on, tmp_path):
    text = "time,u10,v10,t2m,tp\n2024-03-01 00:00:00,-1.42,-2.7138,296.23,0.0012\n"
    with workspace_on.session() as session:
        path = write(tmp_path, "era5.csv", text)
        report = import_readings(session, path, PRESETS["era5"], info("era5"), NOW)
        assert (report.rows, report.imported, stored(session)) == (1, 1, 4)
        rain = series(session, "era5_10.75N_106.25E", "rain").iloc[0]
        assert (rain["value"], rain["unit"], rain["raw_unit"]) == (1.2, "mm", "m")
        assert rain["time"] == datetime(2024, 3, 1, tzinfo=UTC)
        station = find_station(session, "era5_10.75N_106.25E")
        assert (station.min_lon, station.min_lat) == (106.25, 10.75)


def test_the_same_file_is_stored_once_and_a_changed_one_replaces_it(workspace_on, tmp_path):
    spec = PRESETS["salinity_bihourly"]
    first = "station,time,salinity_gl\nlong_my,2024-03-01 01:00:00,1\n"
    with workspace_on.session() as session:
        with_stations(session, tmp_path)
        path = write(tmp_path, "salt.csv", first + "long_my,2024-03-01 03:00:00,99\n")
        once = import_readings(session, path, spec, info("salt"), NOW)
        ids = set(session.exec(select(Reading.id)))
        again = import_readings(session, path, spec, info("salt"), NOW)
        assert again.as_dict() == once.as_dict()
        assert again.flagged == {"range": 1}
        assert set(session.exec(select(Reading.id))) == ids
        write(tmp_path, "salt.csv", first)
        changed = import_readings(session, path, spec, info("salt"), NOW)
        assert (changed.rows, changed.imported, stored(session)) == (1, 1, 1)


def test_a_file_whose_rows_were_rejected_is_read_again(workspace_on, tmp_path):
    """The stations came later: the same bytes now mean something."""
    path = write(tmp_path, "s.csv", "station,time,salinity_gl\nlong_my,2024-03-01 01:00,1\n")
    spec = PRESETS["salinity_bihourly"]
    with workspace_on.session() as session:
        assert import_readings(session, path, spec, info("s"), NOW).imported == 0
        with_stations(session, tmp_path)
        assert import_readings(session, path, spec, info("s"), NOW).imported == 1
        assert stored_report(session, "s").rejected == []


def test_a_wrong_unit_is_corrected_by_importing_again(workspace, tmp_path):
    path = write(tmp_path, "s.csv", "when,v\n2024-03-01 01:00,500\n")
    spec = ReadingSpec("when", (ValueColumn("v", "water_salinity", "g/L"),), station="Long Mỹ")
    right = replace(spec, values=(ValueColumn("v", "water_salinity", "mg/L"),))
    with workspace.session() as session:
        with_stations(session, tmp_path)
        wrong = import_readings(session, path, spec, info("s"), NOW)
        assert wrong.flagged == {"range": 1}
        import_readings(session, path, right, info("s"), NOW)
        assert series(session, "long_my", "water_salinity")["value"].tolist() == [0.5]


def test_a_reading_known_from_another_source_is_not_stored_twice(workspace_on, tmp_path):
    spec = PRESETS["salinity_bihourly"]
    head = "station,time,salinity_gl\n"
    one, two = "long_my,2024-03-01 01:00:00,1\n", "long_my,2024-03-01 03:00:00,2\n"
    with workspace_on.session() as session:
        with_stations(session, tmp_path)
        import_readings(session, write(tmp_path, "a.csv", head + one), spec, info("a"), NOW)
        both = write(tmp_path, "b.csv", head + one + two)
        report = import_readings(session, both, spec, info("b"), NOW)
        assert (report.rows, report.imported) == (2, 1)
        assert "'a'" in report.rejected[0].problem
        assert stored(session) == 2


def test_constant_and_copied_seasons_are_flagged_and_kept(workspace, tmp_path):
    def season(station: str, year: int, value) -> str:
        start = datetime.fromisoformat(f"{year}-01-01T01:00")
        return "".join(
            f"{station},{start + timedelta(hours=12 * n)},{value(n)}\n" for n in range(120)
        )

    text = "station,time,salinity_gl\n" + "".join(
        [
            season("long_my", 2021, lambda _: 0.1),
            season("long_my", 2022, lambda n: 0.1 * (n % 7)),
            season("long_my", 2023, lambda n: 0.1 * (n % 7)),
            season("vi_thanh", 2022, lambda n: 0.1 * (n % 5)),
            season("vi_thanh", 2023, lambda n: 60 if n == 3 else 0.1 * (n % 6)),
        ]
    )
    with workspace.session() as session:
        with_stations(session, tmp_path)
        path = write(tmp_path, "s.csv", text)
        report = import_readings(session, path, PRESETS["salinity_bihourly"], info("s"), NOW)
        assert report.flagged == {"constant_season": 120, "copied_year": 120, "range": 1}
        frame = readings_frame(session, "water_salinity")
        assert len(frame) == 600
        local_year = frame["time"].dt.tz_convert("Asia/Ho_Chi_Minh").dt.year
        by_year = frame.groupby([frame["station"], local_year])["flag"].first().to_dict()
        assert by_year == {
            ("long_my", 2021): "constant_season", ("long_my", 2022): "",
            ("long_my", 2023): "copied_year", ("vi_thanh", 2022): "", ("vi_thanh", 2023): "",
        }  # fmt: skip


def test_a_short_constant_file_is_no_constant_season(workspace, tmp_path):
    rows = "".join(f"long_my,2024-03-{day:02} 01:00,0.3\n" for day in range(1, 11))
    with workspace.session() as session:
        with_stations(session, tmp_path)
        path = write(tmp_path, "s.csv", "station,time,salinity_gl\n" + rows)
        report = import_readings(session, path, PRESETS["salinity_bihourly"], info("s"), NOW)
        assert not report.flagged


def test_only_what_was_known_until_a_moment_is_returned(workspace_on, tmp_path):
    daily = "station,date,salinity_max_gl,salinity_min_gl\n" + "".join(
        f"long_my,2024-03-0{day},{day},0\n" for day in (1, 2, 3)
    )
    points = "station,time,salinity_gl\n" + "".join(
        f"long_my,2024-03-03 {hour:02}:00,{hour}\n" for hour in (5, 7)
    )
    with workspace_on.session() as session:
        with_stations(session, tmp_path)
        for name, text in (("salinity_daily", daily), ("salinity_bihourly", points)):
            path = write(tmp_path, f"{name}.csv", text)
            import_readings(session, path, PRESETS[name], info(name), NOW)
        until = Utc(datetime(2024, 3, 2, 23, tzinfo=UTC))  # 3 March 06:00 in the province
        frame = readings_frame(session, "water_salinity", ("point", "daily_max"), until)
        assert frame["value"].tolist() == [1, 2, 5]  # the day of 3 March is not over
        start, end = Utc(datetime(2024, 3, 2, 22, tzinfo=UTC)), Utc(until + timedelta(hours=1))
        both = series(session, "long_my", "water_salinity", "point", start, end)
        assert both["value"].tolist() == [5, 7]


def test_wrong_calls_are_refused_and_leave_nothing(workspace, tmp_path):
    path = write(tmp_path, "s.csv", "when,v\n2024-03-01 01:00,5\n")
    good = ReadingSpec("when", (ValueColumn("v", "rain", "mm"),), station="long_my")
    cases = [
        (replace(good, station="nowhere"), NotFoundError),
        (replace(good, time_column="time"), InputError),
        (replace(good, zone="Mars"), UsageError),
        (replace(good, station=None), UsageError),
        (replace(good, values=(ValueColumn("v", "rain", "kg"),)), InputError),
        (replace(good, values=(ValueColumn("v", "rain", "mm", "median"),)), UsageError),
    ]
    with workspace.session() as session:
        with_stations(session, tmp_path)
        session.commit()
        for spec, kind in cases:
            with pytest.raises(kind):
                import_readings(session, path, spec, info("s"), NOW)
            session.rollback()
        empty = write(tmp_path, "e.csv", "when,v\n")
        with pytest.raises(InputError, match="no rows"):
            import_readings(session, empty, good, info("s"), NOW)
        session.rollback()
        assert stored(session) == 0
        assert session.get(DataSet, "s") is None


def test_stations_are_placed_by_a_function_from_outside(workspace_on, tmp_path):
    path = write(tmp_path, "stations.csv", STATIONS)
    asked: list[LonLat] = []

    def locate(position: LonLat) -> str:
        asked.append(position)
        return "31480"

    with workspace_on.session() as session:
        import_stations(session, path, info("st"), NOW, locate=locate)
        session.commit()
        assert asked == [LonLat(105.57, 9.68)]
        placed, bare = (find_station(session, key) for key in ("long_my", "vi_thanh"))
        assert (placed.admin_unit_code, bare.admin_unit_code) == ("31480", None)
        assert placed.geom is not None
        assert (placed.geom.x, placed.geom.y) == (105.57, 9.68)
        assert bare.geom is None
        assert locate_stations(session, lambda _: None) == 0
        assert find_station(session, "long_my").admin_unit_code is None


def test_bad_stations_are_rejected_with_reasons(workspace_on, tmp_path):
    text = (
        "station,name,lon,lat\na,A,105.5,9.7\na,B,105.5,9.7\n,C,,\nd,,,\n"
        "e,E,9.7,105.5\nf,F,105.5,\ng,G,x,9.7\nh,H,105.5,97\n"
    )
    with workspace_on.session() as session:
        path = write(tmp_path, "stations.csv", text)
        report = import_stations(session, path, info("st"), NOW)
        assert (report.rows, report.imported) == (8, 1)
        problems = {int(one.where.split(":")[1]): one.problem for one in report.rejected}
        assert list(problems) == [3, 4, 5, 6, 7, 8, 9]
        assert "twice" in problems[3]
        assert "swapped" in problems[6]
        other = write(tmp_path, "more.csv", "station,name\na,A\n")
        assert "'st'" in import_stations(session, other, info("more"), NOW).rejected[0].problem


def test_a_newer_list_updates_stations_and_keeps_those_with_readings(workspace, tmp_path):
    with workspace.session() as session:
        with_stations(session, tmp_path)
        path = write(tmp_path, "s.csv", "station,time,salinity_gl\nlong_my,2024-03-01 01:00,1\n")
        import_readings(session, path, PRESETS["salinity_bihourly"], info("s"), NOW)
        newer = write(tmp_path, "stations.csv", "station,name\nnga_bay,Ngã Bảy\n")
        import_stations(session, newer, info("stations"), NOW)
        keys = set(session.exec(select(Station.key)))
        assert keys == {"long_my", "nga_bay"}


def test_stations_are_found_by_key_or_by_a_name_that_is_unique(workspace, tmp_path):
    text = "station,name\nthanh_phu,Thạnh Phú\nthanh_phu_vamco,Thạnh Phú\ndai_ngai,Đại Ngãi\n"
    with workspace.session() as session:
        import_stations(session, write(tmp_path, "st.csv", text), info("st"), NOW)
        assert find_station(session, "dai ngai").key == "dai_ngai"
        with pytest.raises(InputError, match="2 stations") as caught:
            find_station(session, "Thanh Phu")
        assert "thanh_phu_vamco" in caught.value.findings[0].fix
        with pytest.raises(NotFoundError) as missing:
            series(session, "dai_ngay", "water_salinity")
        assert "dai_ngai" in missing.value.findings[0].fix


def test_series_are_written_with_the_offset_of_the_province(workspace, tmp_path):
    import pandas as pd

    with workspace.session() as session:
        with_stations(session, tmp_path)
        path = write(tmp_path, "s.csv", "station,time,salinity_gl\nlong_my,2024-03-01 01:00,99\n")
        import_readings(session, path, PRESETS["salinity_bihourly"], info("s"), NOW)
        frame = series(session, "long_my", "water_salinity")
    for name in ("out.csv", "out.parquet"):
        assert write_series(frame, "long_my", tmp_path / name) == 1
    for read in (
        pd.read_csv(tmp_path / "out.csv", keep_default_na=False),
        pd.read_parquet(tmp_path / "out.parquet"),
    ):
        assert read.iloc[0].to_dict() == {
            "station": "long_my", "time": "2024-03-01T01:00:00+07:00", "value": 99.0,
            "unit": "g/L", "statistic": "point", "flag": "range", "raw_value": 99.0,
            "raw_unit": "g/L", "method": "",
        }  # fmt: skip
    for bad in ("out.xls", "none/out.csv"):
        with pytest.raises(InputError):
            write_series(frame, "long_my", tmp_path / bad)


def test_an_empty_series_has_the_same_columns(workspace, tmp_path):
    with workspace.session() as session:
        with_stations(session, tmp_path)
        frame = series(session, "long_my", "rain")
        everything = readings_frame(session, "rain")
    assert frame.empty
    assert str(frame["time"].dtype) == "datetime64[us, UTC]"
    assert list(everything.columns) == ["station", "time", "value", "flag", "statistic"]
    assert write_series(frame, "long_my", tmp_path / "none.csv") == 0


def test_the_room_opens_without_pandas(project_root: Path):
    import subprocess
    import sys

    script = (
        "import sys, agridata.observations, agridata.statistics, agridata.registry,"
        " agridata.forecasts; print({'pandas','pyproj','pyarrow','geopandas'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=project_root
    )
    assert done.stdout.strip() == "set()"
