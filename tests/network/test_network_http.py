"""Readings over HTTP: the device's token, the contract's errors, stored once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from network_world import count, with_devices

from agridata.observations import network_health, revoke_device, series
from agridata.storage import Workspace
from agridata.vocabulary import Utc, parse_as_of
from apps.web import create_app

NOW = parse_as_of("2026-03-20T06:00:00+07:00")
SECONDS = int(NOW.timestamp())
GOOD = [{"n": "salt", "u": "g/L", "v": 1.25, "t": SECONDS - 60}]
Post = Callable[..., httpx.Response]


@pytest.fixture
def token(workspace_on: Workspace) -> str:
    return with_devices(workspace_on, ["hp-1"])["hp-1"]


@pytest.fixture
def post(workspace_on: Workspace) -> Post:
    return poster(workspace_on)


def poster(workspace: Workspace) -> Post:
    """Ask the application in this process, in a thread and loop of its own."""
    app = create_app(workspace, as_of=NOW, public_url="http://localhost", clock=lambda: NOW)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)

    async def ask(path: str, content: bytes, headers: dict[str, str]) -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.post(path, content=content, headers=headers)

    def call(payload: object, token: str = "", device: str = "hp-1", **headers: str):
        content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        if token:
            headers["Authorization"] = f"Bearer {token}"
        with ThreadPoolExecutor(1) as thread:
            run = lambda: asyncio.run(ask(f"/observe/{device}", content, headers))  # noqa: E731
            return thread.submit(run).result()

    return call


def test_a_reading_is_stored_once(post: Post, token: str, workspace_on: Workspace) -> None:
    first, again = post(GOOD, token), post(GOOD, token)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == {"ok": True, "stored": 1, "duplicates": 0, "rejected": []}
    assert again.json()["duplicates"] == 1
    timeless = {"sensor": "salt", "value": 2.5}
    for stored in (1, 0):
        answer = post(timeless, token, **{"Idempotency-Key": "k-1"})
        assert answer.json()["stored"] == stored
    with workspace_on.session() as session:
        assert series(session, "at_hp-1", "water_salinity")["value"].tolist() == [1.25, 2.5]
        (health,) = network_health(session, Utc(NOW))
    assert (health.state, health.last_seen) == ("fresh", NOW)


def test_only_the_devices_own_token_opens(post: Post, token: str, workspace_on: Workspace) -> None:
    other = with_devices(workspace_on, ["hp-2"])["hp-2"]
    tries = [post(GOOD), post(GOOD, "wrong"), post(GOOD, other), post(GOOD, token, "hp-2"),
             post(GOOD, token, "nobody"), post(GOOD, Authorization=f"Basic {token}")]  # fmt: skip
    with workspace_on.session() as session:
        revoke_device(session, "hp-1", NOW)
        session.commit()
    tries.append(post(GOOD, token))
    for answer in tries:
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        (error,) = answer.json()["errors"]
        assert (answer.json()["ok"], error["field"]) == (False, "Authorization")
    assert count(workspace_on) == 0
    assert count(workspace_on, "rejected_message") == 0


@pytest.mark.parametrize(
    ("payload", "status"),
    [
        (b"rubbish", 400), (b"", 400), (b"\xff", 400), ({"x": 1}, 400),
        (b"[" + b" " * 70_000 + b"]", 413),
        ([{"n": "other", "v": 1, "t": SECONDS}], 422),
        ([{"n": "salt", "u": "dS/m", "v": 1, "t": SECONDS}], 422),
        ([{"n": "salt", "v": 1, "t": SECONDS + 3600}], 422),
        ([{"n": "salt", "v": 1}], 422),
        ([{"n": "salt", "v": 1, "t": 1_000_000_000}], 422),
    ],
)  # fmt: skip
def test_what_cannot_be_stored_is_told_in_the_contracts_words(
    workspace: Workspace, payload: object, status: int
) -> None:
    token = with_devices(workspace, ["hp-1"])["hp-1"]
    answer = poster(workspace)(payload, token)
    assert answer.status_code == status
    document = answer.json()
    assert document["ok"] is False
    assert all(set(one) >= {"where", "field", "problem", "fix"} for one in document["errors"])
    assert count(workspace) == 0
    assert count(workspace, "rejected_message") == 1


def test_good_records_stay_where_others_are_refused(
    post: Post, token: str, workspace_on: Workspace
) -> None:
    answer = post([*GOOD, {"n": "other", "v": 1, "t": SECONDS}], token)
    assert answer.status_code == 200
    assert answer.json()["stored"] == 1
    assert [one["where"] for one in answer.json()["rejected"]] == ["record 2"]
