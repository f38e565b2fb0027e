"""One pooled point model for all stations: boosting and ridge, averaged, per lead group.

Trees find the interplay of tide, discharge and level; ridge regression per lead keeps
the plain autoregression that trees blur. Both learn the change from the last value in
units of the station's recent movement (`scale_of`) and of the usual size of that change
at the lead, so that day 1 counts as much as day 15.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["MIN_TRAINING_ROWS", "PooledModel", "fit_pooled_model"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Table = dict[str, Floats]

LEAD_GROUPS = ((1, 1), (2, 2), (3, 4), (5, 7), (8, 15), (16, 60))
"""Leads that share one boosting model: the physics changes from memory to tide."""

MIN_TRAINING_ROWS = 400
"""Per lead group; with fewer the baselines speak."""

MAX_BOOSTING_ROWS = 12_000
"""Per lead group: keeps a fit near a second on two cores; 20,000 rows gained nothing."""

THREADS = 1
"""OpenMP threads of the trees: on so few rows a second one gains little, and where another
process holds a core the spinning of two was measured 20 times slower."""

LARGEST_CHANGE = 6.0
"""Targets beyond six scales are typing errors more often than tides."""

RIDGE = 300.0
"""Penalty on standardised predictors."""

CLIP = 4.0
"""Standardised predictors are held within ±4, missing ones are 0 (the mean)."""

NOT_LINEAR = frozenset({"lead", "age", "lag1"})
"""Predictors without meaning for ridge: constant per lead, or always zero."""

BOOSTING: dict[str, Any] = {
    "max_iter": 60,
    "learning_rate": 0.1,
    "max_bins": 63,
    "max_leaf_nodes": 15,
    "min_samples_leaf": 60,
    "l2_regularization": 5.0,
    "early_stopping": False,
}


@dataclass(frozen=True)
class _Ridge:
    """Ridge weights of one lead; the last weight is the intercept."""

    names: tuple[str, ...]
    mean: Floats
    spread: Floats
    weights: Floats

    def predict(self, raw: Floats) -> Floats:
        unit = np.nan_to_num(((raw - self.mean) / self.spread).clip(-CLIP, CLIP))
        result: Floats = unit @ self.weights[:-1] + self.weights[-1]
        return result


@dataclass(frozen=True)
class PooledModel:
    """Fitted parts by lead group and lead; predicts the change in units of scale."""

    names: tuple[str, ...]
    boosters: dict[tuple[int, int], Any]
    ridges: dict[int, _Ridge]
    change_size: dict[int, float]

    def predict(self, table: Table, lead: Ints, last: Floats, scale: Floats) -> Floats:
        """Return the expected daily maximum, g/L; NaN at leads that were not learnt."""
        change = np.full(lead.size, np.nan)
        for (low, high), booster in self.boosters.items():
            rows = np.flatnonzero((lead >= low) & (lead <= high) & np.isin(lead, [*self.ridges]))
            if rows.size:
                part = _matrix(table, self.names, rows)
                with _few_threads():
                    change[rows] = booster.predict(part)
        for one, ridge in self.ridges.items():
            rows = np.flatnonzero(lead == one)
            if rows.size:
                mixed = 0.5 * (change[rows] + ridge.predict(_matrix(table, ridge.names, rows)))
                change[rows] = mixed * self.change_size[one]
        result = last + scale * change
        return np.asarray(np.maximum(result, 0.0), dtype=np.float64)


def fit_pooled_model(
    table: Table, lead: Ints, target: Floats, last: Floats, scale: Floats, *, seed: int
) -> PooledModel:
    """Fit on samples whose valid day was known at the training cut.

    Parameters
    ----------
    table
        Predictors of `describe`, each ``[n]``.
    lead, target, last, scale
        ``[n]``; target and last in g/L, scale in g/L.
    seed
        For the choice of rows where there are more than `MAX_BOOSTING_ROWS`.
    """
    change = ((target - last) / scale).clip(-LARGEST_CHANGE, LARGEST_CHANGE)
    names = tuple(name for name, column in table.items() if _varies(column))
    sizes = {
        int(one): float(np.sqrt(np.mean(change[lead == one] ** 2))) + 1e-3
        for one in np.unique(lead)
    }
    unit = change / np.asarray([sizes[int(one)] for one in lead]) if lead.size else change
    boosters: dict[tuple[int, int], Any] = {}
    ridges: dict[int, _Ridge] = {}
    for low, high in LEAD_GROUPS:
        rows = np.flatnonzero((lead >= low) & (lead <= high))
        if rows.size < MIN_TRAINING_ROWS:
            continue
        boosters[low, high] = _boost(table, names, unit, rows, seed)
        for one in np.unique(lead[rows]):
            ridges[int(one)] = _ridge(table, names, unit, np.flatnonzero(lead == one))
    return PooledModel(names, boosters, ridges, sizes)


def _few_threads() -> Any:
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=THREADS, user_api="openmp")


def _matrix(table: Table, names: tuple[str, ...], rows: Ints) -> Floats:
    return np.column_stack([table[name][rows] for name in names])


def _varies(column: Floats) -> bool:
    known = column[np.isfinite(column)]
    return bool(known.size and known.min() < known.max())


def _boost(table: Table, names: tuple[str, ...], unit: Floats, rows: Ints, seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingRegressor

    if rows.size > MAX_BOOSTING_ROWS:
        chosen = np.random.default_rng(seed).choice(rows, MAX_BOOSTING_ROWS, replace=False)
        rows = np.sort(chosen)
    part = _matrix(table, names, rows)
    part = np.where(np.isnan(part).all(axis=0), 0.0, part)
    with _few_threads():
        return HistGradientBoostingRegressor(**BOOSTING, random_state=seed).fit(part, unit[rows])


def _ridge(table: Table, names: tuple[str, ...], unit: Floats, rows: Ints) -> _Ridge:
    used = tuple(
        name
        for name in names
        if name not in NOT_LINEAR and bool(np.isfinite(table[name][rows]).any())
    )
    raw = _matrix(table, used, rows)
    mean = np.nanmean(raw, axis=0)
    spread = np.nanstd(raw, axis=0) + 1e-9
    part = np.nan_to_num(((raw - mean) / spread).clip(-CLIP, CLIP))
    design = np.column_stack([part, np.ones(rows.size)])
    penalty = RIDGE * np.eye(design.shape[1])
    penalty[-1, -1] = 0.0
    weights = np.linalg.solve(design.T @ design + penalty, design.T @ unit[rows])
    return _Ridge(used, mean, spread, weights)
