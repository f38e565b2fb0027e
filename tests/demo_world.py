"""The sample province made small, and one demo over it: built once for all rooms that show it.

The same files as ``data_samples``, readings of one dry season only, so that the whole main job
takes seconds. Rooms import the fixture `demo` in their conftest and copy the workspace before
they write to it.
"""

from __future__ import annotations

import csv
import gzip
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from agridata.storage import Workspace
from agridata.vocabulary import parse_as_of
from apps.demo import run_demo

LOADED_AT = parse_as_of("2026-03-21T09:00")
AS_OF = parse_as_of("2026-03-20T06:00")
PUBLIC_URL = "https://id.agridata.example"
SEED = 952
FIRST_DAY = "2025-12-01"
"""Readings from here on: one dry season, enough for a tidal day, a forecast and a backtest."""


@dataclass(frozen=True)
class DemoWorld:
    """A folder of samples, the workspace that a demo made of it, and what the demo said."""

    folder: Path
    home: Path
    report: dict[str, Any]
    told: list[str] = field(repr=False)
    seconds: float

    @contextmanager
    def workspace(self) -> Iterator[Workspace]:
        """Open the workspace for reading."""
        workspace = Workspace(self.home)
        yield workspace
        workspace.engine.dispose()

    def copy(self, home: Path) -> Workspace:
        """Return a copy that may be written to."""
        shutil.copytree(self.home, home)
        return Workspace(home)

    def people(self) -> list[dict[str, str]]:
        """Return the simulated members with their names and telephone numbers."""
        with (self.folder / "registry" / "members.csv").open(encoding="utf-8") as stream:
            return list(csv.DictReader(stream))


def small_samples(samples: Path, folder: Path) -> Path:
    """Copy the sample province without its scripts, its readings cut to the last season."""
    shutil.copytree(samples, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__", "*.md"))
    for path in (folder / "salinity_vn").glob("*.csv.gz"):
        lines = gzip.decompress(path.read_bytes()).decode("utf-8").splitlines(keepends=True)
        day = next(n for n, cell in enumerate(lines[1].split(",")) if cell.startswith("20"))
        kept = [line for line in lines[1:] if line.split(",")[day] >= FIRST_DAY]
        path.write_bytes(gzip.compress("".join([lines[0], *kept]).encode("utf-8"), mtime=0))
    return folder


def walk(workspace: Workspace, folder: Path, *, seed: int = SEED, **more: Any) -> DemoWorld:
    """Run the demo and keep what it reports, as the command prints it."""
    told: list[str] = []
    start = time.perf_counter()
    report = run_demo(
        workspace, folder, seed=seed, now=LOADED_AT, public_url=PUBLIC_URL, tell=told.append,
        **{"as_of": None, **more},
    )  # fmt: skip
    seconds = time.perf_counter() - start
    document = json.loads(json.dumps(report.as_dict(), default=str))
    return DemoWorld(folder, workspace.home, document, told, seconds)


def row_counts(workspace: Workspace) -> dict[str, int]:
    """Return the number of rows of every table."""
    with workspace.engine.connect() as connection:
        return {
            name: connection.execute(
                sa.select(sa.func.count()).select_from(sa.table(name))
            ).scalar()
            or 0
            for name in sa.inspect(workspace.engine).get_table_names()
        }


_built: dict[Path, DemoWorld] = {}
"""Base folder of the test run → the one demo of it (each room's conftest has its own fixture)."""


def finished_demo(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> DemoWorld:
    """Return the one demo of this test run, made when it is first asked for."""
    base = tmp_path_factory.getbasetemp()
    if base not in _built:
        folder = small_samples(project_root / "data_samples", base / "demo-samples")
        workspace = Workspace(base / "demo-home").create()
        _built[base] = walk(workspace, folder)
        workspace.engine.dispose()
    return _built[base]


@pytest.fixture(scope="session")
def demo(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> DemoWorld:
    """The finished demo over the small sample province; read only."""
    return finished_demo(project_root, tmp_path_factory)
