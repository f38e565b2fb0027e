"""Serve several workspaces, each on its own port, in one process, without the server's own checks.

``python serve_worlds.py HOST AS_OF PORT=HOME…``: the lying server of the browser tests.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import uvicorn

from agridata.storage import Workspace
from agridata.vocabulary import Utc, parse_as_of
from apps.evidence import judge_lot
from apps.web import create_app


def server(host: str, port: int, home: Path, as_of: Utc) -> uvicorn.Server:
    app = create_app(
        Workspace(home), as_of=as_of, public_url=f"http://{host}:{port}", self_check=False,
        judge=judge_lot,
    )  # fmt: skip
    return uvicorn.Server(uvicorn.Config(app, host=host, port=port, log_level="warning"))


async def serve_all(servers: list[uvicorn.Server]) -> None:
    await asyncio.gather(*(one.serve() for one in servers))


if __name__ == "__main__":
    host, moment, *homes = sys.argv[1:]
    pairs = [one.split("=", 1) for one in homes]
    asyncio.run(
        serve_all([server(host, int(port), Path(h), parse_as_of(moment)) for port, h in pairs])
    )
