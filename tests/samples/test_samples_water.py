"""The water simulator meets what was published and behaves like the river."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agridata.errors import UsageError
from agridata.vocabulary import Utc, local_midnight, to_local
from apps.simulation import (
    PUBLISHED_RANGES,
    PUBLISHED_READINGS,
    SALINITY_STATIONS,
    SAMPLE_AS_OF,
    SAMPLE_SEED,
    simulate_discharge,
    simulate_salinity,
    simulate_water_level,
    two_hourly_times,
)

TOLERANCE_GL = 0.15
KEYS = [station.key for station in SALINITY_STATIONS]


def day_times(first: date, last: date) -> list[Utc]:
    return two_hourly_times(first, Utc(local_midnight(last) + timedelta(hours=23)))


def daily_maxima(first: date, last: date) -> np.ndarray:
    values = simulate_salinity(SALINITY_STATIONS, day_times(first, last), seed=SAMPLE_SEED)
    return values.reshape(len(KEYS), -1, 12).max(axis=2)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(PUBLISHED_READINGS))
def test_published_readings_are_met_whatever_the_seed(seed: int, reading) -> None:
    station = SALINITY_STATIONS[KEYS.index(reading.station_key)]
    times = (
        day_times(reading.day, reading.day)
        if reading.hour is None
        else [Utc(local_midnight(reading.day) + timedelta(hours=reading.hour))]
    )
    value = simulate_salinity([station], times, seed=seed).max()
    assert value == pytest.approx(reading.salinity, abs=TOLERANCE_GL)


def test_the_nine_published_readings_are_the_ones_of_the_press() -> None:
    april = sorted(one.salinity for one in PUBLISHED_READINGS if one.day == date(2024, 4, 22))
    assert april == [6.6, 9.2, 10.2, 10.6, 10.7, 12.6, 13.3]
    assert [one.salinity for one in PUBLISHED_READINGS if one.day == date(2020, 2, 4)] == [5.6, 3.1]


def test_spring_2024_keeps_to_the_published_range() -> None:
    everywhere, hoc_po = PUBLISHED_RANGES
    maxima = daily_maxima(everywhere.first_day, everywhere.last_day)
    outside = [place for place, one in enumerate(SALINITY_STATIONS) if not one.behind_sluice]
    medians = np.median(maxima[outside], axis=1)
    assert everywhere.low - 0.2 <= medians.min()
    assert medians.max() <= everywhere.high
    assert maxima[KEYS.index("hoc_po")].max() == pytest.approx(hoc_po.high, abs=1.5)


def test_march_2025_discharge_is_the_published_volume() -> None:
    days = [date(2025, 3, day) for day in range(1, 32)]
    volume_bn_m3 = simulate_discharge(days, seed=SAMPLE_SEED).sum() * 86_400 / 1e9
    assert 6.4 <= volume_bn_m3 <= 8.2


def test_discharge_has_a_flood_and_a_dry_season() -> None:
    days = [date(2025, 1, 1) + timedelta(days=step) for step in range(365)]
    flow = simulate_discharge(days, seed=SAMPLE_SEED)
    assert flow[240:280].mean() > 8 * flow[60:100].mean()
    assert flow.min() > 1500


def test_any_window_tells_the_same_story() -> None:
    whole = day_times(date(2025, 1, 1), date(2026, 3, 19))
    part = day_times(date(2026, 3, 1), date(2026, 3, 5))
    start = whole.index(part[0])
    long = simulate_salinity(SALINITY_STATIONS, whole, seed=7)[:, start : start + len(part)]
    short = simulate_salinity(SALINITY_STATIONS[::-1], part, seed=7)[::-1]
    np.testing.assert_allclose(short, long, rtol=1e-12)
    backwards = simulate_salinity(SALINITY_STATIONS, part[::-1], seed=7)
    np.testing.assert_array_equal(backwards[:, ::-1], simulate_salinity(
        SALINITY_STATIONS, part, seed=7))  # fmt: skip


def test_a_fortnight_repeats_better_than_a_week() -> None:
    # measured at real stations: seven-day persistence is the worst (spring against neap)
    maxima = np.log(daily_maxima(date(2025, 1, 15), date(2025, 5, 1)))
    detrended = maxima - np.array([np.convolve(row, np.ones(29) / 29, "same") for row in maxima])
    inner = detrended[:, 15:-15]

    def error(lag: int) -> float:
        return float(np.sqrt(np.mean((inner[:, lag:] - inner[:, :-lag]) ** 2)))

    assert error(15) < error(7)
    assert error(1) < error(15)


def test_salt_and_level_are_physical() -> None:
    times = day_times(date(2026, 1, 1), date(2026, 3, 19))
    salinity = simulate_salinity(SALINITY_STATIONS, times, seed=SAMPLE_SEED)
    assert salinity.min() >= 0
    assert salinity.max() < 25
    level = simulate_water_level(SALINITY_STATIONS, times, seed=SAMPLE_SEED)
    assert -1.2 < level.min() < level.max() < 1.5
    by_hour = salinity[0].reshape(-1, 12)
    assert (by_hour.max(axis=1) / by_hour.min(axis=1)).mean() > 1.5  # the tide is felt


def test_a_dry_year_is_saltier() -> None:
    dry = daily_maxima(date(2024, 2, 1), date(2024, 4, 1)).mean(axis=1)
    usual = daily_maxima(date(2025, 2, 1), date(2025, 4, 1)).mean(axis=1)
    assert (dry > usual).all()


def test_at_as_of_one_place_has_fresh_hours_and_one_has_none() -> None:
    first = to_local(SAMPLE_AS_OF).date() - timedelta(days=6)
    values = simulate_salinity(
        SALINITY_STATIONS, two_hourly_times(first, SAMPLE_AS_OF), seed=SAMPLE_SEED
    )
    fresh = dict(zip(KEYS, (values <= 1.0).mean(axis=1), strict=True))
    assert 0.2 < fresh["kenh_moi"] < 0.95
    assert fresh["nuoc_trong"] == 0


def test_times_are_odd_local_hours_up_to_as_of() -> None:
    times = two_hourly_times(date(2026, 3, 19), SAMPLE_AS_OF)
    hours = [to_local(moment).hour for moment in times]
    assert hours == [*range(1, 24, 2), 1, 3, 5]
    assert two_hourly_times(date(2026, 3, 21), SAMPLE_AS_OF) == []


def test_days_out_of_reach_are_refused() -> None:
    with pytest.raises(UsageError, match="2009"):
        simulate_discharge([date(2009, 12, 31)], seed=1)
