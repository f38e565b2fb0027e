"""The one guard: permission table, CSRF token, request limits, and what the refused are told.

A route asks for its permission as a dependency::

    @router.post("/cooperative/labels")
    def print_labels(granted: Annotated[Granted, Depends(Guard("labels.print"))]) -> Response: ...

Every route that changes something has a `Guard` (or `DoorForm`, before login); a test walks them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from urllib.parse import parse_qsl, urlencode

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import ImmutableMultiDict
from starlette.types import ASGIApp, Receive, Scope, Send

from agridata.access import (
    AccessError,
    AccountError,
    Buckets,
    CredentialsError,
    CsrfError,
    ForbiddenError,
    LoginRequiredError,
    OidcError,
    Permit,
    Principal,
    Rate,
    ThrottledError,
    csrf_token,
    network_of,
    note,
    permit,
    writing,
)
from agridata.errors import Finding, InputError
from agridata.vocabulary import Utc
from apps.views import Lang, say
from apps.views.access_text import ACCESS
from apps.web._pages import document, language, page, wants_json
from apps.web._session import (
    DOOR,
    address_of,
    cookie,
    door_or_new,
    form_belongs_to,
    identify,
    is_secure,
    private,
    put_cookie,
)
from apps.web._site import Site, site_of

__all__ = [
    "PAGES_PER_ADDRESS",
    "DoorForm",
    "Form",
    "Granted",
    "Guard",
    "RateLimit",
    "ScreensGuard",
    "add_refusals",
    "local_path",
    "localised",
    "login_page",
    "may_type_password",
    "other_language",
]

PAGES_PER_ADDRESS = Rate(600, 0.05)
"""Requests at once from one address, then 20 a second: a village behind one mobile gateway reads
undisturbed, a machine that copies everything is slowed down."""

MAX_FORM_BYTES = 65_536
"""64 KiB: the largest of our forms has a few hundred bytes."""

MAX_FORM_FIELDS = 100
"""Fields of one form; ours have fewer than twenty."""

SCREENS = "/app"
"""Where Streamlit is mounted."""

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_FORM = "application/x-www-form-urlencoded"

STATUS: Mapping[type[AccessError], int] = {
    ThrottledError: 429,
    LoginRequiredError: 401,
    CredentialsError: 401,
    OidcError: 403,
    ForbiddenError: 403,
    AccountError: 400,
    AccessError: 400,
}
"""Most particular first: the first class that fits gives the HTTP status."""

Form = ImmutableMultiDict[str, str]


@dataclass(frozen=True, slots=True)
class Granted:
    """What a guarded route gets: the permit, the form that was sent, the secret for new forms."""

    permit: Permit
    form: Form
    secret: str | None

    @property
    def principal(self) -> Principal:
        """Who asks."""
        return self.permit.principal

    def csrf(self) -> str:
        """Return a CSRF token for a form of the answered page."""
        return csrf_token(self.secret or "")


class Guard:
    """Dependency of a route: the action it performs, as `permissions.csv` names it."""

    def __init__(self, action: str) -> None:
        self.action = action

    async def __call__(self, request: Request) -> Granted:
        """Return what was granted.

        Raises
        ------
        LoginRequiredError, ForbiddenError, CsrfError
            If nobody is signed in, the table forbids it, or the form is not this session's.
        """
        site = site_of(request)
        principal, secret = await run_in_threadpool(identify, request, site, self.action)
        form = await _form_of(request)
        try:
            granted = permit(principal, self.action)
            if request.method not in _SAFE_METHODS and secret is not None:
                _check_form(request, secret, form)
        except ForbiddenError as error:
            await run_in_threadpool(_note_denial, request, site, principal, self.action, error)
            raise
        return Granted(granted, form, secret)


class DoorForm:
    """Dependency of the login form: nobody is signed in, but the form must be this browser's."""

    async def __call__(self, request: Request) -> Form:
        """Return the form, or raise `CsrfError`."""
        form = await _form_of(request)
        _check_form(request, cookie(request, site_of(request), DOOR) or "", form)
        return form


def _check_form(request: Request, secret: str, form: Form) -> None:
    sent = form.get("csrf") or request.headers.get("x-csrf-token", "")
    if not form_belongs_to(request, secret, sent):
        raise CsrfError


async def _form_of(request: Request) -> Form:
    """Read a URL-encoded form, bounded; other bodies are left to the route."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method in _SAFE_METHODS or kind != _FORM:
        return ImmutableMultiDict()
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_FORM_BYTES:
            raise _too_large()
    try:
        text = body.decode("utf-8")
        fields = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FORM_FIELDS)
    except ValueError as error:
        raise _too_large() from error
    return ImmutableMultiDict(fields)


def _too_large() -> InputError:
    return InputError(
        "this form is too large or not UTF-8", field="form", fix="send the page's own form",
        problem_vi="biểu mẫu quá lớn hoặc sai mã chữ", fix_vi="hãy gửi biểu mẫu của trang",
    )  # fmt: skip


def _note_denial(
    request: Request, site: Site, principal: Principal, action: str, error: ForbiddenError
) -> None:
    if not principal.signed_in:
        return
    why = "csrf" if isinstance(error, CsrfError) else action
    with writing(site.workspace.engine) as session:
        note(
            session, "denied", now=site.clock(), account=principal.name,
            address=address_of(request), detail=why,
        )  # fmt: skip
        session.commit()


def add_refusals(app: FastAPI) -> None:
    """Answer every `AccessError` in the reader's language and in the form asked for."""
    app.add_exception_handler(AccessError, _refused)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, AccessError)
    status = next(code for kind, code in STATUS.items() if isinstance(error, kind))
    response = _told(request, status, error)
    if isinstance(error, ThrottledError):
        response.headers["Retry-After"] = str(error.retry_after)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return private(response)


def _told(request: Request, status: int, error: AccessError) -> Response:
    if wants_json(request) or "authorization" in request.headers:
        listed = [finding.as_dict() for finding in error.findings]
        return document(request, {"ok": False, "errors": listed}, status)
    if isinstance(error, LoginRequiredError):
        return login_page(request, status, title="error_401", next_path=_here(request))
    if isinstance(error, CredentialsError | OidcError):
        return login_page(request, status, findings=error.findings)
    return _error_page(request, status, error.findings)


def _error_page(request: Request, status: int, findings: tuple[Finding, ...]) -> Response:
    lang = language(request)
    title = say(ACCESS, lang, f"error_{status}")
    return page(
        request, "error.html", status, title=title, text="", findings=localised(findings, lang)
    )


def localised(findings: tuple[Finding, ...], lang: Lang) -> list[dict[str, str]]:
    """Return what a template shows of findings, in one language."""
    return [
        {
            "problem": _sentence((one.problem_vi if lang == "vi" else "") or one.problem),
            "fix": _sentence((one.fix_vi if lang == "vi" else "") or one.fix),
            "where": "",
        }
        for one in findings
    ]


def other_language(lang: Lang) -> Lang:
    """Return the language to switch to on a page that is the answer to a form."""
    return "en" if lang == "vi" else "vi"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def login_page(
    request: Request,
    status: int = 200,
    *,
    title: str = "login_title",
    next_path: str = "",
    findings: tuple[Finding, ...] = (),
) -> Response:
    """Show the login form, bound to this browser by a cookie of its own."""
    site, lang = site_of(request), language(request)
    door = door_or_new(request, site)
    response = page(
        request, "login.html", status, a=partial(say, ACCESS, lang), title=title,
        csrf=csrf_token(door), next_path=local_path(next_path), sso=site.oidc is not None,
        findings=localised(findings, lang), has_accounts=site.has_accounts or bool(site.oidc),
        refused=not may_type_password(request, site),
    )  # fmt: skip
    put_cookie(request, site, response, DOOR, door)
    return private(response)


def may_type_password(request: Request, site: Site) -> bool:
    """Tell whether a password typed on this page travels encrypted, or not at all."""
    return site.login_over_http or is_secure(request, site)


def _here(request: Request) -> str:
    """Return the page to come back to: where a GET was refused."""
    if request.method not in _SAFE_METHODS:
        return ""
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{request.url.path}{query}"


def local_path(path: str) -> str:
    """Return `path` if it is one of this host, else ``""`` (no open redirect)."""
    inside = path.startswith("/") and not path.startswith(("//", "/\\"))
    plain = path.isprintable() and "\\" not in path and len(path) <= 500
    return path if inside and plain else ""


class RateLimit:
    """Slow down an address that asks too much: 429 as a page in the reader's language."""

    def __init__(self, app: ASGIApp, rate: Rate, clock: Callable[[], Utc]) -> None:
        self.app = app
        self._buckets = Buckets(rate, clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count every request that is not for a file of a page."""
        if scope["type"] != "http" or scope["path"].startswith((f"{SCREENS}/", "/static/")):
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        wait = self._buckets.take(network_of(address_of(request)))
        if not wait:
            await self.app(scope, receive, send)
            return
        await _slow_down(request, ThrottledError(wait))(scope, receive, send)


def _slow_down(request: Request, error: ThrottledError) -> Response:
    if wants_json(request):
        listed = [finding.as_dict() for finding in error.findings]
        response = document(request, {"ok": False, "errors": listed}, 429)
    else:
        lang = language(request)
        text = say(ACCESS, lang, "error_429_text", seconds=error.retry_after)
        title = say(ACCESS, lang, "error_429")
        response = page(request, "error.html", 429, title=title, text=text, findings=())
    response.headers["Retry-After"] = str(error.retry_after)
    return private(response)


class ScreensGuard:
    """Streamlit's screens show the whole province: with accounts, only to who may see that."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass, show the login, send a cooperative to its own page, or close a web socket."""
        if scope["type"] not in ("http", "websocket") or not _is_screen(scope["path"]):
            await self.app(scope, receive, send)
            return
        refusal = await run_in_threadpool(_screens_refusal, scope)
        if refusal is None:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await refusal(scope, receive, send)


def _is_screen(path: str) -> bool:
    return path == SCREENS or path.startswith(f"{SCREENS}/")


def _screens_refusal(scope: Scope) -> Response | None:
    request = Request({**scope, "type": "http", "method": scope.get("method", "GET")})
    site = site_of(request)
    if not site.has_accounts:
        return None
    principal, _secret = identify(request, site, "screens.view")
    try:
        permit(principal, "screens.view")
    except LoginRequiredError as error:
        return _refused(request, error)
    except ForbiddenError as error:
        if scope["path"].startswith(f"{SCREENS}/cooperative") and principal.organisation_code:
            query = urlencode({"lang": language(request)})
            return RedirectResponse(f"/cooperative?{query}", status_code=303)
        _note_denial(request, site, principal, "screens.view", error)
        return _refused(request, error)
    return None
