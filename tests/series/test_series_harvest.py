"""Harvest windows on curves whose harvest day is known."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agridata.errors import UsageError
from remote_sensing.series import harvest_window

SOWN = date(2025, 11, 20)
START = date(2025, 11, 1)


def rice(day: date, sown: date, harvested: date) -> float:
    """NDVI of a field: bare, then green to 0.83, ripening to 0.6, stubble after the cut."""
    if day >= harvested:
        return 0.22
    age = (day - sown).days
    length = (harvested - sown).days
    rise = 0.15 + 0.68 / (1 + np.exp(-(age - 30) / 7))
    ripening = max(0.0, age - (length - 25)) / 25 * 0.23
    return float(rise - ripening)


@settings(max_examples=300, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    length=st.integers(90, 110),
    step=st.sampled_from([5, 8, 10]),
    gaps=st.floats(0.0, 0.5),
    outliers=st.booleans(),
)
@example(seed=107, length=107, step=8, gaps=0.25, outliers=True)
def test_known_harvest_lies_in_the_window(seed, length, step, gaps, outliers):
    """Under gaps, noise of 0.02 and one stray low picture while green."""
    draw = np.random.default_rng(seed)
    harvested = SOWN + timedelta(days=length)
    days = [START + timedelta(days=n) for n in range(0, length + 80, step)]
    ndvi = np.array([rice(day, SOWN, harvested) for day in days]) + draw.normal(0, 0.02, len(days))
    ndvi[draw.random(len(days)) < gaps] = np.nan
    green = [n for n, day in enumerate(days) if 45 <= (day - SOWN).days <= length - 30]
    full = [n for n in green if np.isfinite(ndvi[[n - 1, n, n + 1]]).all()]
    if outliers and full:
        ndvi[full[len(full) // 2]] = 0.1
    bare = [v for v, day in zip(ndvi, days, strict=True) if day >= harvested and np.isfinite(v)]
    seen_green = [ndvi[n] for n in green if np.isfinite(ndvi[n])]
    window = harvest_window(days, ndvi)
    if len(bare) < 2 or len(seen_green) < 3:
        return  # too little to see; what is asked of such a series stands below
    assert window is not None
    assert window.first_day < window.last_day
    assert window.first_day < harvested <= window.last_day
    assert 0.3 < window.drop < 0.8


def test_the_deepest_of_several_falls_is_taken():
    days = [START + timedelta(days=10 * n) for n in range(12)]
    ndvi = [0.2, 0.5, 0.52, 0.25, 0.24, 0.5, 0.8, 0.82, 0.81, 0.2, 0.21, 0.2]
    window = harvest_window(days, ndvi)
    assert window is not None
    assert (window.first_day, window.last_day) == (days[8], days[9])
    assert window.drop == pytest.approx(0.6, abs=0.02)


def test_order_of_dates_does_not_matter_and_repeats_are_averaged():
    days = [START + timedelta(days=10 * n) for n in range(8)]
    ndvi = [0.2, 0.5, 0.8, 0.8, 0.78, 0.2, 0.2, 0.2]
    shuffled = np.random.default_rng(1).permutation(8)
    expected = harvest_window(days, ndvi)
    assert expected is not None
    assert harvest_window([days[n] for n in shuffled], [ndvi[n] for n in shuffled]) == expected
    assert harvest_window([*days, days[5]], [*ndvi, 0.2]) == expected


@pytest.mark.parametrize(
    ("story", "ndvi"),
    [
        ("orchard", [0.66, 0.68, 0.7, 0.69, 0.71, 0.68, 0.66, 0.67]),
        ("bare", [0.2, 0.22, 0.18, 0.21, 0.2, 0.19, 0.2, 0.2]),
        ("still green", [0.15, 0.2, 0.4, 0.6, 0.75, 0.8, 0.82, 0.81]),
        ("one low picture at the end", [0.2, 0.5, 0.8, 0.82, 0.81, 0.8, 0.79, 0.2]),
        ("one low picture in the middle", [0.6, 0.7, 0.8, 0.1, 0.82, 0.81, 0.8, 0.79]),
        ("nothing seen", [np.nan] * 8),
        ("three pictures", [0.8, np.nan, np.nan, 0.2, np.nan, np.nan, 0.2, np.nan]),
    ],
)
def test_no_clear_cycle_gives_none(story, ndvi):
    days = [START + timedelta(days=10 * n) for n in range(8)]
    assert harvest_window(days, ndvi) is None, story


def test_one_value_per_date():
    with pytest.raises(UsageError):
        harvest_window([START], [0.1, 0.2])
