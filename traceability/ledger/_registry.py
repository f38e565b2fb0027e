"""Which statement may stand at which index: keys, signatures and issuer chains.

The sequencer, the audit and the intake of foreign statements ask the same `Registry`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from traceability.errors import LedgerError
from traceability.ledger._note import encode_base64
from traceability.ledger._statement import Statement

__all__ = ["Head", "RegisteredKey", "Registry"]


@dataclass(frozen=True, slots=True)
class RegisteredKey:
    """A key of an organisation: valid after its key-add entry, up to its revocation."""

    kid: str
    organisation: str
    public_key: bytes
    valid_from_idx: int
    valid_to_idx: int | None = None

    def is_valid_at(self, index: int) -> bool:
        """Tell whether a statement at `index` may be signed with it (entry 0: by itself)."""
        begun = index > self.valid_from_idx or index == self.valid_from_idx == 0
        return begun and (self.valid_to_idx is None or index < self.valid_to_idx)


@dataclass(frozen=True, slots=True)
class Head:
    """An issuer's last statement: its sequence number and leaf hash."""

    seq: int
    hash: bytes


class Registry:
    """Keys and chains up to some index; `admit` checks one statement and moves on."""

    def __init__(
        self,
        origin: str,
        keys: Iterable[RegisteredKey] = (),
        find_head: Callable[[str], Head | None] = lambda _issuer: None,
    ) -> None:
        self.origin = origin
        self.keys = {key.kid: key for key in keys}
        self._find_head = find_head
        self._heads: dict[str, Head | None] = {}
        self._broken: set[str] = set()
        self._all_broken = False

    def __repr__(self) -> str:
        return f"Registry({self.origin!r}, {len(self.keys)} keys)"

    @property
    def registrar(self) -> str | None:
        """Organisation that adds keys: the issuer of entry 0."""
        first = (key.organisation for key in self.keys.values() if key.valid_from_idx == 0)
        return next(first, None)

    def admit(self, index: int, statement: Statement) -> None:
        """Check that `statement` may stand at `index`, and count it in.

        Raises
        ------
        LedgerError
            For another log's statement, an unknown key, a key not valid at this index, a
            wrong signature, a key-add by anyone but the registrar, or a broken chain.
        """
        if statement.fields["origin"] != self.origin:
            raise _refused("origin", f"is meant for the log {statement.fields['origin']!r}")
        statement.verify(self._signing_key(index, statement))
        self._require_chain(statement)
        if statement.kind == "key-add":
            self._add_key(index, statement)
        self._heads[statement.issuer] = Head(statement.seq, statement.hash)

    def skip_chain(self, issuer: str | None) -> None:
        """After a bad entry, let the chain of `issuer` (None: of all) start anew."""
        if issuer is None:
            self._all_broken, self._broken = True, set()
            self._heads.clear()
        else:
            self._broken.add(issuer)

    def _signing_key(self, index: int, statement: Statement) -> bytes:
        if index == 0:
            if statement.kind != "key-add" or statement.claims["kid"] != statement.issuer_kid:
                raise _refused("type", "must be the registrar's own key-add at index 0")
            return statement.added_key
        key = self.keys.get(statement.issuer_kid)
        if key is None or key.organisation != statement.issuer:
            raise _refused(
                "issuer_kid", f"{statement.issuer_kid} is no key of {statement.issuer!r}"
            )
        if not key.is_valid_at(index):
            raise _refused("issuer_kid", f"{key.kid} is not valid at index {index}")
        return key.public_key

    def _require_chain(self, statement: Statement) -> None:
        issuer = statement.issuer
        if issuer in self._broken or (self._all_broken and issuer not in self._heads):
            self._broken.discard(issuer)
            return
        head = self._heads[issuer] if issuer in self._heads else self._find_head(issuer)
        seq, prev = (head.seq + 1, encode_base64(head.hash)) if head else (0, "")
        if statement.seq != seq:
            raise _refused("issuer_seq", f"is {statement.seq}, expected {seq} of {issuer!r}")
        if statement.prev != prev:
            raise _refused("issuer_prev", f"is not the hash of statement {seq - 1} of {issuer!r}")

    def _add_key(self, index: int, statement: Statement) -> None:
        claims = statement.claims
        if index and statement.issuer != self.registrar:
            raise _refused("issuer", f"{statement.issuer!r} is not the registrar")
        if index == 0 and claims["organisation"] != statement.issuer:
            raise _refused("claims", "of entry 0 must add the registrar's own key")
        if claims["kid"] in self.keys:
            raise _refused("claims.kid", f"{claims['kid']} is registered already")
        self.keys[claims["kid"]] = RegisteredKey(
            claims["kid"], claims["organisation"], statement.added_key, index
        )


def _refused(field: str, problem: str) -> LedgerError:
    return LedgerError(
        f"{field} {problem}",
        where="statement",
        field=field,
        fix="sign the next statement of the chain with the organisation's registered key",
        problem_vi="phát biểu không được sổ cái chấp nhận",
        fix_vi="hãy ký phát biểu kế tiếp bằng khoá đã đăng ký của tổ chức",
    )
