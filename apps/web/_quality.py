"""The page on the wall: `/vi/chat-luong` and the same in English."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial

from fastapi import APIRouter, Request, Response

from apps.views import Lang, say
from apps.views.quality import QUALITY, quality_page
from apps.web import _farmer
from apps.web._pages import document, page, wants_json
from apps.web._site import CurrentSite

__all__ = ["router"]

router = APIRouter(route_class=_farmer.router.route_class)
"""Its language is that of the path, as on the farmer's pages."""


@router.get("/{lang}/chat-luong")
def quality(request: Request, lang: Lang, site: CurrentSite) -> Response:
    """Show the four figures of the last run: overall, per data set, per place, over time."""
    with site.workspace.session() as session:
        shown = quality_page(session, lang=lang, now=site.as_of or site.clock())
    if wants_json(request):
        return document(request, asdict(shown))
    other = "en" if lang == "vi" else "vi"
    return page(
        request, "quality.html", lang=lang, f=partial(say, QUALITY, lang), page=shown,
        switch_url=request.url.path.replace(f"/{lang}/", f"/{other}/", 1),
    )  # fmt: skip
