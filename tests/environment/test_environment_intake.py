"""Small weather tables with every kind of bad row, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from environment_world import NOW, info
from sqlmodel import Session, SQLModel, select

from agridata.environment import (
    derive_days,
    derive_months,
    import_weather,
    import_weather_stations,
    last_month,
    latest_value,
    nearest_normal,
    source_kind,
)
from agridata.errors import InputError, NotFoundError, UsageError
from agridata.observations import PRESETS, Reading, Station, import_readings
from agridata.storage import DataSet
from agridata.vocabulary import LonLat, Utc, local_midnight, parse_as_of

STATIONS = "station,lon,latitude,elevation\nCan Tho,105.767,10.05,9\nSoc Trang,105.967,9.6,3.2\n"
HEAD = "year,month,station,Ta,Tx,Tm,Rf,aH,rH,Sh\n"
GOOD = "1990,1,Can Tho,25.4,28.9,23.2,5.3,25.8,80.0,253.1\n"
ROWS = (
    GOOD
    + "1990,13,Can Tho,25,29,23,5,25,80,253\n"  # 3: no such month
    + "1990,2,Nowhere,25,29,23,5,25,80,253\n"  # 4: unknown station
    + "1990,3,Can Tho,,,,,,,\n"  # 5: nothing measured
    + "1990,4\n"  # 6: cells are missing
    + "1990,1,Can Tho,25,29,23,5,25,80,253\n"  # 7: the month again
    + "1990,5,Can Tho,warm,29,23,5,25,80,253\n"  # 8: no number
    + "2050,5,Can Tho,25,29,23,5,25,80,253\n"  # 9: the future
    + "1990,6,Can Tho,27,29,23,2450,25,80,674\n"  # 10: a flood month, an impossible sun
    + "1990,7,Can Tho,20,33.6,26.3,5,25,80,\n"  # 11: mean outside its extremes
)
POSITION = LonLat(105.8, 10.0)


@pytest.fixture
def files(tmp_path):
    (tmp_path / "imhen_stations.csv").write_text(STATIONS, encoding="utf-8")
    (tmp_path / "imhen_monthly_x.csv").write_text(HEAD + ROWS, encoding="utf-8")
    return tmp_path


@pytest.fixture
def session(workspace_on):
    with workspace_on.session() as opened:
        yield opened


def load_stations(session, files):
    path = files / "imhen_stations.csv"
    return import_weather_stations(session, path, info("imhen_stations", "weather_stations"), NOW)


def load_months(session, files):
    path = files / "imhen_monthly_x.csv"
    return import_weather(session, path, "imhen_monthly", info("imhen_monthly_x"), NOW)


def test_every_row_is_stored_or_rejected_where_it_stands(session, files):
    stations = load_stations(session, files)
    assert (stations.rows, stations.imported) == (2, 2)
    report = load_months(session, files)
    assert report.rows == 10 == report.imported + len(report.rejected)
    told = {one.where.rpartition(":")[2]: one.field for one in report.rejected}
    assert set(told) == {"3", "4", "5", "6", "7", "8", "9"}
    assert all(one.where.startswith("imhen_monthly_x.csv:") for one in report.rejected)
    assert (told["4"], told["5"], told["8"]) == ("station", "Ta", "Ta")
    row = session.get(DataSet, "imhen_monthly_x")
    assert (row.rows_in_file, row.rows_stored, row.rows_rejected) == (10, 3, 7)


def test_units_and_times_are_those_of_storage(session, files):
    load_stations(session, files)
    load_months(session, files)
    first = local_midnight(datetime(1990, 1, 1, tzinfo=UTC).date())
    rows = session.exec(select(Reading).where(Reading.time == first)).all()
    held = {(one.variable, one.statistic): (one.value, one.unit, one.raw_value) for one in rows}
    assert len(held) == 7
    assert held["air_temperature", "monthly_mean_max"] == (302.05, "K", 28.9)
    assert held["rain", "monthly_sum"] == (5.3, "mm", 5.3)
    assert held["sunshine_duration", "monthly_sum"] == (253.1, "h", 253.1)
    assert held["absolute_humidity", "monthly_mean"][1] == "g/m3"


def test_flags_name_what_cannot_be_and_only_that(session, files):
    load_stations(session, files)
    report = load_months(session, files)
    assert report.flagged == {"range": 1, "inconsistent": 3}
    rain = session.exec(select(Reading.flag).where(Reading.value == 2450)).one()
    assert rain == "", "a month may have more rain than a day can"
    sun = session.exec(select(Reading.flag).where(Reading.value == 674)).one()
    assert sun == "range"


def test_a_second_import_changes_nothing_and_a_corrected_file_replaces(session, files):
    load_stations(session, files)
    first = load_months(session, files)
    before = session.scalar(sa.select(sa.func.count()).select_from(Reading))
    again = load_months(session, files)
    assert (again.rows, again.imported, again.flagged) == (
        first.rows, first.imported, first.flagged,
    )  # fmt: skip
    assert session.scalar(sa.select(sa.func.count()).select_from(Reading)) == before
    (files / "imhen_monthly_x.csv").write_text(HEAD + GOOD, encoding="utf-8")
    assert load_months(session, files).imported == 1
    assert session.scalar(sa.select(sa.func.count()).select_from(Reading)) == 7


def test_places_of_a_product_take_the_position_of_the_station_of_that_name(session, files):
    load_stations(session, files)
    path = files / "daily_x.csv"
    path.write_text(
        "province,max,min,wind,wind_d,rain,humidi,cloud,pressure,date\n"
        "Can Tho,33,25,17,NNE,6.9,90,71,1010,2020-01-01\n"
        "Tan An,31,24,15,ENE,0.5,85,61,1010,2020-01-01\n",
        encoding="utf-8",
    )
    report = import_weather(session, path, "wwo_daily", info("daily_x"), NOW)
    assert (report.rows, report.imported) == (2, 2)
    with_twin = session.exec(select(Station).where(Station.key == "wwo_can_tho")).one()
    without = session.exec(select(Station).where(Station.key == "wwo_tan_an")).one()
    assert (with_twin.min_lon, with_twin.min_lat) == (105.767, 10.05)
    assert "official station" in with_twin.coordinate_source
    assert without.min_lon is None
    assert source_kind("wwo_can_tho") == "modelled"
    assert with_twin.admin_unit_code is None, "communes look for salinity stations in themselves"


def test_wrong_files_and_layouts_are_refused(session, files):
    with pytest.raises(UsageError):
        import_weather(session, files / "imhen_monthly_x.csv", "other", info("x"), NOW)
    (files / "bare.csv").write_text("station,Ta\nCan Tho,25\n", encoding="utf-8")
    with pytest.raises(InputError):
        import_weather(session, files / "bare.csv", "imhen_monthly", info("bare"), NOW)
    with pytest.raises(InputError):
        import_weather_stations(session, files / "bare.csv", info("bare"), NOW)
    with pytest.raises(NotFoundError):
        derive_days(session, "nothing", NOW)


def hourly(files, hours):
    start = datetime(2024, 1, 31, 17, tzinfo=UTC)  # local midnight of 1 February
    lines = ["time,u10,v10,t2m,tp"]
    lines += [
        f"{start + timedelta(hours=n):%Y-%m-%d %H:%M:%S},0,0,{290 + n % 24},0.001"
        for n in hours
    ]  # fmt: skip
    path = files / "era5_hourly_x.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_days_need_all_their_hours_and_months_all_their_days(session, files):
    days = 29 + 31
    gone = 30 * 24 + 5
    path = hourly(files, [n for n in range(days * 24 + 1) if n != gone])
    import_readings(session, path, PRESETS["era5"], info("era5_x", "weather"), NOW)
    stored = derive_days(session, "era5_x", NOW)
    # temperature: 60 days but one; rain: the hour that ends at 24:00 still belongs to the day
    assert stored == 3 * (days - 1) + (days - 1)
    assert derive_months(session, "era5_x.daily", NOW) == 4
    values = {
        (one.variable, one.statistic): one.value
        for one in session.exec(
            select(Reading).where(Reading.data_set_key == "era5_x.daily.monthly")
        )
    }
    assert values["air_temperature", "monthly_mean_max"] == 313
    assert values["air_temperature", "monthly_mean"] == 301.5
    assert values["rain", "monthly_sum"] == pytest.approx(24 * 29)
    assert derive_days(session, "era5_x", NOW) == stored, "known, not computed again"


def test_the_hour_that_ends_at_midnight_rains_on_the_day_before(session, files):
    path = hourly(files, range(49))
    import_readings(session, path, PRESETS["era5"], info("era5_x", "weather"), NOW)
    derive_days(session, "era5_x", NOW)
    table = SQLModel.metadata.tables["reading"]
    rain = session.execute(
        sa.select(table.c.value).where(
            table.c.statistic == "daily_sum", table.c.data_set_key == "era5_x.daily"
        )
    ).scalars()
    assert list(rain) == [24.0, 24.0]


def test_last_values_and_normals_on_both_databases(session, files):
    load_stations(session, files)
    lines = [
        f"{year},{month},Can Tho,27,31,24,{100 + year - 1990},25,80,200"
        for year in range(1990, 2011)
        for month in range(1, 13)
        if (year, month) <= (2010, 5)
    ]
    (files / "imhen_monthly_x.csv").write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    load_months(session, files)
    as_of = parse_as_of("2010-06-20")
    normal = nearest_normal(session, POSITION, "rain", "monthly_sum", 5, before=as_of)
    assert (normal.years, normal.first_year, normal.last_year) == (21, 1990, 2010)
    assert (normal.mean, normal.p10, normal.p90) == (110, 102, 118)
    assert nearest_normal(session, LonLat(107, 12), "rain", "monthly_sum", 5, before=as_of) is None
    early = parse_as_of("1999-05-31")
    assert nearest_normal(session, POSITION, "rain", "monthly_sum", 5, before=early) is None, (
        "nine years are no normal"
    )
    month = last_month(session, POSITION, "rain", "monthly_sum", as_of)
    assert (month.latest.value, month.latest.state, month.standing) == (120, "fresh", "above")
    assert month.normal.last_year == 2009, "a month is not compared with itself"


def test_age_decides_and_the_future_is_unseen(session: Session, files):
    load_stations(session, files)
    path = files / "daily_x.csv"
    path.write_text(
        "province,max,min,rain,humidi,date\n"
        "Can Tho,33,25,6.9,90,2020-01-01\nCan Tho,34,25,6.9,90,2020-01-02\n",
        encoding="utf-8",
    )
    import_weather(session, path, "wwo_daily", info("daily_x"), NOW)
    end = parse_as_of("2020-01-03T00:00")
    step = timedelta(seconds=1)

    def seen(moment):
        return latest_value(session, POSITION, "air_temperature", "daily_max", Utc(moment))

    assert seen(end).value == pytest.approx(307.15)
    assert seen(end - step).value == pytest.approx(306.15), "the day had not ended yet"
    assert seen(end + timedelta(days=3)).state == "fresh"
    assert seen(end + timedelta(days=3) + step).state == "old"
    assert seen(parse_as_of("2020-01-01T12:00")) is None
    far = latest_value(session, LonLat(105.8, 9.7), "rain", "daily_sum", end)
    assert far.state == "far", "rain 39 km away is not rain here"
    assert latest_value(session, LonLat(105.8, 8.0), "rain", "daily_sum", end) is None
