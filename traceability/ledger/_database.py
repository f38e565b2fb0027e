"""Transactions of the log: one writer at a time, readers on one snapshot, on both databases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from traceability.errors import LedgerError
from traceability.ledger._rfc9162 import EMPTY_ROOT
from traceability.ledger._schema import log_entry, log_state, log_tile
from traceability.ledger._tiles import TileChange
from traceability.ledger._tree import Entry

__all__ = ["DatabaseTiles", "RepeatedEntryError", "reading", "take_write_lock", "writing"]

ADVISORY_LOCK = 0x61_67_72_69_6C_6F_67  # "agrilog"
"""PostgreSQL transaction lock that every writer of the log takes (SQLite: BEGIN IMMEDIATE)."""

COPY_FROM_ROWS = 50
"""From this many rows on, COPY BINARY is faster than INSERT on PostgreSQL."""


class RepeatedEntryError(Exception):
    """Some entry of the batch is in the log already (internal: never leaves the package)."""


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Open a transaction that holds the log's write lock; commit at the end.

    Raises
    ------
    LedgerError
        If the database refuses (locked, full, read-only).
    """
    try:
        with engine.execution_options(immediate=True).begin() as connection:
            if connection.dialect.name == "postgresql":
                take_write_lock(connection)
            yield connection
    except sa.exc.OperationalError as error:
        raise LedgerError(
            f"the database refused to write: {error.orig}",
            fix="free disk space or end the other writer, then repeat: nothing was stored",
            problem_vi="cơ sở dữ liệu từ chối ghi",
            fix_vi="hãy giải phóng đĩa hoặc dừng tiến trình khác rồi làm lại",
        ) from error


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Open a read-only look at one snapshot of the database."""
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with engine.connect() as connection:
        yield connection


def take_write_lock(connection: sa.Connection) -> None:
    """Make this transaction the only writer of the log until it ends.

    On SQLite an update that changes nothing takes the write lock; start the transaction
    with ``immediate=True`` if it has read before.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")
    else:
        connection.execute(log_state.update().values(size=log_state.c.size))


class DatabaseTiles:
    """`TileStore` on an open transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def __repr__(self) -> str:
        return f"DatabaseTiles({self._connection.engine.url!r})"

    def state(self) -> tuple[str, int, bytes]:
        """Return ``(origin, size, root)`` of the log; origin "" before the first append."""
        row = self._connection.execute(sa.select(log_state)).first()
        return (row.origin, row.size, row.root) if row else ("", 0, EMPTY_ROOT)

    def size(self) -> int:
        """Return the number of leaves."""
        return self.state()[1]

    def set_state(self, origin: str, size: int, root: bytes) -> None:
        """Record size and root after an append."""
        values = {"origin": origin, "size": size, "root": root}
        changed = self._connection.execute(log_state.update().values(values))
        if changed.rowcount == 0:
            self._connection.execute(log_state.insert().values(values))

    def tiles(self, keys: Iterable[int]) -> dict[int, bytes]:
        """Return the stored tiles among `keys`, in one query."""
        query = sa.select(log_tile.c.id, log_tile.c.data).where(log_tile.c.id.in_(list(keys)))
        return {key: bytes(data) for key, data in self._connection.execute(query)}

    def append(
        self,
        first: int,
        entries: Sequence[Entry],
        hashes: Sequence[bytes],
        changes: Sequence[TileChange],
    ) -> None:
        """Store entries from index `first` on, and the tiles they change.

        Raises
        ------
        RepeatedEntryError
            If one of them is stored already; the caller rolls back to its savepoint.
        """
        rows = [
            (first + at, entry.stmt, digest, entry.kid)
            for at, (entry, digest) in enumerate(zip(entries, hashes, strict=True))
        ]
        self._insert_entries(rows)
        new = [{"id": change.key, "data": change.data} for change in changes if not change.extends]
        if new:
            self._connection.execute(log_tile.insert(), new)
        for change in changes:
            if change.extends:
                self._connection.execute(
                    log_tile.update().where(log_tile.c.id == change.key).values(data=change.data)
                )

    def known(self, hashes: Sequence[bytes]) -> dict[bytes, int]:
        """Return leaf hash → index of those that are in the log already."""
        found: dict[bytes, int] = {}
        for at in range(0, len(hashes), 500):
            query = sa.select(log_entry.c.stmt_hash, log_entry.c.idx).where(
                log_entry.c.stmt_hash.in_(hashes[at : at + 500])
            )
            found |= {bytes(digest): idx for digest, idx in self._connection.execute(query)}
        return found

    def _insert_entries(self, rows: list[tuple[int, bytes, bytes, str | None]]) -> None:
        if self._connection.dialect.name == "postgresql" and len(rows) >= COPY_FROM_ROWS:
            _copy_entries(self._connection, rows)
            return
        try:
            if self._connection.dialect.name == "sqlite":
                self._connection.exec_driver_sql(
                    "INSERT INTO log_entry (idx, stmt, stmt_hash, kid) VALUES (?, ?, ?, ?)", rows
                )
            else:
                names = [column.name for column in log_entry.columns]
                named = [dict(zip(names, row, strict=True)) for row in rows]
                self._connection.execute(log_entry.insert(), named)
        except sa.exc.IntegrityError as error:
            raise RepeatedEntryError from error


def _copy_entries(connection: sa.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    import psycopg

    driver: Any = connection.connection.driver_connection
    statement = "COPY log_entry (idx, stmt, stmt_hash, kid) FROM STDIN (FORMAT BINARY)"
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types(["int8", "bytea", "bytea", "text"])
            for row in rows:
                copy.write_row(row)
    except psycopg.errors.UniqueViolation as error:
        raise RepeatedEntryError from error
