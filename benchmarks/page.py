"""Bytes on the wire of a first visit: the server-rendered trace page against Streamlit's shell."""

from __future__ import annotations

import asyncio
import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from benchmarks._row import Row

__all__ = ["run"]

SAMPLES = Path(__file__).resolve().parents[1] / "data_samples"
NOW = datetime(2026, 3, 20, tzinfo=UTC)
GTIN, LOT = "09521101003017", "OM18-1"
NAMED = re.compile(r"(?:src|href)=\"([^\"]+\.(?:js|css|svg)(?:\?[^\"]*)?)\"")
"""Files that a page names in its head: both are counted with them, and with nothing later."""


def run() -> list[Row]:
    """Serve a workspace with one packed lot; fetch both pages with Brotli allowed."""
    from agridata.storage import Workspace

    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder) / "home").create()
        _pack_a_lot(workspace)
        ours, other = asyncio.run(_weighed(workspace))
        workspace.engine.dispose()
    what = "first visit: trace page with its files / Streamlit's page with its files"
    return [Row(what, ours, other, "bytes", 1)]


def _pack_a_lot(workspace: Any) -> None:
    from agridata.registry import load_registry
    from agridata.storage import SourceInfo
    from agridata.vocabulary import to_utc
    from traceability.events import LotQuantity, location_uri, packing_event
    from traceability.ledger import Ledger
    from traceability.lots import capture, sequence

    now = to_utc(NOW)
    info = SourceInfo("registry", "registry", "mẫu", "sample", "data_samples", "", simulated=True)
    with workspace.session() as session:
        load_registry(session, SAMPLES / "registry", info, now, lambda: bytes(16))
        session.commit()
    ledger = Ledger.open(workspace)
    ledger.ensure_log_key(now=now)
    ledger.organisation_key("packer-01", registrar="authority-01", now=now)
    event = packing_event(
        inputs=[LotQuantity("09521101001006", "H1", 5000)],
        outputs=[LotQuantity(GTIN, LOT, 3200)],
        at=now, location=location_uri(None, "PACK-01"), simulated=True,
    )  # fmt: skip
    with ledger.session() as session:
        capture(session, ledger, "packer-01", event, now=now)
        sequence(session, ledger)
    ledger.publish(now)


async def _weighed(workspace: Any) -> tuple[int, int]:
    import httpx

    from agridata.vocabulary import to_utc
    from apps.web import create_app

    app = create_app(workspace, as_of=to_utc(NOW), public_url="https://id.agridata.example")
    transport = httpx.ASGITransport(app=app)
    client = httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=60)
    async with app.router.lifespan_context(app), client:
        ours = await _first_visit(client, f"/01/{GTIN}/10/{LOT}")
        other = await _first_visit(client, "/app/")
    return ours, other


async def _first_visit(client: Any, path: str) -> int:
    """Return the compressed bytes of a page and of the files that it names, each once."""
    size, text = await _fetched(client, path)
    for named in dict.fromkeys(NAMED.findall(text)):
        target = urlsplit(urljoin(f"http://localhost{path}", named))
        size += (await _fetched(client, f"{target.path}?{target.query}"))[0]
    return size


async def _fetched(client: Any, path: str) -> tuple[int, str]:
    async with client.stream("GET", path, headers={"Accept-Encoding": "br"}) as answer:
        answer.raise_for_status()
        raw = b"".join([part async for part in answer.aiter_raw()])
        encoding = answer.headers.get("content-encoding", "")
    if "html" not in answer.headers.get("content-type", ""):
        return len(raw), ""
    import brotli

    return len(raw), (brotli.decompress(raw) if encoding == "br" else raw).decode()
