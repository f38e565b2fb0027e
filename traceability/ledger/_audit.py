"""The audit: believe nothing that is stored, recompute everything from the entries."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from agridata.errors import AgridataError
from agridata.storage import Workspace
from traceability.errors import CheckpointError, LedgerError
from traceability.ledger._checkpoint import Checkpoint, open_checkpoint
from traceability.ledger._database import reading
from traceability.ledger._log import Log
from traceability.ledger._note import VerifierKey, parse_vkey
from traceability.ledger._publication import Publisher
from traceability.ledger._rebuild import Rebuild
from traceability.ledger._registry import Registry
from traceability.ledger._report import AuditReport, Findings, Kind
from traceability.ledger._rfc9162 import EMPTY_ROOT, HASH_BYTES, leaf_hash
from traceability.ledger._sources import (
    AuditSource,
    DatabaseSource,
    MirrorSource,
    StoredEntry,
    StoredNote,
    leaf_in,
)
from traceability.ledger._statement import Statement, parse_statement
from traceability.ledger._tiles import TILE_WIDTH, TilePath, tile_path

__all__ = ["EventDocument", "audit"]

CbvHash = Callable[[bytes], str]
"""Canonical bytes of an event → its CBV event hash."""


@dataclass(frozen=True, slots=True)
class EventDocument:
    """An event as a database keeps it, for comparison with what was logged.

    Of the last three, None is not compared.
    """

    index: int | None
    event_id: str
    document: bytes
    jcs_sha256: str | None = None
    cbv_hash: str | None = None
    statement_hash: str | None = None


def audit(
    source: Workspace | Log | Path,
    event_documents: Iterable[tuple[int, str, bytes] | EventDocument] | None = None,
    *,
    cbv_hash: CbvHash | None = None,
    log_vkey: str | None = None,
) -> AuditReport:
    """Re-read entries and recompute every leaf, tile, root, signature, key and chain.

    Parameters
    ----------
    source
        A workspace; a standalone `Log` (opaque entries: no signatures to check); or a
        mirror folder in tlog-tiles layout, which needs `log_vkey`.
    event_documents
        (log index, eventID, exact bytes) of every stored event. Given, each must hash to
        what its statement claims and every event statement must have its event.
    cbv_hash
        Recomputes the CBV event hash, to be compared with the claim as well.
    log_vkey
        Pinned verifier key of the log; default: the one beside the signer state.

    Returns
    -------
    AuditReport
        `problems` begins with the first bad thing.

    Raises
    ------
    LedgerError
        If there is no log to audit, or no key to audit it with.
    """
    documents = None if event_documents is None else list(map(_as_document, event_documents))
    if isinstance(source, Log):
        with reading(source.engine) as connection:
            return _Audit(DatabaseSource(connection), None).run()
    if isinstance(source, Workspace):
        publisher = Publisher(source.engine, source.ledger_dir)
        key = parse_vkey(log_vkey) if log_vkey else publisher.verifier()
        with reading(source.engine) as connection:
            found = DatabaseSource(connection, source.ledger_dir)
            return _Audit(found, key, documents, cbv_hash).run()
    if log_vkey is None:
        raise LedgerError(
            "a mirror is audited with the log's verifier key",
            where=str(source),
            field="vkey",
            fix="pass the key from another source than the mirror",
        )
    mirror_key = parse_vkey(log_vkey)
    return _Audit(MirrorSource(source, mirror_key), mirror_key, documents, cbv_hash).run()


def _as_document(given: tuple[int, str, bytes] | EventDocument) -> EventDocument:
    return given if isinstance(given, EventDocument) else EventDocument(*given)


class _Audit:
    """One walk: entries in order, then states, checkpoints, keys, events."""

    def __init__(
        self,
        source: AuditSource,
        key: VerifierKey | None,
        documents: list[EventDocument] | None = None,
        cbv_hash: CbvHash | None = None,
    ) -> None:
        self._source = source
        self._key = key
        self._documents = documents
        self._cbv_hash = cbv_hash
        self._found = Findings()
        self._rebuild = Rebuild(self._compare_tile)
        self._registry = Registry(key.name if key else "")
        self._claims: dict[int, tuple[str, Mapping[str, str]]] = {}
        self._seen_tiles: set[tuple[int, int]] = set()
        self._roots: dict[int, bytes] = {0: EMPTY_ROOT}

    def run(self) -> AuditReport:
        for where, problem in self._source.damaged:
            self._found.add("state", None, where, problem)
        checkpoints = [self._opened(note) for note in self._source.notes] if self._key else []
        wanted = {state.size for state in self._source.states}
        wanted |= {checkpoint.size for _, checkpoint in filter(None, checkpoints)}
        self._walk(wanted)
        self._check_extra_tiles()
        self._check_states()
        self._check_keys()
        self._check_checkpoints([each for each in checkpoints if each])
        if self._documents is not None:
            self._check_events(self._documents)
        sizes = {checkpoint.size for _, checkpoint in filter(None, checkpoints)}
        events = len(self._documents or ())
        return self._found.report(self._rebuild.size, self._rebuild.root(), len(sizes), events)

    # Entries and tiles

    def _walk(self, wanted: set[int]) -> None:
        for stored in self._source.entries():
            while self._rebuild.size < stored.index and self._is_in_tile(self._rebuild.size):
                self._take_missing(wanted)
            if stored.index != self._rebuild.size:
                self._bad_entry(min(stored.index, self._rebuild.size), "is not at its place")
                continue
            self._take(stored, wanted)
        while self._is_in_tile(self._rebuild.size):
            self._take_missing(wanted)
        self._rebuild.finish()

    def _take(self, stored: StoredEntry, wanted: set[int]) -> None:
        leaf = leaf_hash(stored.stmt)
        if stored.stmt_hash is not None and stored.stmt_hash != leaf:
            self._bad_entry(stored.index, "its bytes do not hash to stmt_hash")
        if self._key is not None:
            self._check_statement(stored)
        self._add_leaf(leaf, wanted)

    def _take_missing(self, wanted: set[int]) -> None:
        index = self._rebuild.size
        self._bad_entry(index, "the entry is missing")
        self._registry.skip_chain(None)
        self._add_leaf(self._stored_leaf(index) or bytes(HASH_BYTES), wanted)

    def _add_leaf(self, leaf: bytes, wanted: set[int]) -> None:
        self._rebuild.add(leaf)
        if self._rebuild.size in wanted:
            self._roots[self._rebuild.size] = self._rebuild.root()

    def _stored_leaf(self, index: int) -> bytes | None:
        return leaf_in(self._source.tile(0, index // TILE_WIDTH), index)

    def _is_in_tile(self, index: int) -> bool:
        return self._stored_leaf(index) is not None

    def _check_statement(self, stored: StoredEntry) -> None:
        statement: Statement | None = None
        try:
            statement = parse_statement(stored.stmt)
            self._registry.admit(stored.index, statement)
        except LedgerError as error:
            self._bad_entry(stored.index, error.findings[0].problem)
            self._registry.skip_chain(statement.issuer if statement else None)
            return
        if stored.kid is not None and stored.kid != statement.issuer_kid:
            self._bad_entry(stored.index, "the column kid is not the statement's")
        if statement.kind == "epcis-event" and self._documents is not None:
            self._claims[stored.index] = (statement.hash.hex(), statement.claims)

    def _bad_entry(self, index: int, problem: str) -> None:
        self._found.add("entry", index, f"entry {index}", problem)

    def _compare_tile(self, level: int, n: int, hashes: bytes) -> None:
        self._seen_tiles.add((level, n))
        stored = self._source.tile(level, n)
        if stored == hashes:
            return
        path = tile_path(TilePath(level, n, TILE_WIDTH))
        if stored is None or len(stored) != len(hashes):
            held = "is missing" if stored is None else f"holds {len(stored)} bytes"
            self._found.add("tile", n, path, f"{held}, {len(hashes)} bytes expected")
            return
        for at in range(0, len(hashes), HASH_BYTES):
            differs = stored[at : at + HASH_BYTES] != hashes[at : at + HASH_BYTES]
            place = n * TILE_WIDTH + at // HASH_BYTES
            if differs and not self._explained(level, place):
                problem = f"hash {at // HASH_BYTES} is not that of the entries"
                self._found.add("tile", n, path, problem)
                return

    def _explained(self, level: int, place: int) -> bool:
        """Tell whether a bad entry below this hash explains that it differs."""
        width = 1 << (8 * level)
        start = place * width
        return any(start <= index < start + width for index in self._found.bad_entries)

    def _check_extra_tiles(self) -> None:
        for level, n in self._source.stored_tiles():
            if (level, n) not in self._seen_tiles:
                path = tile_path(TilePath(level, n, TILE_WIDTH))
                self._found.add("tile", n, path, "belongs to no entries")

    # States, keys, checkpoints

    def _check_states(self) -> None:
        for state in self._source.states:
            if self._key is not None and state.origin != self._key.name:
                problem = f"the origin is {state.origin!r}, the key's {self._key.name!r}"
                self._found.add("state", state.size, state.where, problem)
            if state.where == "log_state" and state.size != self._rebuild.size:
                problem = f"says {state.size} entries, there are {self._rebuild.size}"
                self._found.add("state", state.size, state.where, problem)
            self._check_root("state", state.where, state.size, state.root)
        recorded = any(state.where == "log_state" for state in self._source.states)
        if self._rebuild.size and not recorded and isinstance(self._source, DatabaseSource):
            self._found.add("state", None, "log_state", "the row is missing")

    def _check_root(self, kind: Kind, where: str, size: int, root: bytes) -> None:
        if size > self._rebuild.size or size < 0:
            problem = f"says size {size}, the log has {self._rebuild.size}: it was rolled back"
            self._found.add(kind, size, where, problem)
        elif self._roots[size] != root:
            problem = (
                f"root {root.hex()} at size {size}, the entries give {self._roots[size].hex()}"
            )
            self._found.add(kind, size, where, problem)

    def _check_keys(self) -> None:
        if self._source.keys is None or self._key is None:
            return
        stored = {key.kid: key for key in self._source.keys}
        for kid in sorted(stored.keys() | self._registry.keys.keys()):
            rightful, found = self._registry.keys.get(kid), stored.get(kid)
            if rightful != found:
                index = (rightful or found or next(iter(stored.values()))).valid_from_idx
                problem = "the key is not as the entries added it"
                self._found.add("state", index, f"log_key:{kid}", problem)

    def _opened(self, stored: StoredNote) -> tuple[StoredNote, Checkpoint] | None:
        if self._key is None:
            return None
        try:
            checkpoint, _ = open_checkpoint(stored.note, [self._key])
        except CheckpointError as error:
            self._found.add("checkpoint", stored.size, stored.where, error.findings[0].problem)
            return None
        return stored, checkpoint

    def _check_checkpoints(self, opened: list[tuple[StoredNote, Checkpoint]]) -> None:
        for stored, checkpoint in opened:
            if self._key is not None and checkpoint.origin != self._key.name:
                problem = f"is that of {checkpoint.origin!r}"
                self._found.add("checkpoint", checkpoint.size, stored.where, problem)
            if stored.size not in (None, checkpoint.size):
                problem = f"is of size {checkpoint.size}"
                self._found.add("checkpoint", stored.size, stored.where, problem)
            if stored.root not in (None, checkpoint.root):
                problem = "the column root is not the signed root"
                self._found.add("checkpoint", stored.size, stored.where, problem)
            self._check_root("checkpoint", stored.where, checkpoint.size, checkpoint.root)
        self._check_both_kept([stored for stored, _ in opened])

    def _check_both_kept(self, notes: list[StoredNote]) -> None:
        """Row and file belong together; only the newest may lack one, after a crash."""
        rows = {note.size for note in notes if note.where.startswith("log_checkpoint")}
        files = {note.size for note in notes if note.where.startswith("checkpoints")}
        signed = [s.size for s in self._source.states if s.where != "log_state"]
        for size in sorted(filter(None, rows ^ files)):
            if size not in signed:
                kept, lost = ("row", "file") if size in rows else ("file", "row")
                problem = f"there is a {kept} but no {lost} of this checkpoint"
                self._found.add("checkpoint", size, f"checkpoint {size}", problem)

    # Events

    def _check_events(self, documents: list[EventDocument]) -> None:
        missing = set(self._claims)
        for document in documents:
            if document.index is None or document.index not in self._claims:
                if document.index not in self._found.bad_entries:
                    problem = "the event has no statement in the log"
                    self._bad_event(document, problem)
                continue
            statement_hash, claims = self._claims[document.index]
            missing.discard(document.index)
            problem = self._event_problem(document, statement_hash, claims)
            if problem:
                self._bad_event(document, problem)
        for index in sorted(missing):
            event_id = self._claims[index][1]["event_id"]
            problem = "the event is missing"
            self._found.add("event", index, f"event {event_id}", problem)

    def _bad_event(self, document: EventDocument, problem: str) -> None:
        self._found.add("event", document.index, f"event {document.event_id}", problem)

    def _event_problem(
        self, document: EventDocument, statement_hash: str, claims: Mapping[str, str]
    ) -> str:
        digest = hashlib.sha256(document.document).hexdigest()
        compared = {
            "its bytes": (digest, claims["event_sha256"]),
            "the eventID": (document.event_id, claims["event_id"]),
            "jcs_sha256": (document.jcs_sha256, claims["event_sha256"]),
            "cbv_hash": (document.cbv_hash, claims["event_hash"]),
            "statement_hash": (document.statement_hash, statement_hash),
        }
        for name, (found, logged) in compared.items():
            if found is not None and found != logged:
                return f"{name} differs from what was logged: {found} is not {logged}"
        return self._cbv_problem(document.document, claims["event_hash"])

    def _cbv_problem(self, document: bytes, logged: str) -> str:
        if self._cbv_hash is None:
            return ""
        try:
            found = self._cbv_hash(document)
        except AgridataError as error:
            return f"the event hash cannot be computed: {error.findings[0].problem}"
        return "" if found == logged else f"the event hash is {found}, {logged} was logged"
