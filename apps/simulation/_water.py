"""Salinity and level at canal stations that no source measures: a documented simulator.

The salt front is a sigmoid in space whose middle moves (km from the mouth)::

    S(x, t) = S_sea / (1 + exp((x - X(t)) / L))
    X = X0 - a ln(Q / Q0) + b surge + c (spring-neap) + d tide(t - lag) - e sluice + noise

Discharge Q acts smoothed over ten days and a week late; a set-up of 0.4 m carries the
salt 10 km further (Eslami 2021); gates close when the day's salt at the gate passes
3 g/L and open below 2 (an operating review starts at 3 ‰ at Cái Bé, sggp). At the end
X is nudged so that the published readings of Hậu Giang (salinity.md §9) are met.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import numpy as np
import numpy.typing as npt

from agridata.vocabulary import Utc, local_date, local_midnight, to_local

from ._models import stream
from ._river import daily_noise, simulate_discharge, spring_neap, surge_m, tide
from ._stations import PUBLISHED_READINGS, PublishedReading, WaterStation

__all__ = ["simulate_salinity", "simulate_water_level", "two_hourly_times"]

Floats = npt.NDArray[np.float64]

_SEA_GL = 32.0
_FRONT_WIDTH_KM = 7.0
_MIDDLE_KM = 28.5
_FLOW_KM, _FLOW_M3S = 26.0, 2700.0
_SURGE_KM_PER_M = 25.0
_SPRING_KM, _TIDE_KM = 5.0, 6.5
_NOISE_KM = 0.7

_LEVEL_NOISE_M = 0.02
"""Local wind, pumping and gauge reading: no two gauges ever write the same series."""
_FLOW_DELAY_DAYS, _FLOW_MEAN_DAYS = 7, 10

_GATE_KM, _GATE_CLOSE_GL, _GATE_OPEN_GL, _SLUICE_KM = 40.0, 3.0, 2.0, 4.0
_GATES_SINCE = date(2022, 1, 1)
"""The Cái Lớn–Cái Bé gates work since 2022: a break in the regime (salinity.md §2)."""

_NUDGE_DAYS = 14.0
"""A published reading pulls the days around it, weight exp(-(days/14)²/2)."""

_READING_NOISE_KM = 0.2
"""Error of one hand-held reading, about 3 % of a low value, as a shift of the front."""


def two_hourly_times(first_day: date, until: Utc) -> list[Utc]:
    """Return the odd local hours (01, 03 … 23) from `first_day` up to and with `until`, UTC."""
    start = local_midnight(first_day) + timedelta(hours=1)
    count = (until - start) // timedelta(hours=2) + 1
    return [Utc(start + timedelta(hours=2 * step)) for step in range(max(0, count))]


def simulate_salinity(
    stations: Sequence[WaterStation],
    times: Sequence[Utc],
    *,
    seed: int,
    published: Sequence[PublishedReading] = PUBLISHED_READINGS,
) -> Floats:
    """Return simulated salinity.

    Parameters
    ----------
    stations
        Where; see `SALINITY_STATIONS`.
    times
        When, aware, any order and spacing, from 2010 to 2053.
    seed
        Any subset of stations and times gives the same values for the same seed.
    published
        Readings to be met exactly, before rounding (none: the free model).

    Returns
    -------
    ndarray of float64, shape (stations, times)
        g/L, not rounded, never negative.
    """
    days = sorted({local_date(moment) for moment in times})
    place = np.searchsorted(
        [day.toordinal() for day in days], [local_date(moment).toordinal() for moment in times]
    )
    fronts = _front_km(days, seed)
    rows = []
    for station in stations:
        middle = (
            fronts
            + _noise_km(station, days, seed)
            - _sluice_km(station, days, seed)
            + _nudge_km(station, days, published, seed)
        )
        jitter = _READING_NOISE_KM * _reading_noise(station, times, seed)
        rows.append(_salinity(station, middle[place] + jitter, times))
    return np.array(rows).reshape(len(stations), len(times))


def simulate_water_level(
    stations: Sequence[WaterStation], times: Sequence[Utc], *, seed: int
) -> Floats:
    """Return the simulated water level, m above the national datum, shape (stations, times)."""
    surges = surge_m(days := sorted({local_date(moment) for moment in times}), seed=seed)
    number = {day: place for place, day in enumerate(days)}
    place = np.array([number[local_date(moment)] for moment in times])
    return np.array(
        [
            0.18 + 0.7 * surges[place]
            + 1.6 * station.tide_m * tide(times, lag_hours=station.lag_hours)
            + _LEVEL_NOISE_M * daily_noise(seed, f"level {station.key}", days, 0.5)[place]
            for station in stations
        ]
    )  # fmt: skip


def _smoothed_flow(days: Sequence[date], seed: int) -> Floats:
    wide = [
        days[0] + timedelta(days=step)
        for step in range(-_FLOW_DELAY_DAYS - _FLOW_MEAN_DAYS, (days[-1] - days[0]).days + 1)
    ]
    flow = simulate_discharge(wide, seed=seed)
    means = np.convolve(flow, np.full(_FLOW_MEAN_DAYS, 1 / _FLOW_MEAN_DAYS), mode="valid")
    # means[i] ends on wide[i + mean - 1]; the day that feels it comes a delay later
    first = days[0] + timedelta(days=-1)
    return means[[(day - first).days for day in days]]


def _front_km(days: Sequence[date], seed: int) -> Floats:
    noons = [local_midnight(day) + timedelta(hours=12) for day in days]
    return np.asarray(
        _MIDDLE_KM
        - _FLOW_KM * np.log(_smoothed_flow(days, seed) / _FLOW_M3S)
        + _SURGE_KM_PER_M * surge_m(days, seed=seed)
        + _SPRING_KM * (spring_neap(noons) - 0.65)
    )


def _noise_km(station: WaterStation, days: Sequence[date], seed: int) -> Floats:
    return _NOISE_KM * daily_noise(seed, f"salt {station.key}", days, 0.85)


def _salinity(station: WaterStation, front_km: Floats, times: Sequence[datetime]) -> Floats:
    reach = _TIDE_KM * station.tide_m / 0.30
    middle = front_km + reach * tide(times, lag_hours=station.lag_hours)
    exponent = np.clip((station.distance_km - middle) / _FRONT_WIDTH_KM, -50, 50)
    return np.asarray(_SEA_GL / (1 + np.exp(exponent)))


def _sluice_km(station: WaterStation, days: Sequence[date], seed: int) -> Floats:
    """Return how far closed gates hold the salt back, km, per day (0 where open)."""
    if not station.behind_sluice:
        return np.zeros(len(days))
    # salt is far away on 1 October, so the gates' state does not depend on where we start
    first = date(days[0].year - 1, 10, 1)
    span = [first + timedelta(days=step) for step in range((days[-1] - first).days + 1)]
    at_gate = _SEA_GL / (1 + np.exp((_GATE_KM - _front_km(span, seed)) / _FRONT_WIDTH_KM))
    closed, states = False, {}
    for day, salt in zip(span, at_gate, strict=True):
        closed = day >= _GATES_SINCE and bool(salt > (_GATE_OPEN_GL if closed else _GATE_CLOSE_GL))
        states[day] = closed
    return np.array([_SLUICE_KM if states[day] else 0.0 for day in days])


def _reading_noise(station: WaterStation, times: Sequence[datetime], seed: int) -> Floats:
    """Return independent standard noise per reading, from its own hour."""
    errors: dict[date, Floats] = {}
    values = np.empty(len(times))
    for place, moment in enumerate(times):
        local = to_local(moment)
        day = local.date()
        if day not in errors:
            errors[day] = stream(seed, "reading", station.key, str(day)).standard_normal(24)
        values[place] = errors[day][local.hour]
    return values


def _day_times(day: date) -> list[Utc]:
    return two_hourly_times(day, Utc(local_midnight(day) + timedelta(hours=23)))


def _unpulled(station: WaterStation, reading: PublishedReading, seed: int) -> float:
    """Return what the free model says where a reading was published, g/L."""
    if reading.hour is None:
        times = _day_times(reading.day)
    else:
        times = [Utc(local_midnight(reading.day) + timedelta(hours=reading.hour))]
    return float(simulate_salinity([station], times, seed=seed, published=()).max())


def _logit(salinity: float) -> float:
    return float(np.log(salinity / (_SEA_GL - salinity)))


def _nudge_km(
    station: WaterStation, days: Sequence[date], published: Sequence[PublishedReading], seed: int
) -> Floats:
    """Return the shift of the front that meets the station's published readings, km."""
    own = [one for one in published if one.station_key == station.key]
    if not own:
        return np.zeros(len(days))
    needed = [
        _FRONT_WIDTH_KM * (_logit(one.salinity) - _logit(_unpulled(station, one, seed)))
        for one in own
    ]
    gaps = np.array([[(day - one.day).days for one in own] for day in days], dtype=np.float64)
    weights = np.exp(-0.5 * (gaps / _NUDGE_DAYS) ** 2)
    # readings of one station lie years apart, so their weights do not meet
    return np.asarray(weights @ np.array(needed))
