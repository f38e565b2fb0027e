"""What drives the salt: upstream discharge, monsoon surge, the West Sea's tide.

A documented simulator, not a measurement. Every series is a function of the moment
and the seed alone, so any window of it can be asked for in any order.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import numpy as np
import numpy.typing as npt

from agridata.errors import UsageError

from ._models import stream

__all__ = [
    "daily_noise",
    "simulate_discharge",
    "spring_neap",
    "surge_m",
    "tide",
]

Floats = npt.NDArray[np.float64]

_EPOCH = date(2010, 1, 1)
_DAYS = 16_000
"""Noise exists for 2010-01-01 to October 2053."""

_MONTHLY_M3S = (3900, 3050, 2700, 2850, 4300, 11000, 22000, 34000, 34500, 21000, 10500, 5800)
"""Rounded shape of a year at Kratie, mid-month; March 2025 was published as 6.4–8.2 bn m³
(vietnamplus 2025-03, salinity.md §2), which 2,700 m³/s meets."""

_SEASON_FACTORS = {2016: 0.74, 2020: 0.80, 2024: 0.88, 2025: 1.0, 2026: 1.06}
"""Dry-season flow against an ordinary year. 2016, 2020 and 2024 were droughts (press), 2025
is fixed by the published March; the sizes are the simulator's choice. Others are drawn."""

_CONSTITUENTS = {  # period in hours, amplitude as a share of the whole; West Sea: mostly diurnal
    "M2": (12.4206012, 0.24),
    "S2": (12.0, 0.10),
    "K1": (23.9344696, 0.38),
    "O1": (25.8193417, 0.28),
}
_SPRING = datetime(2000, 1, 8, 6, tzinfo=UTC)
"""All four constituents crest here, a day and a half after the new moon of 2000-01-06."""


def daily_noise(seed: int, label: str, days: Sequence[date], persistence: float) -> Floats:
    """Return a stationary AR(1) series (mean 0, sd 1) at `days`.

    Raises
    ------
    UsageError
        If a day lies before 2010 or after October 2053.
    """
    white = stream(seed, label).standard_normal(_DAYS)
    reach = np.arange(int(np.ceil(np.log(1e-3) / np.log(persistence))))
    weights = persistence**reach * np.sqrt(1 - persistence**2)
    return np.asarray(np.convolve(white, weights)[_day_numbers(days)])


def _day_numbers(days: Sequence[date]) -> npt.NDArray[np.int64]:
    numbers = np.array([(day - _EPOCH).days for day in days], dtype=np.int64)
    if numbers.size and (numbers.min() < 0 or numbers.max() >= _DAYS):
        raise UsageError(
            f"the simulator knows no {min(days)}…{max(days)}",
            field="days",
            fix="ask for days from 2010-01-01 to 2053",
        )
    return numbers


def _dry_factor(days: Sequence[date], seed: int) -> Floats:
    """Interpolate between the seasons' factors, each standing on 15 March of its year."""
    first, last = min(days).year - 1, max(days).year + 1
    years = range(first, last + 1)
    drawn = {year: float(np.exp(stream(seed, "flow", str(year)).normal(0, 0.07))) for year in years}
    factors = [_SEASON_FACTORS.get(year, drawn[year]) for year in years]
    marks = [date(year, 3, 15).toordinal() for year in years]
    return np.interp([day.toordinal() for day in days], marks, factors)


def simulate_discharge(days: Sequence[date], *, seed: int) -> Floats:
    """Return the simulated daily mean discharge of the Mekong at Kratie, m³/s.

    Parameters
    ----------
    days
        Any local days from 2010 to 2053.

    Returns
    -------
    ndarray of float64, shape (days,)
    """
    middles, levels = [], []
    for year in range(min(days).year - 1, max(days).year + 2):
        middles += [date(year, month, 15).toordinal() for month in range(1, 13)]
        levels += list(np.log(_MONTHLY_M3S))
    shape = np.interp([day.toordinal() for day in days], middles, levels)
    noise = 0.03 * daily_noise(seed, "discharge", days, 0.96)
    return np.asarray(np.exp(shape + noise) * _dry_factor(days, seed))


def surge_m(days: Sequence[date], *, seed: int) -> Floats:
    """Return the daily monsoon set-up at the mouth, m (20–40 cm events: Eslami 2021).

    The north-east monsoon holds it above zero until March, on average.
    """
    of_year = np.array([day.timetuple().tm_yday for day in days])
    season = 0.06 * np.cos(2 * np.pi * (of_year - 15) / 365.25)
    return np.asarray(season + 0.06 * daily_noise(seed, "surge", days, 0.8))


def _hours(times: Sequence[datetime]) -> Floats:
    return np.array([(moment - _SPRING).total_seconds() / 3600 for moment in times])


def tide(times: Sequence[datetime], *, lag_hours: float = 0.0) -> Floats:
    """Return the astronomic tide from M2, S2, K1 and O1, dimensionless within ±1."""
    hours = _hours(times) - lag_hours
    waves = [share * np.cos(2 * np.pi * hours / period) for period, share in _CONSTITUENTS.values()]
    return np.asarray(np.sum(waves, axis=0))


def spring_neap(times: Sequence[datetime]) -> Floats:
    """Return the slow envelope of `tide`, 1 at the largest springs, about 0.3 at neaps."""
    hours = _hours(times)

    def beat(first: str, second: str) -> Floats:
        (period_1, share_1), (period_2, share_2) = _CONSTITUENTS[first], _CONSTITUENTS[second]
        phase = 2 * np.pi * hours * (1 / period_1 - 1 / period_2)
        return np.asarray(np.abs(share_1 + share_2 * np.exp(1j * phase)), dtype=np.float64)

    return beat("M2", "S2") + beat("K1", "O1")
