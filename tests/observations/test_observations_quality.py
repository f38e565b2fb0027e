"""Every flag on series made for it: the planted readings and no others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agridata.observations import FAILURES, FLAGS, LIMITS, SUSPICIONS, VARIABLES, flag_counts
from agridata.observations._quality import quality_flags

START = datetime(2024, 1, 10, 1, tzinfo=UTC)
SALT = VARIABLES["water_salinity"]


def tide(days: int = 20, every_hours: float = 2, seed: int = 0) -> pd.Series:
    """A calm tidal salinity: nothing to flag."""
    count = int(days * 24 / every_hours)
    hours = np.arange(count) * every_hours
    rng = np.random.default_rng(seed)
    value = 6 + 3 * np.sin(2 * np.pi * hours / 12.42) + rng.normal(0, 0.1, count)
    index = pd.to_datetime([START + timedelta(hours=float(hour)) for hour in hours], utc=True)
    return pd.Series(np.round(value, 2), index=index.astype("datetime64[us, UTC]"))


def flags(series: pd.Series, station: object = 1, variable=SALT, **options) -> pd.DataFrame:
    frame = series.rename("value").rename_axis("time").reset_index()
    stations = pd.Series(station, index=frame.index)
    return quality_flags(variable, stations, frame["time"], frame["value"], **options)


def marked(found: pd.DataFrame, name: str) -> list[int]:
    texts = (found["flag"] + ";" + found["suspect"]).str.split(";")
    return [int(row) for row in found.index[[name in one for one in texts]]]


def test_a_calm_series_has_no_flag():
    found = flags(tide())
    assert (found["flag"] == "").all()
    assert (found["suspect"] == "").all()


def test_one_typing_error_is_a_range_and_accuses_no_neighbour():
    series = tide()
    series.iloc[50] = 110.6
    found = flags(series)
    assert found.loc[50].to_dict() == {"flag": "range", "suspect": ""}
    assert (found.drop(index=50) == "").all(axis=None)


def test_a_spike_is_one_reading_and_no_step():
    series = tide()
    series.iloc[70] += 12
    found = flags(series)
    assert found.loc[70].to_dict() == {"flag": "", "suspect": "spike"}
    assert marked(found, "step") == []


def test_a_step_is_a_level_that_stays():
    series = tide()
    series.iloc[100:] += 16
    assert marked(flags(series), "step") == [100]
    assert marked(flags(series), "spike") == []


def test_neighbours_across_a_gap_are_not_compared():
    series = tide()
    series.iloc[100:] += 16
    assert marked(flags(series.drop(series.index[95:100])), "step") == []


def test_a_standstill_is_flagged_from_its_first_reading_unless_fresh():
    series = tide()
    series.iloc[40:65] = 5.5
    assert marked(flags(series), "flat_line") == list(range(40, 65))
    series.iloc[64] = 5.6
    assert marked(flags(series), "flat_line") == [], "two hours short of two days"
    series.iloc[40:65] = 0.1
    assert marked(flags(series), "flat_line") == []


def test_readings_off_the_grid_are_clock_drift():
    series = tide()
    moved = series.rename({series.index[33]: series.index[33] + timedelta(minutes=17)})
    assert marked(flags(moved), "clock_drift") == [33]
    late = series.rename({series.index[33]: series.index[33] + timedelta(minutes=5)})
    assert marked(flags(late), "clock_drift") == [], "within 5 % of two hours"


def test_two_habits_of_time_are_no_drift():
    series = tide()
    second = series.iloc[100:].copy()
    second.index = second.index + timedelta(hours=1)
    assert marked(flags(pd.concat([series.iloc[:100], second])), "clock_drift") == []


def test_arrival_tells_a_fast_clock_and_a_late_one():
    series = tide(2)
    received = pd.Series(series.index + timedelta(seconds=5))
    received[3] -= timedelta(minutes=4)
    received[7] += timedelta(hours=50)
    received[9] = pd.NaT
    found = flags(series, received=received)
    assert marked(found, "clock_drift") == [3]
    assert marked(found, "stale") == [7]


def both(first: pd.Series, second: pd.Series) -> tuple[pd.DataFrame, pd.Series]:
    frame = pd.concat([
        one.rename("value").rename_axis("time").reset_index().assign(station=number)
        for number, one in enumerate((first, second), start=1)
    ], ignore_index=True)  # fmt: skip
    found = quality_flags(SALT, frame["station"], frame["time"], frame["value"])
    return found, frame["station"]


def test_two_stations_with_one_series_are_both_flagged_where_they_agree():
    first = tide()
    second = first.iloc[20:200].copy()
    second.iloc[5] += 0.1
    found, station = both(first, second)
    rows = marked(found, "duplicate_station")
    assert station[rows].value_counts().to_dict() == {1: 180, 2: 180}
    assert both(first, tide(seed=1))[0]["suspect"].eq("").all()


def test_two_fresh_stations_agree_by_chance():
    rng = np.random.default_rng(3)
    series = tide()
    series[:] = rng.choice([0.1, 0.2], len(series))
    assert "duplicate_station" not in set(both(series, series.copy())[0]["suspect"])


def test_a_constant_season_that_repeats_a_year_says_both():
    first = tide(40)
    first[:] = 0.1
    second = first.copy()
    second.index = second.index + timedelta(days=366)  # 2024 is a leap year: same slots
    found = flags(pd.concat([first, second]))
    assert set(found["flag"][: len(first)]) == {"constant_season"}
    assert set(found["flag"][len(first) :]) == {"constant_season;copied_year"}


def test_neighbours_are_not_compared_in_daily_values():
    series = tide()
    series.iloc[70] += 12
    assert flags(series, statistic="daily_max")["suspect"].eq("").all()


def test_homonyms_are_flagged_wherever_they_report():
    assert set(flags(tide(), station=7, homonyms={7})["suspect"]) == {"duplicate_station"}


@settings(max_examples=40, deadline=None)
@given(st.permutations(range(120)), st.integers(5, 115))
def test_flags_do_not_depend_on_the_order_of_rows(order, place):
    series = tide(10)
    series.iloc[place] += 15
    straight = flags(series)
    shuffled = flags(series.iloc[list(order)])
    shuffled.index = list(order)
    pd.testing.assert_frame_equal(shuffled.sort_index(), straight, check_names=False)


def test_every_limit_belongs_to_a_variable_and_names_its_source():
    assert set(LIMITS) <= set(VARIABLES)
    assert all(len(one.source) > 20 and one.spike <= one.step for one in LIMITS.values())


def test_every_flag_is_explained_in_both_languages():
    assert (*FAILURES, *SUSPICIONS) == tuple(FLAGS)
    assert all(vi and en for vi, en in FLAGS.values())
    assert flag_counts([("spike;step", 2), ("step", 1), ("", 9)]) == {"step": 3, "spike": 2}


@pytest.mark.parametrize("name", VARIABLES)
def test_every_variable_has_cf_name_and_ucum_unit(name):
    one = VARIABLES[name]
    assert one.cf_standard_name.replace("_", "").isalnum()
    assert one.ucum == one.unit
    assert one.ucum in {"g/L", "dS/m", "m", "m3/s", "mm", "m/s", "K", "%", "hPa", "m3/m3", "ug/m3",
                        "g/m3", "h"}  # fmt: skip
    assert one.low < one.high
    assert one.units[one.unit.lower()] == (1.0, 0.0)
