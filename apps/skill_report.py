"""Skill of past forecasts as CSV and one plain HTML page."""

from __future__ import annotations

import html
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from agridata.errors import InputError
from agridata.vocabulary import Utc, to_local

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["write_report"]

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Forecast skill</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{{font:16px/1.5 sans-serif;margin:1rem}}table{{border-collapse:collapse}}
th,td{{border:1px solid #999;padding:.2rem .5rem;text-align:right}}div{{overflow-x:auto}}</style>
</head><body><h1>Forecast skill</h1><p>As of {as_of}.</p>
{sections}
</body></html>
"""

INTRODUCTIONS: Mapping[str, str] = {
    "salinity": "Daily maximum salinity, g/L, by lead in days. Model and baselines on the same "
    "rows of true forecasts; skill is 1 − RMSE / RMSE of the best baseline, above 0 the model "
    "is better; medians are over station-seasons. coverage90 should be 0.90. Where the model "
    "loses, the baseline named under “shown” is shown instead.",
    "yield": "Rice yield, t/ha, by season and method. Each target year was forecast from the "
    "years before it; skill is against the five-year mean.",
}


def write_report(folder: Path, tables: Mapping[str, pd.DataFrame], now: Utc) -> list[Path]:
    """Write ``<name>_skill.csv`` per table and ``report.html``; return the files.

    Raises
    ------
    InputError
        If the folder cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files = []
        for name, table in tables.items():
            files.append(folder / f"{name}_skill.csv")
            table.to_csv(files[-1], index=False, float_format="%.6g")
        files.append(folder / "report.html")
        files[-1].write_text(_page(tables, now), encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"cannot write: {error.strerror or error}", where=str(folder), field="--out",
            fix="name a folder that may be written",
        ) from error  # fmt: skip
    return files


def _page(tables: Mapping[str, pd.DataFrame], now: Utc) -> str:
    sections = "\n".join(
        f"<h2>{html.escape(name.capitalize())}</h2><p>{html.escape(INTRODUCTIONS[name])}</p>"
        f"<div>{table.to_html(index=False, float_format='{:.3f}'.format, na_rep='–', border=0)}"
        "</div>"
        for name, table in tables.items()
    )
    return PAGE.format(as_of=f"{to_local(now):%Y-%m-%d %H:%M %z}", sections=sections)
