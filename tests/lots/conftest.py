"""One prepared workspace per test module; what a test writes there it rolls back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lots_world import build_ledger
from sqlmodel import Session

from agridata.storage import Workspace
from traceability.ledger import Ledger


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    workspace = Workspace(tmp_path_factory.mktemp("lots") / "home").create()
    yield build_ledger(workspace)
    workspace.engine.dispose()


@pytest.fixture
def session(ledger: Ledger) -> Iterator[Session]:
    """A session that holds the write lock and is rolled back at the end."""
    with ledger.session() as open_session:
        yield open_session
