"""What is known before a season: the three baselines, and the terms of the model.

Every function takes the columns up to the last known year and looks at nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["BASELINES", "Outlook", "outlook"]

BASELINES = ("mean5", "last", "trend")

RECENT_YEARS = 5
"""A crop without a figure in five years counts as no longer grown."""

TREND_YEARS = 15
MIN_TREND_POINTS = 3

ORDINARY_CHANGE = 0.6
"""t/ha: a last year further than this from the five-year median was a disaster or a typing
error, and reverts; nearer, it carries over. About twice the usual year-to-year change."""

MAX_TREND_CHANGE = 1.0

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Outlook:
    """Baselines and model terms of every series for one target year, t/ha; NaN = not grown."""

    mean5: Values
    last: Values
    trend: Values
    median5: Values
    terms: Values
    """(series, 3): ordinary part and excess of last year over the median, robust trend over it."""

    years_known: NDArray[np.int64]
    """Figures per series in the last fifteen years."""

    def baseline(self, name: str) -> Values:
        """Return a baseline by name."""
        return np.asarray(getattr(self, name), np.float64)


def outlook(known: Values, horizon: int) -> Outlook:
    """Compute baselines and model terms `horizon` years after the last column of `known`.

    Parameters
    ----------
    known
        float64 (series, year) up to the last known year.
    horizon
        Years from the last known year to the target, ≥ 1.

    Notes
    -----
    The robust trend is that of Theil (1950) and Sen (1968): the median of pairwise slopes.
    """
    recent = known[:, -RECENT_YEARS:]
    window = known[:, -TREND_YEARS:]
    grown = np.isfinite(recent).any(axis=1)
    median5 = _row_median(recent)
    last = _last(recent)
    robust = np.where(grown, _theil_sen(window, horizon), np.nan)
    change = last - median5
    ordinary = np.clip(change, -ORDINARY_CHANGE, ORDINARY_CHANGE)
    trend_change = np.clip(robust - median5, -MAX_TREND_CHANGE, MAX_TREND_CHANGE)
    return Outlook(
        mean5=_row_mean(recent),
        last=last,
        trend=np.where(grown, _least_squares(window, horizon), np.nan),
        median5=median5,
        terms=np.column_stack([ordinary, change - ordinary, np.nan_to_num(trend_change)]),
        years_known=np.isfinite(window).sum(axis=1),
    )


def _row_mean(values: Values) -> Values:
    seen = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        mean: Values = np.where(seen, values, 0).sum(axis=1) / seen.sum(axis=1)
    return mean


def _row_median(values: Values) -> Values:
    median = np.full(len(values), np.nan)
    some = np.isfinite(values).any(axis=1)
    if some.any():
        median[some] = np.nanmedian(values[some], axis=1)
    return median


def _last(values: Values) -> Values:
    """Return the newest figure of each row."""
    if not values.shape[1]:
        return np.full(len(values), np.nan)
    newest = values.shape[1] - 1 - np.argmax(np.isfinite(values[:, ::-1]), axis=1)
    return np.asarray(values[np.arange(len(values)), newest])


def _least_squares(values: Values, horizon: int) -> Values:
    """Return the straight line through each row, `horizon` steps beyond its end."""
    seen = np.isfinite(values)
    count = seen.sum(axis=1)
    time = np.arange(values.shape[1], dtype=np.float64)
    filled = np.where(seen, values, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = (seen * time).sum(axis=1) / count
        mean = filled.sum(axis=1) / count
        spread = np.where(seen, time - centre[:, None], 0)
        slope = (spread * filled).sum(axis=1) / (spread**2).sum(axis=1)
    line = mean + slope * (values.shape[1] - 1 + horizon - centre)
    return np.where(count >= MIN_TREND_POINTS, line, np.nan)


def _theil_sen(values: Values, horizon: int) -> Values:
    steps = values.shape[1]
    later, earlier = np.tril_indices(steps, -1)
    if not later.size:
        return np.full(len(values), np.nan)
    slopes = (values[:, later] - values[:, earlier]) / (later - earlier)
    slope = _row_median(slopes)
    level = _row_median(values - slope[:, None] * np.arange(steps))
    line = level + slope * (steps - 1 + horizon)
    return np.where(np.isfinite(values).sum(axis=1) >= MIN_TREND_POINTS, line, np.nan)
