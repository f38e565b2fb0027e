"""The forecaster on a made-up delta: contract, leakage, honesty where little is known."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agridata.errors import InputError, NotFoundError, UsageError
from remote_sensing.salinity import (
    COLUMNS,
    MODEL,
    Drivers,
    SalinityForecaster,
    backtest_salinity,
    forecast_salinity,
    shown_method,
)

ORIGIN = date(2021, 4, 20)
LEADS = (1, 3, 7, 15)
SAID = [name for name in COLUMNS if name != "observed"]


def raw_forecast(daily, drivers=None, stations=None):
    """What is shown and, besides, what the model says where it is not shown."""
    forecaster = SalinityForecaster.build(daily, [ORIGIN], LEADS, drivers=drivers)
    return forecaster.forecast([ORIGIN], LEADS, stations)


@pytest.fixture(scope="module")
def raw(delta, drivers):
    return raw_forecast(delta, drivers)


@pytest.fixture(scope="module")
def said(delta, drivers):
    return forecast_salinity(delta, [ORIGIN], LEADS, drivers=drivers)


def test_columns_rows_and_dates_of_the_contract(said, delta):
    assert tuple(said.columns) == COLUMNS
    assert len(said) == delta["station"].nunique() * len(LEADS)
    for row in said.itertuples():
        assert row.valid_date == row.origin + timedelta(days=row.lead_days - 1)
    truth = delta.set_index(["station", "date"])["value"]
    for row in said[said["lead_days"] == 7].itertuples():
        assert row.observed == truth[row.station, pd.Timestamp(row.valid_date)]


def test_quantiles_are_ordered_and_probabilities_follow_from_them(said):
    grid = said[["p05", "p10", "p50", "p90", "p95"]].to_numpy()
    assert np.isfinite(grid).all()
    assert (np.diff(grid, axis=1) >= 0).all()
    assert (grid >= 0).all()
    for limit, column in ((1, "prob_ge_1"), (4, "prob_ge_4")):
        assert (said.loc[said["p95"] < limit, column] <= 0.055).all()
        assert (said.loc[said["p05"] > limit, column] >= 0.945).all()
    assert (said["prob_ge_4"] <= said["prob_ge_1"]).all()


def test_baselines_are_what_their_names_say(said, delta):
    truth = delta.set_index(["station", "date"])["value"]
    for row in said.itertuples():
        last = truth[row.station, pd.Timestamp(ORIGIN - timedelta(days=1))]
        assert row.baseline_persistence == last
        before = [pd.Timestamp(row.valid_date - timedelta(days=back)) for back in (14, 15)]
        known = [truth[row.station, day] for day in before if day.date() < ORIGIN]
        assert row.baseline_tide_phase == pytest.approx(np.mean(known))
        own = truth[row.station][: pd.Timestamp(ORIGIN - timedelta(days=1))]
        assert row.baseline_climatology == pytest.approx(own.mean())  # no earlier year exists


@settings(
    max_examples=4, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(
    kind=st.sampled_from(["removed", "changed", "new station"]),
    factor=st.floats(0, 20),
    seed=st.integers(0, 99),
)
def test_nothing_at_or_after_the_origin_can_change_a_forecast(
    raw, delta, drivers, kind, factor, seed
):
    later = delta["date"] >= pd.Timestamp(ORIGIN)
    other = delta.copy()
    if kind == "removed":
        other = other[~later]
    else:
        noise = np.random.default_rng(seed).uniform(0, 30, int(later.sum()))
        other.loc[later, "value"] = other.loc[later, "value"] * factor + noise
    if kind == "new station":
        fresh = other[later & other["station"].eq("s0")].assign(station="a_first_in_the_alphabet")
        other = pd.concat([fresh, other])

    def spoiled(frame):
        return frame.assign(value=frame["value"].where(frame["date"] < pd.Timestamp(ORIGIN), -777))

    wind = drivers.wind_v
    wrong = Drivers(discharge=spoiled(drivers.discharge), wind_u=spoiled(drivers.wind_u),
                    wind_v=wind[wind["date"] < pd.Timestamp(ORIGIN)])  # fmt: skip
    stations = sorted(delta["station"].unique())
    again = raw_forecast(other, wrong, stations)
    compared = [*SAID, "model_mean"]
    assert np.isfinite(raw["model_mean"]).all()
    pd.testing.assert_frame_equal(again[compared], raw[compared], rtol=1e-9, atol=1e-9)


def test_a_change_before_the_origin_does_change_it(said, delta, drivers):
    other = delta.copy()
    other.loc[other["date"] == pd.Timestamp(ORIGIN - timedelta(days=1)), "value"] *= 3
    again = forecast_salinity(other, [ORIGIN], LEADS, drivers=drivers)
    assert not np.allclose(again["mean"], said["mean"])


def test_a_forecast_does_not_depend_on_what_else_is_asked(said, delta, drivers):
    both = forecast_salinity(delta, [ORIGIN - timedelta(days=40), ORIGIN], (1, 7), drivers=drivers)
    mine = both[both["origin"] == ORIGIN].reset_index(drop=True)
    alone = said[said["lead_days"].isin([1, 7])].reset_index(drop=True)
    pd.testing.assert_frame_equal(mine, alone, rtol=1e-9, atol=1e-9)


def test_missing_drivers_degrade_and_do_not_stop(delta):
    bare = raw_forecast(delta)
    assert np.isfinite(bare[["mean", "model_mean", "p05", "p95"]]).all(axis=None)


def test_little_data_is_said_and_gives_a_wide_interval(delta, said):
    short = delta[delta["station"] == "s2"].head(2).assign(station="short")
    gone = delta[(delta["station"] == "s2") & (delta["date"] < "2021-03-20")]
    frame = pd.concat([delta, short, gone.assign(station="gone")])
    rows = forecast_salinity(frame, [ORIGIN], LEADS, stations=["short", "gone", "s2"])
    width = (rows["p95"] - rows["p05"]).groupby(rows["station"]).mean()
    assert len(rows) == 3 * len(LEADS)
    methods = rows.groupby("station")["method"].agg(set)
    assert methods["short"] == {"too_little_data_all_stations"} or methods["short"] == {
        "too_little_data_own_spread"
    }
    assert methods["gone"] == {"too_little_data_own_spread"}
    assert width["gone"] > width["s2"]
    assert width["short"] > width["s2"]


def test_first_day_of_a_first_season_knows_nothing(delta):
    rows = forecast_salinity(delta, [date(2021, 1, 1)], (1, 7))
    assert set(rows["method"]) == {"too_little_data_all_stations"}
    assert (rows["p05"] < 2).all()
    assert (rows["p95"] > 30).all()


def test_the_baseline_is_shown_where_it_wins():
    """Pure noise around a steady level: no model beats the mean of all days so far."""
    rng = np.random.default_rng(0)
    days = pd.date_range("2021-01-01", periods=150)
    frame = pd.concat(
        pd.DataFrame({"station": f"n{i}", "date": days, "value": rng.uniform(0, 8, 150).round(2)})
        for i in range(5)
    )
    rows = forecast_salinity(frame, [date(2021, 5, 20)], (1, 7))
    assert set(rows["method"]) == {"baseline_climatology"}
    assert np.allclose(rows["mean"], rows["baseline_climatology"])


@pytest.fixture(scope="module")
def scores(delta, drivers):
    origins = [date(2021, 3, 25) + timedelta(days=2 * i) for i in range(15)]
    return backtest_salinity(delta, origins=origins, leads=(1, 7), drivers=drivers)


def test_backtest_scores_model_beside_every_baseline(scores):
    assert scores["lead_days"].tolist() == [1, 7]
    assert (scores["n"] > 50).all()
    assert (scores["rmse_model"] < scores[["rmse_persistence", "rmse_harmonic"]].min(axis=1)).all()
    assert scores["coverage90"].between(0.8, 1.0).all()
    assert scores["nse"].iloc[0] > 0.9
    best = [row[f"rmse_{row['best_baseline']}"] for _, row in scores.iterrows()]
    assert np.allclose(scores["skill"], 1 - scores["rmse_model"] / best)


def test_shown_method_is_the_baseline_when_skill_is_not_positive(scores):
    assert scores["skill"].iloc[0] > 0
    assert shown_method(scores, 1) == MODEL
    for row in scores.itertuples():
        wanted = MODEL if row.skill > 0 else f"baseline_{row.best_baseline}"
        assert shown_method(scores, row.lead_days) == wanted


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda d: (d, [ORIGIN], [0], None), UsageError),
        (lambda d: (d, [ORIGIN], [61], None), UsageError),
        (lambda d: (d, [], [1], None), UsageError),
        (lambda d: (d, [ORIGIN], [1], ["nowhere"]), NotFoundError),
        (lambda d: (d.drop(columns="value"), [ORIGIN], [1], None), InputError),
        (lambda d: (pd.concat([d, d.head(1)]), [ORIGIN], [1], None), InputError),
        (lambda d: (d.assign(value=-1.0), [ORIGIN], [1], None), InputError),
        (lambda d: (d.iloc[:0], [ORIGIN], [1], None), InputError),
    ],
)
def test_bad_input_is_refused(delta, change, error):
    daily, origins, leads, stations = change(delta)
    with pytest.raises(error):
        forecast_salinity(daily, origins, leads, stations=stations)
