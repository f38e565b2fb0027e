"""Flags: what is suspicious about a reading. A flag never deletes and never changes a value.

A reading carries two lists of names: `flag` holds failed checks (the value cannot be, or
says nothing), `suspect` holds suspicions (it may well be true: look at it). Forecasts leave
failed readings out and keep suspected ones.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from agridata.observations import _neighbours as neighbours
from agridata.observations import _seasons as seasons
from agridata.observations._limits import LIMITS
from agridata.observations._units import Variable

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

__all__ = ["FAILURES", "FLAGS", "SUSPICIONS", "flag_counts", "quality_flags", "split_flags"]

RANGE = "range"
CONSTANT_SEASON = "constant_season"
COPIED_YEAR = "copied_year"
STEP = "step"
SPIKE = "spike"
FLAT_LINE = "flat_line"
CLOCK_DRIFT = "clock_drift"
DUPLICATE_STATION = "duplicate_station"
STALE = "stale"

FAILURES = (RANGE, CONSTANT_SEASON, COPIED_YEAR)
SUSPICIONS = (STEP, SPIKE, FLAT_LINE, CLOCK_DRIFT, DUPLICATE_STATION, STALE)

FLAGS: Mapping[str, tuple[str, str]] = {
    RANGE: ("ngoài khoảng có thể", "outside what can be"),
    CONSTANT_SEASON: (
        "cả mùa chỉ một giá trị", "one value for a whole station-year: a floor or a fill",
    ),
    COPIED_YEAR: (
        "lặp lại một năm trước", "the station's year repeats an earlier one, slot by slot",
    ),
    STEP: ("nhảy bậc", "changes faster than the variable ever did, and stays there"),
    SPIKE: ("gai nhọn", "one reading stands out from both neighbours"),
    FLAT_LINE: ("đứng yên", "stands still for longer than the variable does"),
    CLOCK_DRIFT: ("lệch đồng hồ", "off the sensor's own time grid, or ahead of the clock"),
    DUPLICATE_STATION: (
        "trùng trạm", "two stations of one name, or with one and the same series",
    ),
    STALE: ("đến muộn", "arrived two days or more after it was measured"),
}  # fmt: skip
"""Every flag with what it means, in Vietnamese and English; failures first."""

SEASONAL_VARIABLES = frozenset({"water_salinity"})
"""Only a tidal quantity must vary: a dry month may well have no rain at all."""

SEPARATOR = ";"


def quality_flags(
    variable: Variable,
    station: pd.Series[Any],
    time: pd.Series[pd.Timestamp],
    value: pd.Series[float],
    *,
    statistic: str = "point",
    received: pd.Series[pd.Timestamp] | None = None,
    homonyms: Collection[object] = (),
    whole_series: bool = True,
) -> pd.DataFrame:
    """Return the failed checks and the suspicions of each reading.

    Parameters
    ----------
    variable
        Gives the possible range in the storage unit.
    station, time, value
        Aligned columns of one variable and statistic; UTC; storage unit; any order.
    statistic
        Neighbours are compared in point readings only: two days' maxima may differ
        by any amount.
    received
        When each reading arrived (NaT where it came in a file).
    homonyms
        Values of `station` whose name another station bears too.
    whole_series
        False where `value` is only the end of a series: what needs a whole season
        (constant_season, copied_year, equal series, time grid) is left out.

    Returns
    -------
    DataFrame
        Columns ``flag`` and ``suspect``, index of `value`: names joined by ";" in the
        order of `FLAGS`, "" where nothing is found.
    """
    import pandas as pd

    masks: dict[str, npt.NDArray[np.bool_]] = {
        RANGE: ((value < variable.low) | (value > variable.high)).to_numpy()
    }
    if len(value):
        frame = pd.DataFrame({"station": station, "time": time, "value": value})
        if homonyms:
            masks[DUPLICATE_STATION] = station.isin(list(homonyms)).to_numpy()
        if whole_series:
            _seasonal(frame, variable, statistic, masks)
        if statistic == "point":
            _local(frame, variable, masks)
        if received is not None:
            _arrival(frame, received, masks)
    return pd.DataFrame(
        {"flag": _joined(masks, FAILURES, len(value)),
         "suspect": _joined(masks, SUSPICIONS, len(value))},
        index=value.index,
    )  # fmt: skip


def split_flags(text: str) -> list[str]:
    """Return the names in a `flag` or `suspect` text."""
    return text.split(SEPARATOR) if text else []


def flag_counts(texts: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Count single names from pairs of joined names and their number, in order of `FLAGS`."""
    counts = dict.fromkeys(FLAGS, 0)
    for text, number in texts:
        for name in split_flags(text):
            counts[name] = counts.get(name, 0) + number
    return {name: number for name, number in counts.items() if number}


def _seasonal(
    frame: pd.DataFrame,
    variable: Variable,
    statistic: str,
    masks: dict[str, npt.NDArray[np.bool_]],
) -> None:
    """Add what only a whole season or the other stations can show."""
    if variable.name in SEASONAL_VARIABLES:
        slots = seasons.slots(frame)
        masks[COPIED_YEAR] = seasons.copied(slots)
        masks[CONSTANT_SEASON] = seasons.constant(slots)
    if statistic == "point":
        twins = seasons.same_series(frame)
        masks[DUPLICATE_STATION] = masks.get(DUPLICATE_STATION, twins) | twins
        masks[CLOCK_DRIFT] = neighbours.off_grid(frame)


def _local(
    frame: pd.DataFrame, variable: Variable, masks: dict[str, npt.NDArray[np.bool_]]
) -> None:
    """Add what the neighbours in time show."""
    limits = LIMITS.get(variable.name)
    if limits is None:
        return
    usable = ~masks[RANGE]
    spike = masks[SPIKE] = neighbours.spikes(frame, usable, limits)
    masks[STEP] = neighbours.steps(frame, usable & ~spike, limits)
    masks[FLAT_LINE] = neighbours.flat_lines(frame, limits)


def _arrival(
    frame: pd.DataFrame,
    received: pd.Series[pd.Timestamp],
    masks: dict[str, npt.NDArray[np.bool_]],
) -> None:
    """Add what the moment of arrival shows."""
    ahead, late = neighbours.arrival(frame, received)
    masks[CLOCK_DRIFT] = masks.get(CLOCK_DRIFT, ahead) | ahead
    masks[STALE] = late


def _joined(
    masks: Mapping[str, npt.NDArray[np.bool_]], names: Collection[str], length: int
) -> npt.NDArray[np.object_]:
    """Return the names of the masks that hold, joined, per reading."""
    import numpy as np

    code = np.zeros(length, dtype=np.int64)
    for place, name in enumerate(names):
        if name in masks:
            code |= masks[name].astype(np.int64) << place
    present, inverse = np.unique(code, return_inverse=True)
    texts = [
        SEPARATOR.join(name for place, name in enumerate(names) if one >> place & 1)
        for one in present.tolist()
    ]
    return np.array(texts or [""], dtype=object)[inverse]
