"""What the schema should be: our migrations, run on an empty database in memory."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from functools import cache

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

__all__ = ["Schema", "foreign_code", "head", "known_revisions", "reference_schema", "schema_of"]

_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Schema:
    """SQLite's objects: tables with columns; triggers and views with their text."""

    tables: dict[str, frozenset[str]]
    indexes: frozenset[str]
    code: dict[str, str]
    guarded: frozenset[str]
    """Tables that have triggers of their own (not those of the spatial index)."""


def known_revisions() -> list[str]:
    """Return the revisions that this program knows, newest first."""
    from alembic.script import ScriptDirectory

    from agridata.storage._migrate import alembic_config

    return [one.revision for one in ScriptDirectory.from_config(alembic_config()).walk_revisions()]


def head() -> str:
    """Return the newest revision."""
    return known_revisions()[0]


@cache
def reference_schema(revision: str) -> Schema:
    """Return the schema that our migrations make at `revision`, on SQLite."""
    from agridata.storage._migrate import upgrade

    engine = sa.create_engine("sqlite://", poolclass=StaticPool)
    try:
        upgrade(engine, revision)
        with engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            return schema_of(driver)
    finally:
        engine.dispose()


def schema_of(connection: sqlite3.Connection) -> Schema:
    """Return the schema of an open SQLite database."""
    rows: list[tuple[str, str, str, str | None]] = connection.execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
    ).fetchall()
    tables = {name for kind, name, _table, _sql in rows if kind == "table"}
    triggers = [(name, table) for kind, name, table, _sql in rows if kind == "trigger"]
    return Schema(
        {name: _columns(connection, name) for name in tables},
        frozenset(name for kind, name, _table, _sql in rows if kind == "index"),
        {
            f"{kind} {name}": _SPACE.sub(" ", sql or "").strip()
            for kind, name, _table, sql in rows
            if kind in ("trigger", "view")
        },
        frozenset(table for name, table in triggers if "_rtree_" not in name),
    )


def _columns(connection: sqlite3.Connection, table: str) -> frozenset[str]:
    info = connection.execute(f'PRAGMA table_info("{table}")')
    return frozenset(str(column[1]) for column in info)


def foreign_code(found: Schema, wanted: Schema) -> list[str]:
    """Return the triggers and views that are not those of the migrations."""
    return sorted(name for name, text in found.code.items() if wanted.code.get(name) != text)
