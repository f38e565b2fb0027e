"""Flags: what is suspicious about a reading. A flag never deletes and never changes a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agridata.observations._units import Variable
from agridata.vocabulary import LOCAL_ZONE

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

__all__ = ["CONSTANT_SEASON", "COPIED_YEAR", "RANGE", "quality_flags"]

RANGE = "range"
CONSTANT_SEASON = "constant_season"
COPIED_YEAR = "copied_year"

MIN_SEASON_DAYS = 30
"""A salinity that stands still over two spring-neap cycles is a floor value or a fill."""

MIN_COPIED_READINGS = 100
"""Fewer equal readings than this can be chance at a station that reads 0.1, 0.2 or 0.3."""

COPIED_SHARE = 0.99
"""A copied sheet may differ in a few corrected cells."""

SEASONAL_VARIABLES = frozenset({"water_salinity"})
"""Only a tidal quantity must vary: a dry month may well have no rain at all."""


def quality_flags(
    variable: Variable,
    station: pd.Series[str],
    time: pd.Series[pd.Timestamp],
    value: pd.Series[float],
) -> pd.Series[str]:
    """Return one flag per reading ("" where nothing is suspicious).

    Parameters
    ----------
    variable
        Gives the possible range in the storage unit.
    station, time, value
        Aligned columns of one variable and statistic; UTC; storage unit.

    Returns
    -------
    Series
        "range" (outside what can be), else "constant_season" (the whole station-year is
        one value over at least `MIN_SEASON_DAYS` days), else "copied_year" (the
        station's readings equal those of an earlier year, slot by slot).
    """
    import pandas as pd

    flags = pd.Series("", index=value.index, dtype="object")
    if variable.name in SEASONAL_VARIABLES and len(value):
        slots = _slots(station, time, value)
        flags[_copied(slots)] = COPIED_YEAR
        flags[_constant(slots)] = CONSTANT_SEASON
    flags[(value < variable.low) | (value > variable.high)] = RANGE
    return flags


def _slots(
    station: pd.Series[str], time: pd.Series[pd.Timestamp], value: pd.Series[float]
) -> pd.DataFrame:
    """Return station, local year, local day and slot within the year of each reading."""
    import pandas as pd

    local = time.dt.tz_convert(LOCAL_ZONE).dt.tz_localize(None)
    year = local.dt.year
    return pd.DataFrame(
        {
            "station": station,
            "year": year,
            "day": local.dt.floor("D"),
            "slot": (local.dt.month * 100 + local.dt.day) * 86_400
            + local.dt.hour * 3600
            + local.dt.minute * 60
            + local.dt.second,
            "value": value,
        }
    )


def _constant(slots: pd.DataFrame) -> npt.NDArray[np.bool_]:
    groups = slots.groupby(["station", "year"])
    still = groups["value"].transform("nunique") == 1
    long = groups["day"].transform("nunique") >= MIN_SEASON_DAYS
    return (still & long).to_numpy()


def _copied(slots: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Mark station-years that repeat an earlier year of the same station."""
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


def _same(earlier: pd.Series[float], later: pd.Series[float]) -> bool:
    both = earlier.index.intersection(later.index)
    if len(both) < max(MIN_COPIED_READINGS, COPIED_SHARE * len(later)):
        return False
    return bool((earlier[both] == later[both]).mean() >= COPIED_SHARE)
