"""Sign in, sign out, single sign-on, one's own account and API tokens."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from agridata.access import (
    AccessError,
    AccountError,
    By,
    Credentials,
    CredentialsError,
    ForbiddenError,
    OidcError,
    begin,
    change_password,
    create_token,
    fetch_url,
    finish,
    note_refusal,
    revoke_token,
    sign_in,
    sign_in_with,
    sign_out,
    start_session,
    verify_password,
    writing,
)
from agridata.access.models import Account
from agridata.errors import InputError
from agridata.vocabulary import Utc
from apps.views import say
from apps.views.access import account_view
from apps.views.access_text import ACCESS
from apps.web._guard import (
    DoorForm,
    Form,
    Granted,
    Guard,
    local_path,
    localised,
    login_page,
    may_type_password,
    other_language,
)
from apps.web._pages import document, language, page, wants_json
from apps.web._session import (
    DOOR,
    SESSION,
    address_of,
    cookie,
    door_or_new,
    drop_cookie,
    private,
    put_cookie,
)
from apps.web._site import CurrentSite, Site

__all__ = ["router"]

router = APIRouter()

OwnAccount = Annotated[Granted, Depends(Guard("account.self"))]
OwnTokens = Annotated[Granted, Depends(Guard("tokens.manage"))]
CALLBACK = "/login/oidc/callback"

NOTICES = frozenset({"done_password", "done_revoked", "done_logout"})
"""What a page may be asked to say after a redirect; anything else is ignored."""


@router.get("/login")
def login(request: Request) -> Response:
    """Show the login form."""
    return login_page(request, next_path=request.query_params.get("next", ""))


@router.post("/login")
def log_in(
    request: Request, site: CurrentSite, form: Annotated[Form, Depends(DoorForm())]
) -> Response:
    """Open a session for a name and password; any session brought along ends."""
    if not may_type_password(request, site):
        raise ForbiddenError(
            ACCESS["http_refused"].en, fix="open the https address",
            problem_vi=ACCESS["http_refused"].vi, fix_vi="hãy mở địa chỉ https",
        )  # fmt: skip
    given = Credentials(form.get("name", ""), form.get("password", ""), address_of(request))
    secret = sign_in(
        site.workspace.engine, given, throttle=site.throttle, now=site.clock(),
        replaces=cookie(request, site, SESSION),
    )  # fmt: skip
    return _entered(request, site, secret, local_path(form.get("next", "")))


def _entered(request: Request, site: Site, secret: str, target: str) -> Response:
    where = target or f"/account?lang={language(request)}"
    response = RedirectResponse(where, status_code=303)
    put_cookie(request, site, response, SESSION, secret)
    drop_cookie(request, site, response, DOOR)
    return private(response)


@router.get("/login/oidc")
def single_sign_on(request: Request, site: CurrentSite) -> Response:
    """Send the browser to the province's issuer."""
    if site.oidc is None:
        raise HTTPException(404)
    door = door_or_new(request, site)
    target = begin(site.oidc, door, site.public_url.rstrip("/") + CALLBACK, fetch_url)
    response = RedirectResponse(target, status_code=303)
    put_cookie(request, site, response, DOOR, door)
    return private(response)


@router.get(CALLBACK)
def single_signed_on(request: Request, site: CurrentSite) -> Response:
    """Take the issuer's answer, check all of it, and open a session."""
    if site.oidc is None:
        raise HTTPException(404)
    by = By("oidc", site.clock(), address_of(request))
    engine = site.workspace.engine
    try:
        identity = finish(
            site.oidc, cookie(request, site, DOOR) or "", dict(request.query_params),
            site.public_url.rstrip("/") + CALLBACK, now=by.now, fetch=fetch_url,
        )  # fmt: skip
        secret = sign_in_with(engine, identity, by=by, replaces=cookie(request, site, SESSION))
    except OidcError as error:
        if site.throttle.worth_noting(by.address):
            note_refusal(engine, error, by=by)
        raise
    return _entered(request, site, secret, "")


@router.post("/logout")
def log_out(request: Request, site: CurrentSite, granted: OwnAccount) -> Response:
    """End this session, or with ``everywhere=yes`` every session of the account."""
    everywhere = granted.form.get("everywhere") == "yes"
    sign_out(
        site.workspace.engine, granted.secret or "", address=address_of(request),
        now=site.clock(), everywhere=everywhere,
    )  # fmt: skip
    response = RedirectResponse(f"/login?lang={language(request)}", status_code=303)
    drop_cookie(request, site, response, SESSION)
    return private(response)


@router.get("/account")
def own_account(request: Request, site: CurrentSite, granted: OwnAccount) -> Response:
    """Show who one is here and what one may do."""
    done = request.query_params.get("done", "")
    return _account_page(request, site, granted, done=done if done in NOTICES else "")


def _account_page(
    request: Request, site: Site, granted: Granted, status: int = 200, **values: Any
) -> Response:
    lang = language(request)
    with site.workspace.session() as session:
        shown = account_view(session, granted.principal, lang, site.clock())
    if wants_json(request):
        return private(document(request, shown.as_dict(), status))
    response = page(
        request, "account.html", status, a=partial(say, ACCESS, lang), account=shown,
        csrf=granted.csrf(), switch_url=f"/account?lang={other_language(lang)}",
        **{"done": "", "findings": [], "once": "", **values},
    )  # fmt: skip
    return private(response)


def _again(
    request: Request, site: Site, granted: Granted, error: InputError | AccessError
) -> Response:
    """Show the account page once more, with what was wrong."""
    if wants_json(request):
        raise error
    findings = localised(error.findings, language(request))
    return _account_page(request, site, granted, 400, findings=findings)


@router.post("/account/password")
def new_password(request: Request, site: CurrentSite, granted: OwnAccount) -> Response:
    """Change one's own password; every session ends, this browser gets a fresh one."""
    try:
        secret = _password_changed(request, site, granted)
    except (AccountError, CredentialsError) as error:
        return _again(request, site, granted, error)
    response = RedirectResponse(
        f"/account?done=done_password&lang={language(request)}", status_code=303
    )
    put_cookie(request, site, response, SESSION, secret)
    return private(response)


def _password_changed(request: Request, site: Site, granted: Granted) -> str:
    """Check the present password (throttled like a login), set the new one, open a session."""
    name, address, now = granted.principal.name, address_of(request), site.clock()
    engine = site.workspace.engine
    with site.workspace.session() as session:
        stored = _account(session, granted).password_hash
    site.throttle.attempt(name, address)
    if not verify_password(stored, granted.form.get("old_password", "")):
        raise CredentialsError
    site.throttle.succeeded(name, address)
    with writing(engine) as session:
        account = _account(session, granted)
        by = By(name, now, address)
        change_password(session, account, granted.form.get("new_password", ""), by=by)
        secret = start_session(session, account, method="password", now=now)
        session.commit()
    return secret


def _account(session: Any, granted: Granted) -> Account:
    found: Account = session.get_one(Account, granted.principal.account_id)
    return found


@router.post("/account/tokens")
def new_token(request: Request, site: CurrentSite, granted: OwnTokens) -> Response:
    """Make an API token and show it, this once."""
    form = granted.form
    try:
        with writing(site.workspace.engine) as session:
            row, text = create_token(
                session, _account(session, granted), title=form.get("title", ""),
                scopes=form.getlist("scope"), days=_days(form.get("days", "")),
                by=_by(request, site, granted),
            )  # fmt: skip
            session.commit()
            made = {"ok": True, "prefix": row.prefix, "token": text, "scopes": row.scopes.split()}
    except AccountError as error:
        return _again(request, site, granted, error)
    if wants_json(request):
        return private(document(request, made))
    return _account_page(request, site, granted, once=text)


def _days(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0


@router.post("/account/tokens/{prefix}/revoke")
def end_token(prefix: str, request: Request, site: CurrentSite, granted: OwnTokens) -> Response:
    """End one of one's own API tokens."""
    with writing(site.workspace.engine) as session:
        account = _account(session, granted)
        revoke_token(session, prefix, by=_by(request, site, granted), account=account)
        session.commit()
    return private(
        RedirectResponse(f"/account?done=done_revoked&lang={language(request)}", status_code=303)
    )


def _by(request: Request, site: Site, granted: Granted) -> By:
    now: Utc = site.clock()
    return By(granted.principal.name, now, address_of(request))
