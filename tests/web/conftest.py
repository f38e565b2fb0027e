"""The traced world and a client of the application that serves it, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from trace_world import NOW, TAMPERINGS, TraceWorld, build_world, tamper
from web_client import Client, Opener

from agridata.storage import Workspace
from apps.evidence import judge_lot
from apps.web import create_app


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> TraceWorld:
    return build_world(tmp_path_factory.mktemp("web") / "home")


@pytest.fixture(scope="session")
def lies(world: TraceWorld, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("web-lies")
    return {name: tamper(world, folder / name, name) for name in TAMPERINGS}


@pytest.fixture
def opened() -> Iterator[Opener]:
    """Open a client on a workspace folder; its database is let go after the test."""
    workspaces: list[Workspace] = []

    def open_client(home: Path, **options: Any) -> Client:
        workspaces.append(Workspace(home))
        standard = {"as_of": NOW, "public_url": "https://trace.example", "judge": judge_lot}
        return Client(create_app(workspaces[-1], **{**standard, **options}))

    yield open_client
    for workspace in workspaces:
        workspace.engine.dispose()


@pytest.fixture
def client(world: TraceWorld, opened: Opener) -> Client:
    return opened(world.home)
