"""The Whittaker smoother, gap-aware and vectorised over series.

For each series ``y`` with weights ``w`` (0 in gaps) it minimises
``Σ w (y − z)² + λ Σ (Δ² z)²`` (Whittaker 1922; Eilers 2003, Analytical Chemistry
75:3631-3636). The matrix ``W + λ D'D`` has five diagonals; its LDLᵀ factors are computed
for all series at once, step by step along the time axis.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agridata.errors import UsageError

__all__ = ["whittaker"]

MIN_VALID = 3
"""Observations below which order 2 only extrapolates a line: such a series stays unknown."""


def whittaker(
    values: ArrayLike, lmbda: float = 10.0, weights: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Smooth series on an even time step.

    Parameters
    ----------
    values
        Numbers (..., time), NaN in gaps.
    lmbda
        Roughness penalty λ > 0; larger is smoother.
    weights
        Non-negative (..., time), broadcast to `values`; None weighs all observations alike.

    Returns
    -------
    numpy.ndarray
        float64 (..., time), filled across gaps and beyond the ends; NaN throughout where
        fewer than three observations carry weight.

    Raises
    ------
    UsageError
        If `lmbda` is not positive, a weight is negative, or there are fewer than three steps.
    """
    y = np.asarray(values, np.float64)
    if lmbda <= 0 or y.shape[-1] < MIN_VALID:
        raise UsageError(
            "the smoother needs a positive penalty and at least three time steps",
            field="lmbda",
            fix="give lmbda > 0 and a longer series",
        )
    w = _weights(y, weights)
    flat_y = np.where(w > 0, y, 0.0).reshape(-1, y.shape[-1]).T
    flat_w = w.reshape(-1, y.shape[-1]).T
    known = (flat_w > 0).sum(axis=0) >= MIN_VALID
    smooth = np.full(flat_y.shape, np.nan)
    if known.any():
        smooth[:, known] = _solve(flat_y[:, known], flat_w[:, known], lmbda)
    return smooth.T.reshape(y.shape)


def _weights(y: NDArray[np.float64], weights: ArrayLike | None) -> NDArray[np.float64]:
    given = np.ones(y.shape) if weights is None else np.asarray(weights, np.float64)
    if (given < 0).any():
        raise UsageError("a weight is negative", field="weights", fix="give weights ≥ 0")
    return np.where(np.isfinite(y), np.broadcast_to(given, y.shape), 0.0)


def _penalty(steps: int, lmbda: float) -> tuple[NDArray[np.float64], ...]:
    """Return main, first and second diagonal of ``λ D'D`` for second differences."""
    difference = np.diff(np.eye(steps), n=2, axis=0)
    product = lmbda * difference.T @ difference
    return np.diag(product), np.diag(product, 1), np.diag(product, 2)


def _solve(y: NDArray[np.float64], w: NDArray[np.float64], lmbda: float) -> NDArray[np.float64]:
    """Solve the pentadiagonal systems of all columns of `y` (time × series)."""
    steps, series = y.shape
    main, first, second = _penalty(steps, lmbda)
    d, e, f = (np.zeros((steps, series)) for _ in range(3))  # D, and L's two diagonals
    z = w * y
    for t in range(steps):
        d[t] = w[t] + main[t]
        upper = np.zeros(series) if t == steps - 1 else np.full(series, first[t])
        if t > 0:
            d[t] -= d[t - 1] * e[t - 1] ** 2
            upper -= d[t - 1] * e[t - 1] * f[t - 1]
            z[t] -= e[t - 1] * z[t - 1]
        if t > 1:
            d[t] -= d[t - 2] * f[t - 2] ** 2
            z[t] -= f[t - 2] * z[t - 2]
        if t < steps - 1:
            e[t] = upper / d[t]
        if t < steps - 2:
            f[t] = second[t] / d[t]
    z /= d
    for t in range(steps - 2, -1, -1):
        z[t] -= e[t] * z[t + 1]
        if t < steps - 2:
            z[t] -= f[t] * z[t + 2]
    return z
