"""Workspaces to back up and places to restore to, on each database."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from backup_worlds import NOW, make_world

from agridata.storage import Workspace, open_engine
from apps.backups import take_backup

Place = Callable[[str], Workspace]


@pytest.fixture(scope="session")
def world_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small world on SQLite, built once; copy it before writing."""
    workspace = Workspace(tmp_path_factory.mktemp("backup") / "home").create()
    make_world(workspace)
    workspace.engine.dispose()
    return workspace.home


@pytest.fixture(scope="session")
def world_backup(world_home: Path) -> Path:
    """A backup of the small world; read only."""
    workspace = Workspace(world_home)
    path = take_backup(workspace, world_home.parent / "world.zip", now=NOW).path
    workspace.engine.dispose()
    return path


@pytest.fixture
def world(world_home: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A copy of the small world on SQLite."""
    shutil.copytree(world_home, tmp_path / "world")
    workspace = Workspace(tmp_path / "world")
    yield workspace
    workspace.engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Make (not yet created) workspaces by name, each with a database of its own."""
    made: list[Workspace] = []
    kind = request.param
    server = request.getfixturevalue("postgres_server") if kind == "postgresql" else ""

    def make(name: str) -> Workspace:
        url = None
        if kind == "postgresql":
            url = f"{server}/b{uuid.uuid4().hex[:12]}"
            _on_server(server, f"CREATE DATABASE {url.rsplit('/', 1)[1]}")
        made.append(Workspace(tmp_path / name, url))
        return made[-1]

    yield make
    for workspace in made:
        workspace.engine.dispose()
        if workspace.database_url:
            _on_server(server, f"DROP DATABASE {workspace.url.rsplit('/', 1)[1]} WITH (FORCE)")


def _on_server(server: str, statement: str) -> None:
    engine = open_engine(f"{server}/postgres").execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
