"""Tidal phase from astronomical arguments alone: known for any future day.

The range of the tide, and with it the reach of salt, beats with the periods below.
They follow from the mean motions of moon and sun (Doodson numbers), so that no
observed future water level is needed.
"""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

__all__ = ["BEAT_PERIODS_DAYS", "SPRING_NEAP_DAYS", "analogue_days", "phases"]

SPRING_NEAP_DAYS = 14.765294
"""M2 against S2: half a synodic month."""

BEAT_PERIODS_DAYS = (SPRING_NEAP_DAYS, 13.660791, 27.554550, 29.530588)
"""M2/S2, K1/O1 (half a tropical month), M2/N2 (anomalistic month), synodic month."""

REFERENCE_DAY = date(2000, 1, 6)
"""A new moon (18:14 UTC): phase 0 of the spring–neap beat."""


def phases(ordinals: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return sine and cosine of each beat.

    Parameters
    ----------
    ordinals
        Proleptic Gregorian ordinals of local days (``date.toordinal``), shape ``[n]``.

    Returns
    -------
    ndarray
        ``[n, 2 × len(BEAT_PERIODS_DAYS)]``: sin, cos of the first period, and so on.
    """
    days = ordinals.astype(np.float64) - REFERENCE_DAY.toordinal()
    angles = 2.0 * np.pi * days[:, None] / np.asarray(BEAT_PERIODS_DAYS)[None, :]
    return np.stack([np.sin(angles), np.cos(angles)], axis=2).reshape(
        days.size, 2 * len(BEAT_PERIODS_DAYS)
    )


def analogue_days(lead: NDArray[np.int64], cycles_back: int) -> list[NDArray[np.int64]]:
    """Return how many days before the valid day the same tidal phase was.

    Parameters
    ----------
    lead
        Lead in days, 1 = the origin day itself.
    cycles_back
        1 for the last known spring–neap cycle, 2 for the one before.

    Returns
    -------
    list of ndarray
        Two candidates per lead, the whole days around k × 14.765 d, with k the smallest
        number of cycles that reaches before the origin.
    """
    whole = np.ceil((lead - 0.5) / 15.0).astype(np.int64).clip(min=1) + (cycles_back - 1)
    exact = whole * SPRING_NEAP_DAYS
    return [np.floor(exact).astype(np.int64), np.ceil(exact).astype(np.int64)]
