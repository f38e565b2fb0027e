"""API tokens: shown once, found by their prefix, recognised by their hash, limited and dated."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Collection
from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from agridata.access._accounts import By, principal_of
from agridata.access._errors import AccountError
from agridata.access._permissions import Principal, actions
from agridata.access._sessions import new_secret, secret_hash
from agridata.access._trail import note
from agridata.access.models import AccessToken, Account
from agridata.errors import NotFoundError
from agridata.vocabulary import Utc, nfc

__all__ = [
    "MAX_TOKEN_DAYS",
    "create_token",
    "find_token",
    "possible_scopes",
    "record_use",
    "revoke_token",
    "tokens_of",
]

MARK = "agd"
"""First part of every token: a scanner for leaked secrets knows one when it sees one."""

PREFIX_BYTES = 5
"""40 random bits, 10 hexadecimal digits: finds the row, proves nothing."""

MAX_TOKEN_DAYS = 366
"""A year: a machine nobody remembers stops by itself."""

MAX_TOKENS = 20
"""Living tokens of one account: one per machine is the habit to form."""

MAX_TITLE = 80
"""Characters of a token's title."""

USE_NOTED_EVERY_MINUTES = 5
"""A token in steady use writes one line of the trail in five minutes, not one a request."""


def possible_scopes(role: str) -> list[str]:
    """Return the actions that a token of this role may carry."""
    return [one.name for one in actions() if one.by_token and one.cell(role)]


def create_token(
    session: Session,
    account: Account,
    *,
    title: str,
    scopes: Collection[str],
    days: int,
    by: By,
) -> tuple[AccessToken, str]:
    """Make a token and return it with its text, which is never seen again; the caller commits.

    Parameters
    ----------
    scopes
        Names of actions; each must be open to the account's role and to tokens.
    days
        Life, 1 to `MAX_TOKEN_DAYS`.

    Raises
    ------
    AccountError
        If a scope, the life or the number of tokens is out of range.
    """
    assert account.id is not None
    _check(session, account, title, scopes, days, by.now)
    prefix = secrets.token_hex(PREFIX_BYTES)
    text = f"{MARK}_{prefix}_{new_secret()}"
    row = AccessToken(
        prefix=prefix, secret_hash=secret_hash(text), account_id=account.id,
        title=nfc(title).strip(), scopes=" ".join(sorted(set(scopes))), created_at=by.now,
        expires_at=by.now + timedelta(days=days),
    )  # fmt: skip
    session.add(row)
    session.flush()
    _noted(session, "token_created", account, by, f"{prefix}: {row.scopes}")
    return row, text


def _check(
    session: Session, account: Account, title: str, scopes: Collection[str], days: int, now: Utc
) -> None:
    possible = possible_scopes(account.role)
    if not scopes or not set(scopes) <= set(possible):
        raise _wrong(
            "scope", f"choose scopes of: {', '.join(possible) or 'none for this role'}",
            "phạm vi không hợp lệ với vai trò này",
        )  # fmt: skip
    if not 1 <= days <= MAX_TOKEN_DAYS:
        raise _wrong(
            "days", f"a token lives 1–{MAX_TOKEN_DAYS} days", f"hạn dùng 1–{MAX_TOKEN_DAYS} ngày"
        )
    if not 1 <= len(title.strip()) <= MAX_TITLE:
        raise _wrong("title", f"a title has 1–{MAX_TITLE} characters", "hãy đặt tên ngắn cho mã")
    living = [one for one in tokens_of(session, account) if _lives(one, now)]
    if len(living) >= MAX_TOKENS:
        raise _wrong("token", f"{MAX_TOKENS} tokens live already", "đã có quá nhiều mã truy cập")


def tokens_of(session: Session, account: Account | None = None) -> list[AccessToken]:
    """Return tokens, revoked and expired ones too, newest first; of one account if given."""
    query = select(AccessToken).order_by(col(AccessToken.id).desc())
    if account is not None:
        query = query.where(AccessToken.account_id == account.id)
    return list(session.exec(query).all())


def find_token(session: Session, text: str, *, now: Utc) -> tuple[AccessToken, Principal] | None:
    """Return the living token that `text` is and who it speaks for, or None."""
    parts = text.split("_", 2)
    if len(parts) != 3 or parts[0] != MARK:
        return None
    found = session.exec(
        select(AccessToken, Account)
        .join(Account, col(Account.id) == col(AccessToken.account_id))
        .where(AccessToken.prefix == parts[1])
    ).first()
    if found is None:
        return None
    row, account = found
    same = hmac.compare_digest(row.secret_hash, secret_hash(text))
    if not same or not _lives(row, now) or account.disabled_at is not None:
        return None
    return row, principal_of(account, frozenset(row.scopes.split()))


def use_is_due(row: AccessToken, now: Utc) -> bool:
    """Tell whether the use of a token should be written down (again)."""
    return row.used_at is None or row.used_at + timedelta(minutes=USE_NOTED_EVERY_MINUTES) <= now


def record_use(session: Session, prefix: str, name: str, by: By, action: str) -> None:
    """Write down that a token was used; the caller commits."""
    session.execute(
        sa.update(AccessToken).where(col(AccessToken.prefix) == prefix).values(used_at=by.now)
    )
    note(
        session, "token_used", now=by.now, account=name, actor=by.actor, address=by.address,
        detail=f"{prefix}: {action}",
    )  # fmt: skip


def revoke_token(
    session: Session, prefix: str, *, by: By, account: Account | None = None
) -> AccessToken:
    """End a token; the caller commits.

    Parameters
    ----------
    account
        Only a token of this account; None any.

    Raises
    ------
    NotFoundError
        If there is no such token.
    """
    row = session.exec(select(AccessToken).where(AccessToken.prefix == prefix)).first()
    if row is None or (account is not None and row.account_id != account.id):
        raise NotFoundError(
            "no such token", field="prefix", fix="see `agridata access token list`",
            problem_vi="không có mã này", fix_vi="xem `agridata access token list`",
        )  # fmt: skip
    owner = session.get_one(Account, row.account_id)
    if row.revoked_at is None:
        row.revoked_at = by.now
        session.add(row)
        _noted(session, "token_revoked", owner, by, prefix)
    return row


def _lives(row: AccessToken, now: Utc) -> bool:
    return row.revoked_at is None and now < row.expires_at


def _noted(session: Session, kind: str, account: Account, by: By, detail: str) -> None:
    note(
        session, kind, now=by.now, account=account.name, actor=by.actor, address=by.address,
        detail=detail,
    )  # fmt: skip


def _wrong(field: str, problem: str, problem_vi: str) -> AccountError:
    return AccountError(
        problem, field=field, fix="see docs/access.md",
        problem_vi=problem_vi, fix_vi="xem docs/access.md",
    )  # fmt: skip
