"""The append-only log: opaque entries in, roots and RFC 9162 proofs out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from types import TracebackType

import sqlalchemy as sa

from agridata.storage import open_engine
from traceability.errors import LedgerError
from traceability.ledger._database import DatabaseTiles, RepeatedEntryError, reading, writing
from traceability.ledger._rfc9162 import leaf_hash
from traceability.ledger._schema import create_log_tables, log_entry
from traceability.ledger._tree import Entry, TileTree

__all__ = ["MAX_ENTRY_BYTES", "Log", "append_to_log"]

MAX_ENTRY_BYTES = 65_535
"""An entry bundle of tlog-tiles gives each entry a 16-bit length."""

BATCH = 10_000
"""Entries hashed and written at once: bounds memory, keeps the bulk speed."""


class Log:
    """A log in a SQLite or PostgreSQL database.

    Every call is one transaction, and size, root and proof of one call come from one
    snapshot. The object holds no tree: any number of processes may read and append.

    Examples
    --------
    >>> log = Log.open("sqlite:///log.sqlite")          # doctest: +SKIP
    >>> log.append_many([b"first", b"second"])          # doctest: +SKIP
    [0, 1]
    """

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    @classmethod
    def open(cls, url: str) -> Log:
        """Open the log at ``sqlite:///PATH`` or a PostgreSQL URL; create its tables if missing.

        Raises
        ------
        EnvironmentMissingError
            If the URL names another database.
        LedgerError
            If the database cannot be opened.
        """
        engine = open_engine(url)
        try:
            with writing(engine) as connection:
                create_log_tables(connection)
        except BaseException:
            engine.dispose()
            raise
        return cls(engine)

    def __enter__(self) -> Log:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Log({self.engine.url!r})"

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()

    @property
    def size(self) -> int:
        """Number of entries."""
        with reading(self.engine) as connection:
            return DatabaseTiles(connection).size()

    def append_many(self, entries: Iterable[bytes]) -> list[int]:
        """Append entries in one transaction; return the index of each, from 0.

        An entry that is in the log already is not appended again: its index is returned.

        Raises
        ------
        LedgerError
            If an entry is longer than 65,535 bytes, or the stored log is damaged; nothing
            is appended then.
        """
        with writing(self.engine) as connection:
            return append_to_log(connection, (Entry(_checked(entry)) for entry in entries))

    def root(self, size: int | None = None) -> bytes:
        """Return the root of the first `size` entries (None: of all).

        Raises
        ------
        ProofError
            If the log is smaller.
        """
        with reading(self.engine) as connection:
            return TileTree(DatabaseTiles(connection)).root(size)

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """Return the RFC 9162 inclusion proof of entry `index` in the first `size` entries.

        Raises
        ------
        ProofError
            Unless ``0 <= index < size <= self.size``.
        """
        with reading(self.engine) as connection:
            tree = TileTree(DatabaseTiles(connection))
            return tree.inclusion(index, tree.get_size() if size is None else size)

    def consistency(self, size1: int, size2: int | None = None) -> list[bytes]:
        """Return the RFC 9162 consistency proof from `size1` to `size2` entries.

        Raises
        ------
        ProofError
            Unless ``0 < size1 <= size2 <= self.size``.
        """
        with reading(self.engine) as connection:
            tree = TileTree(DatabaseTiles(connection))
            return tree.consistency(size1, tree.get_size() if size2 is None else size2)

    def entry(self, index: int) -> bytes:
        """Return the exact bytes of entry `index`.

        Raises
        ------
        LedgerError
            If there is none.
        """
        return next(self.entries(index, index + 1))

    def entries(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield the exact bytes of entries ``[start, end)``.

        Raises
        ------
        LedgerError
            At the first one that is missing.
        """
        query = sa.select(log_entry.c.idx, log_entry.c.stmt).order_by(log_entry.c.idx)
        query = query.where(log_entry.c.idx >= start)
        expected = start
        with reading(self.engine) as connection:
            stop = DatabaseTiles(connection).size() if end is None else end
            rows = connection.execution_options(yield_per=BATCH).execute(
                query.where(log_entry.c.idx < stop)
            )
            for idx, stmt in rows:
                if idx != expected:
                    raise _no_entry(expected)
                expected += 1
                yield bytes(stmt)
        if expected < stop:
            raise _no_entry(expected)


def append_to_log(
    connection: sa.Connection, entries: Iterable[Entry], origin: str = ""
) -> list[int]:
    """Append entries within a transaction that holds the write lock; return their indices.

    Before the first of them, the recorded size and root must agree with tiles and entries:
    a damaged log is never continued.

    Raises
    ------
    LedgerError
        If they disagree.
    """
    store = DatabaseTiles(connection)
    known_origin, size, root = store.state()
    tree = TileTree(store)
    _require_sound(connection, tree, size, root)
    found: list[int] = []
    source = iter(entries)
    while batch := list(islice(source, BATCH)):
        found += _append_batch(connection, store, tree, batch)
    if tree.get_size() > size or not known_origin:
        store.set_state(known_origin or origin, tree.get_size(), tree.root())
    return found


def _append_batch(
    connection: sa.Connection, store: DatabaseTiles, tree: TileTree, batch: list[Entry]
) -> list[int]:
    hashes = [leaf_hash(entry.stmt) for entry in batch]
    fresh = dict(zip(hashes, batch, strict=True))
    first = tree.get_size()
    try:
        with connection.begin_nested():
            tree.append_entries(fresh.values())
        index = dict(zip(fresh, range(first, first + len(fresh)), strict=True))
    except RepeatedEntryError:
        index = store.known(list(fresh))
        fresh = {digest: entry for digest, entry in fresh.items() if digest not in index}
        if fresh:
            tree.append_entries(fresh.values())
        index |= zip(fresh, range(first, first + len(fresh)), strict=True)
    return [index[digest] for digest in hashes]


def _require_sound(connection: sa.Connection, tree: TileTree, size: int, root: bytes) -> None:
    last = connection.execute(sa.select(sa.func.max(log_entry.c.idx))).scalar()
    entries = 0 if last is None else last + 1
    if entries != size or tree.root(size) != root:
        raise LedgerError(
            f"the log is damaged: state says {size} entries with root {root.hex()}, "
            f"the database holds {entries} with root {tree.root(size).hex()}",
            where="log_state",
            fix="run `agridata ledger audit`; nothing was appended",
            problem_vi="sổ cái bị hỏng, không ghi tiếp",
            fix_vi="hãy chạy `agridata ledger audit`",
        )


def _checked(entry: bytes) -> bytes:
    if not isinstance(entry, bytes):
        raise LedgerError("an entry must be bytes", fix="encode it before appending")
    if len(entry) > MAX_ENTRY_BYTES:
        raise LedgerError(
            f"an entry has {len(entry)} bytes, at most {MAX_ENTRY_BYTES} are allowed",
            fix="log a hash of large content instead",
        )
    return entry


def _no_entry(index: int) -> LedgerError:
    return LedgerError(
        f"there is no entry {index}",
        where="log_entry",
        field="index",
        fix="give an index below the size of the log",
        problem_vi=f"không có mục số {index}",
        fix_vi="hãy chọn số nhỏ hơn kích thước sổ cái",
    )
