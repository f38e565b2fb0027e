"""Text cells to numbers and moments, a whole column at a time, with a reason per bad cell."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from agridata.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["parse_numbers", "parse_times", "zone_named"]

NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
ISO = r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.]\d+)?)?)?"
OFFSET = r"(?:Z|[+-]\d{2}:?\d{2})"
DAY_FIRST = r"\d{1,2}[/-]\d{1,2}[/-]\d{4}(?: \d{1,2}:\d{2}(?::\d{2})?)?"
DAY_FIRST_FORMATS = ("%d/%m/%Y", "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S")
"""Vietnamese sheets write the day first; month-first dates are not guessed."""


def zone_named(name: str) -> ZoneInfo:
    """Return the time zone `name` (IANA, for example ``Asia/Ho_Chi_Minh`` or ``UTC``).

    Raises
    ------
    UsageError
        If there is none.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # ZoneInfoNotFoundError is a KeyError
        raise UsageError(
            f"{name!r} is not a time zone",
            field="--tz",
            fix="use an IANA name such as Asia/Ho_Chi_Minh or UTC",
            problem_vi=f"{name!r} không phải múi giờ",
            fix_vi="hãy dùng tên IANA, ví dụ Asia/Ho_Chi_Minh",
        ) from error


def parse_numbers(text: pd.Series[str]) -> pd.Series[float]:
    """Return the finite decimal numbers of a column, NaN where a cell is none.

    "nan", "inf", "1e999", "1_000" and decimal commas are no numbers.
    """
    import numpy as np
    import pandas as pd

    shaped = text.where(text.str.fullmatch(NUMBER), None)
    numbers = pd.to_numeric(shaped, errors="coerce").astype("float64")
    return numbers.where(np.isfinite(numbers))


def parse_times(
    text: pd.Series[str], zone: ZoneInfo, *, whole_days: bool = False
) -> pd.Series[pd.Timestamp]:
    """Return the moments of a column in UTC, NaT where a cell is none.

    ISO 8601 (``2020-01-03 01:00:00``, ``T``, a date alone, an offset or ``Z``) and the
    day-first form of Vietnamese sheets (``03/01/2020 01:00``). Without an offset the
    clock of `zone` is meant; a moment that this clock skips or shows twice is NaT.

    Parameters
    ----------
    whole_days
        Return the first moment of the day in `zone` instead: a day exists even where
        its midnight was skipped (1 April 1947) or came twice (1 July 1955).
    """
    import pandas as pd

    times = pd.Series(pd.NaT, index=text.index, dtype="datetime64[us, UTC]")
    aware = text.str.fullmatch(ISO + OFFSET)
    if aware.any():
        parsed = pd.to_datetime(text[aware], format="ISO8601", utc=True, errors="coerce")
        local = parsed.dt.tz_convert(zone).dt.tz_localize(None)
        times[aware] = _start_of_days(local, zone) if whole_days else parsed
    clock = _naive_times(text)
    naive = clock.notna()
    if naive.any():
        localised = _start_of_days if whole_days else _localised
        times[naive] = localised(clock[naive], zone)
    return times


def _naive_times(text: pd.Series[str]) -> pd.Series[pd.Timestamp]:
    """Return what the cells without offset say, NaT elsewhere."""
    import pandas as pd

    clock = pd.Series(pd.NaT, index=text.index, dtype="datetime64[us]")
    iso = text.str.fullmatch(ISO)
    if iso.any():
        clock[iso] = pd.to_datetime(text[iso], format="ISO8601", errors="coerce")
    day_first = text.str.fullmatch(DAY_FIRST)
    if day_first.any():
        slashed = text[day_first].str.replace("-", "/")
        for form in DAY_FIRST_FORMATS:
            parsed = pd.to_datetime(slashed, format=form, errors="coerce")
            clock[day_first] = clock[day_first].fillna(parsed)
    return clock


def _localised(naive: pd.Series[pd.Timestamp], zone: ZoneInfo) -> pd.Series[pd.Timestamp]:
    local = naive.dt.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
    return local.dt.tz_convert("UTC").astype("datetime64[us, UTC]")


def _start_of_days(naive: pd.Series[pd.Timestamp], zone: ZoneInfo) -> pd.Series[pd.Timestamp]:
    import numpy as np

    first = np.ones(len(naive), dtype=bool)
    local = naive.dt.floor("D").dt.tz_localize(zone, ambiguous=first, nonexistent="shift_forward")
    return local.dt.tz_convert("UTC").astype("datetime64[us, UTC]")
