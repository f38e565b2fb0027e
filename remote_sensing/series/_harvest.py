"""Between which two pictures a field was harvested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agridata.errors import UsageError

__all__ = ["HarvestWindowSeen", "harvest_window"]

MIN_PEAK_NDVI = 0.4
"""A canopy worth harvesting reaches this; single-season rice peaks at 0.6–0.85 at 10–20 m."""

MIN_DROP_NDVI = 0.2
"""Smaller falls are haze, view angle or a thinning canopy, not a harvest."""

STRAY_DIP_NDVI = 0.15
"""A picture this far below the one before and the one after shows haze, not the field."""

GREEN_SHARE = 2 / 3
BARE_SHARE = 1 / 3
"""Green is above the trough by ⅔ of the fall, bare below by ⅓: ripening lies between."""

MIN_OBSERVATIONS = 4


@dataclass(frozen=True, slots=True)
class HarvestWindowSeen:
    """Days of the last green and the first bare observation, and the fall between the levels.

    ``first_day < last_day``; the field was cut after the first and not after the last.
    `drop` is in NDVI.
    """

    first_day: date
    last_day: date
    drop: float


def harvest_window(
    dates: Sequence[date],
    ndvi: ArrayLike,
    *,
    min_peak: float = MIN_PEAK_NDVI,
    min_drop: float = MIN_DROP_NDVI,
) -> HarvestWindowSeen | None:
    """Return the window of the largest sustained fall of NDVI after a peak.

    The series is cleaned of single low outliers, split into rises
    and falls of at least `min_drop`, and the deepest fall is bracketed by observations.

    Parameters
    ----------
    dates
        Days of observation in any order; repeated days are averaged.
    ndvi
        One value per date, NaN where nothing was seen.
    min_peak, min_drop
        What counts as a crop and as a harvest, in NDVI.

    Returns
    -------
    HarvestWindowSeen or None
        None where no clear cycle was seen: too few observations, no canopy, or a fall
        that only the last observation shows.

    Raises
    ------
    UsageError
        If there is not one value per date.
    """
    days, calm = _ordered(dates, ndvi)
    if days.size < MIN_OBSERVATIONS:
        return None
    days, calm = _without_strays(days, calm)
    falls = [
        (calm[peak] - calm[trough], peak, trough)
        for peak, trough in _falls(calm, min_drop)
        if calm[peak] >= min_peak
    ]
    if not falls:
        return None
    drop, peak, trough = max(falls)
    green = calm[trough] + GREEN_SHARE * drop
    bare = calm[trough] + BARE_SHARE * drop
    first_bare = peak + 1 + int(np.argmax(calm[peak + 1 : trough + 1] <= bare))
    last_green = peak + int(np.flatnonzero(calm[peak:first_bare] >= green)[-1])
    if not _sustained(calm, first_bare, bare):
        return None
    return HarvestWindowSeen(
        date.fromordinal(int(days[last_green])), date.fromordinal(int(days[first_bare])),
        float(drop),
    )  # fmt: skip


def _ordered(
    dates: Sequence[date], ndvi: ArrayLike
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return ordinal days, ascending and unique, with the mean value of each."""
    values = np.asarray(ndvi, np.float64)
    if values.shape != (len(dates),):
        raise UsageError(
            f"{len(dates)} dates but values of shape {values.shape}",
            field="ndvi",
            fix="give one value per date",
        )
    seen = np.isfinite(values)
    ordinals = np.array([day.toordinal() for day in dates], np.int64)[seen]
    days, place = np.unique(ordinals, return_inverse=True)
    sums = np.bincount(place, values[seen], minlength=days.size)
    return days, sums / np.maximum(np.bincount(place, minlength=days.size), 1)


def _without_strays(
    days: NDArray[np.int64], values: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Leave out single pictures far below both neighbours: haze and cloud only lower NDVI.

    They are left out, not smoothed over: a running median would move the fall that follows.
    """
    depth = np.minimum(values[:-2], values[2:]) - values[1:-1]
    kept = np.concatenate(([True], depth < STRAY_DIP_NDVI, [True]))
    return days[kept], values[kept]


def _falls(calm: NDArray[np.float64], prominence: float) -> list[tuple[int, int]]:
    """Return (peak, trough) of every fall of at least `prominence`, in time order.

    A peak ends when the series has fallen by `prominence` from it, a trough when it has
    risen by as much.
    """
    falls = []
    peak = trough = 0
    falling = False
    for now in range(1, calm.size):
        if falling:
            if calm[now] < calm[trough]:
                trough = now
            elif calm[now] - calm[trough] >= prominence:
                falls.append((peak, trough))
                peak, falling = now, False
        elif calm[now] >= calm[peak]:
            peak = now
        elif calm[peak] - calm[now] >= prominence:
            trough, falling = now, True
    if falling:
        falls.append((peak, trough))
    return falls


def _sustained(calm: NDArray[np.float64], first_bare: int, bare: float) -> bool:
    """Tell whether the observation after the first bare one is bare too."""
    return first_bare + 1 < calm.size and bool(calm[first_bare + 1] <= bare)
