"""One empty workspace for all tests that do not commit: each rolls back what it did."""

import pytest

from agridata.storage import Workspace


@pytest.fixture(scope="session")
def empty_workspace(tmp_path_factory):
    made = Workspace(tmp_path_factory.mktemp("layers") / "home").create()
    yield made
    made.engine.dispose()


@pytest.fixture
def session(empty_workspace):
    """A session whose work is undone at the end; such a test must not commit."""
    with empty_workspace.session() as opened:
        yield opened
        opened.rollback()
