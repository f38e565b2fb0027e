"""Streamlit under `/app`: imported at its first request, compressed, in Vietnamese, silent.

Streamlit leaves its 2.7 MB of scripts uncompressed and speaks English; this front serves them with
Brotli from a cache in the workspace and sets the page's language. Telemetry is off and the content
security policy allows no other origin.
"""

from __future__ import annotations

import asyncio
import gzip
import mimetypes
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import brotli
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import FileResponse, RedirectResponse, Response

from apps.web._screens import show

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from apps.web._site import Site

__all__ = ["mount"]

PATH = "/app"

BROTLI_QUALITY = 9
"""Within 3 % of level 11 and eight times as fast: a file is compressed at its first request."""

COMPRESSED_SUFFIXES = frozenset({".js", ".css", ".html", ".json", ".svg", ".map", ".txt"})

OTHER_THAN_PAGES = ("static/", "_stcore/", "media/")
"""Where Streamlit serves files, its socket and downloads; every other path is its one page."""

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "worker-src 'self' blob:; connect-src 'self' ws: wss:; frame-ancestors 'self'"
)
"""Streamlit needs inline scripts and eval; no address but ours is reachable all the same."""

_OPTIONS: dict[str, Any] = {
    "browser.gatherUsageStats": False,
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "global.developmentMode": False,
    "server.fileWatcherType": "none",
    "theme.base": "light",
    "theme.primaryColor": "#1f6b3a",
}


def mount(app: FastAPI, site: Site) -> None:
    """Hang the Streamlit screens of `site` under ``/app``.

    Called once, before the server starts. Streamlit itself is imported at the first request
    under ``/app``: a process that serves trace pages only never pays for it.
    """
    front = _Front(app, site)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await front.stop()

    app.router.lifespan_context = lifespan
    app.mount(PATH, front)


class _Front:
    """ASGI in front of Streamlit: starts it when needed, static files from the Brotli cache."""

    def __init__(self, api: FastAPI, site: Site) -> None:
        self._api = api
        self._site = site
        self._starting = asyncio.Lock()
        self._app: ASGIApp | None = None
        self._running: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._static = self._cache = Path()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = await self._started()
        if scope["type"] != "http" or scope["method"] != "GET":
            await app(scope, receive, send)
            return
        inner = scope["path"].removeprefix(scope.get("root_path", ""))
        if not inner:
            await RedirectResponse(f"{PATH}/")(scope, receive, send)
            return
        file = self._file(inner.lstrip("/"))
        if file is not None and "br" in Headers(scope=scope).get("accept-encoding", ""):
            response = await run_in_threadpool(self._compressed, file)
            await response(scope, receive, send)
            return
        is_page = not inner.lstrip("/").startswith(OTHER_THAN_PAGES)
        asked = _uncompressed(scope) if is_page else scope
        await app(asked, receive, _Localised(scope, send))

    async def _started(self) -> ASGIApp:
        async with self._starting:
            if self._app is None:
                ready = asyncio.Event()
                self._running = asyncio.create_task(self._live(ready))
                waiting = asyncio.create_task(ready.wait())
                await asyncio.wait((self._running, waiting), return_when=asyncio.FIRST_COMPLETED)
                if self._running.done():
                    waiting.cancel()
                    self._running.result()
        assert self._app is not None
        return self._app

    async def _live(self, ready: asyncio.Event) -> None:
        """Hold Streamlit's runtime open in a task of its own until the server stops."""
        app = await run_in_threadpool(self._make)
        async with app.lifespan()(self._api):
            self._app = app
            ready.set()
            await self._stopping.wait()

    def _make(self) -> Any:
        import streamlit as st
        from streamlit import config
        from streamlit.logger import set_log_level

        set_log_level("warning")  # else it turns the server's log of readers' addresses on again
        for name, value in _OPTIONS.items():
            config.set_option(name, value)
        show(self._site)
        self._static = Path(st.__file__).parent / "static"
        self._cache = self._site.workspace.home / "cache" / f"streamlit-{st.__version__}"
        return st.App(Path(__file__).parents[1] / "screens.py")

    async def stop(self) -> None:
        """End Streamlit's runtime, if it was ever started."""
        self._stopping.set()
        if self._running is not None:
            await self._running

    def _file(self, path: str) -> Path | None:
        if not path.startswith("static/"):
            return None
        found = (self._static / path).resolve()
        inside = found.is_relative_to(self._static)
        return found if inside and found.suffix in COMPRESSED_SUFFIXES and found.is_file() else None

    def _compressed(self, file: Path) -> Response:
        name = file.relative_to(self._static).as_posix().replace("/", "!")
        cached = self._cache / f"{name}.br"
        if not cached.is_file():
            self._cache.mkdir(parents=True, exist_ok=True)
            partial = cached.with_suffix(".part")
            partial.write_bytes(brotli.compress(file.read_bytes(), quality=BROTLI_QUALITY))
            partial.replace(cached)
        return FileResponse(
            cached,
            media_type=mimetypes.guess_type(file.name)[0] or "application/octet-stream",
            headers={
                "Content-Encoding": "br",
                "Cache-Control": "public, max-age=31536000, immutable",
                "Vary": "Accept-Encoding",
            },
        )


def _uncompressed(scope: Scope) -> Scope:
    """Return the request as of a reader who takes no compression: its answer can be rewritten."""
    kept = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
    return {**scope, "headers": kept}


class _Localised:
    """Rewrites the one HTML page of Streamlit; everything else passes with the policy added."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._accepted = Headers(scope=scope).get("accept-encoding", "")
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message["headers"])
            headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
            is_page = headers.get("content-type", "").startswith("text/html")
            if is_page and "content-encoding" not in headers:
                self._start = message
                return
        if self._start is None:
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if not message.get("more_body", False):
            await self._finish(self._start)

    async def _finish(self, start: Message) -> None:
        body = self._body.replace(b'<html lang="en">', b'<html lang="vi">')
        body = body.replace(b"<title>Streamlit</title>", b"<title>agridata</title>")
        headers = MutableHeaders(raw=start["headers"])
        headers["Vary"] = "Accept-Encoding"
        if "br" in self._accepted:
            body = brotli.compress(body, quality=BROTLI_QUALITY)
            headers["Content-Encoding"] = "br"
        elif "gzip" in self._accepted:  # all that a browser takes on plain http
            body = gzip.compress(body, mtime=0)
            headers["Content-Encoding"] = "gzip"
        headers["Content-Length"] = str(len(body))
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})
