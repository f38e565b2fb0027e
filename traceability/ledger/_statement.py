"""Statements: what an organisation says, signs and has logged.

A leaf is the RFC 8785 text of ``{"signature": …, "statement": {…}}``; the signature is
Ed25519 over a domain-separating prefix and the RFC 8785 bytes of the statement. Sequence
number and previous leaf hash per issuer let an organisation prove that the log left
something out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from functools import cached_property
from typing import Any

from agridata.vocabulary import Utc
from traceability.errors import LedgerError
from traceability.ledger._canonical import canonical_json, parse_canonical
from traceability.ledger._note import NoteSigner, decode_base64, encode_base64, verify_ed25519
from traceability.ledger._rfc9162 import HASH_BYTES, leaf_hash

__all__ = [
    "MAX_STATEMENT_BYTES",
    "Statement",
    "event_claims",
    "key_claims",
    "key_id_of",
    "parse_statement",
    "sign_statement",
]

SIGNATURE_PREFIX = b"agridata/statement/v1\n"
"""Separates these signatures from checkpoints and from everything else a key may sign."""

MAX_STATEMENT_BYTES = 60_000
"""Below the 65,535 bytes of an entry bundle, with room for what later fields need."""

KID = re.compile(r"[0-9a-f]{16}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_EVENT_HASH = re.compile(r"ni:///sha-256;[0-9a-f]{64}\?ver=CBV2\.\d", re.ASCII)
_FIELDS = {
    "v": int, "origin": str, "issuer": str, "issuer_kid": str, "issuer_seq": int,
    "issuer_prev": str, "type": str, "t_issuer": str, "about": dict, "claims": dict,
}  # fmt: skip
_CLAIMS = {
    "epcis-event": {"event_id", "event_hash", "event_sha256"},
    "key-add": {"organisation", "kid", "public_key"},
}


@dataclass(frozen=True)
class Statement:
    """A statement as it stands in the log, form checked; `verify` checks the signature."""

    entry: bytes
    fields: Mapping[str, Any]
    signature: bytes

    def __repr__(self) -> str:
        return f"Statement({self.kind} {self.issuer}#{self.seq})"

    @property
    def kind(self) -> str:
        """Type: epcis-event or key-add."""
        return str(self.fields["type"])

    @property
    def issuer(self) -> str:
        """Code of the organisation that speaks."""
        return str(self.fields["issuer"])

    @property
    def issuer_kid(self) -> str:
        """Id of the key that signed."""
        return str(self.fields["issuer_kid"])

    @property
    def seq(self) -> int:
        """Number of this statement among its issuer's, from 0."""
        return int(self.fields["issuer_seq"])

    @property
    def prev(self) -> str:
        """Base64 leaf hash of the issuer's previous statement, empty for the first."""
        return str(self.fields["issuer_prev"])

    @property
    def claims(self) -> Mapping[str, str]:
        """What is claimed, by type."""
        claims: Mapping[str, str] = self.fields["claims"]
        return claims

    @cached_property
    def hash(self) -> bytes:
        """Leaf hash, which also names the statement."""
        return leaf_hash(self.entry)

    @property
    def added_key(self) -> bytes:
        """Public key of a key-add statement, 32 bytes."""
        return decode_base64(self.claims["public_key"]) or b""

    def verify(self, public_key: bytes) -> None:
        """Raise `LedgerError` unless `public_key` signed the statement."""
        message = SIGNATURE_PREFIX + canonical_json(self.fields)
        if not verify_ed25519(public_key, self.signature, message):
            raise LedgerError(
                f"the signature is not that of {self.issuer} ({self.issuer_kid})",
                where="statement",
                field="signature",
                fix="sign the statement with the organisation's registered key",
                problem_vi=f"chữ ký không phải của {self.issuer}",
                fix_vi="hãy ký bằng khoá đã đăng ký của tổ chức",
            )


def sign_statement(
    signer: NoteSigner,
    *,
    origin: str,
    issuer: str,
    seq: int,
    prev: bytes | None,
    kind: str,
    now: Utc,
    about: Mapping[str, Any],
    claims: Mapping[str, str],
) -> Statement:
    """Return the signed statement.

    Raises
    ------
    LedgerError
        If a part has no canonical form, is of the wrong shape, or the whole is too large.
    """
    fields = {
        "v": 1,
        "origin": origin,
        "issuer": issuer,
        "issuer_kid": key_id_of(signer.key.public_key),
        "issuer_seq": seq,
        "issuer_prev": encode_base64(prev or b""),
        "type": kind,
        "t_issuer": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z",
        "about": dict(about),
        "claims": dict(claims),
    }
    signature = signer.sign_bytes(SIGNATURE_PREFIX + canonical_json(fields))
    whole = {"statement": fields, "signature": encode_base64(signature)}
    return parse_statement(canonical_json(whole))


def parse_statement(entry: bytes) -> Statement:
    """Read a leaf.

    Raises
    ------
    LedgerError
        If it is oversize, not canonical, or of another shape than a statement.
    """
    if len(entry) > MAX_STATEMENT_BYTES:
        raise _wrong("", f"has {len(entry)} bytes, at most {MAX_STATEMENT_BYTES} are allowed")
    whole = parse_canonical(entry, "statement")
    if not isinstance(whole, dict) or whole.keys() != {"signature", "statement"}:
        raise _wrong("", "must be an object of signature and statement")
    signature, fields = whole["signature"], whole["statement"]
    raw = decode_base64(signature) if isinstance(signature, str) else None
    if raw is None or len(raw) != 64:
        raise _wrong("signature", "must be the base64 of 64 bytes")
    _require_fields(fields)
    _require_claims(fields["type"], fields["claims"])
    return Statement(entry, fields, raw)


def key_id_of(public_key: bytes) -> str:
    """Return the id of an organisation's key: 16 hex digits of SHA-256 of its 32 bytes."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def event_claims(event_id: str, event_hash: str, event: bytes) -> dict[str, str]:
    """Return the claims about an event: its identity and SHA-256 of its canonical bytes."""
    digest = hashlib.sha256(event).hexdigest()
    return {"event_id": event_id, "event_hash": event_hash, "event_sha256": digest}


def key_claims(organisation: str, public_key: bytes) -> dict[str, str]:
    """Return the claims of a key-add statement."""
    return {
        "organisation": organisation,
        "kid": key_id_of(public_key),
        "public_key": encode_base64(public_key),
    }


def _require_fields(fields: object) -> None:
    if not isinstance(fields, dict) or fields.keys() != _FIELDS.keys():
        raise _wrong("", f"must have exactly the fields {', '.join(sorted(_FIELDS))}")
    for name, kind in _FIELDS.items():
        if type(fields[name]) is not kind:
            raise _wrong(name, f"must be of type {kind.__name__}")
    prev = decode_base64(fields["issuer_prev"])
    checks = {
        "v": fields["v"] == 1,
        "origin": bool(fields["origin"]),
        "issuer": bool(fields["issuer"]),
        "issuer_kid": bool(KID.fullmatch(fields["issuer_kid"])),
        "issuer_seq": fields["issuer_seq"] >= 0,
        "issuer_prev": prev is not None
        and len(prev) == (HASH_BYTES if fields["issuer_seq"] else 0),
        "type": fields["type"] in _CLAIMS,
        "t_issuer": bool(_TIME.fullmatch(fields["t_issuer"])),
    }
    for name, holds in checks.items():
        if not holds:
            raise _wrong(name, "has a value that is not allowed")


def _require_claims(kind: str, claims: Mapping[str, Any]) -> None:
    if claims.keys() != _CLAIMS[kind] or not all(type(each) is str for each in claims.values()):
        raise _wrong("claims", f"must be texts: {', '.join(sorted(_CLAIMS[kind]))}")
    if kind == "epcis-event":
        if not _SHA256.fullmatch(claims["event_sha256"]):
            raise _wrong("claims.event_sha256", "must be 64 hex digits")
        if not _EVENT_HASH.fullmatch(claims["event_hash"]):
            raise _wrong("claims.event_hash", "must be ni:///sha-256;…?ver=CBV2.0")
    if kind == "key-add":
        key = decode_base64(claims["public_key"])
        if key is None or len(key) != 32 or key_id_of(key) != claims["kid"]:
            raise _wrong("claims.public_key", "must be 32 bytes whose id is kid")


def _wrong(field: str, problem: str) -> LedgerError:
    return LedgerError(
        f"{field or 'the statement'} {problem}",
        where="statement",
        field=field,
        fix="build statements with traceability.ledger",
    )
