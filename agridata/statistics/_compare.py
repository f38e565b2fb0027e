"""What every check of figures shares: rounding, counting, and naming what is wrong."""

from __future__ import annotations

import math
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

from agridata.statistics._issues import Issue
from agridata.statistics._subjects import MEASURES

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["GROUP", "Compared", "adds", "count", "issue", "rounding_steps"]

GROUP = ["subject", "measure", "season", "data_set_key"]

Compared = Counter[tuple[str, str, str]]
"""(check, data set, unit name) → how many figures were compared."""


def count(compared: Compared, check: str, rows: pd.DataFrame) -> None:
    """Add one comparison per row."""
    compared.update(
        (check, str(data_set), str(unit))
        for data_set, unit in zip(rows["data_set_key"], rows["unit_name"], strict=True)
    )


def adds(measure: str) -> bool:
    """Tell whether parts of a measure add up to a whole."""
    return measure in MEASURES and MEASURES[measure].extensive


def issue(
    check: str, row: pd.Series[float], found: float, expected: float, vi: str = "", en: str = ""
) -> Issue:
    """Name what is wrong with the figure of a facts row."""
    measure = str(row["measure"])
    unit = MEASURES[measure].unit if measure in MEASURES else ""
    return Issue(
        check, str(row["subject"]), measure, str(row["season"]), int(row["year"]),
        str(row["unit_name"]), round(float(found), 6), round(float(expected), 6), unit,
        str(row["data_set_key"]), vi, en,
    )  # fmt: skip


def rounding_steps(facts: pd.DataFrame) -> pd.Series[float]:
    """Return the step to which each figure was rounded, in its storage unit.

    The step is that of its whole column: the number of decimals that most figures of the
    same subject, measure, season, level and data set were published with (a stray decimal in
    a table of whole tonnes does not make the table finer). Where only storage units are
    kept, a step up to 100 (0.1 thousand) is recognised.
    """
    keys = [facts[name] for name in (*GROUP, "unit_level")]
    raw = facts["raw_value"].where(facts["raw_value"].notna(), facts["value"])
    factors = (facts["value"] / raw).where(raw != 0).groupby(keys).transform("median").fillna(1.0)
    limit = facts["raw_value"].isna() * 2
    exponents = raw.map(_exponent).clip(upper=limit).groupby(keys).transform(_most_frequent)
    return (10.0**exponents) * factors


def _exponent(value: float) -> int:
    """Return the decimal exponent of the last digit: 38.5 → -1, 3000 → 3."""
    if value == 0 or not math.isfinite(value):
        return 2
    exponent = Decimal(repr(round(value, 6))).normalize().as_tuple().exponent
    return max(-6, int(exponent))


def _most_frequent(exponents: pd.Series[int]) -> int:
    counts = exponents.value_counts()
    return int(min(counts.index[counts == counts.max()]))
