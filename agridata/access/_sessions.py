"""Sessions of browsers: a random secret in a cookie, its hash in the database, CSRF from it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from agridata.access.models import AccessSession, Account
from agridata.vocabulary import Utc

__all__ = [
    "SESSION_DAYS",
    "check_csrf",
    "count_sessions",
    "csrf_token",
    "derived",
    "end_session",
    "end_sessions",
    "find_session",
    "new_secret",
    "secret_hash",
    "start_session",
]

SECRET_BYTES = 32
"""256 random bits: nobody finds a session by trying."""

SESSION_IDLE_HOURS = 8
"""A working day: a phone laid aside over night asks again."""

SESSION_DAYS = 7
"""However busy a session is, the password is asked for once a week."""

SEEN_EVERY_SECONDS = 60
"""Reading pages writes at most one row a minute and session."""

MAX_SESSIONS = 20
"""Of one account; the oldest end first. Nobody has more devices."""


def new_secret() -> str:
    """Return a fresh secret: 43 characters, base64url of `SECRET_BYTES`."""
    return secrets.token_urlsafe(SECRET_BYTES)


def secret_hash(secret: str) -> str:
    """Return what is stored of a secret; plain SHA-256 suffices for 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def start_session(session: Session, account: Account, *, method: str, now: Utc) -> str:
    """Open a session for an account and return the secret for the cookie; the caller commits.

    Expired sessions of everybody are swept out on the way.
    """
    assert account.id is not None
    secret = new_secret()
    session.execute(sa.delete(AccessSession).where(col(AccessSession.expires_at) <= now))
    _make_room(session, account.id)
    session.add(
        AccessSession(
            secret_hash=secret_hash(secret), account_id=account.id, method=method, created_at=now,
            seen_at=now, expires_at=now + timedelta(days=SESSION_DAYS),
        )
    )  # fmt: skip
    session.flush()
    return secret


def _make_room(session: Session, account_id: int) -> None:
    """Leave at most `MAX_SESSIONS` - 1 of an account."""
    ids = session.exec(
        select(AccessSession.id)
        .where(AccessSession.account_id == account_id)
        .order_by(col(AccessSession.seen_at).desc())
        .offset(MAX_SESSIONS - 1)
    ).all()
    if ids:
        session.execute(sa.delete(AccessSession).where(col(AccessSession.id).in_(ids)))


def find_session(
    session: Session, secret: str, *, now: Utc
) -> tuple[AccessSession, Account] | None:
    """Return the live session of a cookie's secret and its account, or None.

    A session is over when it was idle for `SESSION_IDLE_HOURS`, when it is `SESSION_DAYS` old,
    and when its account is disabled.
    """
    found = session.exec(
        select(AccessSession, Account)
        .join(Account, col(Account.id) == col(AccessSession.account_id))
        .where(AccessSession.secret_hash == secret_hash(secret))
    ).first()
    if found is None:
        return None
    row, account = found
    idle = row.seen_at + timedelta(hours=SESSION_IDLE_HOURS) < now
    if idle or now >= row.expires_at or account.disabled_at is not None:
        return None
    return row, account


def due(row: AccessSession, now: Utc) -> bool:
    """Tell whether the session's last sighting should be written down again."""
    return row.seen_at + timedelta(seconds=SEEN_EVERY_SECONDS) < now


def touch(session: Session, row_id: int, now: Utc) -> None:
    """Write down that a session was seen; the caller commits."""
    session.execute(
        sa.update(AccessSession)
        .where(col(AccessSession.id) == row_id, col(AccessSession.seen_at) < now)
        .values(seen_at=now)
    )


def end_session(session: Session, secret: str) -> None:
    """End the session of a secret, if there is one; the caller commits."""
    session.execute(
        sa.delete(AccessSession).where(col(AccessSession.secret_hash) == secret_hash(secret))
    )


def end_sessions(session: Session, account: Account) -> int:
    """End every session of an account and return how many; the caller commits."""
    ended = session.execute(
        sa.delete(AccessSession).where(col(AccessSession.account_id) == account.id)
    )
    return int(getattr(ended, "rowcount", 0))


def count_sessions(session: Session, account_id: int, *, now: Utc) -> int:
    """Return how many sessions of an account have not expired."""
    return session.exec(
        select(sa.func.count())
        .select_from(AccessSession)
        .where(AccessSession.account_id == account_id, col(AccessSession.expires_at) > now)
    ).one()


def derived(secret: str, purpose: str) -> bytes:
    """Return 32 bytes that follow from a secret for one purpose and tell nothing about it."""
    return hmac.digest(secret.encode(), f"agridata/{purpose}".encode(), "sha256")


def csrf_token(secret: str) -> str:
    """Return the session's synchroniser token for a form, masked afresh each time.

    The token follows from the session's secret, so nothing more has to be stored; the mask
    keeps compressed pages from giving it away byte by byte (BREACH).
    """
    token = derived(secret, "csrf")
    mask = secrets.token_bytes(len(token))
    return base64.urlsafe_b64encode(mask + _xor(mask, token)).decode("ascii")


def check_csrf(secret: str, sent: str) -> bool:
    """Tell whether a form's token belongs to the session of `secret`, in constant time."""
    expected = derived(secret, "csrf")
    try:
        raw = base64.b64decode(sent.encode("ascii"), altchars=b"-_", validate=True)
    except ValueError:
        return False
    half = len(expected)
    if len(raw) != 2 * half:
        return False
    return hmac.compare_digest(_xor(raw[:half], raw[half:]), expected)


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
