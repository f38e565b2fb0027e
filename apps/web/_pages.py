"""Answers in the reader's language: HTML with an ETag, JSON when asked, errors as pages."""

from __future__ import annotations

import hashlib
import json
import logging
import uuid
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException as RoutingError

from agridata.errors import AgridataError, EnvironmentMissingError, Finding, NotFoundError
from apps.views import PAGE, VERIFIER, Lang, choose_language, number, say
from apps.web._site import site_of
from traceability.errors import CheckpointError, ProofError

__all__ = ["add_error_pages", "document", "language", "page", "tagged", "wants_json"]

STATUS: Mapping[type[AgridataError], int] = {
    NotFoundError: 404,
    ProofError: 409,
    CheckpointError: 409,
    EnvironmentMissingError: 503,
    AgridataError: 400,
}
"""Most particular first: the first class that fits gives the HTTP status."""

_log = logging.getLogger("agridata")


def language(request: Request) -> Lang:
    """Return the language of this request's page."""
    return choose_language(request.query_params.get("lang"), request.headers.get("accept-language"))


def wants_json(request: Request) -> bool:
    """Tell whether JSON was asked for: ``?format=json``, or Accept names it and not HTML."""
    if "format" in request.query_params:
        return request.query_params["format"] in ("json", "proof")
    accept = request.headers.get("accept", "")
    return "application/json" in accept and "text/html" not in accept


def page(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """Render a template in the request's language; answer 304 if the reader has it already."""
    site = site_of(request)
    lang: Lang = values.pop("lang", None) or language(request)
    text = site.templates.get_template(template).render(
        {
            "lang": lang,
            "t": partial(say, PAGE, lang),
            "v": partial(say, VERIFIER, lang),
            "en": partial(say, PAGE, "en"),
            "n": lambda value: number(value, lang, 0),
            "switch_url": _switched(request, "en" if lang == "vi" else "vi"),
            **values,
        }
    )
    headers = {"Content-Language": lang, "Vary": "Accept, Accept-Language"}
    return tagged(request, text.encode(), "text/html; charset=utf-8", status, headers)


def document(request: Request, value: object, status: int = 200) -> Response:
    """Answer with a JSON document."""
    body = json.dumps(value, ensure_ascii=False, default=str).encode()
    headers = {"Vary": "Accept, Accept-Language"}
    return tagged(request, body, "application/json", status, headers)


def tagged(
    request: Request, body: bytes, media: str, status: int, headers: Mapping[str, str]
) -> Response:
    """Add an ETag: the page is a function of checkpoint, language and register, so is its hash."""
    tag = f'W/"{hashlib.sha256(body).hexdigest()[:24]}"'
    complete = {**headers, "ETag": tag, "Cache-Control": "no-cache"}
    if status == 200 and tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=complete)
    return Response(body, status, complete, media)


def _switched(request: Request, lang: Lang) -> str:
    """Return the address of this page in the other language."""
    rest = [(key, value) for key, value in request.query_params.multi_items() if key != "lang"]
    return "?" + urlencode([*rest, ("lang", lang)])


def add_error_pages(app: FastAPI) -> None:
    """Answer every failure in the reader's language and in the form asked for."""
    app.add_exception_handler(AgridataError, _rejected)
    app.add_exception_handler(RoutingError, _no_route)
    app.add_exception_handler(Exception, _failed)


def _rejected(request: Request, error: Exception) -> Response:
    assert isinstance(error, AgridataError)
    status = next(code for kind, code in STATUS.items() if isinstance(error, kind))
    return _error(request, status, error.findings)


def _no_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, RoutingError)
    status = error.status_code
    finding = Finding(request.url.path, "", str(error.detail), "", "không có trang này")
    return _error(request, status, (finding,))


def _failed(request: Request, error: Exception) -> Response:
    """Answer what nobody foresaw: an incident number for the reader, the rest in the log."""
    incident = uuid.uuid4().hex[:8]
    _log.error("incident %s on %s", incident, request.url.path, exc_info=error)
    finding = Finding("", "", f"incident {incident}", "", f"mã lỗi {incident}")
    return _error(request, 500, (finding,), incident=incident)


def _error(
    request: Request, status: int, findings: tuple[Finding, ...], incident: str = ""
) -> Response:
    if wants_json(request):
        listed = [finding.as_dict() for finding in findings]
        return document(request, {"ok": False, "errors": listed}, status)
    lang = language(request)
    title = f"error_{status}" if f"error_{status}" in PAGE else "error_404"
    text = {
        409: VERIFIER["selfcheck"].text(lang),
        500: say(PAGE, lang, "error_500_text", incident=incident),
    }.get(status, PAGE.get(f"{title}_text", PAGE[title]).text(lang))
    told = findings if lang == "en" else tuple(map(_vietnamese, findings))
    return page(
        request, "error.html", status, title=say(PAGE, lang, title), text=text, findings=told
    )


def _vietnamese(finding: Finding) -> Finding:
    return replace(
        finding,
        problem=finding.problem_vi or finding.problem,
        fix=finding.fix_vi or finding.fix,
    )
