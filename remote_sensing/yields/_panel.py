"""The panel of published yields as a matrix: one row per unit and season, one column per year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agridata.errors import InputError, NotFoundError

__all__ = ["Panel", "PanelError", "read_panel"]

MAX_YIELD_T_HA = 20.0
"""No rice season anywhere gives 20 t/ha: such a number is in quintals or a typing error."""

COLUMNS = ("unit_name", "season", "year", "yield_t_ha")


class PanelError(InputError):
    """The panel of yields was rejected."""


@dataclass(frozen=True)
class Panel:
    """Yields in t/ha.

    Attributes
    ----------
    units, seasons
        Text per series (row).
    first_year
        Year of the first column; columns are consecutive years.
    values
        float64 (series, year), NaN where not grown or not known.
    """

    units: NDArray[np.str_]
    seasons: NDArray[np.str_]
    first_year: int
    values: NDArray[np.float64]

    @property
    def last_year(self) -> int:
        """Newest year with a figure."""
        return self.first_year + int(self.values.shape[1]) - 1

    def known(self, last_year: int) -> NDArray[np.float64]:
        """Return the columns up to and including `last_year`."""
        return self.values[:, : max(last_year - self.first_year + 1, 0)]

    def row(self, unit: str, season: str) -> int | None:
        """Return the row of a series, None where it never had a figure."""
        found = np.flatnonzero((self.units == unit) & (self.seasons == season))
        return int(found[0]) if found.size else None

    def chosen(self, column: str, asked: Sequence[str] | None) -> list[str]:
        """Return the asked units or seasons, all for None.

        Raises
        ------
        NotFoundError
            If one has no figure at all; the message lists what there is.
        """
        there = sorted(set(self.units if column == "unit" else self.seasons))
        unknown = [name for name in asked or () if name not in there]
        if unknown:
            raise NotFoundError(
                f"no figures for {column} {', '.join(map(repr, unknown))}",
                field=column,
                fix=f"choose from {', '.join(there)}",
                problem_vi=f"không có số liệu cho {', '.join(unknown)}",
                fix_vi=f"hãy chọn trong: {', '.join(there)}",
            )
        return [str(name) for name in (there if asked is None else asked)]


def read_panel(frame: pd.DataFrame, last_year: int | None = None) -> Panel:
    """Return the matrix of a panel, using figures up to `last_year` only.

    Parameters
    ----------
    frame
        unit_name, season, year, yield_t_ha. Zero and missing yields mean "not grown" and
        are left out; repeated figures of one unit, season and year are averaged.
    last_year
        Later rows are dropped before anything is computed; None keeps all.

    Raises
    ------
    PanelError
        If a column is missing, a yield is negative or above 20 t/ha, or nothing is left.
    """
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        raise PanelError(
            f"the panel has no column {', '.join(missing)}", field=missing[0],
            fix=f"give {', '.join(COLUMNS)}",
        )  # fmt: skip
    rows = frame.loc[:, list(COLUMNS)].dropna(subset=["yield_t_ha"])
    rows = rows if last_year is None else rows[rows["year"] <= last_year]
    _require_tonnes(rows)
    rows = rows[rows["yield_t_ha"] > 0]
    if rows.empty:
        raise PanelError(
            "the panel has no figure to forecast from", field="year",
            fix="import statistics of earlier years first",
            problem_vi="không có số liệu năm trước để dự báo",
            fix_vi="hãy nhập số liệu thống kê các năm trước",
        )  # fmt: skip
    table = rows.pivot_table(
        index=["unit_name", "season"], columns="year", values="yield_t_ha", aggfunc="mean"
    )
    first, last = int(table.columns.min()), int(table.columns.max())
    table = table.reindex(columns=range(first, last + 1)).sort_index()
    units = table.index.get_level_values(0).to_numpy(str)
    seasons = table.index.get_level_values(1).to_numpy(str)
    return Panel(units, seasons, first, table.to_numpy(np.float64))


def _require_tonnes(rows: pd.DataFrame) -> None:
    wrong = rows[(rows["yield_t_ha"] < 0) | (rows["yield_t_ha"] > MAX_YIELD_T_HA)]
    if wrong.empty:
        return
    first = wrong.iloc[0]
    raise PanelError(
        f"{first['unit_name']} {first['season']} {first['year']}: "
        f"{first['yield_t_ha']:g} t/ha is impossible",
        field="yield_t_ha",
        fix="convert quintals per hectare to t/ha (× 0.1) or correct the figure",
        problem_vi="năng suất ngoài khoảng có thể (0–20 tấn/ha)",
        fix_vi="hãy đổi tạ/ha sang tấn/ha (× 0,1) hoặc sửa số liệu",
    )
