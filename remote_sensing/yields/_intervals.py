"""Intervals from what earlier forecasts missed by (split conformal)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEVEL", "MIN_RESIDUALS", "Spread", "spread_of"]

LEVEL = 0.90
TAIL = (1 - LEVEL) / 2

MIN_RESIDUALS = math.ceil(1 / TAIL) - 1
"""19: with fewer residuals no finite 90 % interval with equal tails is guaranteed."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Offsets of a 90 % interval around a point forecast, t/ha; number of residuals behind it."""

    low: float
    high: float
    residuals: int


def spread_of(residuals: NDArray[np.float64], *, drifting: bool) -> Spread | None:
    """Return the 90 % spread of residuals (actual − forecast); None for fewer than 19.

    Parameters
    ----------
    residuals
        float64, t/ha; NaN is ignored.
    drifting
        True where residuals come from earlier years than the target. Their sign then says
        little about the future (two decades of growth, then none), so the interval also
        covers their 90 % magnitude in both directions.

    Notes
    -----
    The order statistics ``⌊(n+1)·0.05⌋`` and ``⌈(n+1)·0.95⌉`` of signed, ``⌈(n+1)·0.9⌉`` of
    absolute residuals give at least 90 % coverage for exchangeable residuals (Vovk, Gammerman
    and Shafer 2005; separate tails: Romano, Patterson and Candès 2019).
    """
    known = np.sort(residuals[np.isfinite(residuals)])
    n = known.size
    if n < MIN_RESIDUALS:
        return None
    low = float(known[math.floor((n + 1) * TAIL) - 1])
    high = float(known[min(math.ceil((n + 1) * (1 - TAIL)), n) - 1])
    if drifting:
        size = float(np.sort(np.abs(known))[min(math.ceil((n + 1) * LEVEL), n) - 1])
        low, high = min(low, -size), max(high, size)
    return Spread(min(low, 0.0), max(high, 0.0), n)
