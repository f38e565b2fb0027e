"""Personal values and their salted commitments: only a commitment may enter a ledger leaf."""

from __future__ import annotations

import base64
import hashlib

from sqlmodel import Session, select

from agridata.errors import InputError, NotFoundError, UsageError
from agridata.registry.models import Member, PersonalValue
from agridata.vocabulary import nfc

__all__ = ["SALT_BYTES", "add_personal_value", "commitment_of", "personal_values"]

SALT_BYTES = 16
"""128 random bits: a name or a phone number cannot be found by trying values."""


def commitment_of(salt: bytes, value: str) -> str:
    """Return base64url, without padding, of SHA-256(salt || UTF-8 of NFC `value`).

    Returns
    -------
    str
        43 characters.

    Raises
    ------
    UsageError
        If the salt is not `SALT_BYTES` long.
    """
    if len(salt) != SALT_BYTES:
        raise UsageError(
            f"a salt has {SALT_BYTES} bytes, not {len(salt)}", field="salt", fix="os.urandom(16)"
        )
    digest = hashlib.sha256(salt + nfc(value).encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def add_personal_value(
    session: Session, subject: str, kind: str, value: str, *, salt: bytes
) -> str:
    """Store a personal value of a member with its salt and return the commitment.

    The same value again keeps its salt and commitment (leaves refer to it); another
    value of the same kind replaces both. The caller commits.

    Parameters
    ----------
    kind
        What it is: ``name``, ``phone`` …
    salt
        `SALT_BYTES` from ``os.urandom``, never derived from the value.

    Raises
    ------
    NotFoundError
        If there is no such member.
    InputError
        If the value is blank.
    """
    text = nfc(value).strip()
    if not text:
        raise InputError(
            "a personal value cannot be blank", field=kind, fix="leave it out instead",
            problem_vi="giá trị bị bỏ trống", fix_vi="hãy bỏ hẳn trường này",
        )  # fmt: skip
    if session.get(Member, subject) is None:
        raise NotFoundError(
            f"no member {subject!r}", field="subject", fix="import members first",
            problem_vi=f"không có thành viên {subject!r}", fix_vi="hãy nhập thành viên trước",
        )  # fmt: skip
    known = session.exec(
        select(PersonalValue).where(PersonalValue.subject == subject, PersonalValue.kind == kind)
    ).one_or_none()
    if known is not None and known.value == text:
        return known.commitment
    commitment = commitment_of(salt, text)
    row = known or PersonalValue(
        subject=subject, kind=kind, value=text, salt=salt, commitment=commitment
    )
    row.value, row.salt, row.commitment = text, salt, commitment
    session.add(row)
    session.flush()
    return commitment


def personal_values(session: Session) -> list[str]:
    """Return every personal value in the workspace, sorted, for the validation of events."""
    return sorted(set(session.exec(select(PersonalValue.value))))
