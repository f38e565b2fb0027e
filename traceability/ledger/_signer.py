"""The signer's memory: the last size and root that the log key signed, outside the database.

It is a file under the workspace's ledger folder, replaced atomically and flushed with its
folder. A database restored from a backup, or rewritten, no longer agrees with it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agridata.vocabulary import Utc
from traceability.errors import LedgerError
from traceability.ledger._durable import write_durably
from traceability.ledger._note import decode_base64, encode_base64
from traceability.ledger._rfc9162 import EMPTY_ROOT, HASH_BYTES

__all__ = ["SignedState", "SignerMemory", "require_continued"]

RootAt = Callable[[int], bytes]
"""Size → root that the database has there."""


@dataclass(frozen=True, slots=True)
class SignedState:
    """The last (origin, size, root) that was signed."""

    origin: str
    size: int
    root: bytes


class SignerMemory:
    """The signer state of one ledger folder."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "signer-state.json"

    def __repr__(self) -> str:
        return f"SignerMemory({str(self.path)!r})"

    def read(self) -> SignedState | None:
        """Return the last signed state; None if nothing was ever signed here.

        Raises
        ------
        LedgerError
            If the file is damaged.
        """
        try:
            stored = json.loads(self.path.read_bytes())
            root = decode_base64(stored["root"])
            state = SignedState(stored["origin"], stored["size"], root or b"")
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise self._damaged() from error
        shaped = type(state.size) is int and state.size >= 0 and len(state.root) == HASH_BYTES
        if not shaped or not isinstance(state.origin, str):
            raise self._damaged()
        return state

    def create(self, origin: str, now: Utc) -> None:
        """Begin the memory of a new log: the empty tree."""
        self.remember(SignedState(origin, 0, EMPTY_ROOT), now)

    def remember(self, state: SignedState, now: Utc) -> None:
        """Remember `state`, flushed to disk; do it before signing.

        Call it under the signer's file lock, after `require_continued` accepted the state
        against what `read` returned under the same lock.
        """
        document = {
            "origin": state.origin,
            "size": state.size,
            "root": encode_base64(state.root),
            "signed_at": now.isoformat(),
        }
        write_durably(self.path, json.dumps(document, indent=1).encode())

    def _damaged(self) -> LedgerError:
        return LedgerError(
            "the signer state is damaged: nothing can be signed",
            where=str(self.path),
            fix="restore this file; compare with the last published checkpoint",
            problem_vi="trạng thái người ký bị hỏng, không thể ký",
            fix_vi="hãy khôi phục tệp này",
        )


def require_continued(last: SignedState | None, new: SignedState, root_at: RootAt) -> None:
    """Raise `LedgerError` unless `new` continues the tree that was signed last."""
    if last is None:
        raise _refusal("the signer state is missing although the log has a key", new)
    if last.origin != new.origin:
        raise _refusal(f"the signer state is that of {last.origin!r}", new)
    if new.size < last.size:
        raise _refusal(
            f"the database has {new.size} entries but {last.size} were signed: "
            "it was rolled back or restored from an older backup",
            new,
        )
    if root_at(last.size) != last.root:
        raise _refusal(
            f"the database's first {last.size} entries are not those that were signed: "
            "history was rewritten",
            new,
        )


def _refusal(problem: str, state: SignedState) -> LedgerError:
    return LedgerError(
        f"{problem}; the ledger is read-only",
        where=state.origin,
        fix="run `agridata ledger audit`; restore the newest database or replay a mirror",
        problem_vi="cơ sở dữ liệu không khớp với điểm kiểm tra đã ký; sổ cái chỉ đọc",
        fix_vi="hãy chạy `agridata ledger audit` và khôi phục bản mới nhất",
    )
