"""Checks of whole seasons: constant, copied from an earlier year, the same at two stations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agridata.vocabulary import LOCAL_ZONE

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

__all__ = ["constant", "copied", "same_series", "slots"]

MIN_SEASON_DAYS = 30
"""A salinity that stands still over two spring-neap cycles is a floor value or a fill."""

MIN_COPIED_READINGS = 100
"""Fewer equal readings than this can be chance at a station that reads 0.1, 0.2 or 0.3."""

COPIED_SHARE = 0.99
"""A copied sheet may differ in a few corrected cells."""

MIN_TWIN_VALUES = 10
"""Two fresh stations agree on 0.1, 0.2 and 0.3 for a season; ten values do not agree by chance."""

MOST_TWIN_STATIONS = 500
"""Stations compared pair by pair; the work grows with the square."""

MOST_TWIN_TIMES = 20_000
"""Moments of a year that are compared, evenly spread: a copied series shows in any sample."""


def slots(frame: pd.DataFrame) -> pd.DataFrame:
    """Return station, local year, local day and slot within the year of each reading."""
    import pandas as pd

    local = frame["time"].dt.tz_convert(LOCAL_ZONE).dt.tz_localize(None)
    return pd.DataFrame(
        {
            "station": frame["station"],
            "year": local.dt.year,
            "day": local.dt.floor("D"),
            "slot": (local.dt.month * 100 + local.dt.day) * 86_400
            + local.dt.hour * 3600
            + local.dt.minute * 60
            + local.dt.second,
            "value": frame["value"],
        }
    )


def constant(slots: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Mark station-years of one single value over `MIN_SEASON_DAYS` days or more."""
    groups = slots.groupby(["station", "year"])
    still = groups["value"].transform("nunique") == 1
    long = groups["day"].transform("nunique") >= MIN_SEASON_DAYS
    return (still & long).to_numpy()


def copied(slots: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Mark station-years that repeat an earlier year of the same station, slot by slot."""
    import numpy as np

    years: dict[tuple[str, int], pd.Series[float]] = {
        (str(station), int(str(year))): group.set_index("slot")["value"]
        for (station, year), group in slots.groupby(["station", "year"])
        if len(group) >= MIN_COPIED_READINGS
    }
    copies = {
        (station, year)
        for station, year in years
        for other in {y for s, y in years if s == station and y < year}
        if _same(years[station, other], years[station, year])
    }
    if not copies:
        return np.zeros(len(slots), dtype=bool)
    keys = zip(slots["station"].astype("str"), slots["year"], strict=True)
    return np.fromiter((key in copies for key in keys), dtype=bool, count=len(slots))


def same_series(frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Mark the readings that two stations share, where a year's series are one and the same.

    Which of the two was measured cannot be told from the numbers, so both are marked.
    """
    import numpy as np
    import pandas as pd

    marked = np.zeros(len(frame), dtype=bool)
    if frame["station"].nunique() < 2:
        return marked
    years = frame["time"].dt.tz_convert(LOCAL_ZONE).dt.year.to_numpy()
    station = pd.factorize(frame["station"])[0]
    moment = pd.factorize(frame["time"])[0]
    value = frame["value"].to_numpy()
    for year in np.unique(years):
        rows = np.flatnonzero(years == year)
        _mark_twins(marked, rows, station[rows], moment[rows], value[rows])
    return marked


def _mark_twins(
    marked: npt.NDArray[np.bool_],
    rows: npt.NDArray[np.intp],
    station: npt.NDArray[np.intp],
    moment: npt.NDArray[np.intp],
    value: npt.NDArray[np.float64],
) -> None:
    """Mark `rows` of one year whose station has a twin at their moment."""
    import numpy as np

    kinds, column = np.unique(station, return_inverse=True)
    if not 2 <= len(kinds) <= MOST_TWIN_STATIONS:
        return
    used, line = np.unique(moment, return_inverse=True)
    every = max(1, len(used) // MOST_TWIN_TIMES)
    table = np.full((len(used), len(kinds)), np.nan)
    table[line, column] = value
    for first, second in _twins(table[::every]):
        common = ~np.isnan(table[:, first]) & ~np.isnan(table[:, second])
        hit = ((column == first) | (column == second)) & common[line]
        marked[rows[hit]] = True


def _twins(table: npt.NDArray[np.float64]) -> list[tuple[int, int]]:
    """Return the pairs of columns that agree wherever both have a value."""
    import numpy as np

    pairs = []
    there = ~np.isnan(table)
    for first in range(table.shape[1] - 1):
        both = there[:, first, None] & there[:, first + 1 :]
        equal = (table[:, first, None] == table[:, first + 1 :]) & both
        counts = both.sum(axis=0)
        close = (counts >= MIN_COPIED_READINGS) & (equal.sum(axis=0) >= COPIED_SHARE * counts)
        for offset in np.flatnonzero(close):
            shared = table[both[:, offset], first]
            if len(np.unique(shared)) >= MIN_TWIN_VALUES:
                pairs.append((first, first + 1 + int(offset)))
    return pairs


def _same(earlier: pd.Series[float], later: pd.Series[float]) -> bool:
    both = earlier.index.intersection(later.index)
    if len(both) < max(MIN_COPIED_READINGS, COPIED_SHARE * len(later)):
        return False
    return bool((earlier[both] == later[both]).mean() >= COPIED_SHARE)
