"""What is known at an origin: for column j everything here rests on columns < j only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remote_sensing.salinity._panel import EPOCH_ORDINAL, Panel
from remote_sensing.salinity._tide import phases

__all__ = ["MAX_LAST_AGE_DAYS", "History", "build_history", "gather", "gather_days"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MAX_LAST_AGE_DAYS = 7
"""A last value older than half a spring–neap cycle says nothing about the phase."""

CLIMATOLOGY_HALF_WINDOW_DAYS = 7
"""Day-of-year window of the climatology: about one spring–neap cycle in all."""

HARMONIC_WINDOW_DAYS = 60
"""Four spring–neap cycles: enough to separate the beats, short enough to follow a season."""

HARMONIC_RIDGE = 5.0
"""Penalty on amplitudes, in days of data: a short record stays near its mean."""

MIN_HARMONIC_DAYS = 10


@dataclass(frozen=True)
class History:
    """Running summaries ``[station, day]``; column j is known before day j begins.

    `climatology` is indexed by the *valid* day and rests on earlier calendar years only;
    `own_mean` (all days so far) stands in where a station has no earlier year.
    `harmonic` holds regression weights ``[station, day, term]`` on `basis` ``[day, term]``
    (tidal beats) and the discharge `flow` known at the origin.
    """

    last: Floats
    age: Floats
    mean3: Floats
    mean7: Floats
    mean15: Floats
    mean30: Floats
    max15: Floats
    min15: Floats
    std30: Floats
    count15: Floats
    own_mean: Floats
    climatology: Floats
    basis: Floats
    flow: Floats
    harmonic: Floats
    driver_means: dict[str, Floats]


def gather(matrix: Floats, row: Ints, column: Ints) -> Floats:
    """Return ``matrix[row, column]``, NaN where the column is outside the calendar."""
    inside = (column >= 0) & (column < matrix.shape[1])
    return np.where(inside, matrix[row, column.clip(0, matrix.shape[1] - 1)], np.nan)


def gather_days(vector: Floats, column: Ints) -> Floats:
    """Return ``vector[column]``, NaN where the column is outside the calendar."""
    inside = (column >= 0) & (column < vector.size)
    return np.where(inside, vector[column.clip(0, vector.size - 1)], np.nan)


def _windows(matrix: Floats, width: int) -> Floats:
    """Return ``[row, day, width]`` of the `width` days before each day (NaN-padded view)."""
    padded = np.pad(matrix, ((0, 0), (width, 0)), constant_values=np.nan)
    view = np.lib.stride_tricks.sliding_window_view(padded, width, axis=1)
    return view[:, : matrix.shape[1]]


def _mean(matrix: Floats, width: int, at_least: int) -> Floats:
    window = _windows(matrix, width)
    count = np.isfinite(window).sum(axis=2)
    total = np.nansum(window, axis=2)
    return np.where(count >= at_least, total / np.maximum(count, 1), np.nan)


def _extreme(matrix: Floats, width: int, at_least: int, *, sign: float) -> Floats:
    window = _windows(matrix * sign, width)
    known = np.isfinite(window)
    highest = np.where(known, window, -np.inf).max(axis=2) * sign
    return np.where(known.sum(axis=2) >= at_least, highest, np.nan)


def _std(matrix: Floats, width: int, at_least: int) -> Floats:
    mean = _mean(matrix, width, at_least)
    square = _mean(matrix**2, width, at_least)
    return np.sqrt(np.maximum(square - mean**2, 0.0))


def _last(matrix: Floats) -> tuple[Floats, Floats]:
    """Return the last known value before each day and its age in days (1 = the day before)."""
    days = np.arange(matrix.shape[1])
    seen = np.maximum.accumulate(np.where(np.isfinite(matrix), days[None, :], -1), axis=1)
    before = np.pad(seen, ((0, 0), (1, 0)), constant_values=-1)[:, :-1]
    rows = np.arange(matrix.shape[0])[:, None]
    value = np.where(before >= 0, matrix[rows, before.clip(0)], np.nan)
    return value, np.where(before >= 0, days[None, :] - before, np.nan).astype(np.float64)


def _running_mean(matrix: Floats) -> Floats:
    known = np.isfinite(matrix)
    total = np.cumsum(np.where(known, matrix, 0.0), axis=1) - np.where(known, matrix, 0.0)
    count = np.cumsum(known, axis=1) - known
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _climatology(panel: Panel) -> Floats:
    """Mean of the same days of earlier years; NaN in a station's first season."""
    stamps = (panel.ordinals - EPOCH_ORDINAL).astype("datetime64[D]")
    years = stamps.astype("datetime64[Y]").astype(np.int64)
    of_year = (stamps - stamps.astype("datetime64[Y]")).astype(np.int64)
    result = np.full_like(panel.values, np.nan)
    for year in np.unique(years)[1:]:
        earlier = panel.values[:, years < year]
        days_before = of_year[years < year]
        for column in np.flatnonzero(years == year):
            near = np.abs(days_before - of_year[column]) <= CLIMATOLOGY_HALF_WINDOW_DAYS
            chosen = earlier[:, near]
            count = np.isfinite(chosen).sum(axis=1)
            total = np.nansum(chosen, axis=1)
            result[:, column] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return result


def _harmonic(panel: Panel, basis: Floats, flow: Floats) -> Floats:
    """Weights of a ridge regression of the last 60 days on tidal beats and discharge."""
    stations, days = panel.values.shape
    terms = basis.shape[1] + 1
    weights = np.full((stations, days, terms), np.nan)
    known_flow = np.nan_to_num(flow - np.float64(8.0))  # ln(3000 m³/s) = 8: a dry-season flow
    design = np.column_stack([basis, known_flow])
    penalty = HARMONIC_RIDGE * np.eye(terms)
    penalty[0, 0] = 1e-6
    for column in range(MIN_HARMONIC_DAYS, days):
        start = max(0, column - HARMONIC_WINDOW_DAYS)
        window = panel.values[:, start:column]
        known = np.isfinite(window)
        rows = np.flatnonzero(known.sum(axis=1) >= MIN_HARMONIC_DAYS)
        if rows.size == 0:
            continue
        part = design[start:column]
        mask = known[rows].astype(np.float64)
        gram = np.einsum("sd,dp,dq->spq", mask, part, part, optimize=True) + penalty
        moment = np.where(known[rows], window[rows], 0.0) @ part
        weights[rows, column] = np.linalg.solve(gram, moment[..., None])[..., 0]
    return weights


def build_history(panel: Panel) -> History:
    """Compute every running summary of `panel` once."""
    values = panel.values
    last, age = _last(values)
    tide = phases(panel.ordinals)[:, :6]
    basis = np.column_stack([np.ones(panel.days), tide])
    means = {
        f"{name}_{width}": _mean(column[None, :], width, 1)[0]
        for name, column in panel.drivers.items()
        for width in (1, 3, 7, 15)
    }
    return History(
        last=last, age=age,
        mean3=_mean(values, 3, 1), mean7=_mean(values, 7, 3),
        mean15=_mean(values, 15, 5), mean30=_mean(values, 30, 8),
        max15=_extreme(values, 15, 5, sign=1.0), min15=_extreme(values, 15, 5, sign=-1.0),
        std30=_std(values, 30, 8),
        count15=np.isfinite(_windows(values, 15)).sum(axis=2).astype(np.float64),
        own_mean=_running_mean(values), climatology=_climatology(panel),
        basis=basis, flow=means["discharge_3"],
        harmonic=_harmonic(panel, basis, means["discharge_3"]),
        driver_means=means,
    )  # fmt: skip
