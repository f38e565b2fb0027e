"""What the outside reads: tiles and entry bundles, proofs, proof bundles, from one snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from traceability.errors import LedgerError, ProofError
from traceability.ledger._bundle import ProvenEntry, make_bundle, verify_bundle
from traceability.ledger._checkpoint import Checkpoint
from traceability.ledger._database import DatabaseTiles, reading
from traceability.ledger._inbox import registered_keys
from traceability.ledger._rfc9162 import HASH_BYTES
from traceability.ledger._schema import log_entry
from traceability.ledger._statement import parse_statement
from traceability.ledger._tiles import ENTRIES, TILE_WIDTH, TilePath, parse_tile_path, tile_key
from traceability.ledger._tlogproof import format_tlog_proof
from traceability.ledger._tree import TileTree

__all__ = ["bundle_of", "entry_at", "tile_bytes", "tile_data", "tlog_proof_of"]


def tile_bytes(engine: sa.Engine, path: str) -> bytes | None:
    """Return the resource ``tile/<L>/<N>[.p/<W>]`` or ``tile/entries/<N>[.p/<W>]``.

    A partial tile is served for ever, also after the tile has grown. None where the path
    is malformed or the log does not reach so far (HTTP 404). Source: C2SP tlog-tiles.
    """
    wanted = parse_tile_path(path)
    if wanted is None:
        return None
    with reading(engine) as connection:
        return tile_data(connection, wanted)


def tile_data(connection: sa.Connection, wanted: TilePath) -> bytes | None:
    """Return the bytes of a tile or entry bundle, None if the log is shorter."""
    if wanted.level == ENTRIES:
        return _entry_bundle(connection, wanted)
    key = tile_key(wanted.level, wanted.n)
    data = DatabaseTiles(connection).tiles([key]).get(key, b"")
    length = wanted.width * HASH_BYTES
    return data[:length] if len(data) >= length else None


def entry_at(connection: sa.Connection, index: int) -> bytes:
    """Return the exact bytes of entry `index`.

    Raises
    ------
    LedgerError
        If there is none.
    """
    found = connection.execute(sa.select(log_entry.c.stmt).where(log_entry.c.idx == index))
    stmt = found.scalar()
    if stmt is None:
        raise LedgerError(
            f"there is no entry {index}",
            where="log_entry",
            field="index",
            fix="give an index below the size of the log",
            problem_vi=f"không có mục số {index}",
            fix_vi="hãy chọn số nhỏ hơn kích thước sổ cái",
        )
    return bytes(stmt)


def tlog_proof_of(engine: sa.Engine, checkpoint: Checkpoint, index: int) -> str:
    """Return the `.tlog-proof` text of entry `index` under `checkpoint`."""
    with reading(engine) as connection:
        tree = _tree_at(connection, checkpoint)
        return format_tlog_proof(index, tree.inclusion(index, checkpoint.size), checkpoint)


def bundle_of(
    engine: sa.Engine,
    checkpoint: Checkpoint,
    log_vkey: str,
    entries: Sequence[tuple[int, bytes]],
    about: Mapping[str, str] | None,
    *,
    self_check: bool,
) -> dict[str, Any]:
    """Return a proof bundle (see `Ledger.bundle`)."""
    if not entries:
        raise LedgerError("a bundle needs at least one event", fix="give (index, event) pairs")
    with reading(engine) as connection:
        tree = _tree_at(connection, checkpoint)
        events = [
            _proven(connection, tree, checkpoint, index, event) for index, event in sorted(entries)
        ]
        kids = {parse_statement(each.entry).issuer_kid for each in events}
        keys = [
            _proven(connection, tree, checkpoint, key.valid_from_idx)
            for key in registered_keys(connection)
            if key.valid_from_idx == 0 or key.kid in kids
        ]
    last = parse_statement(events[-1].entry).fields["about"]
    subject = about or {name: str(last.get(name, "")) for name in ("gtin", "lot")}
    bundle = make_bundle(checkpoint, subject, keys, events)
    if self_check:
        verify_bundle(bundle, log_vkey)
    return bundle


def _tree_at(connection: sa.Connection, checkpoint: Checkpoint) -> TileTree:
    tree = TileTree(DatabaseTiles(connection))
    if tree.root(checkpoint.size) != checkpoint.root:
        raise ProofError(
            "the database differs from the published checkpoint; no proof is served",
            where="checkpoint",
            fix="run `agridata ledger audit`",
            problem_vi="cơ sở dữ liệu khác với điểm kiểm tra đã công bố",
            fix_vi="hãy chạy `agridata ledger audit`",
        )
    return tree


def _proven(
    connection: sa.Connection,
    tree: TileTree,
    checkpoint: Checkpoint,
    index: int,
    event: bytes | None = None,
) -> ProvenEntry:
    if type(index) is not int or not 0 <= index < checkpoint.size:
        raise LedgerError(
            f"entry {index} is not published yet: the checkpoint has {checkpoint.size}",
            where="checkpoint",
            field="index",
            fix="publish a checkpoint first",
            problem_vi="sự kiện chưa được công bố trong sổ cái",
            fix_vi="hãy công bố điểm kiểm tra mới",
        )
    path = tree.inclusion(index, checkpoint.size)
    return ProvenEntry(index, entry_at(connection, index), path, event)


def _entry_bundle(connection: sa.Connection, wanted: TilePath) -> bytes | None:
    start = wanted.n * TILE_WIDTH
    query = sa.select(log_entry.c.stmt).order_by(log_entry.c.idx)
    within = (log_entry.c.idx >= start) & (log_entry.c.idx < start + wanted.width)
    entries = [bytes(stmt) for (stmt,) in connection.execute(query.where(within))]
    if len(entries) < wanted.width:
        return None
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)
