"""The real units, loaded once for all tests that only read them."""

from datetime import UTC, datetime

import pytest

from agridata.places import load_real_admin
from agridata.storage import Workspace

NOW = datetime(2026, 3, 20, 6, tzinfo=UTC)


@pytest.fixture(scope="session")
def real(shared_dir, tmp_path_factory):
    """A workspace with the real units of both eras, and the reports of their files."""
    made = Workspace(tmp_path_factory.mktemp("real") / "home").create()
    with made.session() as session:
        reports = load_real_admin(session, shared_dir / "data" / "admin", NOW)
        session.commit()
    yield made, reports
    made.engine.dispose()
