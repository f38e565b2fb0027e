"""A ledger with a registrar and a cooperative, on each database."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ledger_worlds import World, make_world

from agridata.storage import Workspace


@pytest.fixture
def world(workspace: Workspace) -> World:
    """A ledger on SQLite, nothing sequenced yet."""
    return make_world(workspace)


@pytest.fixture
def world_on(workspace_on: Workspace) -> World:
    """A ledger on each database."""
    return make_world(workspace_on)


@pytest.fixture
def log_entries() -> Callable[[int], list[bytes]]:
    """Distinct entries, the first empty."""
    return lambda count: [b"" if at == 0 else b"entry %d" % at for at in range(count)]
