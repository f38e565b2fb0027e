"""Cells become numbers and moments, or nothing; tables become text with row numbers."""

from __future__ import annotations

import gzip
import math
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from agridata.errors import InputError, UsageError
from agridata.observations import file_stem, read_table, require_columns, variable_named
from agridata.observations._cells import parse_numbers, parse_times, zone_named
from agridata.observations._units import VARIABLES, conversion

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")


def times(*cells: str, zone: ZoneInfo = LOCAL, whole_days: bool = False) -> list[object]:
    parsed = parse_times(pd.Series(cells, dtype="str"), zone, whole_days=whole_days)
    return [None if pd.isna(one) else one.to_pydatetime() for one in parsed]


def test_times_of_sheets_are_local_and_offsets_are_honoured():
    seven_utc = datetime(2020, 1, 3, 0, tzinfo=UTC)
    same = ("2020-01-03 07:00:00", "2020-01-03T07:00", "03/01/2020 07:00", "3/1/2020 7:00",
            "03-01-2020 07:00:00", "2020-01-03T07:00:00+07:00", "2020-01-03T00:00:00Z",
            "2020-01-03 00:00:00+0000")  # fmt: skip
    assert times(*same) == [seven_utc] * len(same)
    assert times("2020-01-03 00:00:00", zone=ZoneInfo("UTC")) == [seven_utc]


@pytest.mark.parametrize(
    "cell",
    ["", "2021-02-30", "2021-02-29 01:00", "2020-01-03 24:00", "31/04/2021", "01/13/2021", "2020",
     "2020-01", "yesterday", "44197", "nan", "2020-01-03 1:00 pm", "2020-1-3", "20200103"],
)  # fmt: skip
def test_what_is_no_moment_of_the_calendar_is_none(cell):
    assert times(cell) == [None]


def test_a_day_exists_even_where_its_midnight_did_not():
    """1947-04-01 00:00 was skipped and 1955-07-01 00:00 came twice in this zone."""
    assert times("1947-04-01", "1955-07-01") == [None, None]
    for cell in ("1947-04-01", "1955-07-01", "2024-04-22", "2024-04-22 13:00"):
        (moment,) = times(cell, whole_days=True)
        assert isinstance(moment, datetime)
        assert moment.astimezone(LOCAL).date() == date.fromisoformat(cell[:10])


@given(st.datetimes(datetime.fromisoformat("1980-01-01"), datetime.fromisoformat("2100-01-01")))
def test_every_written_local_time_is_read_back(moment):
    moment = moment.replace(microsecond=0)
    (read,) = times(moment.isoformat(sep=" "))
    assert read == moment.replace(tzinfo=LOCAL).astimezone(UTC)


@pytest.mark.parametrize(
    "cell", ["nan", "NaN", "inf", "-inf", "1e999", "1_000", "0,5", "1 000", "", "True", "0x1f", "-"]
)
def test_what_is_no_finite_decimal_number_is_nan(cell):
    assert parse_numbers(pd.Series([cell], dtype="str")).isna().all()


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_written_number_is_read_back(number):
    (read,) = parse_numbers(pd.Series([repr(number)], dtype="str"))
    assert math.isclose(read, number, rel_tol=1e-15)


def test_zone_must_exist():
    assert zone_named("Asia/Bangkok").key == "Asia/Bangkok"
    for name in ("Mars/Phobos", "", "../etc/passwd"):
        with pytest.raises(UsageError):
            zone_named(name)


def test_units_of_the_sheets():
    level = conversion(VARIABLES["water_level"], "cm")
    assert (level.unit, level.factor) == ("cm", 0.01)
    assert conversion(VARIABLES["water_salinity"], "‰").factor == 1
    assert conversion(VARIABLES["water_salinity"], "MG/L").factor == 0.001
    assert conversion(VARIABLES["air_temperature"], "°C").offset == 273.15
    assert conversion(VARIABLES["pm25"], "µg/m³").factor == 1
    assert conversion(VARIABLES["pm25"], "μg/m3").factor == 1  # Greek mu


@pytest.mark.parametrize("unit", ["dS/m", "µS/cm", "mS/cm", "uS/cm"])
def test_conductivity_is_not_salinity(unit):
    with pytest.raises(InputError, match="conductivity") as caught:
        conversion(VARIABLES["water_salinity"], unit)
    assert "PSS-78" in caught.value.findings[0].fix


def test_unknown_units_and_variables_are_named():
    with pytest.raises(InputError, match="furlong"):
        conversion(VARIABLES["rain"], "furlong")
    with pytest.raises(UsageError, match="phlogiston"):
        variable_named("phlogiston")


def write_xlsx(path: Path, rows: list[list[object]]) -> Path:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_the_same_table_from_every_format(tmp_path: Path):
    text = "station,time,v\nMỹ Tho,2020-01-03 01:00:00,0.5\ncau_noi,2020-01-03 03:00:00,\n"
    frame = pd.DataFrame(
        {
            "station": ["Mỹ Tho", "cau_noi"],
            "time": pd.to_datetime(["2020-01-03 01:00", "2020-01-03 03:00"]),
            "v": [0.5, None],
        }
    )
    (tmp_path / "a.csv").write_text("\ufeff" + text, encoding="utf-8")
    (tmp_path / "semicolons.csv").write_text(text.replace(",", ";"), encoding="utf-8")
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(text.encode()))
    frame.to_parquet(tmp_path / "a.parquet")
    rows = [["station", "time", "v"], ["Mỹ Tho", datetime.fromisoformat("2020-01-03T01:00"), 0.5],
            ["cau_noi", datetime.fromisoformat("2020-01-03T03:00"), None]]  # fmt: skip
    write_xlsx(tmp_path / "a.xlsx", rows)
    tables = [read_table(path) for path in sorted(tmp_path.iterdir())]
    assert len(tables) == 5
    for table in tables:
        assert table.frame.index.tolist() == [2, 3]
        assert table.frame.to_dict("list") == {
            "station": ["Mỹ Tho", "cau_noi"],
            "time": ["2020-01-03 01:00:00", "2020-01-03 03:00:00"],
            "v": ["0.5", ""],
        }


def test_row_numbers_count_blank_lines_and_ragged_rows_are_rejected(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n\n3\n4,5,6\n7,8\n", encoding="utf-8")
    table = read_table(path)
    assert table.rows == 4
    assert table.frame.index.tolist() == [2, 6]
    assert [one.where for one in table.rejected] == ["a.csv:4", "a.csv:5"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.csv", b""),
        ("latin.csv", "trạm,giờ\n".encode("utf-16")),
        ("quotes.csv", b'a,b\n"1,2\n'),
        ("twice.csv", b"a,a\n1,2\n"),
        ("cut.csv.gz", gzip.compress(b"a,b\n1,2\n" * 99)[:-20]),
        ("not.csv.gz", b"a,b\n1,2\n"),
        ("not.xlsx", b"a,b\n1,2\n"),
        ("not.parquet", b"a,b\n1,2\n"),
        ("a.pdf", b"%PDF"),
    ],
)
def test_files_that_are_no_tables_are_refused_with_their_name(tmp_path: Path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_table(path)
    assert name in caught.value.findings[0].where
    assert caught.value.findings[0].fix


def test_missing_file_and_missing_columns(tmp_path: Path):
    with pytest.raises(InputError, match="no such file"):
        read_table(tmp_path / "none.csv")
    (tmp_path / "a.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        require_columns(read_table(tmp_path / "a.csv"), ("a", "c", "d"))
    assert [one.field for one in caught.value.findings] == ["c", "d"]
    assert "a, b" in caught.value.findings[0].fix


def test_the_key_of_a_data_set_is_the_stem():
    assert file_stem(Path("x/salinity_2020.csv.gz")) == "salinity_2020"
    assert file_stem(Path("readings.v2.XLSX")) == "readings.v2"
