"""The front page with four doors, the short-code lookup, the server's health."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from apps.views import Lang, moment, recent_lots
from apps.web._pages import document, language, page
from apps.web._site import CurrentSite

__all__ = ["DOORS", "router"]

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Door:
    """One of the four ways in; `path` may name ``{lang}``, `icon` is an SVG path in 24 × 24."""

    name: str
    path: str
    icon: str

    def at(self, lang: Lang) -> dict[str, str]:
        """Return what the template needs."""
        return {"name": self.name, "href": self.path.format(lang=lang), "icon": self.icon}


DOORS = (
    Door(
        "farmer", "/{lang}/man",
        "M12 21V9m0 4c-4 0-6-2-6-6 4 0 6 2 6 6zm0-3c0-4 2-6 6-6 0 4-2 6-6 6zM5 21h14",
    ),
    Door("cooperative", "/app/cooperative", "M3 10l9-6 9 6v10H3zM9 20v-6h6v6"),
    Door("consumer", "#scan", "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5M8 8h8v8H8z"),
    Door("officer", "/app/officer", "M4 20V10M10 20V4M16 20v-8M21 20H3"),
)  # fmt: skip
"""Order as on the page."""


@router.get("/")
def landing(request: Request, site: CurrentSite) -> Response:
    """Show the four doors."""
    lang = language(request)
    with site.workspace.session() as session:
        now, lots = site.now(session), recent_lots(session, lang)
    doors = [door.at(lang) for door in DOORS]
    return page(request, "landing.html", doors=doors, lots=lots, as_of=moment(now, lang))


@router.get("/health")
def health(request: Request, site: CurrentSite) -> Response:
    """Tell that the process serves and its database answers."""
    with site.workspace.session() as session:
        as_of = site.now(session).isoformat()
    return document(request, {"ok": True, "as_of": as_of, "self_check": site.self_check})
