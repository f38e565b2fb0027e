"""Publishing checkpoints: never sign what does not continue the last signed tree."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from agridata.vocabulary import Utc
from traceability.errors import LedgerError
from traceability.ledger._checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from traceability.ledger._database import DatabaseTiles, reading, writing
from traceability.ledger._durable import file_lock, write_durably
from traceability.ledger._note import NoteSigner, VerifierKey, parse_vkey
from traceability.ledger._rfc9162 import leaf_hash, node_hash
from traceability.ledger._schema import log_checkpoint, log_entry
from traceability.ledger._signer import SignedState, SignerMemory, require_continued
from traceability.ledger._tree import TileTree

__all__ = ["Publisher", "published_notes"]

READ_AHEAD = 4_096
"""Entries fetched at once while the new tail is re-read."""


class Publisher:
    """Signer memory, published files and checkpoint rows of one ledger folder."""

    def __init__(self, engine: sa.Engine, folder: Path) -> None:
        self._engine = engine
        self._folder = folder
        self.memory = SignerMemory(folder)
        self.vkey_path = folder / "log.vkey"
        self.latest_path = folder / "checkpoint"
        self.history = folder / "checkpoints"

    def __repr__(self) -> str:
        return f"Publisher({str(self._folder)!r})"

    def has_verifier(self) -> bool:
        """Tell whether the log has a key."""
        return self.vkey_path.is_file()

    def verifier(self) -> VerifierKey:
        """Return the log's verifier key from its file outside the database.

        Raises
        ------
        LedgerError
            If the log has no key yet.
        CheckpointError
            If the file is damaged.
        """
        try:
            return parse_vkey(self.vkey_path.read_text("utf-8", "replace").strip())
        except OSError as error:
            raise LedgerError(
                "the log has no key yet",
                where=str(self.vkey_path),
                fix="call Ledger.ensure_log_key, or run `agridata demo`",
                problem_vi="sổ cái chưa có khoá",
                fix_vi="hãy chạy `agridata demo`",
            ) from error

    def require_continued(self) -> None:
        """Raise `LedgerError` unless the database continues what was signed last."""
        if not self.has_verifier():
            return
        with reading(self._engine) as connection:
            self._look(connection, self.memory.read())

    def publish(self, signer: NoteSigner, now: Utc) -> Checkpoint:
        """Sign and publish a checkpoint of the database's present size (see `Ledger.publish`)."""
        if signer.key != self.verifier():
            raise _unsound("the private key is not that of the published verifier key")
        with file_lock(self._folder / ".signer.lock"):
            last = self.memory.read()
            with reading(self._engine) as connection:
                new = self._look(connection, last, read_tail=True)
            if last is not None and last.size:
                self._complete(sign_checkpoint(signer, last.size, last.root))
            self.memory.remember(new, now)
            checkpoint = sign_checkpoint(signer, new.size, new.root)
            self._complete(checkpoint)
            write_durably(self.latest_path, checkpoint.note.encode())
        return checkpoint

    def latest(self) -> Checkpoint | None:
        """Return the published checkpoint, signature checked; None before the first."""
        try:
            note = self.latest_path.read_bytes()
        except FileNotFoundError:
            return None
        return open_checkpoint(note, [self.verifier()])[0]

    def _look(
        self, connection: sa.Connection, last: SignedState | None, *, read_tail: bool = False
    ) -> SignedState:
        store = DatabaseTiles(connection)
        origin, size, root = store.state()
        state = SignedState(origin, size, root)
        tree = TileTree(store)
        require_continued(last, state, tree.root)
        if tree.root() != root:
            raise _unsound("the tiles do not hash to the recorded root")
        if read_tail and last is not None:
            _require_tail(connection, tree, last.size, root)
        return state

    def _complete(self, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint as file and as row, also after a crash between the two."""
        self.history.mkdir(exist_ok=True)
        path = self.history / str(checkpoint.size)
        if not path.is_file():
            write_durably(path, checkpoint.note.encode())
        with writing(self._engine) as connection:
            stored = connection.execute(
                sa.select(log_checkpoint.c.note).where(log_checkpoint.c.size == checkpoint.size)
            ).scalar()
            if stored is None:
                connection.execute(
                    log_checkpoint.insert().values(
                        size=checkpoint.size, root=checkpoint.root, note=checkpoint.note
                    )
                )
            elif stored != checkpoint.note:
                raise _unsound(f"another checkpoint of size {checkpoint.size} is stored")


def published_notes(folder: Path) -> list[tuple[Path, bytes]]:
    """Return the published checkpoint files with their bytes: the latest, then by size."""
    history = [path for path in (folder / "checkpoints").glob("*") if path.name.isdigit()]
    paths = [folder / "checkpoint", *sorted(history, key=lambda path: int(path.name))]
    return [(path, path.read_bytes()) for path in paths if path.is_file()]


def _require_tail(connection: sa.Connection, tree: TileTree, start: int, root: bytes) -> None:
    """Re-read the entries since `start`; with the tree before them they must give `root`."""
    stack = tree.edge(start)
    query = sa.select(log_entry.c.stmt).where(log_entry.c.idx >= start).order_by(log_entry.c.idx)
    for (stmt,) in connection.execution_options(yield_per=READ_AHEAD).execute(query):
        stack.append((1, leaf_hash(bytes(stmt))))
        while len(stack) > 1 and stack[-1][0] == stack[-2][0]:
            (width, right), (_, left) = stack.pop(), stack.pop()
            stack.append((2 * width, node_hash(left, right)))
    found = stack.pop()[1] if stack else root
    while stack:
        found = node_hash(stack.pop()[1], found)
    if found != root:
        raise _unsound(f"the entries since {start} do not hash to the recorded root")


def _unsound(problem: str) -> LedgerError:
    return LedgerError(
        f"{problem}; nothing was signed",
        where="ledger",
        fix="run `agridata ledger audit`",
        problem_vi="sổ cái không nhất quán, không ký",
        fix_vi="hãy chạy `agridata ledger audit`",
    )
