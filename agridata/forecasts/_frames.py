"""Rows of forecast frames as plain values, checked: finite, ordered, with their dates."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from agridata.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["baselines_of", "check_quantiles", "day_of", "rows_of"]

BASELINE_PREFIX = "baseline_"


def rows_of(frame: pd.DataFrame, columns: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield ``("row N", cells)`` of a frame, N from 0.

    Raises
    ------
    InputError
        If a column is missing.
    """
    names = [str(name) for name in frame.columns]
    missing = [name for name in columns if name not in names]
    if missing:
        raise InputError(
            f"a forecast needs the columns {', '.join(missing)}",
            where="forecast",
            field=missing[0],
            fix=f"give all of {', '.join(columns)}",
        )
    for number, cells in enumerate(frame.itertuples(index=False, name=None)):
        yield f"forecast row {number}", dict(zip(names, cells, strict=True))


def check_quantiles(where: str, cells: Mapping[str, Any], names: Sequence[str]) -> None:
    """Check that the quantiles `names` and the mean are finite and do not cross.

    Raises
    ------
    InputError
        A forecast is never stored without its interval.
    """
    values = [float(cells[name]) for name in (*names, "mean")]
    if not all(map(math.isfinite, values)):
        raise InputError(
            "has no finite interval", where=where, field=names[0],
            fix="give a wide interval where little is known, never none",
        )  # fmt: skip
    quantiles = values[:-1]
    if quantiles != sorted(quantiles):
        raise InputError(
            f"quantiles cross: {', '.join(f'{value:g}' for value in quantiles)}",
            where=where, field=names[0], fix="sort them before storing",
        )  # fmt: skip


def baselines_of(cells: Mapping[str, Any], factor: float = 1.0) -> dict[str, float | None]:
    """Return name → value of the ``baseline_…`` columns, None where one does not exist."""
    return {
        name.removeprefix(BASELINE_PREFIX): _number(value, factor)
        for name, value in cells.items()
        if name.startswith(BASELINE_PREFIX)
    }


def day_of(value: Any) -> date:
    """Return the calendar day of a date, a timestamp or ISO text."""
    if isinstance(value, datetime):  # pandas.Timestamp is one
        return value.date()
    if isinstance(value, date):
        return value
    return date.fromisoformat(str(value)[:10])


def _number(value: Any, factor: float) -> float | None:
    if value is None or not math.isfinite(float(value)):
        return None
    return float(value) * factor
