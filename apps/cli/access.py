"""`agridata access`: accounts, roles, API tokens, the access trail; done at the machine itself."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agridata.errors import UsageError
from agridata.vocabulary import utc_now
from apps.cli._common import Home, Json, created, emit, opened

if TYPE_CHECKING:
    from agridata.access import By
    from agridata.access.models import Account
    from agridata.storage import Workspace

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Accounts, roles, API tokens, the access trail.")
token = typer.Typer(no_args_is_help=True, help="API tokens of machines.")
app.add_typer(token, name="token")

TOKEN_DAYS = 90
"""A season: long enough to forget nobody, short enough to notice a machine nobody knows."""

TRAIL_LINES = 100
"""Newest lines of the trail shown unless asked for more."""

Name = Annotated[str, typer.Argument(help="Name of the account.")]
OrganisationCode = Annotated[
    str | None,
    typer.Option("--organisation", help="Code; for farmers and cooperatives' people.",
                 metavar="CODE"),
]  # fmt: skip
FromStdin = Annotated[
    bool,
    typer.Option("--password-stdin", help="Read the password from standard input."),
]


def _by() -> By:
    from agridata.access import COMMAND_LINE, By

    return By(COMMAND_LINE, utc_now())


def _given(from_stdin: bool) -> str | None:
    """Return the password typed into standard input, None if one is to be made."""
    if not from_stdin:
        return None
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise UsageError(
            "no password on standard input", field="--password-stdin",
            fix="pipe one line in, or leave the option out to get a random password",
            problem_vi="không có mật khẩu trên đầu vào chuẩn",
            fix_vi="hãy đưa vào một dòng, hoặc bỏ tùy chọn để nhận mật khẩu ngẫu nhiên",
        )  # fmt: skip
    return line


def _facts(account: Account) -> dict[str, Any]:
    return {
        "name": account.name, "role": account.role, "organisation": account.organisation_code,
        "disabled": account.disabled_at is not None, "must_change": account.must_change,
        "single_sign_on": account.oidc_issuer is not None,
    }  # fmt: skip


def _emit(account: Account, as_json: bool, password: str | None = None) -> None:
    facts = _facts(account)
    text = f"{facts['name']}  {facts['role']}  {facts['organisation'] or ''}".rstrip()
    if facts["disabled"]:
        text += "  (disabled)"
    if password is not None:
        facts["password"] = password
        text += f"\npassword, shown once, to be changed at first login: {password}"
    emit({"ok": True, **facts}, as_json=as_json, text=text)


@app.command("add-user")
def add_user(
    name: Name,
    role: Annotated[str, typer.Option("--role", help="Role, see docs/access.md.")],
    organisation: OrganisationCode = None,
    password_stdin: FromStdin = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Make an account; without --password-stdin its random password is shown once."""
    from agridata.access import add_account, writing

    given = _given(password_stdin)
    with writing(created(home).engine) as session:
        account, made = add_account(
            session, name, role, organisation_code=organisation, password=given, by=_by()
        )
        session.commit()
        session.refresh(account)
        _emit(account, as_json, made)


@app.command("set-role")
def change_role(
    name: Name,
    role: Annotated[str, typer.Argument(help="The new role.")],
    organisation: OrganisationCode = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Give an account another role; it is signed out everywhere."""
    from agridata.access import set_role

    _change(opened(home), as_json, set_role, name, role, organisation_code=organisation)


@app.command()
def disable(name: Name, home: Home = None, as_json: Json = False) -> None:
    """Let an account sign in no more; its tokens stop too."""
    from agridata.access import disable_account

    _change(opened(home), as_json, disable_account, name)


@app.command()
def enable(name: Name, home: Home = None, as_json: Json = False) -> None:
    """Let a disabled account sign in again."""
    from agridata.access import enable_account

    _change(opened(home), as_json, enable_account, name)


def _change(
    workspace: Workspace, as_json: bool, change: Any, *arguments: str, **options: Any
) -> None:
    from agridata.access import writing

    with writing(workspace.engine) as session:
        account = change(session, *arguments, by=_by(), **options)
        session.commit()
        session.refresh(account)
        _emit(account, as_json)


@app.command("reset-password")
def new_password(
    name: Name, password_stdin: FromStdin = False, home: Home = None, as_json: Json = False
) -> None:
    """Give an account a new password, to be changed at its next login."""
    from agridata.access import reset_password, writing

    given = _given(password_stdin)
    with writing(opened(home).engine) as session:
        account, made = reset_password(session, name, password=given, by=_by())
        session.commit()
        session.refresh(account)
        _emit(account, as_json, made)


@app.command("list")
def listing(home: Home = None, as_json: Json = False) -> None:
    """List the accounts with role and organisation."""
    from agridata.access import accounts

    with opened(home).session() as session:
        found = [_facts(one) for one in accounts(session)]
    lines = [
        f"{one['name']:<24} {one['role']:<20} {one['organisation'] or '–'}"
        f"{'  disabled' if one['disabled'] else ''}"
        for one in found
    ]
    emit({"accounts": found}, as_json=as_json, text="\n".join(lines) or "no accounts yet")


@app.command()
def permissions(_home: Home = None, as_json: Json = False) -> None:
    """Print the permission table as docs/access.md shows it."""
    from agridata.access import actions, permissions_markdown

    listed = [
        {"action": one.name, "by_token": one.by_token, **one.cells, "meaning": one.meaning_en}
        for one in actions()
    ]
    emit({"permissions": listed}, as_json=as_json, text=permissions_markdown().rstrip())


@app.command()
def audit(
    account: Annotated[str, typer.Option("--account", help="Lines of this account only.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help="Newest lines.")] = TRAIL_LINES,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Print the access trail, newest first."""
    from agridata.access import trail

    with opened(home).session() as session:
        found = [
            {
                "at": one.at.isoformat(), "kind": one.kind, "account": one.account,
                "actor": one.actor, "address": one.address, "detail": one.detail,
            }
            for one in trail(session, limit=limit, account=account)
        ]  # fmt: skip
    lines = ["  ".join(filter(None, one.values())) for one in found]
    emit({"lines": found}, as_json=as_json, text="\n".join(lines) or "nothing yet")


@token.command("create")
def create(
    account: Annotated[str, typer.Argument(help="Account the token speaks for.")],
    scope: Annotated[list[str], typer.Option("--scope", help="Action, once for each.")],
    title: Annotated[str, typer.Option("--title", help="Which machine or program.")],
    days: Annotated[int, typer.Option("--days", help="Days it lives.")] = TOKEN_DAYS,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Make an API token and show it, once."""
    from agridata.access import account_of, create_token, writing

    with writing(opened(home).engine) as session:
        row, text = create_token(
            session, account_of(session, account), title=title, scopes=scope, days=days, by=_by()
        )
        session.commit()
        result = {
            "ok": True, "prefix": row.prefix, "scopes": row.scopes.split(),
            "expires_at": row.expires_at.isoformat(), "token": text,
        }  # fmt: skip
    emit(result, as_json=as_json, text=f"{text}\nshown once; lives until {result['expires_at']}")


@token.command("list")
def list_tokens(home: Home = None, as_json: Json = False) -> None:
    """List API tokens by prefix with scopes, end and last use."""
    from agridata.access import accounts, tokens_of

    with opened(home).session() as session:
        names = {one.id: one.name for one in accounts(session)}
        found: list[dict[str, Any]] = [
            {
                "prefix": one.prefix, "account": names[one.account_id], "title": one.title,
                "scopes": one.scopes.split(), "expires_at": one.expires_at.isoformat(),
                "revoked": one.revoked_at is not None,
                "used_at": one.used_at.isoformat() if one.used_at else None,
            }
            for one in tokens_of(session)
        ]  # fmt: skip
    lines = [
        f"{one['prefix']}  {one['account']}  {one['title']}  {' '.join(one['scopes'])}"
        f"  until {one['expires_at'][:10]}{'  revoked' if one['revoked'] else ''}"
        for one in found
    ]
    emit({"tokens": found}, as_json=as_json, text="\n".join(lines) or "no tokens yet")


@token.command("revoke")
def revoke(
    prefix: Annotated[str, typer.Argument(help="Prefix, as `token list` shows it.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """End an API token at once."""
    from agridata.access import revoke_token, writing

    with writing(opened(home).engine) as session:
        row = revoke_token(session, prefix, by=_by())
        session.commit()
        result = {"ok": True, "prefix": row.prefix, "revoked": True}
    emit(result, as_json=as_json, text=f"{prefix} revoked")
