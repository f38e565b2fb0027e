"""The network's tests run against Debian's Mosquitto."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from network_world import Broker, mosquitto, running_broker

from agridata.storage import Workspace

TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture
def start_broker(pytestconfig: pytest.Config) -> Iterator[Callable[[Workspace], Broker]]:
    """Start a broker for a workspace whose devices are registered; stop it afterwards."""
    if mosquitto() is None:
        pytestconfig.pluginmanager.get_plugin(str(TESTS / "conftest.py")).missing("Mosquitto")
    with ExitStack() as stack:
        yield lambda workspace: stack.enter_context(running_broker(workspace))
