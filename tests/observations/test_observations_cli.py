"""`agridata observe` and `agridata statistics` as scripts call them."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from apps.cli import main

STATIONS = "station,name,lon,lat\nlong_my,Long Mỹ,105.57,9.68\n"
SALT = "ngay;man\n2024-03-01 01:00;0.5\n2024-03-01 03:00;60\nhôm qua;1\n"
GENERIC = ["--variable", "water_salinity", "--unit", "‰", "--station", "long_my",
           "--time-col", "ngay", "--value-col", "man"]  # fmt: skip


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AGRIDATA_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("AGRIDATA_DATABASE_URL", raising=False)

    def call(*arguments: object) -> tuple[int, dict[str, object]]:
        code = main([*map(str, arguments), "--json"])
        return code, json.loads(capsys.readouterr().out)

    return call


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "stations.csv").write_text(STATIONS, encoding="utf-8")
    (tmp_path / "man.csv").write_text(SALT, encoding="utf-8")
    return tmp_path


def test_stations_readings_and_a_series(run, files):
    assert run("observe", "stations", "import", files / "stations.csv")[1]["imported"] == 1
    code, report = run("observe", "import", files / "man.csv", *GENERIC)
    assert code == 0
    assert (report["rows"], report["imported"], report["flagged"]) == (3, 2, {"range": 1})
    (rejected,) = report["rejected"]
    assert (rejected["where"], rejected["field"]) == ("man.csv:4", "ngay")
    assert set(rejected) >= {"where", "field", "problem", "fix"}

    out = files / "series.csv"
    code, written = run("observe", "series", "long_my", "water_salinity", "--from", "2024-03-01",
                        "--to", "2024-03-01", "--out", out)  # fmt: skip
    assert (code, written["rows"]) == (0, 2)
    frame = pd.read_csv(out)
    assert list(frame.columns) == [
        "station", "time", "value", "unit", "statistic", "flag", "raw_value",
        "raw_unit", "method",
    ]  # fmt: skip
    assert frame["time"].tolist() == ["2024-03-01T01:00:00+07:00", "2024-03-01T03:00:00+07:00"]
    assert run("observe", "stations", "list")[1]["stations"][0]["station"] == "long_my"


def test_as_of_decides_what_is_the_future(run, files):
    run("observe", "stations", "import", files / "stations.csv")
    (files / "man.csv").write_text(SALT.replace("hôm qua", "2024-03-02 01:00"), encoding="utf-8")
    _, report = run("observe", "import", files / "man.csv", *GENERIC, "--as-of", "2024-03-01")
    assert (report["imported"], report["rejected"][0]["where"]) == (2, "man.csv:4")


def test_a_series_of_several_variables_from_one_file(run, files):
    """Two imports of one file are two data sets."""
    run("observe", "stations", "import", files / "stations.csv")
    (files / "air.csv").write_text("t,pm,temp\n2024-03-01 01:00,35,28\n", encoding="utf-8")
    rest = ["--station", "long_my", "--time-col", "t"]
    for variable, unit, column in (("pm25", "µg/m³", "pm"), ("air_temperature", "°C", "temp")):
        code, report = run("observe", "import", files / "air.csv", *rest, "--variable", variable,
                           "--unit", unit, "--value-col", column)  # fmt: skip
        assert (code, report["imported"]) == (0, 1)
    run("observe", "series", "long_my", "air_temperature", "--out", files / "t.parquet")
    assert pd.read_parquet(files / "t.parquet")["value"].tolist() == [301.15]


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        (["observe", "import", "none.csv", "--preset", "kratie"], 1, ""),
        (["observe", "import", "man.csv", "--preset", "tides"], 2, "--preset"),
        (["observe", "import", "man.csv"], 2, "--variable"),
        (["observe", "import", "man.csv", *GENERIC[:4], *GENERIC[6:]], 2, "--station"),
        (["observe", "import", "man.csv", *GENERIC, "--tz", "Mars"], 2, "--tz"),
        (["observe", "import", "man.csv", *GENERIC, "--unit", "dS/m"], 1, "--unit"),
        (["observe", "import", "man.csv", *GENERIC, "--station", "nowhere"], 1, "station"),
        (["observe", "import", "man.csv", "--preset", "kratie"], 1, "date"),
        (["observe", "series", "nowhere", "rain", "--out", "x.csv"], 1, "station"),
        (["observe", "series", "long_my", "phlogiston", "--out", "x.csv"], 2, "--variable"),
        (["observe", "series", "long_my", "rain", "--out", "x.xls"], 1, "--out"),
        (["observe", "series", "long_my", "rain", "--from", "May", "--out", "x.csv"], 2, "--from"),
        (["statistics", "import", "man.csv"], 1, "area"),
        (["statistics", "import", "man.csv", "--preset", "rice_panel"], 1, ""),
        (["statistics", "import", "man.csv", "--preset", "wheat"], 2, "--preset"),
    ],
)
def test_rejections_name_the_field_and_the_fix(run, files, monkeypatch, arguments, code, field):
    monkeypatch.chdir(files)
    run("observe", "stations", "import", "stations.csv")
    got, document = run(*arguments)
    assert (got, document["ok"]) == (code, False)
    assert document["errors"][0]["field"] == field
    assert document["errors"][0]["problem"]
    assert document["errors"][0]["fix"]


def test_a_file_of_bad_rows_only_is_a_negative_verdict_and_leaves_nothing(run, files):
    run("observe", "stations", "import", files / "stations.csv")
    (files / "man.csv").write_text("ngay;man\nhôm qua;1\n", encoding="utf-8")
    code, report = run("observe", "import", files / "man.csv", *GENERIC)
    assert (code, report["rows"], report["imported"], len(report["rejected"])) == (1, 1, 0, 1)
    (files / "man.csv").write_text(SALT, encoding="utf-8")
    assert run("observe", "import", files / "man.csv", *GENERIC)[0] == 0


def test_statistics_of_both_forms(run, files):
    long = files / "long.csv"
    long.write_text(
        "unit,year,season,area_ha,yield_t_ha,production_t\n"
        "Hau Giang,2024,summer_autumn,74184.9,6.004,445406\n"
        "Hau Giang,2023,summer_autumn,75207,60.36,453950\n",
        encoding="utf-8",
    )
    code, report = run("statistics", "import", long)
    assert (code, report["rows"], report["imported"]) == (0, 2, 1)
    assert "yield_quintal_ha" in report["rejected"][0]["fix"]
    wide = files / "wide.csv"
    wide.write_text(
        "province,year,cultivated_area_main_season,rice_yield_main_season,"
        "rice_production_main_season\nCa Mau,2019,10,40,40\nCa Mau,2018,0,0,0\n",
        encoding="utf-8",
    )
    code, report = run("statistics", "import", wide, "--preset", "rice_panel")
    assert (code, report["rows"], report["imported"]) == (0, 2, 1)
