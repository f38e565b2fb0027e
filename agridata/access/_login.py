"""Signing in with a password, knowing who asks, signing out: each in a transaction of its own."""

from __future__ import annotations

from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlmodel import Session, select

from agridata.access._accounts import By, normal_name, principal_of
from agridata.access._errors import CredentialsError, ThrottledError
from agridata.access._passwords import (
    MAX_LENGTH,
    hash_password,
    needs_rehash,
    verify_password,
)
from agridata.access._permissions import ANONYMOUS, Principal
from agridata.access._sessions import (
    due,
    end_session,
    end_sessions,
    find_session,
    start_session,
    touch,
)
from agridata.access._throttle import LoginThrottle
from agridata.access._tokens import find_token, record_use, use_is_due
from agridata.access._trail import note, writing
from agridata.access.models import Account
from agridata.vocabulary import Utc

__all__ = ["Credentials", "by_session", "by_token", "sign_in", "sign_out"]


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a person typed, and from where; the password is not in the repr."""

    name: str
    password: str = field(repr=False)
    address: str = ""


def sign_in(
    engine: sa.Engine,
    given: Credentials,
    *,
    throttle: LoginThrottle,
    now: Utc,
    replaces: str | None = None,
) -> str:
    """Open a session and return its secret for the cookie.

    The password is checked outside any transaction: argon2id takes its time, and nobody
    else's write waits for it. A hash with outdated parameters is made anew.

    Parameters
    ----------
    replaces
        Secret of the session that the browser brought along; it ends (no fixation).

    Raises
    ------
    ThrottledError
        If there were too many attempts; the password was not looked at.
    CredentialsError
        If name or password is wrong or the account is disabled: the same error, in the same time.
    """
    name = normal_name(given.name)[:MAX_LENGTH]
    with Session(engine) as session:
        account = session.exec(select(Account).where(Account.name == name)).first()
    try:
        throttle.attempt(name, given.address)
    except ThrottledError:
        if throttle.worth_noting(given.address):
            _failed(engine, account, given, now, "login_throttled")
        raise
    stored = account.password_hash if account and account.disabled_at is None else None
    if not verify_password(stored, given.password) or account is None or stored is None:
        _failed(engine, account, given, now, "login_failed")
        raise CredentialsError
    fresh = hash_password(given.password) if needs_rehash(stored) else stored
    secret = _opened(engine, account.name, stored, fresh, given, now, replaces)
    throttle.succeeded(name, given.address)
    return secret


def _opened(
    engine: sa.Engine,
    name: str,
    stored: str,
    fresh: str,
    given: Credentials,
    now: Utc,
    replaces: str | None,
) -> str:
    with writing(engine) as session:
        account = session.exec(select(Account).where(Account.name == name)).one()
        if account.password_hash != stored or account.disabled_at is not None:
            raise CredentialsError  # changed or disabled while the hash was computed
        account.password_hash = fresh
        session.add(account)
        if replaces:
            end_session(session, replaces)
        secret = start_session(session, account, method="password", now=now)
        note(session, "login", now=now, account=name, address=given.address, detail="password")
        session.commit()
    return secret


def _failed(
    engine: sa.Engine, account: Account | None, given: Credentials, now: Utc, kind: str
) -> None:
    with writing(engine) as session:
        name = account.name if account else ""
        note(session, kind, now=now, account=name, address=given.address)
        session.commit()


def by_session(engine: sa.Engine, secret: str, *, now: Utc) -> Principal:
    """Return who a session's secret stands for, `ANONYMOUS` if it stands for nobody (any more)."""
    with Session(engine) as session:
        found = find_session(session, secret, now=now)
        if found is None:
            return ANONYMOUS
        row, account = found
        principal, row_id = principal_of(account), row.id
        stale = due(row, now)
    if stale and row_id is not None:
        with writing(engine) as session:
            touch(session, row_id, now)
            session.commit()
    return principal


def by_token(engine: sa.Engine, text: str, *, address: str, action: str, now: Utc) -> Principal:
    """Return who a bearer token speaks for, `ANONYMOUS` if it is nobody's (any more)."""
    with Session(engine) as session:
        found = find_token(session, text, now=now)
        if found is None:
            return ANONYMOUS
        row, principal = found
        prefix, stale = row.prefix, use_is_due(row, now)
    if stale:
        with writing(engine) as session:
            record_use(session, prefix, principal.name, By(principal.name, now, address), action)
            session.commit()
    return principal


def sign_out(
    engine: sa.Engine, secret: str, *, address: str, now: Utc, everywhere: bool = False
) -> None:
    """End the session of a secret, or every session of its account; nothing if it is over."""
    with writing(engine) as session:
        found = find_session(session, secret, now=now)
        if found is not None:
            _row, account = found
            if everywhere:
                end_sessions(session, account)
            kind = "logout_everywhere" if everywhere else "logout"
            note(session, kind, now=now, account=account.name, address=address)
        end_session(session, secret)
        session.commit()
