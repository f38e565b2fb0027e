"""What would have been forecast in every earlier year, from the years before it alone.

One table per horizon feeds everything: the model's weights, the choice between model and
baseline, and the residuals from which intervals are made. A row of target year ``s`` uses
figures up to ``s − horizon`` only, and so does the model that fills its ``model`` column;
cutting the table at the last known year therefore leaks nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from remote_sensing.yields._baselines import BASELINES, Outlook, outlook
from remote_sensing.yields._panel import Panel

__all__ = ["METHODS", "History", "fit_weights", "model_forecast"]

METHODS = ("model", *BASELINES)

SHRINKAGE = 2.0
"""Ridge on the three weights, in units of 1/t·ha⁻¹: with no history the model is the median."""

ROUNDS = 30
SMALLEST_RESIDUAL = 1e-3
BURN_IN_YEARS = 4
"""Years before the first backtest target: earlier there is no five-year history to speak of."""


def fit_weights(terms: NDArray[np.float64], deviation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return weights of the terms that explain the deviation from the five-year median.

    Least absolute deviations by iteratively re-weighted least squares (Schlossmacher 1973),
    shrunk towards 0: disasters (0.05 t/ha after 4) must not steer the weights of ordinary
    years.

    Parameters
    ----------
    terms
        float64 (rows, 3), see `Outlook.terms`.
    deviation
        float64 (rows,): yield minus five-year median, t/ha.
    """
    weights: NDArray[np.float64] = np.zeros(terms.shape[1])
    penalty = SHRINKAGE * np.eye(terms.shape[1])
    for _ in range(ROUNDS if len(deviation) else 0):
        importance = 1 / np.maximum(np.abs(deviation - terms @ weights), SMALLEST_RESIDUAL)
        weighted = terms * importance[:, None]
        solved = np.linalg.solve(weighted.T @ terms + penalty, weighted.T @ deviation)
        weights = np.asarray(solved, np.float64)
    return weights


def model_forecast(known: Outlook, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the model's forecast of every series, t/ha, not below 0; NaN = not grown."""
    return np.maximum(known.median5 + known.terms @ weights, 0.0)


@dataclass(frozen=True)
class History:
    """Backtest of one horizon over a panel.

    `table` has one row per series and target year that has both a figure and a forecast:
    row (of the panel), season, year, actual, median5, t0…t2, model, mean5, last, trend.
    """

    panel: Panel
    horizon: int
    table: pd.DataFrame

    @classmethod
    def of(cls, panel: Panel, horizon: int) -> History:
        """Run the rolling-origin backtest of `panel`."""
        start = panel.first_year + BURN_IN_YEARS + horizon - 1
        parts = [_targets(panel, year, horizon) for year in range(start, panel.last_year + 1)]
        columns = ["row", "season", "year", "actual", "median5", "t0", "t1", "t2", *BASELINES]
        table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
        table["model"] = _rolling_model(table, horizon)
        return cls(panel, horizon, table)

    def until(self, last_year: int) -> pd.DataFrame:
        """Return the rows whose outcome was known at the end of `last_year`."""
        return self.table[self.table["year"] <= last_year]

    def weights(self, last_year: int) -> NDArray[np.float64]:
        """Return the model's weights as learnt by the end of `last_year`."""
        return _weights_of(self.until(last_year))


def _targets(panel: Panel, year: int, horizon: int) -> pd.DataFrame:
    known = outlook(panel.known(year - horizon), horizon)
    actual = panel.values[:, year - panel.first_year]
    terms = {f"t{number}": known.terms[:, number] for number in range(3)}
    table = pd.DataFrame({
        "row": np.arange(len(actual)), "season": panel.seasons, "year": year, "actual": actual,
        "median5": known.median5, **terms, **{name: known.baseline(name) for name in BASELINES},
    })  # fmt: skip
    return table.dropna(subset=["actual", "median5"])


def _weights_of(table: pd.DataFrame) -> NDArray[np.float64]:
    terms = table[["t0", "t1", "t2"]].to_numpy(np.float64)
    return fit_weights(terms, (table["actual"] - table["median5"]).to_numpy(np.float64))


def _rolling_model(table: pd.DataFrame, horizon: int) -> NDArray[np.float64]:
    """Return the model's forecast of each row, learnt from targets known at its origin."""
    forecast = np.full(len(table), np.nan)
    years = table["year"].to_numpy()
    for year in np.unique(years):
        weights = _weights_of(table[years <= year - horizon])
        now = table[years == year]
        change = now[["t0", "t1", "t2"]].to_numpy(np.float64) @ weights
        forecast[years == year] = np.maximum(now["median5"].to_numpy(np.float64) + change, 0.0)
    return forecast
