"""The page of weather and soil: `/vi/thoi-tiet/{place}` and the same in English."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from functools import partial
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from sqlmodel import Session, col, select

from agridata.errors import InputError
from agridata.storage import DataSet
from agridata.vocabulary import Utc, local_date, parse_as_of
from apps.moment import moment_for
from apps.views import Lang, say
from apps.views.environment import ENVIRONMENT, environment_page
from apps.web import _farmer
from apps.web._pages import document, page, wants_json
from apps.web._site import CurrentSite, Site

__all__ = ["KINDS", "router"]

router = APIRouter(route_class=_farmer.router.route_class)
"""Its language is that of the path, as on the farmer's other pages."""

KINDS = ("climate", "scene", "registry")
"""Kinds of data sets whose moment the page takes, the first that is loaded."""

FIRST_DAY = date(1960, 1, 1)
"""No table of weather begins earlier."""


@router.get("/{lang}/thoi-tiet/{place}")
def environment(
    request: Request, lang: Lang, place: str, site: CurrentSite, day: str = ""
) -> Response:
    """Tell weather and soil of a place; ``?day=2021-06-18`` replays the end of that day."""
    with site.workspace.session() as session:
        latest = _moment(session, site)
        now = _replayed(day, latest) if day else latest
        shown = environment_page(session, place, lang=lang, now=now)
    if wants_json(request):
        return document(request, asdict(shown))
    other = "en" if lang == "vi" else "vi"
    switched = request.url.path.replace(f"/{lang}/", f"/{other}/", 1)
    query = f"?{urlencode({'day': day})}" if day else ""
    return page(
        request, "environment.html", lang=lang, f=partial(say, ENVIRONMENT, lang), page=shown,
        last_day=local_date(latest).isoformat(), first_day=FIRST_DAY.isoformat(),
        switch_url=switched + query,
    )  # fmt: skip


def _moment(session: Session, site: Site) -> Utc:
    """Return the server's moment, else that of the first kind of data that is loaded."""
    for kind in KINDS:
        known = select(DataSet.key).where(DataSet.kind == kind, col(DataSet.as_of).is_not(None))
        if site.as_of is not None or session.exec(known.limit(1)).first() is not None:
            return moment_for(session, kind, site.as_of)
    return moment_for(session, KINDS[0])


def _replayed(text: str, latest: Utc) -> Utc:
    """Return the last second of a day, not later than the page's own moment."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise _bad_day(text[:10]) from error
    if not FIRST_DAY <= day <= local_date(latest):
        raise _bad_day(text[:10])
    return min(parse_as_of(day.isoformat()), latest)


def _bad_day(text: str) -> InputError:
    return InputError(
        f"{text!r} is not a day that can be replayed", field="day",
        fix=f"write a day from {FIRST_DAY} to the page's own, like 2021-06-18",
        problem_vi=f"{text!r} không phải ngày xem lại được",
        fix_vi=f"hãy ghi một ngày từ {FIRST_DAY} đến ngày của trang, ví dụ 2021-06-18",
    )  # fmt: skip
