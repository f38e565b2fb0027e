"""The world of access, built once and copied; an application on it with a clock that we move."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "web"))  # the world of the pages

from access_world import Browser, Clock, add_everybody, application, build, moved

from agridata.access import _passwords
from agridata.storage import Workspace

REAL = {"TIME_COST": _passwords.TIME_COST, "MEMORY_COST_KIB": _passwords.MEMORY_COST_KIB}
CHEAP = {"TIME_COST": 1, "MEMORY_COST_KIB": 1024}
"""Most tests sign in without being about hashes; argon2id is the same with less memory."""


def set_costs(costs: dict[str, int]) -> None:
    for name, value in costs.items():
        setattr(_passwords, name, value)
    _passwords._hasher.cache_clear()
    _passwords._nobodys_hash.cache_clear()


@pytest.fixture(scope="session", autouse=True)
def cheap_hashes() -> Iterator[None]:
    set_costs(CHEAP)
    yield
    set_costs(REAL)


@pytest.fixture
def real_hashes(cheap_hashes: None) -> Iterator[None]:
    set_costs(REAL)
    yield
    set_costs(CHEAP)


@pytest.fixture(scope="session")
def without_accounts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    workspace = build(tmp_path_factory.mktemp("access-empty") / "home")
    workspace.engine.dispose()
    return workspace.home


@pytest.fixture(scope="session")
def with_accounts(without_accounts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("access-full") / "home"
    workspace = moved(without_accounts, home)
    add_everybody(workspace)
    workspace.engine.dispose()
    return home


@pytest.fixture
def empty(without_accounts: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A workspace in which nobody has an account."""
    made = moved(without_accounts, tmp_path / "home")
    yield made
    made.engine.dispose()


@pytest.fixture
def full(with_accounts: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A workspace with an account of every role."""
    made = moved(with_accounts, tmp_path / "home")
    yield made
    made.engine.dispose()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def browser(full: Workspace, clock: Clock) -> Callable[..., Browser]:
    """Open a browser on an application with these options; browsers share the application."""
    made: dict[str, Any] = {}

    def open_browser(base: str = "http://localhost", address: str = "192.0.2.1", **options: Any):
        key = repr(sorted(options.items()))
        app = made.setdefault(key, None) or application(full, clock, **options)
        made[key] = app
        return Browser(app, base=base, address=address)

    return open_browser
