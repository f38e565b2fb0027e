"""Signing for the organisations of this workspace: their keys, and the next of their statements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from agridata.vocabulary import Utc
from traceability.errors import CheckpointError, LedgerError
from traceability.ledger._inbox import (
    enqueue,
    head_of,
    pending_key_adds,
    registered_keys,
    registry_of,
)
from traceability.ledger._keyfiles import (
    create_key,
    load_key,
    organisation_key_name,
    organisation_key_path,
)
from traceability.ledger._note import VerifierKey
from traceability.ledger._statement import Statement, key_claims, key_id_of, sign_statement

__all__ = ["Issuing", "OrganisationKey", "described_key"]


@dataclass(frozen=True, slots=True)
class OrganisationKey:
    """A key that signs an organisation's statements; `log_index` is None until sequenced."""

    organisation: str
    kid: str
    vkey: str
    log_index: int | None


class Issuing:
    """Issues statements within one transaction that holds the log's write lock."""

    def __init__(self, connection: sa.Connection, keys_dir: Path, origin: str) -> None:
        self._connection = connection
        self._keys_dir = keys_dir
        self._origin = origin

    def __repr__(self) -> str:
        return f"Issuing({self._origin!r})"

    def registrar(self, wanted: str | None) -> str | None:
        """Return the log's registrar, `wanted` in a new log.

        Raises
        ------
        LedgerError
            If the log has another one than `wanted`.
        """
        known = registry_of(self._connection, self._origin, pending=True).registrar
        if wanted is not None and known not in (None, wanted):
            raise LedgerError(
                f"the registrar of this log is {known!r}, not {wanted!r}",
                field="registrar",
                fix=f"pass registrar={known!r}",
            )
        return known or wanted

    def register(self, code: str, registrar: str, now: Utc) -> OrganisationKey:
        """Return the key of an organisation; make it and its key-add statement if missing."""
        name = organisation_key_name(self._origin, code)
        path = organisation_key_path(self._keys_dir, code)
        described_key(self._origin, code, bytes(32), None)
        public_key = (load_key(path) or create_key(path, name)).key.public_key
        kid = key_id_of(public_key)
        for key in registered_keys(self._connection):
            if key.kid == kid:
                return described_key(self._origin, code, public_key, key.valid_from_idx)
        if not self._is_pending(kid):
            claims = key_claims(code, public_key)
            statement = self.next_statement(
                registrar, kind="key-add", now=now, about={}, claims=claims
            )
            enqueue(self._connection, statement, now)
        return described_key(self._origin, code, public_key, None)

    def next_statement(
        self,
        issuer: str,
        *,
        kind: str,
        now: Utc,
        about: Mapping[str, Any],
        claims: Mapping[str, str],
    ) -> Statement:
        """Return the issuer's next statement, signed; statements in the inbox count.

        Raises
        ------
        LedgerError
            If the issuer has no key here, or its key is not registered.
        """
        signer = load_key(organisation_key_path(self._keys_dir, issuer))
        if signer is None:
            raise _no_key(issuer)
        kid = key_id_of(signer.key.public_key)
        registered = registered_keys(self._connection)
        own = {kid} | {key.kid for key in registered if key.organisation == issuer}
        head = head_of(self._connection, sorted(own), pending=True)
        known = head is not None or any(key.kid == kid for key in registered)
        if not known and claims.get("kid") != kid and not self._is_pending(kid):
            raise _no_key(issuer)
        return sign_statement(
            signer,
            origin=self._origin,
            issuer=issuer,
            seq=head.seq + 1 if head else 0,
            prev=head.hash if head else None,
            kind=kind,
            now=now,
            about=about,
            claims=claims,
        )

    def _is_pending(self, kid: str) -> bool:
        return any(each.claims["kid"] == kid for each in pending_key_adds(self._connection))


def described_key(origin: str, code: str, public_key: bytes, index: int | None) -> OrganisationKey:
    """Return how a key is shown.

    Raises
    ------
    LedgerError
        If the organisation's code cannot name a key.
    """
    try:
        vkey = str(VerifierKey.of(organisation_key_name(origin, code), public_key))
    except CheckpointError as error:
        raise LedgerError(
            f"{code!r} cannot name a key", field="organisation", fix="use a plain code"
        ) from error
    return OrganisationKey(code, key_id_of(public_key), vkey, index)


def _no_key(code: str) -> LedgerError:
    return LedgerError(
        f"the organisation {code!r} has no registered key here",
        where="ledger",
        field="organisation",
        fix="create it with Ledger.organisation_key",
        problem_vi=f"tổ chức {code!r} chưa có khoá ký",
        fix_vi="hãy tạo khoá cho tổ chức trước",
    )
