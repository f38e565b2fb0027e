"""What an audit reads: a database, or a mirror folder of C2SP tiles. Nothing in it is trusted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa

from traceability.errors import CheckpointError, LedgerError
from traceability.ledger._checkpoint import open_checkpoint
from traceability.ledger._note import VerifierKey
from traceability.ledger._publication import published_notes
from traceability.ledger._registry import RegisteredKey
from traceability.ledger._rfc9162 import HASH_BYTES
from traceability.ledger._schema import raw_bytes
from traceability.ledger._signer import SignerMemory
from traceability.ledger._tiles import (
    ENTRIES,
    TILE_WIDTH,
    TilePath,
    tile_key,
    tile_of_key,
    tile_path,
    tiles_of_size,
)

__all__ = [
    "AuditSource",
    "DatabaseSource",
    "MirrorSource",
    "StoredEntry",
    "StoredNote",
]

ROWS_AT_ONCE = 2_000
"""Entries read at once: bounds memory at some 100 MB for the largest entries."""


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry as found; hash and key id are None where the source keeps none."""

    index: int
    stmt: bytes
    stmt_hash: bytes | None = None
    kid: str | None = None


class StoredState(NamedTuple):
    """Somebody's record of size and root."""

    where: str
    origin: str
    size: int
    root: bytes


class StoredNote(NamedTuple):
    """A checkpoint as found; size and root are those of its row or file name."""

    where: str
    note: bytes
    size: int | None = None
    root: bytes | None = None


class AuditSource(Protocol):
    """Everything an audit compares."""

    states: list[StoredState]
    notes: list[StoredNote]
    keys: list[RegisteredKey] | None
    damaged: list[tuple[str, str]]

    def entries(self) -> Iterator[StoredEntry]:
        """Yield the entries by ascending index."""

    def tile(self, level: int, n: int) -> bytes | None:
        """Return the stored hashes of a tile, whatever their number."""

    def stored_tiles(self) -> Iterator[tuple[int, int]]:
        """Yield (level, n) of every tile there is."""


@dataclass
class DatabaseSource:
    """The tables on an open snapshot, and the files of the ledger folder (if any)."""

    connection: sa.Connection
    folder: Path | None = None
    states: list[StoredState] = field(default_factory=list)
    notes: list[StoredNote] = field(default_factory=list)
    keys: list[RegisteredKey] | None = None
    damaged: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for origin, size, root in self._rows("SELECT origin, size, root FROM log_state"):
            self.states.append(StoredState("log_state", str(origin), _int(size), raw_bytes(root)))
        for size, root, note in self._rows("SELECT size, root, note FROM log_checkpoint"):
            where = f"log_checkpoint:{size}"
            self.notes.append(StoredNote(where, raw_bytes(note), _int(size), raw_bytes(root)))
        self.keys = [
            RegisteredKey(str(kid), str(code), raw_bytes(key), _int(start), end)
            for kid, code, key, start, end in self._rows(
                "SELECT kid, organisation, public_key, valid_from_idx, valid_to_idx FROM log_key"
            )
        ]
        if self.folder is not None:
            self._read_files(self.folder)

    def entries(self) -> Iterator[StoredEntry]:
        """Yield the rows of `log_entry` by index."""
        streamed = self.connection.execution_options(yield_per=ROWS_AT_ONCE)
        for idx, stmt, digest, kid in streamed.exec_driver_sql(
            "SELECT idx, stmt, stmt_hash, kid FROM log_entry ORDER BY idx"
        ):
            yield StoredEntry(idx, raw_bytes(stmt), raw_bytes(digest), kid)

    def tile(self, level: int, n: int) -> bytes | None:
        """Return the data of a row of `log_tile`."""
        query = f"SELECT data FROM log_tile WHERE id = {tile_key(level, n)}"  # noqa: S608  an integer
        row = self.connection.exec_driver_sql(query).first()
        return None if row is None else raw_bytes(row[0])

    def stored_tiles(self) -> Iterator[tuple[int, int]]:
        """Yield the keys of `log_tile`."""
        for (key,) in self._rows("SELECT id FROM log_tile ORDER BY id"):
            yield tile_of_key(key)

    def _read_files(self, folder: Path) -> None:
        memory = SignerMemory(folder)
        try:
            signed = memory.read()
        except LedgerError as error:
            self.damaged.append((memory.path.name, error.findings[0].problem))
        else:
            if signed is None:
                self.damaged.append((memory.path.name, "the signer state is missing"))
            else:
                self.states.append(StoredState(memory.path.name, *_state_of(signed)))
        for path, note in published_notes(folder):
            size = int(path.name) if path.name.isdigit() else None
            self.notes.append(StoredNote(str(path.relative_to(folder)), note, size))

    def _rows(self, query: str) -> list[Any]:
        return list(self.connection.exec_driver_sql(query))


class MirrorSource:
    """A folder in tlog-tiles layout; its size is that of its checkpoint."""

    def __init__(self, folder: Path, key: VerifierKey) -> None:
        self._folder = folder
        self.states: list[StoredState] = []
        self.keys: list[RegisteredKey] | None = None
        self.damaged: list[tuple[str, str]] = []
        self.notes: list[StoredNote] = []
        self._size = 0
        note = self._read("checkpoint")
        if note is None:
            self.damaged.append(("checkpoint", "the file is missing"))
            return
        self.notes.append(StoredNote("checkpoint", note))
        try:
            checkpoint, _ = open_checkpoint(note, [key])
        except CheckpointError:
            return
        self._size = checkpoint.size

    def entries(self) -> Iterator[StoredEntry]:
        """Yield the entries of the bundles; a damaged bundle ends early."""
        for start in range(0, self._size, TILE_WIDTH):
            width = min(TILE_WIDTH, self._size - start)
            path = tile_path(TilePath(ENTRIES, start // TILE_WIDTH, width))
            for at, entry in enumerate(_unbundled(self._read(path) or b"", width)):
                yield StoredEntry(start + at, entry)

    def tile(self, level: int, n: int) -> bytes | None:
        """Return the file of a tile, partial as the checkpoint's size says."""
        width = min(TILE_WIDTH, (self._size >> (8 * level)) - n * TILE_WIDTH)
        return self._read(tile_path(TilePath(level, n, width))) if width > 0 else None

    def stored_tiles(self) -> Iterator[tuple[int, int]]:
        """Yield the tiles that the checkpoint's size needs; older partial ones may lie about."""
        for path in tiles_of_size(self._size):
            yield path.level, path.n

    def _read(self, path: str) -> bytes | None:
        try:
            return (self._folder / path).read_bytes()
        except OSError:
            return None


def _int(value: object) -> int:
    """Return a column's integer; -1 where tampering left something else."""
    return value if isinstance(value, int) else -1


def _state_of(signed: Any) -> tuple[str, int, bytes]:
    return signed.origin, signed.size, signed.root


def _unbundled(data: bytes, width: int) -> Iterator[bytes]:
    at = 0
    for _ in range(width):
        length = int.from_bytes(data[at : at + 2], "big")
        entry = data[at + 2 : at + 2 + length]
        if len(data) < at + 2 or len(entry) < length:
            return
        yield entry
        at += 2 + length


def leaf_in(tile: bytes | None, index: int) -> bytes | None:
    """Return the hash of leaf `index` within its level-0 tile, None if it is not there."""
    start = index % TILE_WIDTH * HASH_BYTES
    found = (tile or b"")[start : start + HASH_BYTES]
    return found if len(found) == HASH_BYTES else None
