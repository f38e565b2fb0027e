"""Administration: accounts, roles, the access trail. Thin; the command line does the same."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from agridata.access import (
    AccountError,
    By,
    add_account,
    disable_account,
    enable_account,
    reset_password,
    set_role,
    writing,
)
from agridata.errors import NotFoundError
from apps.views import say
from apps.views.access import accounts_view, trail_view
from apps.views.access_text import ACCESS
from apps.web._guard import Granted, Guard, localised, other_language
from apps.web._pages import document, language, page, wants_json
from apps.web._session import address_of, private
from apps.web._site import CurrentSite, Site

__all__ = ["router"]

router = APIRouter()

Administrator = Annotated[Granted, Depends(Guard("accounts.manage"))]

TRAIL_LINES = 200
"""Newest lines shown; `agridata access audit` shows all."""

CHANGES = {"disable": disable_account, "enable": enable_account}


@router.get("/accounts")
def listing(request: Request, site: CurrentSite, granted: Administrator) -> Response:
    """List the accounts, with forms to make and change them."""
    return _page(request, site, granted)


def _page(
    request: Request,
    site: Site,
    granted: Granted,
    error: AccountError | NotFoundError | None = None,
    once: tuple[str, str] = ("", ""),
) -> Response:
    lang = language(request)
    status = 400 if error else 200
    if error is not None and wants_json(request):
        raise error
    with site.workspace.session() as session:
        shown = accounts_view(session, lang)
    if wants_json(request):
        made = {"name": once[0], "password": once[1]} if once[0] else {}
        return private(document(request, {"ok": True, **made, **shown.as_dict()}, status))
    response = page(
        request, "accounts.html", status, a=partial(say, ACCESS, lang), shown=shown, once=once,
        csrf=granted.csrf(), findings=localised(error.findings, lang) if error else [],
        switch_url=f"/accounts?lang={other_language(lang)}",
    )  # fmt: skip
    return private(response)


@router.post("/accounts")
def add(request: Request, site: CurrentSite, granted: Administrator) -> Response:
    """Make an account with a password shown once."""
    form = granted.form
    try:
        with writing(site.workspace.engine) as session:
            account, password = add_account(
                session, form.get("name", ""), form.get("role", ""),
                organisation_code=form.get("organisation") or None,
                by=_by(request, site, granted),
            )  # fmt: skip
            session.commit()
            once = (account.name, password or "")
    except AccountError as error:
        return _page(request, site, granted, error)
    return _page(request, site, granted, once=once)


@router.post("/accounts/{name}/role")
def change_role(name: str, request: Request, site: CurrentSite, granted: Administrator) -> Response:
    """Give an account another role and organisation."""
    form = granted.form
    try:
        with writing(site.workspace.engine) as session:
            set_role(
                session, name, form.get("role", ""), by=_by(request, site, granted),
                organisation_code=form.get("organisation") or None,
            )  # fmt: skip
            session.commit()
    except AccountError as error:
        return _page(request, site, granted, error)
    return _back(request)


@router.post("/accounts/{name}/password")
def new_password(
    name: str, request: Request, site: CurrentSite, granted: Administrator
) -> Response:
    """Give an account a new password, shown once."""
    try:
        with writing(site.workspace.engine) as session:
            account, password = reset_password(session, name, by=_by(request, site, granted))
            session.commit()
            once = (account.name, password or "")
    except AccountError as error:
        return _page(request, site, granted, error)
    return _page(request, site, granted, once=once)


@router.post("/accounts/{name}/{change}")
def change_state(
    name: str, change: str, request: Request, site: CurrentSite, granted: Administrator
) -> Response:
    """Disable or enable an account."""
    if change not in CHANGES:
        raise NotFoundError(f"accounts cannot be asked to {change!r}", fix="disable or enable")
    try:
        with writing(site.workspace.engine) as session:
            CHANGES[change](session, name, by=_by(request, site, granted))
            session.commit()
    except AccountError as error:
        return _page(request, site, granted, error)
    return _back(request)


@router.get("/accounts/audit", dependencies=[Depends(Guard("audit.read"))])
def audit(request: Request, site: CurrentSite) -> Response:
    """Show the newest lines of the access trail."""
    lang = language(request)
    with site.workspace.session() as session:
        shown = trail_view(session, lang, TRAIL_LINES)
    if wants_json(request):
        return private(document(request, {"ok": True, "lines": [one.as_dict() for one in shown]}))
    return private(page(request, "audit.html", a=partial(say, ACCESS, lang), lines=shown))


def _by(request: Request, site: Site, granted: Granted) -> By:
    return By(granted.principal.name, site.clock(), address_of(request))


def _back(request: Request) -> Response:
    return private(RedirectResponse(f"/accounts?lang={language(request)}", status_code=303))
