"""Fixtures that every room's tests share: real data, workspaces, a throw-away PostgreSQL."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from agridata.storage import Workspace, open_engine

ROOT = Path(__file__).resolve().parents[1]
IN_CI = os.environ.get("CI") == "true"


def missing(reason: str) -> None:
    """Skip with the reason on a person's machine; fail where nothing may be missing."""
    if IN_CI:
        pytest.fail(f"CI lacks {reason}")
    pytest.skip(f"this machine lacks {reason}")


@pytest.fixture(scope="session")
def project_root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of real data and independent vectors beside the project."""
    folder = Path(os.environ.get("AGRIDATA_SHARED", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        missing(f"the shared data folder ({folder})")
    return folder


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A fresh SQLite workspace, migrated."""
    return Workspace(tmp_path / "home").create()


def _postgres_bin() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a throw-away PostgreSQL cluster (without a database name) on a free loopback port."""
    binaries = _postgres_bin()
    if binaries is None:
        missing("PostgreSQL (initdb)")
    assert binaries is not None
    folder = Path(tempfile.mkdtemp(prefix="agridata-pg-"))
    as_root = os.geteuid() == 0
    user = "postgres" if as_root else None
    if as_root:
        shutil.chown(folder, "postgres")
    port = _free_port()
    subprocess.run(
        [binaries / "initdb", "-D", folder / "data", "-U", "agridata", "-A", "trust", "-E", "UTF8",
         "--locale=C.UTF-8", "--no-sync"],
        check=True, user=user, cwd=folder, capture_output=True,
    )  # fmt: skip
    options = (
        f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= "
        "-c fsync=off -c full_page_writes=off -c shared_buffers=64MB"
    )
    control = [binaries / "pg_ctl", "-D", folder / "data", "-w", "-s"]
    subprocess.run(
        [*control, "-l", folder / "log", "-o", options, "start"],
        check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield f"postgresql://agridata@127.0.0.1:{port}"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=False, user=user, cwd=folder)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """URL of a fresh, empty database."""
    import sqlalchemy as sa

    name = f"t{uuid.uuid4().hex[:12]}"
    admin = sa.create_engine(
        f"{postgres_server}/postgres".replace("postgresql://", "postgresql+psycopg://"),
        isolation_level="AUTOCOMMIT",
    )
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield f"{postgres_server}/{name}"
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    admin.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, once on each of the two supported systems."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.sqlite'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def workspace_on(database_url: str, tmp_path: Path) -> Iterator[Workspace]:
    """A fresh workspace on each database."""
    made = Workspace(tmp_path / "home", database_url).create()
    yield made
    made.engine.dispose()


@pytest.fixture(scope="session")
def has_postgis(postgres_server: str) -> bool:
    engine = open_engine(f"{postgres_server}/postgres")
    with engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT count(*) FROM pg_available_extensions WHERE name = 'postgis'"
        ).scalar()
    engine.dispose()
    return bool(found)
