"""One clean world per database; each test spoils it inside a transaction that is taken back."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from quality_world import NOW, build
from sqlmodel import Session

from agridata.quality import QualityReport, measure
from agridata.storage import Workspace


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workspace]:
    home: Path = tmp_path_factory.mktemp("quality") / "home"
    url = None
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres_server")
        url = f"{server}/q{uuid.uuid4().hex[:12]}"
        admin = sa.create_engine(
            f"{server}/postgres".replace("postgresql://", "postgresql+psycopg://"),
            isolation_level="AUTOCOMMIT",
        )
        with admin.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {url.rpartition('/')[2]}")
        admin.dispose()
    workspace = Workspace(home, url).create()
    with workspace.session() as session:
        build(session)
        session.commit()
    yield workspace
    workspace.engine.dispose()


@pytest.fixture
def spoiled(world: Workspace) -> Iterator[Session]:
    with world.session() as session:
        yield session
        session.rollback()


@pytest.fixture(scope="module")
def before(world: Workspace) -> QualityReport:
    with world.session() as session:
        return measure(session, now=NOW)


@pytest.fixture
def web_get() -> Callable[[FastAPI, str], httpx.Response]:
    """Ask an application in this process."""

    async def ask(app: FastAPI, path: str) -> httpx.Response:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get(path)

    def get(app: FastAPI, path: str) -> httpx.Response:
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(lambda: asyncio.run(ask(app, path))).result()

    return get
