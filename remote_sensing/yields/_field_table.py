"""Reading tables of single fields, whose headers carry their units and codes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from remote_sensing.yields._panel import MAX_YIELD_T_HA, PanelError

__all__ = ["field_features", "field_yields"]

HEADERS = {
    "unit": "district", "season": "season", "intensity": "rice crop intensity",
    "harvest": "date of harvest", "lat": "latitude", "lon": "longitude",
}  # fmt: skip
YIELD_HEADER = "rice yield"
SEASONS = {"WS": "winter_spring", "SA": "summer_autumn"}
INTENSITIES = ("D", "T")
REQUIRED = ("unit", "season")
KG_PER_TONNE = 1000.0
SMALLEST_KG_HA = 30.0
"""A field yield below this, other than 0, was written in t/ha or quintals."""


def _column(table: pd.DataFrame, header: str) -> str | None:
    """Return the column whose name starts with `header`, whatever follows in brackets."""
    found = [name for name in table.columns if str(name).strip().casefold().startswith(header)]
    return found[0] if found else None


def field_features(table: pd.DataFrame, where: str) -> pd.DataFrame:
    """Return unit, season, intensity, year, place per field; the yield column is never read.

    `place` is the position rounded to 1e-5° (about a metre): records of one field share it.
    Missing values are "" and NaN.

    Raises
    ------
    PanelError
        If there is no district or season column, or the table is empty.
    """
    columns = {name: _column(table, header) for name, header in HEADERS.items()}
    missing = [HEADERS[name] for name in REQUIRED if columns[name] is None]
    if missing or table.empty:
        raise PanelError(
            f"the table of fields has no {', '.join(missing) or 'rows'}", where=where,
            field=missing[0] if missing else "", fix="give the columns of the field survey",
        )  # fmt: skip
    season = _text(table, columns["season"]).str.upper()
    return pd.DataFrame({
        "unit": _text(table, columns["unit"]),
        "season": season.map(SEASONS).fillna(season.str.lower()),
        "intensity": _text(table, columns["intensity"]).str.upper(),
        "year": _years(table, columns["harvest"]),
        "place": _places(table, columns["lat"], columns["lon"]),
    }).reset_index(drop=True)  # fmt: skip


def _text(table: pd.DataFrame, column: str | None) -> pd.Series[Any]:
    if column is None:
        return pd.Series("", index=table.index)
    return table[column].fillna("").astype(str).str.strip()


def _years(table: pd.DataFrame, column: str | None) -> pd.Series[Any]:
    if column is None:
        return pd.Series(np.nan, index=table.index)
    days = pd.to_datetime(table[column], format="%d-%m-%Y", errors="coerce")
    years: pd.Series[Any] = days.dt.year
    return years


def _places(table: pd.DataFrame, lat: str | None, lon: str | None) -> pd.Series[Any]:
    """Return a text per position; a row without one is a place of its own."""
    own = pd.Series([f"row {number}" for number in range(len(table))], index=table.index)
    if lat is None or lon is None:
        return own
    position = table[[lat, lon]].apply(pd.to_numeric, errors="coerce").round(5)
    text: pd.Series[Any] = position[lat].astype(str) + "," + position[lon].astype(str)
    return text.where(position.notna().all(axis=1), own)


def field_yields(table: pd.DataFrame, where: str) -> NDArray[np.float64]:
    """Return the yield of each field in t/ha.

    Raises
    ------
    PanelError
        If there is no yield column, or its figures cannot be kg/ha; the first row is named.
    """
    column = _column(table, YIELD_HEADER)
    if column is None:
        raise PanelError(
            "the table of fields has no yield column", where=where, field=YIELD_HEADER,
            fix="give 'Rice Yield (kg/ha)' in the training table",
        )  # fmt: skip
    kilograms = pd.to_numeric(table[column], errors="coerce").to_numpy(np.float64)
    possible = (kilograms >= SMALLEST_KG_HA) & (kilograms <= MAX_YIELD_T_HA * KG_PER_TONNE)
    if not possible.all():
        first = int(np.flatnonzero(~possible)[0])
        raise PanelError(
            f"{table[column].iloc[first]!r} is no yield in kg/ha", where=f"{where}:{first + 2}",
            field=str(column), fix="correct or remove the row; yields are in kg/ha",
        )  # fmt: skip
    return np.asarray(kilograms / KG_PER_TONNE)
