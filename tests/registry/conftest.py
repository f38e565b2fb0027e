"""Workspaces that many tests share: none commits, leaving a session rolls back."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from registry_world import populate
from sqlmodel import Session

from agridata.storage import Workspace, open_engine


@pytest.fixture(scope="module")
def uncommitted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """One SQLite workspace per module."""
    made = Workspace(tmp_path_factory.mktemp("registry") / "home").create()
    yield made
    made.engine.dispose()


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def uncommitted_on(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workspace]:
    """One workspace on each database."""
    folder = tmp_path_factory.mktemp("registry")
    url = f"sqlite:///{folder / 'shared.sqlite'}"
    if request.param == "postgresql":
        server, name = request.getfixturevalue("postgres_server"), f"r{uuid.uuid4().hex[:12]}"
        admin = open_engine(f"{server}/postgres").execution_options(isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
        admin.dispose()
        url = f"{server}/{name}"
    made = Workspace(folder / "home", url).create()
    yield made
    made.engine.dispose()


@pytest.fixture
def session(uncommitted_on: Workspace) -> Iterator[Session]:
    """A session over the little world; nothing of it stays."""
    with uncommitted_on.session() as opened:
        populate(opened)
        yield opened
