"""Yield forecasts: no leak from the future, honest intervals, scores on the real panel."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agridata.errors import NotFoundError
from remote_sensing.yields import PanelError, backtest_yield, forecast_yield

SEASONS = ("winter_spring", "summer_autumn", "main_season")


@pytest.fixture(scope="module")
def real_panel(shared_dir):
    path = shared_dir / "data" / "yield_vn" / "mekong_rice_province_season_1995_2019.csv"
    wide = pd.read_csv(path)
    parts = [
        pd.DataFrame({
            "unit_name": wide["province"], "season": season, "year": wide["year"],
            "yield_t_ha": wide[f"rice_yield_{season}"] / 10,
        })
        for season in SEASONS
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def made_up(seed, units=6, first=1995, last=2015):
    draw = np.random.default_rng(seed)
    rows = [
        (f"u{unit}", season, year, level + 0.03 * (year - first) + draw.normal(0, 0.25))
        for unit in range(units)
        for season, level in (("winter_spring", 5.5), ("summer_autumn", 4.2))
        for year in range(first, last + 1)
    ]
    return pd.DataFrame(rows, columns=["unit_name", "season", "year", "yield_t_ha"])


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), cut=st.integers(2006, 2013), horizon=st.integers(1, 3))
def test_later_data_cannot_change_a_forecast(seed, cut, horizon):
    panel = made_up(seed)
    target = cut + horizon
    before = forecast_yield(panel, None, None, [target], last_known_year=cut)
    draw = np.random.default_rng(seed)
    changed = panel.copy()
    later = changed["year"] > cut
    changed.loc[later, "yield_t_ha"] = draw.uniform(0.1, 15, int(later.sum()))
    changed = changed[~later | (draw.random(len(changed)) < 0.5)]
    after = forecast_yield(
        changed, sorted(set(panel["unit_name"])), sorted(set(panel["season"])), [target],
        last_known_year=cut,
    )  # fmt: skip
    pd.testing.assert_frame_equal(before, after)


def test_target_year_itself_is_never_used(real_panel):
    shown = forecast_yield(real_panel, ["Ben Tre"], ["winter_spring"], [2016])
    hidden = forecast_yield(
        real_panel[real_panel["year"] < 2016], ["Ben Tre"], ["winter_spring"], [2016]
    )
    pd.testing.assert_frame_equal(shown, hidden)
    assert shown["p50"].iloc[0] > 3  # 0.05 t/ha came: from figures alone it cannot be foreseen


def test_every_asked_row_comes_back_in_order(real_panel):
    table = forecast_yield(real_panel, ["Hau Giang", "An Giang"], None, [2015, 2019])
    assert len(table) == 2 * 3 * 2
    assert table["unit"].tolist()[::6] == ["Hau Giang", "An Giang"]
    assert table["year"].tolist()[:2] == [2015, 2019]
    assert (table["unit_of_yield"] == "t/ha").all()
    assert (table["last_known_year"] == table["year"] - 1).all()
    assert (table["p05"] <= table["p50"]).all()
    assert (table["p50"] <= table["p95"]).all()
    assert (table["p05"] >= 0).all()


def test_season_that_is_not_grown_says_so_and_is_wide(real_panel):
    table = forecast_yield(real_panel, ["Hau Giang"], None, [2019]).set_index("season")
    absent = table.loc["main_season"]
    assert "not grown" in absent["method"]
    assert np.isnan(absent["baseline_last"])
    assert absent["p95"] - absent["p05"] > 2.5
    grown = table.loc["winter_spring"]
    assert "wide" not in grown["method"]
    assert grown["p95"] - grown["p05"] < 2


def test_short_series_and_short_panels_are_wide(real_panel):
    new = pd.DataFrame({
        "unit_name": "New", "season": "winter_spring", "year": [2018], "yield_t_ha": [6.0],
    })  # fmt: skip
    table = forecast_yield(pd.concat([real_panel, new]), ["New"], ["winter_spring"], [2019])
    assert "only 1 known years" in table["method"].iloc[0]
    assert table["p95"].iloc[0] - table["p05"].iloc[0] > 2
    short = real_panel[real_panel["year"] >= 2016]
    few = forecast_yield(short, ["An Giang"], ["winter_spring"], [2019])
    assert "wide interval" in few["method"].iloc[0]
    assert few["p95"].iloc[0] - few["p05"].iloc[0] >= 2
    first = forecast_yield(real_panel, ["An Giang"], ["winter_spring"], [1995])
    assert first["method"].iloc[0] == "no figures of earlier years"
    assert np.isnan(first["p50"].iloc[0])


def test_longer_horizons_are_wider(real_panel):
    widths = []
    for last in (2018, 2016, 2013):
        table = forecast_yield(
            real_panel, ["An Giang"], ["winter_spring"], [2019], last_known_year=last
        )
        assert table["last_known_year"].iloc[0] == last
        widths.append(float(table["p95"].iloc[0] - table["p05"].iloc[0]))
    assert widths == sorted(widths)


def test_last_known_year_is_what_the_panel_reaches(real_panel):
    table = forecast_yield(real_panel, ["An Giang"], ["winter_spring"], [2026])
    assert table["last_known_year"].iloc[0] == 2019


def test_baselines_are_what_their_names_say():
    rows = [("a", "winter_spring", 2000 + n, 5 + 0.1 * n) for n in range(15)]
    panel = pd.DataFrame(rows, columns=["unit_name", "season", "year", "yield_t_ha"])
    row = forecast_yield(panel, ["a"], ["winter_spring"], [2015]).iloc[0]
    assert row["baseline_last"] == pytest.approx(6.4)
    assert row["baseline_mean5"] == pytest.approx(6.2)
    assert row["baseline_trend"] == pytest.approx(6.5)


def test_zero_means_not_grown_and_quintals_are_refused(real_panel):
    zeros = pd.DataFrame({
        "unit_name": "Zero", "season": "winter_spring", "year": [2017, 2018], "yield_t_ha": 0.0,
    })  # fmt: skip
    with pytest.raises(NotFoundError, match="Zero"):
        forecast_yield(pd.concat([real_panel, zeros]), ["Zero"], ["winter_spring"], [2019])
    quintals = real_panel.assign(yield_t_ha=real_panel["yield_t_ha"] * 10)
    with pytest.raises(PanelError, match="t/ha"):
        forecast_yield(quintals, None, None, [2019])
    with pytest.raises(PanelError):
        forecast_yield(real_panel.drop(columns="season"), None, None, [2019])
    with pytest.raises(PanelError):
        forecast_yield(real_panel.iloc[:0], None, None, [2019])


def test_the_model_beats_every_baseline_one_year_ahead(real_panel):
    """2010–2019, 13 provinces: scores stand in the docstring of the package's report."""
    scores = backtest_yield(real_panel, range(2010, 2020)).set_index(["season", "method"])
    total = scores.loc["all"]
    assert total.loc["shown", "n"] == 331
    assert total.loc["mean5", "rmse"] == pytest.approx(0.618, abs=0.002)
    for name in ("mean5", "last", "trend"):
        assert total.loc["shown", "rmse"] < total.loc[name, "rmse"]
        assert total.loc["shown", "mae"] < total.loc[name, "mae"]
    assert total.loc["shown", "skill_rmse"] > 0.10
    assert total.loc["shown", "skill_mae"] > 0.27
    assert total.loc["shown", "anomaly_r"] > 0.3
    assert 0.85 <= total.loc["shown", "coverage90"] <= 0.95
    for season in SEASONS:
        assert 0.83 <= scores.loc[(season, "shown"), "coverage90"] <= 0.97


def test_where_the_model_loses_the_baseline_is_shown():
    """Pure noise around constant levels: nothing beats the mean, and it is what is shown."""
    draw = np.random.default_rng(5)
    rows = [
        (f"u{unit}", "winter_spring", year, 5 + 0.2 * unit + draw.normal(0, 0.4))
        for unit in range(10)
        for year in range(1990, 2016)
    ]
    panel = pd.DataFrame(rows, columns=["unit_name", "season", "year", "yield_t_ha"])
    table = forecast_yield(panel, None, None, [2016])
    row = table.iloc[0]
    best = min(row[f"backtest_rmse_{name}"] for name in ("mean5", "last", "trend"))
    if row["backtest_rmse_model"] >= best:
        assert row["method"].startswith("baseline: mean of the last five years")
        np.testing.assert_allclose(table["p50"], table["baseline_mean5"])
    else:
        pytest.fail("the model must not beat the mean on pure noise; choose another seed")
