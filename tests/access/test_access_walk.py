"""The permission table, walked cell by cell over HTTP: every role × every guarded route.

A real server process; sessions are opened in its database, everything else goes over the wire.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from access_world import GTIN, LOT, NEW_PASSWORD, OTHER_GTIN, OTHER_LOT, PASSWORD, moved
from fastapi.routing import APIRoute
from sqlmodel import Session, select

from agridata.access import (
    ROLES,
    By,
    actions,
    add_account,
    create_token,
    csrf_token,
    possible_scopes,
    start_session,
)
from agridata.access._permissions import action as row_of
from agridata.access.models import Account
from agridata.storage import Workspace
from agridata.vocabulary import utc_now
from apps.web._app import ROUTERS
from apps.web._guard import Guard

EVERYBODY = ("anonymous", *ROLES)
START_SECONDS = 60


@dataclass(frozen=True)
class Ask:
    """How a route is asked for: of one's own organisation, and of another's where that differs."""

    method: str
    route: str
    path: str = ""
    form: dict[str, Any] = field(default_factory=dict)
    other: dict[str, Any] | None = None
    """Form (POST) or query (GET) that means the other cooperative; None if there is none."""

    other_path: str = ""


PUBLIC = [
    Ask("GET", "/"), Ask("GET", "/health"), Ask("GET", "/checkpoint"), Ask("GET", "/vi/man"),
    Ask("GET", "trace", f"/01/{GTIN}/10/{LOT.replace('/', '%2F')}"), Ask("GET", "/login"),
]  # fmt: skip
SCREENS = [Ask("GET", "/app/"), Ask("GET", "/app/officer")]
GUARDED = [
    Ask("GET", "/account"),
    Ask("POST", "/logout"),
    Ask("POST", "/account/password", form={"old_password": PASSWORD, "new_password": NEW_PASSWORD}),
    Ask("POST", "/account/tokens", form={"title": "cân", "days": "3", "scope": "{scope}"}),
    Ask("POST", "/account/tokens/{prefix}/revoke"),
    Ask("GET", "/accounts"),
    Ask("POST", "/accounts", form={"name": "new-{role}", "role": "officer"}),
    Ask("POST", "/accounts/{name}/role", "/accounts/target/role", {"role": "inspector"}),
    Ask("POST", "/accounts/{name}/password", "/accounts/target/password"),
    Ask("POST", "/accounts/{name}/{change}", "/accounts/target/disable"),
    Ask("GET", "/accounts/audit"),
    Ask("GET", "/cooperative", other={"organisation": "htx-long-my"}),
    Ask("POST", "/cooperative/labels", form={"lot": f"{GTIN}/{LOT}", "count": "1"},
        other={"lot": f"{OTHER_GTIN}/{OTHER_LOT}", "count": "1"}),
    Ask("GET", "/cooperative/labels/{number}", "/cooperative/labels/2", other={},
        other_path="/cooperative/labels/3"),
    Ask("GET", "/cooperative/members", other={"organisation": "htx-long-my"}),
    Ask("GET", "/cooperative/members/private", other={"organisation": "htx-long-my"}),
]  # fmt: skip


def guarded_routes() -> dict[tuple[str, str], str]:
    """(method, path) → action, of every route that has a guard."""
    return {
        (method, route.path): one.call.action
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for one in route.dependant.dependencies
        if isinstance(one.call, Guard)
        for method in route.methods
    }


def cells() -> Iterator[Any]:
    actions_of = guarded_routes()
    for name, asks in (("public.read", PUBLIC), ("screens.view", SCREENS)):
        for ask in asks:
            yield from (pytest.param(role, name, ask, id=f"{role}-{ask.route}")
                        for role in EVERYBODY)  # fmt: skip
    for ask in GUARDED:
        name = actions_of[ask.method, ask.route]
        for role in EVERYBODY:
            yield pytest.param(role, name, ask, id=f"{role}-{ask.method}-{ask.route}")


@dataclass(frozen=True)
class Server:
    url: str
    workspace: Workspace
    web: httpx.Client


@pytest.fixture(scope="module")
def server(with_accounts: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    workspace = moved(with_accounts, tmp_path_factory.mktemp("walk") / "home")
    with workspace.session() as session:
        add_account(session, "target", "officer", password=PASSWORD, by=By("test", utc_now()))
        session.commit()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = ["serve", "--home", str(workspace.home), "--port", str(port),
                 "--as-of", "2026-03-20T06:00"]  # fmt: skip
    script = f"from apps.cli import main; main({arguments!r})"
    process = subprocess.Popen(
        [sys.executable, "-c", script], cwd=Path(__file__).resolve().parents[2],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url, process)
        with httpx.Client(timeout=60, trust_env=False) as web:
            yield Server(url, workspace, web)
    finally:
        process.terminate()
        output, _ = process.communicate(timeout=30)
        workspace.engine.dispose()
    for secret in (PASSWORD, NEW_PASSWORD, "agd_", "Traceback", '"GET /'):
        assert secret not in output


def _wait(url: str, process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx.get(f"{url}/health")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the server did not start")


@dataclass(frozen=True)
class Person:
    """A role with an open session; asks the server."""

    server: Server
    role: str
    secret: str | None
    values: dict[str, str]

    def ask(self, ask: Ask, *, other: bool) -> httpx.Response:
        path = (ask.other_path if other else "") or ask.path or ask.route
        form = (ask.other or {}) if other else ask.form
        sent = {key: value.format(**self.values) for key, value in form.items()}
        url = self.server.url + path.format(**self.values)
        headers = {"cookie": f"agridata={self.secret}"} if self.secret else {}
        self.server.web.cookies.clear()
        if ask.method == "GET":
            return self.server.web.get(url, params=sent or None, headers=headers)
        csrf = csrf_token(self.secret or "nobody")
        return self.server.web.post(url, data={**sent, "csrf": csrf}, headers=headers)


@pytest.fixture
def person(server: Server) -> Callable[..., Person]:
    def enter(role: str, *, with_token: bool = False) -> Person:
        if role == "anonymous":
            return Person(server, role, None, {"role": role, "prefix": "0", "scope": "lots.read"})
        with Session(server.workspace.engine.execution_options(immediate=True)) as session:
            account = session.exec(select(Account).where(Account.name == role)).one()
            now = utc_now()
            secret = start_session(session, account, method="password", now=now)
            scopes = possible_scopes(role)
            prefix = "0"
            if scopes and with_token:
                token, _ = create_token(
                    session, account, title="t", scopes=scopes[:1], days=1, by=By("test", now)
                )
                prefix = token.prefix
            session.commit()
        scope = scopes[0] if scopes else "lots.read"
        return Person(server, role, secret, {"role": role, "prefix": prefix, "scope": scope})

    return enter


def test_the_walk_leaves_out_no_route_and_no_action() -> None:
    assert {(ask.method, ask.route) for ask in GUARDED} == set(guarded_routes())
    walked = {*guarded_routes().values(), "public.read", "screens.view"}
    assert walked == {one.name for one in actions()}


@pytest.mark.parametrize(("role", "action", "ask"), list(cells()))
def test_cell(person: Callable[..., Person], role: str, action: str, ask: Ask) -> None:
    cell = row_of(action).cell(role)
    who = person(role, with_token="{prefix}" in ask.route)
    answer = who.ask(ask, other=False)
    if cell:
        assert 200 <= answer.status_code < 400, answer.text
        assert not answer.headers.get("location", "").startswith("/login") or ask.route == "/logout"
    else:
        assert answer.status_code == (401 if role == "anonymous" else 403), answer.text
    if ask.other is not None:
        other = who.ask(ask, other=True)
        wanted = {"all": {200}, "own": {403}, "": {401 if role == "anonymous" else 403}}[cell]
        assert other.status_code in wanted, other.text


def test_a_cooperative_is_led_to_its_own_page(person: Callable[..., Person]) -> None:
    answer = person("cooperative_manager").ask(Ask("GET", "/app/cooperative"), other=False)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/cooperative")


def test_a_web_socket_of_the_screens_is_closed_to_strangers(server: Server) -> None:
    from websockets.exceptions import InvalidStatus
    from websockets.sync.client import connect

    address = server.url.replace("http", "ws") + "/app/_stcore/stream"
    with pytest.raises(InvalidStatus) as refused:
        connect(address, proxy=None)
    assert refused.value.response.status_code == 403


def test_printed_labels_are_the_lots_and_are_noted(person: Callable[..., Person]) -> None:
    from traceability.labels import verify_sheet

    ask = Ask("POST", "/cooperative/labels", form={"lot": f"{GTIN}/{LOT}", "count": "2"})
    answer = person("cooperative_staff").ask(ask, other=False)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    report = verify_sheet(answer.content)
    assert report.ok
    assert report.symbols == 2
    trail = person("administrator").ask(Ask("GET", "/accounts/audit?format=json"), other=False)
    newest = trail.json()["lines"][0]
    assert (newest["kind"], newest["account"]) == ("labels_printed", "cooperative_staff")
    assert newest["detail"] == f"{GTIN}/{LOT} × 2"


@pytest.mark.parametrize("count", ["0", "-1", "211", "99999999", "two", "", "²"])
def test_a_wrong_number_of_labels(person: Callable[..., Person], count: str) -> None:
    form = {"lot": f"{GTIN}/{LOT}", "count": count}
    ask = Ask("POST", "/cooperative/labels", form=form)
    assert person("cooperative_staff").ask(ask, other=False).status_code == 400
