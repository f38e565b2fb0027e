"""Importing a file of readings with every check, against inserting ready rows."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from benchmarks._row import Row

__all__ = ["run"]

SAMPLES = Path(__file__).resolve().parents[1] / "data_samples" / "salinity_vn"
NOW = datetime(2026, 3, 20, tzinfo=UTC)


def run(path: Path = SAMPLES / "salinity_bihourly_2024_2026.csv.gz") -> list[Row]:
    """Parse, check, flag, record and store `path`; then only store the same rows."""
    from agridata.observations import PRESETS, import_readings, import_stations
    from agridata.storage import SourceInfo, Workspace
    from agridata.vocabulary import to_utc

    now = to_utc(NOW)
    info = SourceInfo("stations", "stations", "", "", "data_samples", "", simulated=True)
    with tempfile.TemporaryDirectory() as folder:
        ours = Workspace(Path(folder) / "ours").create()
        with ours.session() as session:
            import_stations(session, SAMPLES / "stations.csv", info, now)
            session.commit()
        ours.engine.dispose()
        bare = shutil.copy(ours.home / "agridata.sqlite", Path(folder) / "bare.sqlite")
        file = SourceInfo("readings", "salinity", "", "", "data_samples", "", simulated=True)
        start = perf_counter()
        with ours.session() as session:
            report = import_readings(session, path, PRESETS["salinity_bihourly"], file, now)
            session.commit()
        taken = perf_counter() - start
        ours.engine.dispose()
        other = _inserted(ours.home / "agridata.sqlite", Path(bare))
    what = "import of readings, checked and flagged / bare executemany of ready rows"
    return [Row(what, taken, other, "s", report.rows)]


def _inserted(source: Path, target: Path) -> float:
    """Return the seconds that SQLite itself needs for the rows, durability set alike."""
    with sqlite3.connect(source) as read:
        rows = read.execute("SELECT * FROM reading").fetchall()
        columns = [each[1] for each in read.execute("PRAGMA table_info(reading)")]
    read.close()
    write = sqlite3.connect(target)
    write.execute("PRAGMA synchronous = FULL")
    marks = ", ".join("?" * len(columns))
    start = perf_counter()
    with write:
        write.executemany(f"INSERT INTO reading ({', '.join(columns)}) VALUES ({marks})", rows)  # noqa: S608  our own columns
    taken = perf_counter() - start
    write.close()
    return taken
