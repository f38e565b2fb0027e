"""The farmer's pages: `/vi/man/{place}`, `/vi/ruong/{parcel}` and the same in English."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from agridata.vocabulary import Utc
from apps.moment import moment_for
from apps.views import Lang, say
from apps.views.farmer import THRESHOLDS_GL, field_page, places_page, water_page
from apps.views.farmer_text import FARMER
from apps.web._pages import page
from apps.web._site import Site, site_of

__all__ = ["router"]

router = APIRouter()

SiteHere = Annotated[Site, Depends(site_of)]


def _rendered(request: Request, template: str, lang: Lang, **values: Any) -> Response:
    """Render in the language of the path, and point the switch at the other path."""
    other = "en" if lang == "vi" else "vi"
    switched = request.url.path.replace(f"/{lang}/", f"/{other}/", 1)
    query = f"?{request.url.query}" if request.url.query else ""
    return page(
        request, template, lang=lang, f=partial(say, FARMER, lang), switch_url=switched + query,
        **values,
    )  # fmt: skip


@router.get("/{lang}/man")
def places(
    request: Request, lang: Lang, site: SiteHere, q: Annotated[str, Query(max_length=80)] = ""
) -> Response:
    """List places, or search one by its name without tone marks."""
    with site.workspace.session() as session:
        found = places_page(session, lang, q.strip())
    return _rendered(request, "places.html", lang, page=found)


@router.get("/{lang}/man/{place}")
def water(
    request: Request, lang: Lang, place: str, site: SiteHere, threshold: float = THRESHOLDS_GL[0]
) -> Response:
    """Tell whether a place may take water, and at which hours."""
    with site.workspace.session() as session:
        now = _moment(site, "salinity", session)
        shown = water_page(session, place, threshold_gl=threshold, lang=lang, now=now)
    return _rendered(request, "water.html", lang, page=shown)


@router.get("/{lang}/ruong/{parcel}")
def field(request: Request, lang: Lang, parcel: str, site: SiteHere) -> Response:
    """Tell what is known of one field."""
    with site.workspace.session() as session:
        now = _moment(site, "registry", session)
        shown = field_page(session, parcel, lang=lang, now=now)
    return _rendered(request, "field.html", lang, page=shown)


def _moment(site: Site, kind: str, session: Any) -> Utc:
    return moment_for(session, kind, site.as_of)
