"""A workspace: one folder that holds everything a province's installation knows.

::

    HOME/agridata.sqlite      the database (unless AGRIDATA_DATABASE_URL names another)
    HOME/scenes/              rasters (COG)
    HOME/labels/              label sheets (PDF)
    HOME/ledger/              signer state and published checkpoints, outside the database
    HOME/keys/                private keys, mode 0600
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from agridata.errors import EnvironmentMissingError, NotFoundError

__all__ = ["Workspace", "open_engine"]

BUSY_TIMEOUT_MS = 30_000
"""How long a writer waits for SQLite's single write lock: longer than any batch of ours."""


def _configure_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy says BEGIN, so that DDL is transactional too
    cursor = connection.cursor()
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "recursive_triggers = ON",  # REPLACE fires the delete trigger of the spatial index too
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    immediate = connection.get_execution_options().get("immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def open_engine(url: str) -> sa.Engine:
    """Open `url` with the durability settings that the invariants rest on.

    SQLite runs in WAL mode with ``synchronous=FULL`` (an acknowledged commit survives
    a power cut); a connection with execution option ``immediate=True`` takes the write
    lock at BEGIN. ``postgresql://`` is served by psycopg 3.

    Raises
    ------
    EnvironmentMissingError
        If the URL names neither SQLite nor PostgreSQL.
    """
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = sa.create_engine(parsed)
        sa.event.listen(engine, "connect", _configure_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    if parsed.get_backend_name() == "postgresql":
        return sa.create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    raise EnvironmentMissingError(
        f"database {parsed.get_backend_name()!r} is not supported",
        field="AGRIDATA_DATABASE_URL",
        fix="use sqlite:///PATH or postgresql://USER@HOST/NAME",
    )


@dataclass(frozen=True)
class Workspace:
    """The folder and database of one installation.

    Parameters
    ----------
    home
        Workspace folder; need not exist before `create`.
    database_url
        None means ``HOME/agridata.sqlite``.
    """

    home: Path
    database_url: str | None = None

    @classmethod
    def at(cls, home: Path | str | None = None) -> Workspace:
        """Return the workspace of ``--home``, else ``$AGRIDATA_HOME``, else ``./agridata-home``."""
        chosen = home or os.environ.get("AGRIDATA_HOME") or "agridata-home"
        return cls(Path(chosen).resolve(), os.environ.get("AGRIDATA_DATABASE_URL") or None)

    @property
    def url(self) -> str:
        """SQLAlchemy URL of the database."""
        return self.database_url or f"sqlite:///{self.home / 'agridata.sqlite'}"

    @property
    def ledger_dir(self) -> Path:
        """Signer state and published checkpoints: kept outside the database on purpose."""
        return self.home / "ledger"

    @property
    def keys_dir(self) -> Path:
        """Private keys."""
        return self.home / "keys"

    @property
    def scenes_dir(self) -> Path:
        """Rasters."""
        return self.home / "scenes"

    @property
    def labels_dir(self) -> Path:
        """Label sheets."""
        return self.home / "labels"

    @cached_property
    def engine(self) -> sa.Engine:
        """The engine of this workspace's database (one per workspace object)."""
        return open_engine(self.url)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Open a session; the caller commits, leaving the block without it rolls back."""
        with Session(self.engine) as session:
            yield session

    def create(self) -> Workspace:
        """Create folders and bring the database to the newest schema (idempotent)."""
        from agridata.storage._migrate import upgrade

        for folder in (
            self.home,
            self.scenes_dir,
            self.labels_dir,
            self.ledger_dir,
            self.keys_dir,
        ):
            folder.mkdir(parents=True, exist_ok=True)
        self.keys_dir.chmod(0o700)
        upgrade(self.engine)
        return self

    def require(self) -> Workspace:
        """Return self if the workspace exists.

        Raises
        ------
        NotFoundError
            If nothing has been created here yet.
        """
        missing = not self.home.is_dir() or (
            self.database_url is None and not (self.home / "agridata.sqlite").is_file()
        )
        if missing:
            raise NotFoundError(
                f"no workspace at {self.home}",
                field="--home",
                fix="run `agridata demo`, or import something with --home pointing here",
                problem_vi=f"không có kho dữ liệu tại {self.home}",
                fix_vi="hãy chạy `agridata demo`",
            )
        return self
