"""Yields of single fields, split by place."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from remote_sensing.yields import PanelError, forecast_fields

YIELD = "Rice Yield (kg/ha)"
SEASON = "Season(SA = Summer Autumn, WS = Winter Spring)"


@pytest.fixture(scope="module")
def survey(shared_dir):
    return pd.read_csv(shared_dir / "data" / "yield_vn" / "an_giang_field_rice_yield_2022.csv")


@pytest.fixture(scope="module")
def halves(survey):
    place = pd.factorize(survey["Latitude"].astype(str) + survey["Longitude"].astype(str))[0]
    held = np.random.default_rng(7).permutation(place.max() + 1)[place] % 3 == 0
    return survey[~held], survey[held]


def test_rows_follow_the_test_file(halves):
    train, test = halves
    table = forecast_fields(train, test)
    assert table["row"].tolist() == list(range(len(test)))
    assert table["unit"].tolist() == test["District"].tolist()
    assert (table["unit_of_yield"] == "t/ha").all()
    assert set(table["season"]) == {"winter_spring", "summer_autumn"}
    assert (table["year"] == 2022).all()
    assert {"p05", "p50", "p95", "mean", "method", "baseline_mean5", "baseline_last"} <= set(table)
    order = np.random.default_rng(0).permutation(len(test))
    shuffled = forecast_fields(train, test.iloc[order])
    np.testing.assert_allclose(shuffled["p50"], table["p50"].to_numpy()[order])


def test_yield_column_of_the_test_is_never_read(halves):
    train, test = halves
    expected = forecast_fields(train, test)
    for other in (test.drop(columns=YIELD), test.assign(**{YIELD: "unreadable"})):
        pd.testing.assert_frame_equal(forecast_fields(train, other), expected)


def test_scores_by_place_and_coverage(survey):
    """Five folds by place: not worse than the plain mean of season × district, 90 % covered."""
    place = pd.factorize(survey["Latitude"].astype(str) + survey["Longitude"].astype(str))[0]
    fold = np.random.default_rng(0).permutation(place.max() + 1)[place] % 5
    parts = []
    for number in range(5):
        test = survey[fold == number]
        table = forecast_fields(survey[fold != number], test)
        parts.append(table.assign(actual=test[YIELD].to_numpy() / 1000))
    found = pd.concat(parts)
    rmse = np.sqrt(np.mean((found["actual"] - found["p50"]) ** 2))
    plain = np.sqrt(np.mean((found["actual"] - found["baseline_season_district"]) ** 2))
    assert rmse <= plain + 0.002
    assert rmse < 0.465
    inside = found["actual"].between(found["p05"], found["p95"]).mean()
    assert 0.85 <= inside <= 0.96


def test_unknown_district_and_season_still_get_a_row(halves):
    train, test = halves
    odd = test.head(3).copy()
    odd["District"] = ["Elsewhere", None, "Chau_Phu"]
    odd[SEASON] = ["WS", "WS", "XX"]
    table = forecast_fields(train, odd)
    known = train[train[SEASON] == "WS"][YIELD].mean() / 1000
    assert table["p50"].iloc[0] == pytest.approx(known)
    assert "wide interval: only 0 training fields" in table["method"].iloc[2]
    assert table["p95"].iloc[2] - table["p05"].iloc[2] == pytest.approx(4)


def test_few_training_fields_are_wide(halves):
    train, test = halves
    table = forecast_fields(train.head(5), test.head(2))
    assert table["method"].str.contains("wide interval").all()
    assert len(table) == 2


def test_bad_tables_are_named(halves):
    train, test = halves
    with pytest.raises(PanelError, match="yield"):
        forecast_fields(train.drop(columns=YIELD), test)
    with pytest.raises(PanelError, match="district"):
        forecast_fields(train.drop(columns="District"), test)
    with pytest.raises(PanelError) as caught:
        forecast_fields(train.assign(**{YIELD: train[YIELD] / 1000}), test, where="train.csv")
    assert caught.value.findings[0].where == "train.csv:2"
    with pytest.raises(PanelError):
        forecast_fields(train, test.iloc[:0])
