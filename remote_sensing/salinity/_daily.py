"""From readings to the daily maximum, which is what bulletins and forecasts speak of."""

from __future__ import annotations

import pandas as pd

from agridata.vocabulary import LOCAL_ZONE

__all__ = ["MIN_READINGS_PER_DAY", "daily_maximum", "daily_mean"]

MIN_READINGS_PER_DAY = 8
"""Of the 12 two-hourly readings of a day: with fewer the high tide may be missed."""

NEEDED = ("station", "time", "value", "flag", "statistic")


def daily_maximum(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the daily maximum per station and local day (Asia/Ho_Chi_Minh).

    Parameters
    ----------
    frame
        Columns ``station, time, value, flag, statistic``: `time` aware (UTC), `value` in
        g/L, `flag` "" where nothing is suspicious, `statistic` ``point`` or ``daily_max``
        (others are ignored). Flagged and missing values are dropped before anything else.

    Returns
    -------
    DataFrame
        ``station, date, value``, one row per station-day, sorted. `date` is a naive
        midnight (datetime64) of the local day. Where a station-day has both, the
        published ``daily_max`` wins over the maximum of the readings: two-hourly readings
        can miss the peak. A day known only by fewer than `MIN_READINGS_PER_DAY` distinct
        readings is left out: it is not truth.
    """
    clean = frame.loc[frame["flag"].fillna("").eq("") & frame["value"].notna(), list(NEEDED)]
    clean = clean.assign(date=_local_day(clean["time"]))
    points = clean[clean["statistic"].eq("point")].drop_duplicates(["station", "time"])
    counted = points.groupby(["station", "date"])["value"].agg(["max", "size"]).reset_index()
    whole = counted[counted["size"] >= MIN_READINGS_PER_DAY].rename(columns={"max": "value"})
    published = clean[clean["statistic"].eq("daily_max")]
    both = pd.concat([published[["station", "date", "value"]], whole[["station", "date", "value"]]])
    first = both.drop_duplicates(["station", "date"], keep="first")
    return first.sort_values(["station", "date"]).reset_index(drop=True)


def daily_mean(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the mean per local day of one driver's readings.

    Parameters
    ----------
    frame
        Columns ``time`` (aware) and ``value``; a ``flag`` column is honoured if present.

    Returns
    -------
    DataFrame
        ``date`` (naive local midnight), ``value``.
    """
    clean = frame[frame["value"].notna()]
    if "flag" in clean:
        clean = clean[clean["flag"].fillna("").eq("")]
    days = clean.assign(date=_local_day(clean["time"]))
    return days.groupby("date")[["value"]].mean().reset_index()


def _local_day(time: pd.Series) -> pd.Series:
    local = pd.to_datetime(time, utc=True).dt.tz_convert(LOCAL_ZONE)
    return local.dt.tz_localize(None).dt.normalize().astype("datetime64[s]")
