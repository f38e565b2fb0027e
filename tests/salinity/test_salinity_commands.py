"""The commands over a workspace: contract columns, advice, rejections."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from sqlmodel import select

from agridata.forecasts import SalinityForecast
from agridata.observations import Reading, Station
from agridata.places.models import AdminUnit
from agridata.storage import DataSet, Workspace
from agridata.vocabulary import local_midnight, parse_as_of
from apps import forecasting
from apps.cli import main
from remote_sensing.salinity import COLUMNS

DAYS = 60
START = date(2026, 1, 20)
AS_OF = "2026-03-20T06:00"


def reading(station, time, value, statistic="point", flag=""):
    return Reading(station_id=station, variable="water_salinity", statistic=statistic, time=time,
                   value=value, unit="g/L", raw_value=value, raw_unit="g/L", flag=flag,
                   data_set_key="made")  # fmt: skip


def fill(session):
    """Three stations with two months of a tidal, rising salt; one commune has none."""
    now = datetime(2026, 3, 20, tzinfo=UTC)
    session.add(DataSet(key="made", kind="salinity", title_vi="x", title_en="x", source="test",
                        licence="none", simulated=True, sha256="0" * 64, rows_in_file=1,
                        rows_stored=1, rows_rejected=0, loaded_at=now))  # fmt: skip
    session.flush()
    for code, name in (("90001", "Xã Một"), ("90002", "Xã Hai")):
        session.add(AdminUnit(code=code, level=3, name=name.removeprefix("Xã "), full_name=name,
                              search_key=name.lower().replace("xã", "xa").replace("ộ", "o"),
                              data_set_key="made"))  # fmt: skip
    for number in range(3):
        station = Station(
            key=f"tram_{number}", name=f"Trạm {number}", simulated=True, data_set_key="made",
            admin_unit_code="90001" if number == 0 else None,
        )  # fmt: skip
        session.add(station)
        session.flush()
        for step in range(12 * DAYS):
            time = local_midnight(START) + timedelta(hours=1 + 2 * step)
            if time > parse_as_of(AS_OF):
                continue
            hours = time.timestamp() / 3600
            tide = 0.1 + 0.9 * (0.5 + 0.5 * np.cos(2 * np.pi * hours / 12.42))
            spring = 1 + 0.3 * np.cos(2 * np.pi * step / 12 / 14.765)
            session.add(reading(station.id, time, round(tide * spring * (1 + number), 2)))
    session.commit()


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("salinity") / "home"
    with Workspace(folder).create().session() as session:
        fill(session)
    return folder


def run(capsys, *arguments):
    code = main([str(part) for part in arguments])
    text = capsys.readouterr().out
    return code, json.loads(text)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_forecast_salinity_writes_the_contract(home, tmp_path, capsys, suffix):
    out = tmp_path / f"f.{suffix}"
    code, said = run(capsys, "forecast", "salinity", "--stations", "tram_0,tram_2", "--origins",
                     "2026-03-10:2026-03-14:2d", "--leads", "1,7", "--out", out, "--home", home,
                     "--json")  # fmt: skip
    rows = pd.read_csv(out) if suffix == "csv" else pd.read_parquet(out)
    assert code == 0
    assert said["rows"] == len(rows) == 2 * 3 * 2
    assert tuple(rows.columns) == COLUMNS
    assert rows["observed"].notna().sum() >= 8
    assert str(rows["origin"].iloc[0])[:10] == "2026-03-10"


def test_advice_for_commune_and_station_rests_on_fresh_data(home, capsys):
    for place in ("90001", "xã một", "tram_0"):
        code, said = run(capsys, "advice", place, "--threshold", "1.0", "--as-of", AS_OF, "--home",
                         home, "--json")  # fmt: skip
        assert code == 0
        assert said["status"] == "advice"
        assert said["station"] == "tram_0"
        assert said["data_age"] == 1.0
        assert "mô phỏng" in said["sentence_vi"]
        assert said["windows"]
        for window in said["windows"]:
            assert {"from", "to", "prob_safe", "sentence_vi", "sentence_en", "data_age"} <= set(
                window
            )
            assert 0.8 <= window["prob_safe"] < 1
            assert window["from"].endswith("+07:00")


def test_advice_without_station_or_fresh_data_is_unknown_and_exits_0(home, capsys):
    for place, as_of in (("90002", AS_OF), ("tram_0", "2026-03-23"), ("tram_0", "2026-01-01")):
        code, said = run(capsys, "advice", place, "--as-of", as_of, "--home", home, "--json")
        assert (code, said["status"], said["windows"]) == (0, "unknown", [])
        assert "Chưa rõ" in said["sentence_vi"]


def test_a_past_moment_does_not_see_later_readings(home, capsys):
    _, said = run(
        capsys, "advice", "tram_0", "--as-of", "2026-03-01T06:00", "--home", home, "--json"
    )
    assert said["last_reading"]["time"] == "2026-03-01T05:00:00+07:00"


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        (["advice", "khong dau"], 1, "PLACE"),
        (["advice", "tram_0", "--threshold", "99"], 2, "--threshold"),
        (["forecast", "salinity", "--origins", "yesterday", "--out", "x.csv"], 2, "--origins"),
        (["forecast", "salinity", "--origins", "2026-03-10", "--leads", "a", "--out", "x.csv"], 2,
         "--leads"),
        (["forecast", "salinity", "--origins", "2026-03-10", "--out", "x.xlsx"], 2, "--out"),
        (["forecast", "salinity", "--origins", "2026-03-10", "--out", "/no/such/x.csv"], 1,
         "--out"),
        (["forecast", "salinity", "--origins", "2026-03-10", "--stations", "z", "--out", "x.csv"],
         1, "stations"),
        (["forecast", "yield", "--years", "now", "--out", "x.csv"], 2, "--years"),
        (["forecast", "yield", "--fields", "a.csv", "--out", "x.csv"], 2, "--predict"),
    ],
)  # fmt: skip
def test_rejections_follow_the_contract(
    home, capsys, tmp_path, monkeypatch, arguments, code, field
):
    monkeypatch.chdir(tmp_path)
    got, said = run(capsys, *arguments, "--home", home, "--json")
    assert (got, said["ok"]) == (code, False)
    assert said["errors"][0]["field"] == field
    assert list(tmp_path.iterdir()) == []


def test_run_is_stored_once_and_advice_reads_it(home):
    as_of = parse_as_of(AS_OF)
    with Workspace(home).session() as session:
        run_ = forecasting.run_salinity(session, as_of=as_of, leads=range(1, 8))
        for _ in range(2):
            assert forecasting.store_salinity_run(session, run_) == 21
        stored = session.exec(select(SalinityForecast)).all()
        assert len(stored) == 21
        assert all(row.simulated and row.backtest["shown"] == row.method for row in stored)
        for row in stored:  # 3 stations × 60 days teach no model: a scored baseline is shown
            name = row.backtest["best_baseline"]
            assert row.method.startswith("baseline_")
            assert row.backtest["model"]["rmse"] is None
            assert row.backtest[name]["rmse"] > 0
            assert 0.5 <= row.backtest["model"]["coverage90"] <= 1  # few origins
        told = forecasting.advise(session, "90001", as_of=as_of, threshold_gl=1.0)
        forecasting.store_advice_result(session, told)
        row = forecasting.store_advice_result(session, told)
        assert row.station_key == "tram_0"
        assert len(row.windows) == len(told.windows) > 0
        session.rollback()


def test_report_writes_csv_and_a_page(home, capsys, tmp_path):
    code, said = run(capsys, "forecast", "report", "--out", tmp_path / "r", "--as-of", AS_OF,
                     "--home", home, "--json")  # fmt: skip
    assert code == 0
    table = pd.read_csv(tmp_path / "r" / "salinity_skill.csv")
    assert {"rmse_model", "rmse_persistence", "coverage90", "skill"} <= set(table.columns)
    page = (tmp_path / "r" / "report.html").read_text("utf-8")
    assert "rmse_tide_phase" in page
    assert "2026-03-20 06:00" in page
    assert any(reason.startswith("yield") for reason in said["missing"])
