"""Predictive distributions from the errors a method made before (split conformal).

The errors must come from forecasts that were true forecasts: made by a model that had
not seen the days they are scored on. Each is divided by an expected size, so that a
calm station does not inherit the errors of a wild one, and the interval is read from
the ranks of what remains (Lei et al. 2018, locally weighted split conformal; ranks
k/(n+1), so that coverage holds for a finite sample).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEVELS", "ErrorModel", "fit_error_model"]

Floats = NDArray[np.float64]

LEVELS: Floats = np.arange(1, 200) / 200.0
"""Probability levels of a predictive distribution: 0.005 apart, 0.005 to 0.995."""

MIN_ERRORS_PER_GROUP = 100
"""Fewer errors than this cannot place a 5 % quantile: the group then shares all errors."""

SMALLEST_ERROR = 0.02
"""Added before the logarithm, g/L: sheets are written to 0.1, so less is rounding."""

RIDGE = 1.0
"""Penalty of the size regression; only keeps it solvable when a column is constant."""


@dataclass(frozen=True)
class ErrorModel:
    """Expected size of an error and the ranks of errors divided by it.

    Parameters
    ----------
    weights
        ``log(size) = design @ weights``.
    ranks
        group → standardised error at each of `LEVELS`; key -1 pools all groups.
    """

    weights: Floats
    ranks: Mapping[int, Floats]

    def distribution(self, centre: Floats, design: Floats, group: NDArray[np.int64]) -> Floats:
        """Return values at `LEVELS`, shape ``[row, level]``, never below 0.

        Parameters
        ----------
        centre
            Point forecast per row.
        design
            Same columns as in `fit_error_model`.
        group
            Group per row (for example the lead).
        """
        ranks = np.stack([self.ranks.get(int(key), self.ranks[-1]) for key in group])
        size = np.exp(design @ self.weights)
        return np.maximum(centre[:, None] + size[:, None] * ranks, 0.0)


def fit_error_model(error: Floats, design: Floats, group: NDArray[np.int64]) -> ErrorModel:
    """Learn error sizes and ranks.

    Parameters
    ----------
    error
        Observed − forecast, one per row, all finite, at least one.
    design
        ``[row, column]`` predictors of the logarithm of the error's size (with an
        intercept column), for example log of the recent spread.
    group
        Ranks are taken within a group that has `MIN_ERRORS_PER_GROUP` errors.
    """
    log_size = np.log(np.abs(error) + SMALLEST_ERROR)
    penalty = RIDGE * np.eye(design.shape[1])
    penalty[0, 0] = 1e-9
    solved = np.linalg.solve(design.T @ design + penalty, design.T @ log_size)
    weights = np.asarray(solved, dtype=np.float64)
    standard = error / np.exp(design @ weights)
    ranks = {-1: _ranks(standard)}
    for key in np.unique(group):
        mine = standard[group == key]
        if mine.size >= MIN_ERRORS_PER_GROUP:
            ranks[int(key)] = _ranks(mine)
    return ErrorModel(weights, ranks)


def _ranks(standard: Floats) -> Floats:
    return np.asarray(np.quantile(standard, LEVELS, method="weibull"), dtype=np.float64)
