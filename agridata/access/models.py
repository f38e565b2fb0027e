"""Accounts, sessions, API tokens and the trail of their use; no secret is stored in clear."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from agridata.storage import UtcDateTime

__all__ = ["AccessRecord", "AccessSession", "AccessToken", "Account"]


class Account(SQLModel, table=True):
    """A person or machine that may sign in; never deleted, only disabled.

    `password_hash` is an argon2id encoding or None (single sign-on only). `must_change`
    means that somebody else knows the password: nothing works before it is changed.
    """

    __tablename__ = "access_account"
    __table_args__ = (UniqueConstraint("oidc_issuer", "oidc_subject"),)

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    role: str
    organisation_code: str | None = None
    password_hash: str | None = Field(default=None, repr=False)
    must_change: bool = False
    oidc_issuer: str | None = None
    oidc_subject: str | None = Field(default=None, repr=False)
    created_at: datetime = Field(sa_type=UtcDateTime)
    disabled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class AccessSession(SQLModel, table=True):
    """One signed-in browser; `secret_hash` is hexadecimal SHA-256 of the cookie's value."""

    __tablename__ = "access_session"

    id: int | None = Field(default=None, primary_key=True)
    secret_hash: str = Field(unique=True, repr=False)
    account_id: int = Field(foreign_key="access_account.id", index=True)
    method: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    seen_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)


class AccessToken(SQLModel, table=True):
    """One API token: found by `prefix`, recognised by the SHA-256 of the whole."""

    __tablename__ = "access_token"

    id: int | None = Field(default=None, primary_key=True)
    prefix: str = Field(unique=True)
    secret_hash: str = Field(repr=False)
    account_id: int = Field(foreign_key="access_account.id", index=True)
    title: str
    scopes: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class AccessRecord(SQLModel, table=True):
    """One line of the access trail; appended only, holds neither passwords nor tokens.

    `account` is "" where a name was typed that is nobody's: people type passwords there.
    `actor` did it (an account's name, or ``command line``).
    """

    __tablename__ = "access_record"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime, index=True)
    kind: str
    account: str = Field(index=True)
    actor: str
    address: str
    detail: str
