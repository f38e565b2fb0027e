"""Daily maxima and drivers as dense arrays over one calendar; missing is NaN."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agridata.errors import InputError

__all__ = ["DRIVER_NAMES", "EPOCH_ORDINAL", "Drivers", "Panel", "build_panel"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
"""Ordinal of the day that numpy counts from."""

DRIVER_NAMES = ("discharge", "wind_u", "wind_v", "rain")


@dataclass(frozen=True)
class Drivers:
    """What moves the salt, as daily frames ``date, value``; None where not available.

    A forecast uses values of days before its origin only. Missing drivers make it less
    sharp, they do not stop it.

    Parameters
    ----------
    discharge
        Mekong at Kratie, daily mean, m³/s.
    wind_u, wind_v
        Eastward and northward wind over the delta, daily mean, m/s.
    rain
        Daily mean of hourly rain, mm.
    """

    discharge: pd.DataFrame | None = None
    wind_u: pd.DataFrame | None = None
    wind_v: pd.DataFrame | None = None
    rain: pd.DataFrame | None = None


@dataclass(frozen=True)
class Panel:
    """Everything known, station × day.

    Parameters
    ----------
    stations
        Sorted keys, one per row of `values`.
    first_ordinal
        Ordinal (``date.toordinal``) of column 0.
    values
        Daily maximum, g/L, ``[station, day]``.
    drivers
        name → ``[day]``; discharge as natural logarithm of m³/s.
    """

    stations: tuple[str, ...]
    first_ordinal: int
    values: Floats
    drivers: dict[str, Floats]

    @property
    def days(self) -> int:
        """Number of columns."""
        return int(self.values.shape[1])

    @property
    def ordinals(self) -> Ints:
        """Ordinal of every column."""
        return np.arange(self.first_ordinal, self.first_ordinal + self.days, dtype=np.int64)

    def column(self, day: date) -> int:
        """Return the column of `day`; may lie outside the array."""
        return day.toordinal() - self.first_ordinal

    def day(self, column: int) -> date:
        """Return the calendar day of `column`."""
        return date.fromordinal(self.first_ordinal + int(column))


def build_panel(daily: pd.DataFrame, drivers: Drivers | None, until: date) -> Panel:
    """Lay the daily maxima and the drivers out over one calendar.

    Parameters
    ----------
    daily
        ``station, date, value`` (g/L), one row per station-day.
    drivers
        Optional.
    until
        The calendar reaches at least to this day.

    Raises
    ------
    InputError
        If a column is missing, a station-day stands twice or a value is negative.
    """
    frame = _checked(daily)
    ordinals = _ordinals(frame["date"])
    stations = tuple(sorted(frame["station"].unique()))
    first = int(ordinals.min()) if ordinals.size else until.toordinal()
    last = max(int(ordinals.max()) if ordinals.size else first, until.toordinal())
    first = min(first, until.toordinal())
    values = np.full((len(stations), last - first + 1), np.nan)
    row = frame["station"].map({key: i for i, key in enumerate(stations)}).to_numpy(dtype=np.int64)
    values[row, ordinals - first] = frame["value"].to_numpy(dtype=np.float64)
    return Panel(stations, first, values, _driver_columns(drivers, first, values.shape[1]))


def _checked(daily: pd.DataFrame) -> pd.DataFrame:
    missing = [name for name in ("station", "date", "value") if name not in daily.columns]
    if missing:
        raise InputError(f"column {missing[0]} is missing", field=missing[0],
                         fix="give station, date, value (g/L)")  # fmt: skip
    frame = daily[daily["value"].notna()]
    if bool(frame.duplicated(["station", "date"]).any()):
        raise InputError(
            "a station-day stands twice", field="date",
            fix="use daily_maximum() to make one value per station and day",
        )  # fmt: skip
    if bool((frame["value"] < 0).any()):
        raise InputError("a salinity is negative", field="value", fix="drop or flag it")
    return frame


def _ordinals(days: pd.Series) -> Ints:
    since = pd.to_datetime(days).dt.normalize() - pd.Timestamp(1970, 1, 1)
    return np.asarray(since.dt.days, dtype=np.int64) + np.int64(EPOCH_ORDINAL)


def _driver_columns(drivers: Drivers | None, first: int, days: int) -> dict[str, Floats]:
    columns: dict[str, Floats] = {}
    for name in DRIVER_NAMES:
        frame = None if drivers is None else getattr(drivers, name)
        column = np.full(days, np.nan)
        if frame is not None and len(frame):
            place = _ordinals(frame["date"]) - first
            inside = (place >= 0) & (place < days)
            column[place[inside]] = frame["value"].to_numpy(dtype=np.float64)[inside]
        columns[name] = np.log(np.maximum(column, 1.0)) if name == "discharge" else column
    return columns
