"""Every benchmark gives its rows and the table can be made; no time is judged here."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

from doc_pages import ROOT

sys.path.insert(0, str(ROOT))  # the benchmarks run from a checkout and are not installed

from benchmarks import BENCHMARKS, Row, cold_root, labels, readings, start, table, zonal


def sound(rows: list[Row]) -> bool:
    return bool(rows) and all(row.ours > 0 and row.n > 0 and row.what for row in rows)


def test_ledger_and_zonal_rows_on_tiny_sizes() -> None:
    assert sound(cold_root.run(entries=300))
    rows = zonal.run(parcels=12, scenes=2, pixels=120)
    assert sound(rows)
    assert [row.n for row in rows] == [24, 24]


def test_readings_row_on_a_tiny_file(tmp_path: Path) -> None:
    file = tmp_path / "salinity_bihourly_tiny.csv"
    lines = [f"hoc_po,2026-03-01 {hour:02d}:00:00,{hour / 10}" for hour in range(1, 24, 2)]
    file.write_text("\n".join(["station,time,salinity_gl", *lines]) + "\n", encoding="utf-8")
    (row,) = readings.run(file)
    assert sound([row])
    assert row.n == len(lines)


def test_start_and_label_rows() -> None:
    assert sound(start.run(times=1))
    rows = labels.run(labels=3)
    assert sound(rows)
    assert math.isnan(rows[-1].ratio)


def test_page_row_through_the_command_line() -> None:
    """In a process of its own: it starts Streamlit."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--json", "page"],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    (row,) = json.loads(done.stdout)
    assert 0 < row["ours"] < row["other"]
    assert row["ratio"] > 1


def test_table_has_the_promised_columns() -> None:
    rows = [Row("a / b", 0.5, 1.0, "s", 1000), Row("size", 2000, math.nan, "bytes", 1)]
    lines = table(rows).splitlines()
    assert [cell.strip() for cell in lines[0].strip("|").split("|")] == [
        "what", "ours", "other", "ratio", "n",
    ]  # fmt: skip
    assert [cell.strip() for cell in lines[2].strip("|").split("|")] == [
        "a / b", "0.500 s", "1.000 s", "2×", "1,000",
    ]  # fmt: skip
    assert "2.0 kB" in lines[3]
    assert set(BENCHMARKS) == {
        "cold_root", "zonal", "readings", "readings_intake", "start", "page", "labels",
    }  # fmt: skip
