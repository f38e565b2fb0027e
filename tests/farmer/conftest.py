"""The demo's workspace and a client of the application that serves it, in this process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from demo_world import DemoWorld, demo

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "web"))  # its client serves both rooms

from web_client import Client, Opener

from agridata.storage import Workspace
from apps.evidence import judge_lot
from apps.web import create_app

__all__ = ["demo"]


@pytest.fixture
def opened() -> Iterator[Opener]:
    """Open a client on a workspace folder; its database is let go after the test."""
    workspaces: list[Workspace] = []

    def open_client(home: Path, **options: Any) -> Client:
        workspaces.append(Workspace(home))
        standard = {"as_of": None, "public_url": "https://trace.example", "judge": judge_lot}
        return Client(create_app(workspaces[-1], **{**standard, **options}))

    yield open_client
    for workspace in workspaces:
        workspace.engine.dispose()


@pytest.fixture
def client(demo: DemoWorld, opened: Opener) -> Client:
    return opened(demo.home)
