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


def test_conductivity_becomes_salinity_with_its_temperature(run, files):
    """4 g/L of diluted sea water reads 7.28 dS/m at 25 °C and 8.02 at 30 °C (PSS-78)."""
    run("observe", "stations", "import", files / "stations.csv")
    (files / "ec.csv").write_text(
        "t,ec,c\n2024-03-01 01:00,8020,30\n2024-03-01 03:00,7280,25\n2024-03-01 05:00,7280,\n"
        "2024-03-01 07:00,99999,25\n2024-03-01 09:00,,\n", encoding="utf-8",
    )  # fmt: skip
    table = [files / "ec.csv", "--variable", "water_salinity", "--unit", "µS/cm", "--station",
             "long_my", "--time-col", "t", "--value-col", "ec"]  # fmt: skip
    code, refused = run("observe", "import", *table)
    assert (code, refused["errors"][0]["field"]) == (1, "--unit")
    code, report = run("observe", "import", *table, "--temperature-col", "c")
    assert (code, report["rows"], report["imported"]) == (0, 5, 2)
    assert [(one["where"], one["field"]) for one in report["rejected"]] == [
        ("ec.csv:4", "c"), ("ec.csv:5", "ec"), ("ec.csv:6", "ec"),
    ]  # fmt: skip
    run("observe", "series", "long_my", "water_salinity", "--out", files / "out.csv")
    out = pd.read_csv(files / "out.csv")
    assert out["value"].tolist() == pytest.approx([4, 4], abs=0.01)
    assert out["raw_value"].tolist() == [8020, 7280]
    assert set(out["raw_unit"]) == {"µS/cm"}
    assert out["method"].tolist() == ["PSS-78 at 30 °C", "PSS-78 at 25 °C"]


def test_devices_quality_and_health_as_a_script_calls_them(run, files):
    run("observe", "stations", "import", files / "stations.csv")
    add = ["observe", "devices", "add", "lm-1", "--station", "long_my"]
    code, made = run(*add, "--sensor", "s=water_salinity@g/L", "--every", 60)
    assert code == 0
    assert (made["topic"], made["http"]) == ("agridata/lm-1/readings", "/observe/lm-1")
    assert len(made["token"]) == 43
    assert run(*add, "--sensor", "s=water_salinity")[0] == 1
    assert run(*add, "--sensor", "s=nothing")[0] == 2
    code, broker = run("observe", "devices", "broker", "--out", files / "broker")
    assert (code, broker["devices"], len(broker["files"])) == (0, 1, 3)
    passwords = (files / "broker" / "passwords").read_text("utf-8")
    assert made["token"] not in passwords
    assert (files / "broker" / "passwords").stat().st_mode & 0o777 == 0o600
    assert run("observe", "devices", "rotate", "lm-1")[1]["token"] != made["token"]
    run("observe", "import", files / "man.csv", *GENERIC)
    code, found = run("observe", "health", "--as-of", "2024-03-01T03:01")
    assert (code, found["states"]["fresh"]) == (0, 1), "the device is not registered yet"
    code, found = run("observe", "health")
    assert (code, found["sensors"][0]["state"]) == (1, "dead")
    code, checked = run("observe", "qc", "--station", "Long Mỹ", "--as-of", "2024-03-01T03:01")
    assert code == 0
    assert (checked["readings"], checked["changed"], checked["flagged"]) == (2, 0, {"range": 1})
    assert (checked["homonyms"], checked["stale"]) == ({}, [])
    assert run("observe", "devices", "revoke", "lm-1")[1]["revoked_at"]
    assert run("observe", "devices", "list")[1]["devices"][0]["revoked_at"]
    assert run("observe", "rejected")[1] == {"rejected": []}
    assert run("observe", "devices", "revoke", "nobody")[0] == 1


@pytest.mark.parametrize(
    ("options", "field"),
    [(["--mqtt", "http://x"], "--mqtt"), (["--mqtt", "mqtt://x:99999"], "--mqtt"),
     (["--mqtt", "mqtt://127.0.0.1:1", "--topic", "a/b"], "--topic")],
)  # fmt: skip
def test_an_address_or_topic_that_is_none_is_wrong_usage(run, files, options, field):
    run("observe", "stations", "import", files / "stations.csv")
    code, refused = run("observe", "listen", *options)
    assert (code, refused["errors"][0]["field"]) == (2, field)
