"""The log's mirror for anyone: checkpoint and tiles (C2SP tlog-tiles)."""

from __future__ import annotations

from fastapi import APIRouter, Response
from starlette.exceptions import HTTPException

from apps.web._proof import published
from apps.web._site import CurrentSite
from traceability.ledger import tile_bytes

__all__ = ["router"]

router = APIRouter()

FOR_EVER = "public, max-age=31536000, immutable"
"""A tile of given width never changes (tlog-tiles)."""


@router.get("/checkpoint")
def checkpoint(site: CurrentSite) -> Response:
    """Answer with the newest signed checkpoint."""
    newest = published(site)
    if newest is None:
        raise HTTPException(404, "nothing is published yet")
    return Response(
        newest.text, media_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-cache"}
    )


@router.get("/tile/{rest:path}")
def tile(rest: str, site: CurrentSite) -> Response:
    """Answer with a tile or entry bundle, full or partial."""
    data = tile_bytes(site.workspace.engine, f"tile/{rest}")
    if data is None:
        raise HTTPException(404, "the log has no such tile")
    return Response(
        data, media_type="application/octet-stream", headers={"Cache-Control": FOR_EVER}
    )
