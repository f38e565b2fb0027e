"""From an identity that an issuer vouches for to an account and a session of ours."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlmodel import Session, select

from agridata.access._accounts import By, check_role
from agridata.access._errors import AccountError, OidcError
from agridata.access._oidc import Identity
from agridata.access._permissions import SCOPED_ROLES
from agridata.access._sessions import end_session, end_sessions, start_session
from agridata.access._trail import note, writing
from agridata.access.models import Account
from agridata.errors import Finding
from agridata.vocabulary import search_key

__all__ = ["note_refusal", "sign_in_with"]

_NOT_IN_NAMES = re.compile(r"[^a-z0-9._-]+")

NAME_HASH_DIGITS = 8
"""32 bits of the subject's hash keep two people with one user name apart."""


def sign_in_with(
    engine: sa.Engine, identity: Identity, *, by: By, replaces: str | None = None
) -> str:
    """Open a session for whom the issuer named and return its secret for the cookie.

    The account is found by issuer and subject, never by name: whoever picks a name at the
    issuer does not get the account of that name here. It is made at first login and follows
    the issuer's role afterwards. A role of administrator is never taken from an issuer.

    Raises
    ------
    OidcError
        If the issuer gives no role of ours, or the account is disabled.
    """
    role, organisation = _role(identity)
    with writing(engine) as session:
        try:
            check_role(session, role, organisation)
        except AccountError as error:
            raise _refused(error.findings[0]) from error
        account = session.exec(
            select(Account).where(
                Account.oidc_issuer == identity.issuer, Account.oidc_subject == identity.subject
            )
        ).first()
        account = account or _made(session, identity, role, organisation, by)
        if account.disabled_at is not None:
            raise _refused(Finding("", "account", "this account is disabled", ""))
        _follow(session, account, role, organisation, by)
        if replaces:
            end_session(session, replaces)
        secret = start_session(session, account, method="oidc", now=by.now)
        note(session, "login", now=by.now, account=account.name, address=by.address, detail="oidc")
        session.commit()
    return secret


def note_refusal(engine: sa.Engine, error: OidcError, *, by: By) -> None:
    """Write a refused single sign-on into the trail."""
    with writing(engine) as session:
        note(
            session, "login_failed", now=by.now, address=by.address,
            detail=f"oidc: {error.findings[0].where or error.findings[0].field}",
        )  # fmt: skip
        session.commit()


def _role(identity: Identity) -> tuple[str, str | None]:
    if identity.role == "administrator":
        raise _refused(Finding("", "role", "an issuer never makes administrators", ""))
    if not identity.role:
        raise _refused(Finding("", "role", "the issuer gives no role", ""))
    scoped = identity.role in SCOPED_ROLES
    return identity.role, (identity.organisation_code or None) if scoped else None


def _made(
    session: Session, identity: Identity, role: str, organisation: str | None, by: By
) -> Account:
    account = Account(
        name=_free_name(session, identity), role=role, organisation_code=organisation,
        oidc_issuer=identity.issuer, oidc_subject=identity.subject, created_at=by.now,
    )  # fmt: skip
    session.add(account)
    session.flush()
    note(
        session, "account_added", now=by.now, account=account.name, actor=account.name,
        address=by.address, detail=f"{role} {organisation or ''} oidc",
    )  # fmt: skip
    return account


def _free_name(session: Session, identity: Identity) -> str:
    host = urlsplit(identity.issuer).hostname or "issuer"
    wished = _NOT_IN_NAMES.sub("", search_key(identity.name).partition("@")[0])[:40]
    digest = hashlib.sha256(identity.subject.encode()).hexdigest()[:NAME_HASH_DIGITS]
    name = f"{wished or digest}@{host}"
    taken = session.exec(select(Account.id).where(Account.name == name)).first()
    return f"{wished}-{digest}@{host}" if taken is not None else name


def _follow(
    session: Session, account: Account, role: str, organisation: str | None, by: By
) -> None:
    """Take over the issuer's role if it changed; older sessions end."""
    if (account.role, account.organisation_code) == (role, organisation):
        return
    before = f"{account.role} {account.organisation_code or ''}".strip()
    account.role, account.organisation_code = role, organisation
    session.add(account)
    end_sessions(session, account)
    after = f"{role} {organisation or ''}".strip()
    note(
        session, "role_changed", now=by.now, account=account.name, actor="oidc",
        address=by.address, detail=f"{before} → {after}",
    )  # fmt: skip


def _refused(found: Finding) -> OidcError:
    return OidcError(
        f"single sign-on refused: {found.problem}", field=found.field, where=found.problem,
        fix="ask an administrator of the issuer for a role",
        problem_vi="nơi cấp không cho vai trò hợp lệ", fix_vi="hãy hỏi người quản trị của nơi cấp",
    )  # fmt: skip
