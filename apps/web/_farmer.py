"""The farmer's pages: `/vi/man/{place}`, `/vi/ruong/{parcel}` and the same in English.

The language stands in the path, so that a page can be sent on: it wins over the reader's settings,
in what is refused too.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from agridata.errors import InputError
from agridata.vocabulary import Utc
from apps.moment import moment_for
from apps.views import LANGS, Lang, say
from apps.views.farmer import THRESHOLDS_GL, field_page, places_page, water_page
from apps.views.farmer_text import FARMER
from apps.web._pages import page
from apps.web._site import Site, site_of

__all__ = ["router"]

LONGEST_SEARCH = 80
"""Characters of a place's name that are looked at; the longest name has 30."""

NUL = "\0"
"""No name holds it, and PostgreSQL refuses to compare with it."""


class _LanguageOfPath(APIRoute):
    """A route whose page, errors and headers are in the language that its path names."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler; an address in no language of ours is not found."""
        handle = super().get_route_handler()

        async def told(request: Request) -> Response:
            lang = request.path_params["lang"]
            if lang not in LANGS or NUL in request.scope["path"]:
                raise HTTPException(404)
            asked = QueryParams(request.scope["query_string"])
            others = [pair for pair in asked.multi_items() if pair[0] != "lang"]
            wanted = asked.get("lang", lang)
            if wanted in LANGS and wanted != lang:  # the switch of an error page
                path = request.url.path.replace(f"/{lang}/", f"/{wanted}/", 1)
                return RedirectResponse(f"{path}?{urlencode(others)}" if others else path, 303)
            request.scope["query_string"] = urlencode([*others, ("lang", lang)]).encode()
            return await handle(Request(request.scope, request.receive))

        return told


router = APIRouter(route_class=_LanguageOfPath)

SiteHere = Annotated[Site, Depends(site_of)]


def _rendered(request: Request, template: str, lang: Lang, **values: Any) -> Response:
    """Render in the language of the path, and point the switch at the other path."""
    other = "en" if lang == "vi" else "vi"
    switched = request.url.path.replace(f"/{lang}/", f"/{other}/", 1)
    query = urlencode([pair for pair in request.query_params.multi_items() if pair[0] != "lang"])
    return page(
        request, template, lang=lang, f=partial(say, FARMER, lang),
        switch_url=f"{switched}?{query}" if query else switched, **values,
    )  # fmt: skip


@router.get("/{lang}/man")
def places(request: Request, lang: Lang, site: SiteHere, q: str = "") -> Response:
    """List places, or search one by its name without tone marks."""
    with site.workspace.session() as session:
        found = places_page(session, lang, q.replace(NUL, "").strip()[:LONGEST_SEARCH])
    return _rendered(request, "places.html", lang, page=found)


@router.get("/{lang}/man/{place}")
def water(
    request: Request, lang: Lang, place: str, site: SiteHere, threshold: str = ""
) -> Response:
    """Tell whether a place may take water, and at which hours."""
    with site.workspace.session() as session:
        now = _moment(site, "salinity", session)
        shown = water_page(session, place, threshold_gl=_limit(threshold), lang=lang, now=now)
    return _rendered(request, "water.html", lang, page=shown)


@router.get("/{lang}/ruong/{parcel}")
def field(request: Request, lang: Lang, parcel: str, site: SiteHere) -> Response:
    """Tell what is known of one field."""
    with site.workspace.session() as session:
        now = _moment(site, "registry", session)
        shown = field_page(session, parcel, lang=lang, now=now)
    return _rendered(request, "field.html", lang, page=shown)


def _limit(asked: str) -> float:
    """Return the threshold (g/L) that is asked for, if it is one that advice is given for."""
    known = {f"{value:g}": value for value in THRESHOLDS_GL}
    found = known.get(asked.removesuffix(".0") or f"{THRESHOLDS_GL[0]:g}")
    if found is None:
        raise InputError(
            f"no advice is given for {asked[:20]!r} g/L", where=asked[:20], field="threshold",
            fix=f"ask for {' or '.join(known)}",
            problem_vi=f"không có khuyến cáo cho ngưỡng {asked[:20]!r}",
            fix_vi=f"hãy chọn {' hoặc '.join(known)} g/L",
        )  # fmt: skip
    return found


def _moment(site: Site, kind: str, session: Any) -> Utc:
    return moment_for(session, kind, site.as_of)
