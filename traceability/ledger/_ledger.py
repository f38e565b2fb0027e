"""The ledger of a workspace: statements in, checkpoints, proofs and bundles out."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from agridata.storage import Workspace
from agridata.vocabulary import Utc, utc_now
from traceability.errors import LedgerError
from traceability.ledger._canonical import parse_canonical
from traceability.ledger._checkpoint import Checkpoint
from traceability.ledger._database import DatabaseTiles, reading, take_write_lock, writing
from traceability.ledger._durable import file_lock, write_durably
from traceability.ledger._inbox import enqueue, move_batch, registered_keys, registry_of
from traceability.ledger._issuing import Issuing, OrganisationKey, described_key
from traceability.ledger._keyfiles import create_key, load_key, log_key_path
from traceability.ledger._note import NoteSigner
from traceability.ledger._publication import Publisher
from traceability.ledger._rfc9162 import EMPTY_ROOT
from traceability.ledger._schema import log_entry, log_inbox
from traceability.ledger._serving import bundle_of, entry_at, tlog_proof_of
from traceability.ledger._statement import event_claims, parse_statement
from traceability.ledger._tree import TileTree

__all__ = ["Ledger"]


class Ledger:
    """The transparency log of a workspace.

    Reading never needs a private key. If the database no longer agrees with the signer's
    memory (rolled back, restored, rewritten), `refusal` holds the reason and everything
    that writes raises it: the ledger is read-only.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.engine = workspace.engine
        self._publisher = Publisher(workspace.engine, workspace.ledger_dir)
        self.refusal: LedgerError | None = None

    @classmethod
    def open(cls, workspace: Workspace) -> Ledger:
        """Open the ledger and compare the database with what was signed last."""
        ledger = cls(workspace)
        try:
            ledger._publisher.require_continued()
        except LedgerError as error:
            ledger.refusal = error
        return ledger

    def __repr__(self) -> str:
        return f"Ledger({str(self.workspace.home)!r})"

    # Keys

    def ensure_log_key(self, origin: str | None = None, *, now: Utc | None = None) -> str:
        """Return the log's verifier key; create key, origin and signer memory for a new log.

        Parameters
        ----------
        origin
            Name of the log; None keeps it, or makes ``agridata.example/<8 hex>``.

        Raises
        ------
        LedgerError
            If the log has another origin, or its key is gone.
        """
        folder = self.workspace.ledger_dir
        folder.mkdir(parents=True, exist_ok=True)
        with file_lock(folder / ".key.lock"):
            signer = load_key(log_key_path(self.workspace.keys_dir))
            if signer is None:
                self._require_new_log()
                name = origin or f"agridata.example/{secrets.token_hex(4)}"
                signer = create_key(log_key_path(self.workspace.keys_dir), name)
            if origin not in (None, signer.key.name):
                raise LedgerError(
                    f"this log is {signer.key.name!r}, not {origin!r}",
                    field="origin",
                    fix="an origin is for ever: make a new workspace for another log",
                )
            self._begin_log(signer, now or utc_now())
        return str(signer.key)

    def organisation_key(
        self, code: str, *, registrar: str | None = None, now: Utc | None = None
    ) -> OrganisationKey:
        """Return the key of an organisation; create and register it if there is none.

        Parameters
        ----------
        code
            Organisation code.
        registrar
            The organisation that adds keys, issuer of entry 0. None means the log's
            registrar, or this organisation itself in a new log.

        Raises
        ------
        LedgerError
            If the log has no key yet, or another registrar.
        """
        moment = now or utc_now()
        self._require_writable()
        with writing(self.engine) as connection:
            issuing = Issuing(connection, self.workspace.keys_dir, self.origin)
            chief = issuing.registrar(registrar) or code
            if chief != code:
                issuing.register(chief, chief, moment)
            return issuing.register(code, chief, moment)

    def keys(self) -> list[OrganisationKey]:
        """Return the registered organisation keys, in the order of their entries."""
        origin = self.origin
        with reading(self.engine) as connection:
            return [
                described_key(origin, key.organisation, key.public_key, key.valid_from_idx)
                for key in registered_keys(connection)
            ]

    @property
    def log_vkey(self) -> str:
        """The verifier key that readers pin.

        Raises
        ------
        LedgerError
            If the log has no key yet.
        """
        return str(self._publisher.verifier())

    @property
    def origin(self) -> str:
        """Name of the log."""
        return self._publisher.verifier().name

    # Statements

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Open a session that holds the write lock from its start; the caller commits.

        Business rows and `submit_event` go into one such session. On SQLite a session
        that began by reading may be refused when it then writes; this one never is.
        """
        with Session(self.engine.execution_options(immediate=True)) as session:
            yield session

    def submit_event(
        self,
        session: Session,
        *,
        organisation_code: str,
        event_bytes: bytes,
        cbv_hash: str,
        event_id: str,
        about: Mapping[str, Any],
        now: Utc,
    ) -> str:
        """Sign a statement about an event and put it into the inbox, in the caller's transaction.

        Parameters
        ----------
        event_bytes
            RFC 8785 bytes of the event.
        cbv_hash
            ``ni:///sha-256;…?ver=CBV2.0``.
        about
            What the statement is about, nothing personal: gtin, lot.

        Returns
        -------
        str
            Hash of the statement (hex), by which `sequence` names its index.

        Raises
        ------
        LedgerError
            If the organisation has no registered key, the event is not canonical, or the
            ledger is read-only; nothing is stored then.
        """
        self._require_writable()
        parse_canonical(event_bytes, "event")
        connection = self._locked(session)
        issuing = Issuing(connection, self.workspace.keys_dir, self.origin)
        statement = issuing.next_statement(
            organisation_code,
            kind="epcis-event",
            now=now,
            about=about,
            claims=event_claims(event_id, cbv_hash, event_bytes),
        )
        enqueue(connection, statement, now)
        return statement.hash.hex()

    def submit_statement(self, session: Session, entry: bytes, *, now: Utc) -> str:
        """Put a statement that an organisation signed itself into the inbox.

        Returns
        -------
        str
            Its hash (hex); the same for a repeat, which is not stored again.

        Raises
        ------
        LedgerError
            If it is malformed, its key is unknown, its signature wrong, or it is not the
            next one of its issuer; nothing is stored then.
        """
        self._require_writable()
        statement = parse_statement(entry)
        connection = self._locked(session)
        waiting = connection.execute(
            sa.select(log_inbox.c.id).where(log_inbox.c.stmt_hash == statement.hash)
        ).first()
        if waiting or DatabaseTiles(connection).known([statement.hash]):
            return statement.hash.hex()
        count = connection.execute(sa.select(sa.func.count(log_inbox.c.id))).scalar() or 0
        registry = registry_of(connection, self.origin, pending=True)
        registry.admit(DatabaseTiles(connection).size() + count, statement)
        enqueue(connection, statement, now)
        return statement.hash.hex()

    def sequence(self) -> list[tuple[str, int]]:
        """Move everything from the inbox into the log; return (statement hash, index) of each.

        One transaction per batch of 10,000; one sequencer at a time. A statement that is
        in the log already keeps its index.

        Raises
        ------
        LedgerError
            If the ledger is read-only, or a statement may not stand at its index.
        """
        self._require_writable()
        self._publisher.require_continued()
        origin = self.origin
        moved: list[tuple[str, int]] = []
        while True:
            with writing(self.engine) as connection:
                batch = move_batch(connection, origin)
            if not batch:
                return moved
            moved += batch

    # Publication and proofs

    def publish(self, now: Utc) -> Checkpoint:
        """Sign and publish a checkpoint of everything sequenced so far.

        Order: look at the database, recompute the root from tiles and new entries,
        compare-and-swap the signer's memory outside the database, sign, write the
        checkpoint files, record the row. Repeating it without new entries gives the same
        bytes.

        Raises
        ------
        LedgerError
            If the log key is missing, or the database does not continue what was signed.
        """
        self._require_writable()
        signer = load_key(log_key_path(self.workspace.keys_dir))
        if signer is None:
            raise LedgerError(
                "the log's private key is missing: nothing can be signed",
                where=str(log_key_path(self.workspace.keys_dir)),
                fix="restore the key from its backup",
                problem_vi="thiếu khoá riêng của sổ cái",
                fix_vi="hãy khôi phục khoá từ bản sao lưu",
            )
        return self._publisher.publish(signer, now)

    def latest_checkpoint(self) -> Checkpoint | None:
        """Return the last published checkpoint, its signature checked; None before the first."""
        return self._publisher.latest()

    @property
    def size(self) -> int:
        """Number of sequenced entries, published or not."""
        with reading(self.engine) as connection:
            return DatabaseTiles(connection).size()

    def proof(self, index: int, size: int) -> list[bytes]:
        """Return the RFC 9162 inclusion proof of entry `index` in the first `size` entries."""
        with reading(self.engine) as connection:
            return TileTree(DatabaseTiles(connection)).inclusion(index, size)

    def consistency(self, size1: int, size2: int) -> list[bytes]:
        """Return the RFC 9162 consistency proof from `size1` to `size2` entries."""
        with reading(self.engine) as connection:
            return TileTree(DatabaseTiles(connection)).consistency(size1, size2)

    def root(self, size: int | None = None) -> bytes:
        """Return the root of the first `size` entries (None: of all)."""
        with reading(self.engine) as connection:
            return TileTree(DatabaseTiles(connection)).root(size)

    def entry(self, index: int) -> bytes:
        """Return the exact bytes of entry `index`; `LedgerError` if there is none."""
        with reading(self.engine) as connection:
            return entry_at(connection, index)

    def index_of(self, statement_hash: str) -> int | None:
        """Return the index of a statement by its hash (hex); None while it waits."""
        query = sa.select(log_entry.c.idx).where(
            log_entry.c.stmt_hash == bytes.fromhex(statement_hash)
        )
        with reading(self.engine) as connection:
            return connection.execute(query).scalar()

    def bundle(
        self,
        entries: Sequence[tuple[int, bytes]],
        *,
        about: Mapping[str, str] | None = None,
        self_check: bool = True,
    ) -> dict[str, Any]:
        """Return the proof bundle of events under the latest checkpoint.

        Parameters
        ----------
        entries
            (log index, RFC 8785 bytes of the event).
        about
            ``{"gtin", "lot"}``; None takes it from the last event's statement.
        self_check
            Verify the bundle as a reader would before returning it.

        Raises
        ------
        LedgerError
            If nothing is published yet, or an index is not.
        ProofError
            If the self-check fails: an event does not match what was logged.
        """
        return bundle_of(
            self.engine, self.published(), self.log_vkey, entries, about, self_check=self_check
        )

    def tlog_proof(self, index: int) -> str:
        """Return the `.tlog-proof` text of entry `index` under the latest checkpoint."""
        return tlog_proof_of(self.engine, self.published(), index)

    def published(self) -> Checkpoint:
        """Return the last published checkpoint; `LedgerError` before the first."""
        checkpoint = self.latest_checkpoint()
        if checkpoint is None:
            raise LedgerError(
                "nothing is published yet",
                where="checkpoint",
                fix="run `agridata ledger checkpoint`",
                problem_vi="sổ cái chưa công bố điểm kiểm tra nào",
                fix_vi="hãy chạy `agridata ledger checkpoint`",
            )
        return checkpoint

    def _require_writable(self) -> None:
        if self.refusal is not None:
            raise self.refusal

    def _require_new_log(self) -> None:
        with reading(self.engine) as connection:
            origin, size, _ = DatabaseTiles(connection).state()
        if origin or size or self._publisher.memory.read() or self._publisher.has_verifier():
            raise LedgerError(
                "the log exists but its private key is missing",
                where=str(log_key_path(self.workspace.keys_dir)),
                fix="restore the key from its backup; a new key would be a new log",
                problem_vi="sổ cái đã có nhưng thiếu khoá riêng",
                fix_vi="hãy khôi phục khoá từ bản sao lưu",
            )

    def _begin_log(self, signer: NoteSigner, now: Utc) -> None:
        """Finish the making of a new log, also after a crash in the middle of it."""
        with writing(self.engine) as connection:
            store = DatabaseTiles(connection)
            origin, size, _ = store.state()
            if not origin and size == 0:
                store.set_state(signer.key.name, 0, EMPTY_ROOT)
            if size == 0 and self._publisher.memory.read() is None:
                self._publisher.memory.create(signer.key.name, now)
        if not self._publisher.has_verifier():
            write_durably(self._publisher.vkey_path, f"{signer.key}\n".encode())

    def _locked(self, session: Session) -> sa.Connection:
        try:
            connection = session.connection()
            take_write_lock(connection)
        except sa.exc.OperationalError as error:
            raise LedgerError(
                f"the database is busy: {error.orig}",
                fix="repeat; begin with `ledger.session()`, which takes the write lock first",
                problem_vi="cơ sở dữ liệu đang bận",
                fix_vi="hãy làm lại",
            ) from error
        return connection
