"""`agridata access …`: accounts, roles, tokens, the trail; secrets shown once."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from access_world import NEW_PASSWORD, Clock
from sqlmodel import select
from trace_world import COOPERATIVE

from agridata.access import ROLES, Credentials, LoginThrottle, sign_in
from agridata.access.models import Account
from agridata.storage import Workspace
from agridata.vocabulary import utc_now
from apps.cli import main

Run = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def run(empty: Workspace, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> tuple[int, dict[str, Any]]:
        code = main(["access", *arguments, "--home", str(empty.home), "--json"])
        return code, json.loads(capsys.readouterr().out)

    return call


def test_the_life_of_an_account(run: Run, empty: Workspace) -> None:
    code, made = run("add-user", "lan", "--role", "cooperative_staff", "--organisation",
                     COOPERATIVE)  # fmt: skip
    assert code == 0
    assert made["must_change"] is True
    secret = sign_in(
        empty.engine, Credentials("lan", made["password"]),
        throttle=LoginThrottle(Clock()), now=utc_now(),
    )  # fmt: skip
    assert secret
    assert run("set-role", "lan", "inspector")[1]["role"] == "inspector"
    assert run("disable", "lan")[1]["disabled"] is True
    assert run("enable", "lan")[1]["disabled"] is False
    assert run("reset-password", "lan")[1]["password"] != made["password"]
    listed = run("list")[1]["accounts"]
    assert [(one["name"], one["role"]) for one in listed] == [("lan", "inspector")]
    assert "password" not in json.dumps(listed).replace("password_hash", "")
    lines = run("audit", "--account", "lan")[1]["lines"]
    assert {one["actor"] for one in lines} == {"command line", "lan"}
    assert lines[0]["kind"] == "password_reset"
    assert made["password"] not in json.dumps(lines)


def test_tokens(run: Run) -> None:
    run("add-user", "lan", "--role", "officer")
    code, made = run("token", "create", "lan", "--scope", "lots.read", "--title", "LGSP")
    assert code == 0
    assert made["token"].startswith(f"agd_{made['prefix']}_")
    (listed,) = run("token", "list")[1]["tokens"]
    assert (listed["account"], listed["scopes"], listed["revoked"]) == ("lan", ["lots.read"], False)
    assert made["token"] not in json.dumps(listed)
    assert run("token", "revoke", made["prefix"])[1]["revoked"] is True
    assert run("token", "list")[1]["tokens"][0]["revoked"] is True
    assert run("token", "create", "lan", "--scope", "labels.print", "--title", "x")[0] == 1


def test_a_password_may_be_piped_in(
    run: Run, empty: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{NEW_PASSWORD}\n"))
    code, made = run("add-user", "lan", "--role", "officer", "--password-stdin")
    assert code == 0
    assert "password" not in made
    with empty.session() as session:
        account = session.exec(select(Account)).one()
        assert account.must_change is False
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert run("reset-password", "lan", "--password-stdin")[0] == 2


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("add-user", "lan", "--role", "king"), "role"),
        (("add-user", "lan", "--role", "farmer"), "organisation"),
        (("add-user", "lan", "--role", "farmer", "--organisation", "no"), "organisation"),
        (("add-user", "x", "--role", "officer"), "name"),
        (("disable", "nobody"), "name"),
        (("token", "revoke", "0"), "prefix"),
    ],
)
def test_refusals(run: Run, empty: Workspace, arguments: tuple[str, ...], field: str) -> None:
    code, told = run(*arguments)
    assert code == 1
    assert told["errors"][0]["field"] == field
    assert told["errors"][0]["problem_vi"]
    with empty.session() as session:
        assert session.exec(select(Account)).all() == []


def test_the_table_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["access", "permissions", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["permissions"]
    assert all(set(ROLES) <= row.keys() for row in rows)
    assert main(["access", "permissions"]) == 0
    assert "| `labels.print` |" in capsys.readouterr().out
