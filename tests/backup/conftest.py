"""Workspaces to back up and places to restore to, on each database."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from backup_worlds import NOW, make_world

from agridata.storage import Workspace, open_engine
from apps.backups import take_backup


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


@dataclass
class Places:
    """Makes workspaces by name: empty places, and copies of the small world."""

    kind: str
    folder: Path
    home: Path
    server: str = ""
    template: str = ""
    made: list[Workspace] = field(default_factory=list)

    def __call__(self, name: str, template: str = "") -> Workspace:
        """Return a workspace that does not exist yet."""
        url = None
        if self.kind == "postgresql":
            database = f"b{uuid.uuid4().hex[:12]}"
            _on_server(
                self.server,
                f"CREATE DATABASE {database}" + (f" TEMPLATE {template}" if template else ""),
            )
            url = f"{self.server}/{database}"
        self.made.append(Workspace(self.folder / name, url))
        return self.made[-1]

    def world(self, name: str = "source") -> Workspace:
        """Return a copy of the small world."""
        shutil.copytree(self.home, self.folder / name)
        return self(name, self.template)

    def close(self) -> None:
        for workspace in self.made:
            workspace.engine.dispose()
            if workspace.database_url:
                database = workspace.url.rsplit("/", 1)[1]
                _on_server(self.server, f"DROP DATABASE {database} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres_world(
    postgres_server: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    """The small world on PostgreSQL: name of a database to copy, and its home."""
    home = tmp_path_factory.mktemp("backup-pg") / "home"
    _on_server(postgres_server, "CREATE DATABASE backup_world")
    workspace = Workspace(home, f"{postgres_server}/backup_world").create()
    make_world(workspace)
    workspace.engine.dispose()
    return "backup_world", home


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path, world_home: Path) -> Iterator[Places]:
    """Make workspaces on each database."""
    places = Places(request.param, tmp_path, world_home)
    if request.param == "postgresql":
        places.server = request.getfixturevalue("postgres_server")
        places.template, places.home = request.getfixturevalue("postgres_world")
    yield places
    places.close()


def _on_server(server: str, statement: str) -> None:
    engine = open_engine(f"{server}/postgres").execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
