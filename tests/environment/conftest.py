"""The real tables, loaded once; clients of the application that serves a workspace."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from environment_world import RealWeather, build_real

from agridata.storage import Workspace
from apps.web import create_app


@pytest.fixture(scope="session")
def real_weather(
    shared_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealWeather]:
    made = build_real(tmp_path_factory.mktemp("environment"), shared_dir / "data")
    yield made
    made.workspace.engine.dispose()


@pytest.fixture
def ask() -> Callable[..., httpx.Response]:
    """Ask the application of a workspace for a path, in a loop of its own."""

    def get(workspace: Workspace, path: str, **options: object) -> httpx.Response:
        headers = options.pop("headers", {})
        app = create_app(
            workspace, **{"as_of": None, "public_url": "https://trace.example", **options}
        )

        async def answer() -> httpx.Response:
            transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as web:
                return await web.get(path, headers=headers)

        with ThreadPoolExecutor(1) as thread:
            return thread.submit(lambda: asyncio.run(answer())).result()

    return get
