"""The sample province made small: the same files, fewer readings, so that a demo takes seconds."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

SERIES = ("salinity_bihourly_2024_2026", "water_level_2024_2026", "mrc_kratie_daily_discharge_2023_2026")
"""Files of readings that are cut to one season."""

FIRST_DAY = "2025-11-15"
"""A dry season up to the samples' own moment; enough for a tidal day and a backtest."""


def small_samples(samples: Path, folder: Path) -> Path:
    """Copy the sample province without its scripts, its readings cut to the last season."""
    shutil.copytree(samples, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__", "*.md"))
    for name in SERIES:
        cut(folder / "salinity_vn" / f"{name}.csv.gz")
    return folder


def cut(path: Path) -> None:
    """Leave out the rows of before the first day; the time stands in the first column that has one."""
    lines = gzip.decompress(path.read_bytes()).decode("utf-8").splitlines(keepends=True)
    head, rows = lines[0], lines[1:]
    column = next(n for n, cell in enumerate(rows[0].split(",")) if cell[:2] == "20")
    kept = [row for row in rows if row.split(",")[column][:10] >= FIRST_DAY]
    path.write_bytes(gzip.compress("".join([head, *kept]).encode("utf-8"), mtime=0))
