"""A client of an ASGI application in this process, without the warnings of others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
from fastapi import FastAPI

__all__ = ["Client", "Opener"]


class Client:
    """Asks an application; every request runs to its end in a thread and loop of its own."""

    def __init__(self, app: FastAPI) -> None:
        self._transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)

    def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        """Return the answer; ``extensions["raw"]`` has the bytes as on the wire."""
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(lambda: asyncio.run(self._ask(path, headers or {}))).result()

    async def _ask(self, path: str, headers: dict[str, str]) -> httpx.Response:
        web = httpx.AsyncClient(transport=self._transport, base_url="http://localhost")
        async with web, web.stream("GET", path, headers=headers) as answer:
            raw = b"".join([part async for part in answer.aiter_raw()])
        return httpx.Response(
            answer.status_code, headers=answer.headers, content=raw, extensions={"raw": raw}
        )


Opener = Callable[..., Client]
"""Workspace folder, options of `create_app` → client."""
