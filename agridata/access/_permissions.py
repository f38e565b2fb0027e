"""Who may do what: one table in data (`permissions.csv`), one function that reads it.

A cell is empty (no), ``all`` (yes, for every organisation) or ``own`` (yes, for the account's own
organisation). What is not in the table is forbidden.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal, get_args

from agridata.access._errors import ForbiddenError, LoginRequiredError
from agridata.errors import UsageError

__all__ = [
    "ANONYMOUS",
    "LOCAL",
    "ROLES",
    "SCOPED_ROLES",
    "Action",
    "Permit",
    "Principal",
    "Role",
    "action",
    "actions",
    "permissions_markdown",
    "permit",
]

Role = Literal[
    "farmer", "cooperative_staff", "cooperative_manager", "inspector", "officer", "expert",
    "administrator",
]  # fmt: skip
ROLES: tuple[Role, ...] = get_args(Role)
"""Roles an account can have; whoever is not signed in is `ANONYMOUS`."""

SCOPED_ROLES: frozenset[Role] = frozenset({"farmer", "cooperative_staff", "cooperative_manager"})
"""Roles that mean nothing without an organisation."""

_LOCAL_NEVER = frozenset({"accounts.manage", "account.self", "tokens.manage", "audit.read"})


@dataclass(frozen=True, slots=True)
class Action:
    """One row of the table: what is done, who may, and whether a token may carry it."""

    name: str
    by_token: bool
    cells: Mapping[str, str]
    meaning_vi: str
    meaning_en: str

    def cell(self, role: str) -> str:
        """Return ``""``, ``own`` or ``all``."""
        return self.cells.get(role, "")


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. `scopes` limits a token further; None for a person's session."""

    role: str
    name: str = ""
    account_id: int | None = None
    organisation_code: str | None = None
    scopes: frozenset[str] | None = None
    must_change: bool = False

    @property
    def signed_in(self) -> bool:
        """Whether this is somebody."""
        return self.account_id is not None


ANONYMOUS = Principal("anonymous")
"""Whoever is not signed in."""

LOCAL = Principal("local", "local")
"""The person at the machine itself (``--local-admin``) while a workspace has no accounts."""


@dataclass(frozen=True, slots=True)
class Permit:
    """What was granted: `organisation_code` None means for every organisation."""

    principal: Principal
    action: str
    organisation_code: str | None

    def covers(self, organisation_code: str) -> bool:
        """Tell whether this permit reaches the things of an organisation."""
        return self.organisation_code in (None, organisation_code)

    def require(self, organisation_code: str) -> None:
        """Return None, or raise `ForbiddenError` if the organisation is another one's."""
        if not self.covers(organisation_code):
            raise ForbiddenError(
                "this belongs to another organisation", where=self.action,
                fix="choose something of your own organisation",
                problem_vi="mục này thuộc tổ chức khác", fix_vi="hãy chọn mục của tổ chức bạn",
            )  # fmt: skip


@cache
def actions() -> tuple[Action, ...]:
    """Return every row of the table, in its order."""
    text = resources.files("agridata.access").joinpath("permissions.csv").read_text("utf-8")
    found = tuple(_action(row) for row in csv.DictReader(text.splitlines()))
    for one in found:
        assert set(one.cells.values()) <= {"", "own", "all"}, one.name
    return found


def _action(row: Mapping[str, str]) -> Action:
    cells = {role: row[role] for role in ("anonymous", *ROLES)}
    by_token = {"yes": True, "no": False}[row["token"]]
    return Action(row["action"], by_token, cells, row["meaning_vi"], row["meaning_en"])


def action(name: str) -> Action:
    """Return the row called `name`.

    Raises
    ------
    UsageError
        If the table has none.
    """
    for one in actions():
        if one.name == name:
            return one
    raise UsageError(
        f"no action {name!r} in the permission table", field="action",
        fix=f"one of {', '.join(one.name for one in actions())}",
        problem_vi=f"không có quyền {name!r}", fix_vi="xem bảng quyền trong docs/access.md",
    )  # fmt: skip


def permit(principal: Principal, name: str) -> Permit:
    """Return what `principal` is granted for action `name`: the one decision there is.

    Raises
    ------
    LoginRequiredError
        If nobody is signed in and the table does not allow it to everybody.
    ForbiddenError
        If the role, the token's scopes or a pending change of password forbid it.
    """
    wanted = action(name)
    if principal == LOCAL:
        if name in _LOCAL_NEVER:
            raise LoginRequiredError
        return Permit(principal, name, None)
    cell = wanted.cell(principal.role)
    if not cell and not principal.signed_in:
        raise LoginRequiredError
    if not cell or (cell == "own" and not principal.organisation_code):
        raise _forbidden(wanted)
    if principal.scopes is not None and (not wanted.by_token or name not in principal.scopes):
        raise _forbidden(wanted)
    if principal.must_change and name != "account.self" and wanted.cell("anonymous") == "":
        raise ForbiddenError(
            "change your password first", where=name, fix="open /account",
            problem_vi="hãy đổi mật khẩu trước", fix_vi="mở trang /account",
        )  # fmt: skip
    return Permit(principal, name, principal.organisation_code if cell == "own" else None)


def _forbidden(wanted: Action) -> ForbiddenError:
    return ForbiddenError(
        f"your account may not: {wanted.meaning_en}", where=wanted.name,
        fix="ask an administrator for another role",
        problem_vi=f"tài khoản của bạn không có quyền: {wanted.meaning_vi}",
        fix_vi="hãy hỏi người quản trị",
    )  # fmt: skip


def permissions_markdown() -> str:
    """Return the table as docs/access.md shows it."""
    roles = ("anonymous", *ROLES)
    head = ["action", *(role.replace("_", " ") for role in roles), "by token", "what"]
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for one in actions():
        cells = [one.cell(role) or "–" for role in roles]
        row = [f"`{one.name}`", *cells, "yes" if one.by_token else "–", one.meaning_en]
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines) + "\n"
