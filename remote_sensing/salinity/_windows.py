"""Hours at which water may be taken in: daily maximum forecast × shape of the tidal day.

A slot is two hours around one reading. Its salinity is the day's maximum times a ratio;
ratios are taken from the same tidal phase of earlier days (same hour 14–15 and 29–30 …
days before; 24.84 h × n before), so that no future water level is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agridata.vocabulary import LOCAL_ZONE, Utc, local_date, local_midnight
from remote_sensing.evaluation import LEVELS
from remote_sensing.salinity._daily import MIN_READINGS_PER_DAY

__all__ = [
    "MAX_READING_AGE_HOURS",
    "SAFE_PROBABILITY",
    "IntakeWindow",
    "daily_windows",
    "intake_windows",
    "slot_probabilities",
]

Floats = NDArray[np.float64]

SAFE_PROBABILITY = 0.8
"""A window is offered when P(S ≤ threshold) reaches this (salinity bulletin practice: 80 %)."""

MAX_READING_AGE_HOURS = 48.0
"""Two days: beyond it spring–neap change alone can double the salt; then "unknown"."""

SLOT_HOURS = 2
"""Readings of the official sheets stand at odd local hours, two hours apart."""

LUNAR_DAY_HOURS = 24.8412
"""The tide comes this much later per cycle."""

SAME_HOUR_DAYS = (14, 15, 29, 30, 44, 45)
"""Days before with the same spring–neap phase, hence the same tide at the same hour."""

LUNAR_ANALOGUES = 6
"""Latest known lunar days that lend their shape."""

LEAST_INFORMATIVE_MAX_GL = 0.3
"""A day below this is at the sheets' rounding floor: its shape is noise."""

SUREST = float(LEVELS[-1])
"""No probability above what the ranks of past errors can tell."""

TAIL_STRETCH = 1.5
"""Beyond p05 and p95 the distribution ends after this many outer steps."""


@dataclass(frozen=True, slots=True)
class IntakeWindow:
    """Contiguous hours during which P(S ≤ threshold) is at least `SAFE_PROBABILITY`.

    `prob_safe` is that of the least safe slot in it.
    """

    start: Utc
    end: Utc
    prob_safe: float


def intake_windows(
    two_hourly: pd.DataFrame,
    forecast: pd.DataFrame,
    *,
    threshold_gl: float,
    now: Utc,
    days: int = 7,
    safe_probability: float = SAFE_PROBABILITY,
) -> list[IntakeWindow]:
    """Return the windows from `now` on, within the next `days` local days.

    Parameters
    ----------
    two_hourly
        ``time`` (aware), ``value`` (g/L) of one station, flagged ones left out; readings
        after `now` are ignored.
    forecast
        Rows of `forecast_salinity` of the same station from one origin, at most today.
    threshold_gl
        Highest salinity that the use bears, g/L.
    """
    slots = slot_probabilities(two_hourly, forecast, threshold_gl=threshold_gl, now=now, days=days)
    return _merged(slots, safe_probability)


def daily_windows(
    forecast: pd.DataFrame,
    *,
    threshold_gl: float,
    now: Utc,
    days: int = 7,
    safe_probability: float = SAFE_PROBABILITY,
) -> list[IntakeWindow]:
    """Return whole-day windows, for a station that reports one value a day.

    A day is offered where its *maximum* is within the threshold with enough probability:
    nothing is claimed about hours.
    """
    rows: list[tuple[Utc, Utc, float]] = []
    for day, row in _days_ahead(forecast, now, days):
        start = max(local_midnight(day), now)
        safe = float(_distribution(row, np.asarray([threshold_gl]))[0])
        rows.append((start, local_midnight(day + timedelta(days=1)), safe))
    return _merged(pd.DataFrame(rows, columns=["start", "end", "prob_safe"]), safe_probability)


def slot_probabilities(
    two_hourly: pd.DataFrame,
    forecast: pd.DataFrame,
    *,
    threshold_gl: float,
    now: Utc,
    days: int = 7,
) -> pd.DataFrame:
    """Return ``start, end, prob_safe`` of every slot that has not ended at `now`.

    P(S ≤ threshold) is the mean over tidal analogues of the probability that the day's
    maximum times the analogue's ratio stays within the threshold. Without analogues the
    ratio is 1: the slot is held to be as salt as the day's worst hour.
    """
    shape = _ratios(two_hourly, now)
    rows: list[tuple[Utc, Utc, float]] = []
    for day, row in _days_ahead(forecast, now, days):
        for hour in range(1, 24, SLOT_HOURS):
            middle = Utc(local_midnight(day) + timedelta(hours=hour))
            start, end = (Utc(middle + timedelta(hours=sign)) for sign in (-1, 1))
            if end > now:
                ratios = _analogues(shape, middle, now)
                limit = threshold_gl / np.maximum(ratios, 1e-3)
                rows.append((max(start, now), end, float(_distribution(row, limit).mean())))
    return pd.DataFrame(rows, columns=["start", "end", "prob_safe"])


def _days_ahead(forecast: pd.DataFrame, now: Utc, days: int) -> list[tuple[date, pd.Series]]:
    first = local_date(now)
    wanted = {first + timedelta(days=step) for step in range(days)}
    rows = [(pd.Timestamp(row["valid_date"]).date(), row) for _, row in forecast.iterrows()]
    return sorted(((day, row) for day, row in rows if day in wanted), key=lambda pair: pair[0])


def _ratios(two_hourly: pd.DataFrame, now: Utc) -> pd.Series:
    """Return value / maximum of the local day, indexed by hours since 1970 (UTC)."""
    known = two_hourly[(two_hourly["time"] <= now) & two_hourly["value"].notna()]
    time = pd.to_datetime(known["time"], utc=True)
    day = time.dt.tz_convert(LOCAL_ZONE).dt.date
    group = known["value"].groupby(day.to_numpy())
    highest = group.transform("max")
    usable = (group.transform("size") >= MIN_READINGS_PER_DAY) & (
        highest >= LEAST_INFORMATIVE_MAX_GL
    )
    hours = (time - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(hours=1)
    ratio = pd.Series((known["value"] / highest).to_numpy(), index=hours.to_numpy())
    ratio = ratio[usable.to_numpy()].sort_index()
    return ratio[~ratio.index.duplicated()]


def _analogues(shape: pd.Series, middle: Utc, now: Utc) -> Floats:
    """Ratios at the same tidal phase before `now`; a single 1 where there are none."""
    if shape.empty:
        return np.ones(1)
    at = middle.timestamp() / 3600.0
    present = now.timestamp() / 3600.0
    first = int(np.ceil((at - present) / LUNAR_DAY_HOURS)) if at > present else 1
    wanted = [at - 24.0 * back for back in SAME_HOUR_DAYS]
    wanted += [at - LUNAR_DAY_HOURS * n for n in range(first, first + LUNAR_ANALOGUES)]
    moments = np.asarray([moment for moment in wanted if moment <= present])
    known = shape.index.to_numpy(dtype=np.float64)
    place = np.searchsorted(known, moments).clip(1, known.size - 1) if known.size > 1 else None
    if place is None:
        return np.ones(1)
    near = (np.abs(known[place] - moments) <= SLOT_HOURS) & (
        np.abs(known[place - 1] - moments) <= SLOT_HOURS
    )
    ratios = np.interp(moments, known, shape.to_numpy(dtype=np.float64))[near]
    return ratios if ratios.size else np.ones(1)


def _distribution(row: pd.Series, limits: Floats) -> Floats:
    """Return P(daily maximum ≤ limit) from the row's quantiles and exceedance probabilities."""
    points = {float(row[f"p{level:02d}"]): level / 100 for level in (5, 10, 50, 90, 95)}
    low, high = float(row["p05"]), float(row["p95"])
    points[high + TAIL_STRETCH * (high - float(row["p90"])) + 1e-6] = 1.0
    bottom = low - TAIL_STRETCH * (float(row["p10"]) - low)
    if bottom > 0:
        points[bottom] = 0.0
    for limit in (1.0, 4.0):
        if low < limit < high:
            points[limit] = 1.0 - float(row[f"prob_ge_{limit:.0f}"])
    values = np.asarray(sorted(points))
    chance = np.maximum.accumulate(np.asarray([points[value] for value in values]))
    result: Floats = np.interp(limits, values, chance, left=0.0 if bottom > 0 else 0.05)
    return np.minimum(result, SUREST)


def _merged(slots: pd.DataFrame, safe_probability: float) -> list[IntakeWindow]:
    windows: list[IntakeWindow] = []
    for start, end, chance in slots.itertuples(index=False):
        if chance < safe_probability:
            continue
        slot = IntakeWindow(Utc(_plain(start)), Utc(_plain(end)), round(float(chance), 3))
        if windows and windows[-1].end == slot.start:
            last = windows.pop()
            least = min(last.prob_safe, slot.prob_safe)
            slot = IntakeWindow(last.start, slot.end, least)
        windows.append(slot)
    return windows


def _plain(moment: datetime | pd.Timestamp) -> datetime:
    return moment.to_pydatetime() if isinstance(moment, pd.Timestamp) else moment
