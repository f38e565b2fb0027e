"""The demo's workspace, shown to Streamlit scripts that run in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from demo_world import DemoWorld, demo

from agridata.storage import Workspace
from apps.evidence import judge_lot
from apps.web import Site, create_app
from apps.web._screens import show

__all__ = ["demo"]

Shown = Callable[..., Site]


@pytest.fixture
def shown(demo: DemoWorld) -> Iterator[Shown]:
    """Set what the screens show; by default the demo, read only."""
    workspaces: list[Workspace] = []

    def show_site(home: Path = demo.home, *, local_admin: bool = False) -> Site:
        workspaces.append(Workspace(home))
        site: Site = create_app(
            workspaces[-1], as_of=None, public_url="https://id.agridata.example",
            local_admin=local_admin, judge=judge_lot,
        ).state.site  # fmt: skip
        show(site)
        return site

    yield show_site
    for workspace in workspaces:
        workspace.engine.dispose()
