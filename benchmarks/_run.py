"""Which benchmarks there are, and the table of their rows."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Sequence

from benchmarks._row import Row

__all__ = ["BENCHMARKS", "run_all", "table"]

BENCHMARKS: dict[str, str] = {
    "cold_root": "benchmarks.cold_root",
    "zonal": "benchmarks.zonal",
    "readings": "benchmarks.readings",
    "readings_intake": "benchmarks.readings_intake",
    "start": "benchmarks.start",
    "page": "benchmarks.page",
    "labels": "benchmarks.labels",
}
"""Name → module with ``run() -> list[Row]``."""

HEADS = ("what", "ours", "other", "ratio", "n")


def run_all(names: Sequence[str], tell: Callable[[str], None] = lambda _: None) -> list[Row]:
    """Run the named benchmarks in order."""
    rows: list[Row] = []
    for name in names:
        tell(f"{name} …")
        rows += importlib.import_module(BENCHMARKS[name]).run()
    return rows


def table(rows: Sequence[Row]) -> str:
    """Return a Markdown table, columns padded for a terminal too."""
    cells = [HEADS, *(_cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(HEADS))]
    lines = [
        "| " + " | ".join(_padded(text, widths[i], i) for i, text in enumerate(line)) + " |"
        for line in cells
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    note = "ratio = other ÷ ours: above 1 ours is faster or smaller; least of several runs each"
    return "\n".join([lines[0], rule, *lines[1:], "", note])


def _cells(row: Row) -> tuple[str, ...]:
    ratio = "–" if math.isnan(row.ratio) else f"{row.ratio:.2g}×"
    return (row.what, _cost(row.ours, row.unit), _cost(row.other, row.unit), ratio, f"{row.n:,}")


def _cost(value: float, unit: str) -> str:
    if math.isnan(value):
        return "–"
    if unit == "bytes":
        return f"{value / 1000:,.1f} kB"
    return f"{value:.3f} {unit}" if value < 10 else f"{value:.1f} {unit}"


def _padded(text: str, width: int, column: int) -> str:
    return text.ljust(width) if column == 0 else text.rjust(width)
