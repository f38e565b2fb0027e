"""Scores of a forecast against what happened; pairs with a missing value are left out."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["brier", "coverage", "nash_sutcliffe", "rmse", "skill"]


def _pairs(*columns: ArrayLike) -> list[NDArray[np.float64]]:
    """Return the columns as float arrays, only where every one of them is finite."""
    arrays = [np.asarray(column, dtype=np.float64) for column in columns]
    known = np.all([np.isfinite(array) for array in arrays], axis=0)
    return [array[known] for array in arrays]


def rmse(observed: ArrayLike, predicted: ArrayLike) -> float:
    """Return the root mean square error in the unit of the values; NaN without pairs."""
    seen, said = _pairs(observed, predicted)
    return float(np.sqrt(np.mean((said - seen) ** 2))) if seen.size else float("nan")


def nash_sutcliffe(observed: ArrayLike, predicted: ArrayLike) -> float:
    """Return NSE = 1 − SSE / variance about the mean (Nash & Sutcliffe 1970).

    1 is perfect, 0 as good as the mean of the observed values; NaN without pairs or
    where the observed values do not vary.
    """
    seen, said = _pairs(observed, predicted)
    spread = float(np.sum((seen - seen.mean()) ** 2)) if seen.size else 0.0
    return 1.0 - float(np.sum((said - seen) ** 2)) / spread if spread > 0 else float("nan")


def skill(error: float, reference_error: float) -> float:
    """Return 1 − error / reference_error: above 0 the forecast beats the reference."""
    return 1.0 - error / reference_error if reference_error > 0 else float("nan")


def coverage(observed: ArrayLike, low: ArrayLike, high: ArrayLike) -> float:
    """Return the share of observed values inside [low, high]; NaN without triples."""
    seen, lower, upper = _pairs(observed, low, high)
    return float(np.mean((seen >= lower) & (seen <= upper))) if seen.size else float("nan")


def brier(event: ArrayLike, probability: ArrayLike) -> float:
    """Return the mean squared error of a probability (Brier 1950); `event` is 0 or 1."""
    seen, said = _pairs(event, probability)
    return float(np.mean((said - seen) ** 2)) if seen.size else float("nan")
