"""Forecasts and advice: stored with interval and baselines, replaced, read as of a moment."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from sqlmodel import func, select

from agridata.errors import InputError, NotFoundError, UsageError
from agridata.forecasts import (
    SalinityForecast,
    advice_for,
    intake_window,
    latest_salinity,
    store_advice,
    store_salinity,
    store_yield,
    yield_for,
)
from agridata.observations import import_stations
from agridata.storage import SourceInfo
from agridata.vocabulary import Utc

NOW = Utc(datetime(2026, 3, 19, 23, tzinfo=UTC))


def with_station(session, folder: Path) -> None:
    path = folder / "stations.csv"
    path.write_text("station,name\nlong_my,Long Mỹ\n", encoding="utf-8")
    source = SourceInfo("st", "stations", "", "", "", "", True)
    import_stations(session, path, source, NOW)


def salinity(origin: date, leads=(1, 3), **changes: object) -> pd.DataFrame:
    rows = [
        {
            "station": "long_my", "origin": origin, "lead_days": lead,
            "valid_date": origin + timedelta(days=lead - 1), "observed": float("nan"),
            "p05": 0.5, "p10": 0.6, "p50": 1.5, "p90": 3, "p95": 3.5, "mean": 1.7,
            "prob_ge_1": 0.8, "prob_ge_4": 0.01, "method": "model",
            "baseline_persistence": 1.4, "baseline_harmonic": float("nan"),
        } | changes
        for lead in leads
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_a_salinity_forecast_is_replaced_and_the_newest_is_shown(workspace_on, tmp_path):
    scores = {1: {"shown": "model"}, 3: {"shown": "persistence"}}
    with workspace_on.session() as session:
        with_station(session, tmp_path)
        days = [date(2026, 3, 18), date(2026, 3, 19)]
        for day in days:
            frame = salinity(day, (3, 1))
            stored = store_salinity(
                session, frame, simulated=True, backtest=lambda _station, lead: scores[lead]
            )
            assert stored == 2
        session.commit()
        store_salinity(session, salinity(days[1], (1,), p50=1.6), simulated=True)
        session.commit()
        assert session.exec(select(func.count()).select_from(SalinityForecast)).one() == 4
        first, second = latest_salinity(session, "long_my")
        assert (first.lead_days, first.p50, first.backtest) == (1, 1.6, {})
        assert (second.lead_days, second.p50, second.backtest) == (3, 1.5, scores[3])
        assert second.valid_date == date(2026, 3, 21)
        assert second.baselines == {"persistence": 1.4, "harmonic": None}
        assert {one.origin for one in latest_salinity(session, "long_my", until=days[0])} == {
            days[0]
        }
        assert latest_salinity(session, "nowhere") == []


def test_timestamps_of_a_frame_are_days(workspace, tmp_path):
    frame = salinity(date(2026, 3, 18))
    for column in ("origin", "valid_date"):
        frame[column] = pd.to_datetime(frame[column])
    with workspace.session() as session:
        with_station(session, tmp_path)
        store_salinity(session, frame, simulated=False)
        assert latest_salinity(session, "long_my")[0].origin == date(2026, 3, 18)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"p95": float("nan")}, InputError),
        ({"p05": 2.0}, InputError),
        ({"valid_date": date(2026, 3, 30)}, InputError),
        ({"prob_ge_1": 1.2}, InputError),
        ({"station": "nowhere"}, NotFoundError),
    ],
)
def test_a_forecast_without_an_honest_interval_is_refused(workspace, tmp_path, changes, kind):
    with workspace.session() as session:
        with_station(session, tmp_path)
        with pytest.raises(kind):
            store_salinity(session, salinity(date(2026, 3, 18), **changes), simulated=True)
        with pytest.raises(InputError, match="p95"):
            store_salinity(session, salinity(date(2026, 3, 18)).drop(columns="p95"), simulated=True)
        with pytest.raises(InputError, match="twice"):
            store_salinity(session, salinity(date(2026, 3, 18), (1, 1)), simulated=True)


def yields(**changes: object) -> pd.DataFrame:
    row = {
        "unit": "Hau Giang", "season": "winter_spring", "year": 2026, "last_known_year": 2019,
        "p05": 60, "p50": 70, "p95": 80, "mean": 70, "unit_of_yield": "quintal/ha",
        "method": "mean5", "baseline_mean5": 70, "baseline_last": 76, "baseline_trend": None,
    }  # fmt: skip
    return pd.DataFrame([row | changes])


def test_yields_are_stored_in_tonnes_and_replaced(workspace_on):
    with workspace_on.session() as session:
        store_yield(session, yields(), simulated=False, backtest=lambda *_: {"rmse": 0.6})
        store_yield(session, yields(p50=71), simulated=False, backtest=lambda *_: {"rmse": 0.5})
        session.commit()
        found = yield_for(session, "Hau Giang", "rice", "winter_spring", 2026)
        assert found is not None
        assert (found.p05, found.p50, found.p95) == pytest.approx((6, 7.1, 8))
        assert found.baselines == pytest.approx({"mean5": 7.0, "last": 7.6, "trend": None})
        assert found.backtest == {"rmse": 0.5}
        assert yield_for(session, "Hau Giang", "rice", "main_season", 2026) is None


def test_a_yield_forecast_may_not_know_its_own_year(workspace):
    with workspace.session() as session:
        for changes in ({"last_known_year": 2026}, {"unit_of_yield": "bu/acre"}, {"p05": 75}):
            with pytest.raises(InputError):
                store_yield(session, yields(**changes), simulated=False)


def advice(session, **changes: object):
    given = {
        "place_code": "31480", "station_key": "long_my", "as_of": NOW, "threshold_gl": 1.0,
        "status": "advice", "last_reading_at": Utc(NOW - timedelta(hours=3)),
        "last_value_gl": 0.7,
        "windows": [intake_window(NOW, Utc(NOW + timedelta(hours=4)), 0.91)],
        "sentence_vi": "Có thể lấy nước.", "sentence_en": "Water may be taken.",
        "simulated": True,
    } | changes  # fmt: skip
    return store_advice(session, **given)


def test_advice_is_replaced_and_read_as_of_a_moment(workspace_on, tmp_path):
    with workspace_on.session() as session:
        with_station(session, tmp_path)
        first = advice(session)
        assert first.data_age_hours == 3
        assert first.windows == [
            {"from": "2026-03-20T06:00:00+07:00", "to": "2026-03-20T10:00:00+07:00",
             "prob_safe": 0.91}
        ]  # fmt: skip
        later = Utc(NOW + timedelta(days=1))
        advice(session, sentence_vi="Chưa nên lấy nước.", windows=[])
        advice(session, as_of=later, status="unknown", windows=[])
        session.commit()
        newest = advice_for(session, "31480", 1.0)
        assert newest is not None
        assert (newest.status, newest.as_of, newest.data_age_hours) == ("unknown", later, 27)
        then = advice_for(session, "31480", 1.0, until=NOW)
        assert then is not None
        assert then.sentence_vi == "Chưa nên lấy nước."
        assert advice_for(session, "31480", 4.0) is None
        assert advice_for(session, "31480", 1.0, until=Utc(NOW - timedelta(days=1))) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "fine"},
        {"last_reading_at": None},
        {"last_reading_at": Utc(NOW + timedelta(hours=1))},
        {"status": "unknown"},
    ],
)
def test_advice_that_rests_on_nothing_is_refused(workspace, tmp_path, changes):
    with workspace.session() as session:
        with_station(session, tmp_path)
        with pytest.raises(UsageError):
            advice(session, **changes)


def test_a_place_without_a_station_is_told_so(workspace):
    with workspace.session() as session:
        told = advice(session, station_key=None, status="unknown", windows=[],
                      last_reading_at=None, last_value_gl=None)  # fmt: skip
        assert (told.station_key, told.data_age_hours) == (None, None)
