"""Accounts: made, given another role, disabled; never deleted, every change in the trail."""

from __future__ import annotations

import re
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col, select

from agridata.access._errors import AccountError
from agridata.access._passwords import check_password, hash_password, new_password
from agridata.access._permissions import ROLES, SCOPED_ROLES, Principal
from agridata.access._sessions import end_sessions
from agridata.access._trail import note
from agridata.access.models import Account
from agridata.errors import NotFoundError
from agridata.registry.models import Organisation
from agridata.vocabulary import Utc, nfc

__all__ = [
    "By",
    "account_of",
    "accounts",
    "add_account",
    "change_password",
    "disable_account",
    "enable_account",
    "has_accounts",
    "normal_name",
    "principal_of",
    "reset_password",
    "set_role",
]

_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{1,99}")
"""Small letters, digits and ``. _ @ -``: typed on any keyboard, unlike itself in no second way."""


@dataclass(frozen=True, slots=True)
class By:
    """Who does it, when, and from where: what the trail keeps of a change."""

    actor: str
    now: Utc
    address: str = ""


def normal_name(name: str) -> str:
    """Return the form in which names are stored and compared."""
    return nfc(name).strip().lower()


def has_accounts(session: Session) -> bool:
    """Tell whether anybody was ever given an account here."""
    return session.exec(select(Account.id).limit(1)).first() is not None


def accounts(session: Session) -> list[Account]:
    """Return every account by name, disabled ones too."""
    return list(session.exec(select(Account).order_by(col(Account.name))).all())


def account_of(session: Session, name: str) -> Account:
    """Return the account called `name`.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    found = session.exec(select(Account).where(Account.name == normal_name(name))).first()
    if found is None:
        raise NotFoundError(
            "no such account", field="name", fix="see `agridata access list`",
            problem_vi="không có tài khoản này", fix_vi="xem `agridata access list`",
        )  # fmt: skip
    return found


def principal_of(account: Account, scopes: frozenset[str] | None = None) -> Principal:
    """Return who asks, as the permission table sees the account."""
    return Principal(
        role=account.role, name=account.name, account_id=account.id,
        organisation_code=account.organisation_code, scopes=scopes,
        must_change=account.must_change,
    )  # fmt: skip


def add_account(
    session: Session,
    name: str,
    role: str,
    *,
    by: By,
    organisation_code: str | None = None,
    password: str | None = None,
) -> tuple[Account, str | None]:
    """Make an account; the caller commits.

    Parameters
    ----------
    organisation_code
        Needed by farmers and cooperatives' people; must be registered.
    password
        None makes a random one, returned once and to be changed at first login.

    Returns
    -------
    tuple
        The account, and the random password if one was made.

    Raises
    ------
    AccountError
        If name, role, organisation or password cannot be so, or the name is taken.
    """
    name = normal_name(name)
    if not _NAME.fullmatch(name):
        raise _wrong(
            "name", "a name is 2–100 small letters, digits, '.', '_', '@' or '-'",
            "tên gồm 2–100 chữ thường không dấu, chữ số, '.', '_', '@' hoặc '-'",
        )  # fmt: skip
    if session.exec(select(Account.id).where(Account.name == name)).first() is not None:
        raise _wrong("name", "this name is taken", "tên này đã có người dùng")
    check_role(session, role, organisation_code)
    chosen = password if password is not None else new_password()
    check_password(chosen, name)
    account = Account(
        name=name, role=role, organisation_code=organisation_code,
        password_hash=hash_password(chosen), must_change=password is None, created_at=by.now,
    )  # fmt: skip
    session.add(account)
    session.flush()
    _noted(session, "account_added", account, by, _described(account))
    return account, chosen if password is None else None


def check_role(session: Session, role: str, organisation_code: str | None) -> None:
    """Return None if a role goes with an organisation (or none), else raise `AccountError`."""
    if role not in ROLES:
        raise _wrong("role", f"no role {role!r}; one of {', '.join(ROLES)}", "không có vai trò này")
    if role in SCOPED_ROLES and not organisation_code:
        raise _wrong(
            "organisation", f"a {role} belongs to an organisation", "vai trò này phải có tổ chức"
        )
    if role not in SCOPED_ROLES and organisation_code:
        raise _wrong(
            "organisation", f"a {role} belongs to no organisation",
            "vai trò này không thuộc tổ chức nào",
        )  # fmt: skip
    if organisation_code and session.get(Organisation, organisation_code) is None:
        raise _wrong(
            "organisation", f"no organisation {organisation_code!r} is registered",
            "tổ chức này chưa được đăng ký",
        )  # fmt: skip


def set_role(
    session: Session, name: str, role: str, *, by: By, organisation_code: str | None = None
) -> Account:
    """Give an account another role; its sessions end. The caller commits.

    Raises
    ------
    NotFoundError, AccountError
        If there is no such account or role, the organisation does not fit, an account of
        single sign-on would become administrator, or no administrator would be left.
    """
    account = account_of(session, name)
    check_role(session, role, organisation_code)
    if role == "administrator" and account.oidc_issuer:
        raise _wrong(
            "role", "an account of single sign-on is never an administrator",
            "tài khoản đăng nhập một lần không thể là người quản trị",
        )  # fmt: skip
    if role != "administrator":
        _leave_an_administrator(session, account)
    before = _described(account)
    account.role, account.organisation_code = role, organisation_code
    session.add(account)
    end_sessions(session, account)
    _noted(session, "role_changed", account, by, f"{before} → {_described(account)}")
    return account


def disable_account(session: Session, name: str, *, by: By) -> Account:
    """Let an account sign in no more; sessions end, tokens stop. The caller commits."""
    account = account_of(session, name)
    _leave_an_administrator(session, account)
    account.disabled_at = account.disabled_at or by.now
    session.add(account)
    end_sessions(session, account)
    _noted(session, "account_disabled", account, by)
    return account


def enable_account(session: Session, name: str, *, by: By) -> Account:
    """Let a disabled account sign in again; the caller commits."""
    account = account_of(session, name)
    account.disabled_at = None
    session.add(account)
    _noted(session, "account_enabled", account, by)
    return account


def reset_password(
    session: Session, name: str, *, by: By, password: str | None = None
) -> tuple[Account, str | None]:
    """Give an account a new password, to be changed at next login; the caller commits.

    Returns
    -------
    tuple
        The account, and the random password if none was given.
    """
    account = account_of(session, name)
    if account.oidc_issuer:
        raise _wrong(
            "name", "this account signs in at its issuer and has no password here",
            "tài khoản này đăng nhập một lần, không có mật khẩu tại đây",
        )  # fmt: skip
    chosen = password if password is not None else new_password()
    check_password(chosen, account.name)
    account.password_hash, account.must_change = hash_password(chosen), True
    session.add(account)
    end_sessions(session, account)
    _noted(session, "password_reset", account, by)
    return account, chosen if password is None else None


def change_password(session: Session, account: Account, password: str, *, by: By) -> None:
    """Set the password its owner chose; every session ends. The caller commits."""
    check_password(password, account.name)
    account.password_hash, account.must_change = hash_password(password), False
    session.add(account)
    end_sessions(session, account)
    _noted(session, "password_changed", account, by)


def _leave_an_administrator(session: Session, account: Account) -> None:
    if account.role != "administrator" or account.disabled_at is not None:
        return
    others = session.exec(
        select(sa.func.count())
        .select_from(Account)
        .where(
            Account.role == "administrator",
            col(Account.disabled_at).is_(None),
            Account.id != account.id,
        )
    ).one()
    if not others:
        raise _wrong(
            "name", "this is the last administrator; make another one first",
            "đây là người quản trị cuối cùng; hãy tạo người khác trước",
        )  # fmt: skip


def _described(account: Account) -> str:
    return f"{account.role} {account.organisation_code or ''}".strip()


def _noted(session: Session, kind: str, account: Account, by: By, detail: str = "") -> None:
    note(
        session, kind, now=by.now, account=account.name, actor=by.actor, address=by.address,
        detail=detail,
    )  # fmt: skip


def _wrong(field: str, problem: str, problem_vi: str) -> AccountError:
    return AccountError(
        problem, field=field, fix="see docs/access.md",
        problem_vi=problem_vi, fix_vi="xem docs/access.md",
    )  # fmt: skip
