"""Salinity from conductivity: the converter comes from outside, the rules of use stand here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agridata.errors import InputError
from agridata.observations import _reasons as reasons
from agridata.observations._cells import parse_numbers
from agridata.observations._specs import ReadingSpec
from agridata.observations._tables import Table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Converter", "Salinity", "method_at", "salinity_of_rows"]

Converter = Callable[[float, float], float]
"""``(conductivity in dS/m, water temperature in °C) -> salinity in g/L``; PSS-78 in practice.

It raises `InputError` for what cannot be converted. A meter that compensates to 25 °C is
read at 25 °C.
"""

REFERENCE_C = 25.0


@dataclass(frozen=True, slots=True)
class Salinity:
    """Converted column: `value` in g/L (NaN where there was none), `method` in words."""

    value: pd.Series[float]
    method: pd.Series[str]


def method_at(temperature_c: float, *, measured: bool) -> str:
    """Say how a conductivity became a salinity."""
    if measured:
        return f"PSS-78 at {temperature_c:g} °C"
    return f"PSS-78, read as compensated to {temperature_c:g} °C"


def salinity_of_rows(
    table: Table,
    spec: ReadingSpec,
    column: str,
    conductivity: pd.Series[float],
    convert: Converter,
    checks: reasons.Rejections,
) -> Salinity:
    """Convert a column of conductivity in dS/m; rows that cannot be converted are rejected."""
    import numpy as np
    import pandas as pd

    there = conductivity.notna()
    temperature = _temperatures(table, spec, there, checks)
    value = pd.Series(np.nan, index=conductivity.index)
    problems = pd.Series("", index=conductivity.index, dtype="object")
    for row in conductivity.index[there & temperature.notna()]:
        try:
            value[row] = round(convert(float(conductivity[row]), float(temperature[row])), 6)
        except InputError as error:
            problems[row] = error.findings[0].problem
    checks.add(problems.ne(""), column, reasons.not_convertible, problems.astype("str"))
    measured = spec.temperature_column is not None
    method = [method_at(float(one), measured=measured) for one in temperature.fillna(0.0)]
    return Salinity(value, pd.Series(method, index=conductivity.index))


def _temperatures(
    table: Table, spec: ReadingSpec, there: pd.Series[bool], checks: reasons.Rejections
) -> pd.Series[float]:
    """Return the temperature of every row in °C, NaN where the row has none."""
    import pandas as pd

    name = spec.temperature_column
    if name is None:
        constant = REFERENCE_C if spec.temperature_c is None else spec.temperature_c
        return pd.Series(constant, index=table.frame.index)
    text = table.frame[name]
    numbers = parse_numbers(text)
    checks.add(there & text.eq(""), name, reasons.no_temperature)
    checks.add(there & numbers.isna(), name, reasons.bad_number, text)
    return numbers
