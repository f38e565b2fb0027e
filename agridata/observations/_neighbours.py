"""Checks of a reading against its neighbours in time, its sensor's grid and its arrival."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from agridata.observations._limits import NEAR_HOURS, Limits

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    Bools = npt.NDArray[np.bool_]

__all__ = ["AHEAD_SECONDS", "STALE_HOURS", "arrival", "flat_lines", "off_grid", "spikes", "steps"]

AHEAD_SECONDS = 120.0
"""A clock that runs two minutes ahead needs setting; GSM modems are within seconds."""

STALE_HOURS = 48.0
"""A reading that arrives later than this supported no advice while it was news."""

FLAT_GAP_HOURS = 12.0
"""A gap longer than this ends a standstill: nobody knows what happened in between."""

MIN_GRID_READINGS = 50
"""Fewer readings show no habit."""

GRID_SHARE = 0.8
"""Share of readings that must keep the habit before the others are called off it."""

GRID_SECONDS = 60.0
"""Distance from the grid that is no drift (or 5 % of the interval, if that is more)."""

MIN_GRID_INTERVAL = 300.0
"""Seconds: below five minutes people do not promise a grid."""


def spikes(frame: pd.DataFrame, usable: Bools, limits: Limits) -> Bools:
    """Mark readings that stand out from both neighbours by more than ``limits.spike``."""
    import numpy as np

    rows, station, seconds, value = _ordered(frame, usable)
    marked = np.zeros(len(frame), dtype=bool)
    if len(rows) < 3:
        return marked
    near = _near(station, seconds)
    inner = near[:-1] & near[1:]
    before, here, after = value[:-2], value[1:-1], value[2:]
    above = here - np.maximum(before, after)
    below = np.minimum(before, after) - here
    marked[rows[1:-1][inner & (np.maximum(above, below) > limits.spike)]] = True
    return marked


def steps(frame: pd.DataFrame, usable: Bools, limits: Limits) -> Bools:
    """Mark readings that differ from the one before by more than ``limits.step``."""
    import numpy as np

    rows, station, seconds, value = _ordered(frame, usable)
    marked = np.zeros(len(frame), dtype=bool)
    jump = _near(station, seconds) & (np.abs(np.diff(value)) > limits.step)
    marked[rows[1:][jump]] = True
    return marked


def flat_lines(frame: pd.DataFrame, limits: Limits) -> Bools:
    """Mark runs of one value above ``limits.flat_above`` that last ``limits.flat_hours``."""
    import numpy as np

    marked = np.zeros(len(frame), dtype=bool)
    if limits.flat_hours is None or not len(frame):
        return marked
    rows, station, seconds, value = _ordered(frame, np.ones(len(frame), dtype=bool))
    same = (np.diff(value) == 0) & (station[1:] == station[:-1])
    same &= np.diff(seconds) <= FLAT_GAP_HOURS * 3600
    run = np.concatenate([[0], np.cumsum(~same)])
    first = np.flatnonzero(np.concatenate([[True], ~same]))
    last = np.concatenate([first[1:] - 1, [len(run) - 1]])
    long = seconds[last] - seconds[first] >= limits.flat_hours * 3600
    marked[rows[(long & (value[first] > limits.flat_above))[run]]] = True
    return marked


def off_grid(frame: pd.DataFrame) -> Bools:
    """Mark readings off the time grid that their station otherwise keeps.

    The interval is the station's commonest one, the phase its commonest remainder; a
    station that keeps them in fewer than `GRID_SHARE` of its readings has no grid.
    """
    import numpy as np

    marked = np.zeros(len(frame), dtype=bool)
    rows, station, seconds, _ = _ordered(frame, np.ones(len(frame), dtype=bool))
    edges = np.flatnonzero(np.concatenate([[True], station[1:] != station[:-1], [True]]))
    for start, end in pairwise(edges):
        if end - start >= MIN_GRID_READINGS:
            marked[rows[start:end]] = _off(seconds[start:end])
    return marked


def arrival(frame: pd.DataFrame, received: pd.Series[pd.Timestamp]) -> tuple[Bools, Bools]:
    """Return which readings were ahead of the clock, and which arrived too late to be news."""
    delay = (received - frame["time"]).dt.total_seconds()
    ahead = delay < -AHEAD_SECONDS  # NaT compares false: a file has no arrival
    late = delay > STALE_HOURS * 3600
    return ahead.to_numpy(dtype=bool), late.to_numpy(dtype=bool)


def _off(seconds: npt.NDArray[np.float64]) -> Bools:
    """Mark the moments of one station that leave its grid."""
    import numpy as np

    gaps, counts = np.unique(np.diff(seconds), return_counts=True)
    interval = float(gaps[np.argmax(counts)])
    none = np.zeros(len(seconds), dtype=bool)
    if interval < MIN_GRID_INTERVAL:
        return none
    phases, counts = np.unique(np.mod(seconds, interval), return_counts=True)
    distance = np.abs(np.mod(seconds - phases[np.argmax(counts)], interval))
    distance = np.minimum(distance, interval - distance)
    off: Bools = distance > max(GRID_SECONDS, 0.05 * interval)
    return off if off.mean() <= 1 - GRID_SHARE else none


def _near(station: npt.NDArray[Any], seconds: npt.NDArray[np.float64]) -> Bools:
    """Tell of each pair of neighbours whether they may be compared."""
    import numpy as np

    near: Bools = (station[1:] == station[:-1]) & (np.diff(seconds) <= NEAR_HOURS * 3600)
    return near


def _ordered(
    frame: pd.DataFrame, usable: Bools
) -> tuple[
    npt.NDArray[np.intp], npt.NDArray[Any], npt.NDArray[np.float64], npt.NDArray[np.float64]
]:
    """Return row positions, stations, seconds and values of usable rows in order of time."""
    import numpy as np
    import pandas as pd

    station = pd.factorize(frame["station"])[0]
    moments = frame["time"].dt.tz_convert(None).to_numpy(dtype="datetime64[us]")
    seconds = moments.astype(np.int64) / 1e6
    rows = np.lexsort((seconds, station))
    rows = rows[usable[rows]]
    return rows, station[rows], seconds[rows], frame["value"].to_numpy()[rows]
