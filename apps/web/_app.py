"""The application: one process for phone pages, the log's mirror and Streamlit."""

from __future__ import annotations

from collections.abc import Callable, Collection

from fastapi import APIRouter, FastAPI

from agridata.access import OidcSettings, Rate
from agridata.storage import Workspace
from agridata.vocabulary import Utc, utc_now
from apps.views import Judge
from apps.web import (
    _access,
    _accounts,
    _cooperative,
    _environment,
    _farmer,
    _intake,
    _landing,
    _log,
    _opendata,
    _quality,
    _static,
    _streamlit,
    _trace,
)
from apps.web._guard import RateLimit, ScreensGuard, add_refusals
from apps.web._middleware import Compression, HostCheck, SecurityHeaders
from apps.web._pages import add_error_pages
from apps.web._site import Site

__all__ = ["ROUTERS", "create_app"]

ROUTERS: tuple[APIRouter, ...] = (
    _landing.router,
    _trace.router,
    _farmer.router,
    _environment.router,
    _quality.router,
    _log.router,
    _opendata.router,
    _static.router,
    _access.router,
    _accounts.router,
    _cooperative.router,
    _intake.router,
)
"""Every group of routes, in the order they are matched."""


def create_app(
    workspace: Workspace,
    *,
    as_of: Utc | None,
    public_url: str,
    local_admin: bool = False,
    self_check: bool = True,
    judge: Judge | None = None,
    allowed_hosts: Collection[str] | None = None,
    clock: Callable[[], Utc] = utc_now,
    oidc: OidcSettings | None = None,
    secure_cookies: bool = False,
    login_over_http: bool = True,
    page_rate: Rate | None = None,
) -> FastAPI:
    """Build the application that serves one workspace.

    Parameters
    ----------
    workspace
        Must exist; pages read its tables and compute nothing.
    as_of
        The moment every page speaks at; None takes the data set's own, else the clock.
    public_url
        Scheme and host that printed codes carry (``https://trace.example``).
    local_admin
        Whether pages may write while nobody has an account; only for a server bound to
        loopback.
    self_check
        Whether the server verifies each proof before it hands it out. The page's own
        script decides for the reader in any case.
    judge
        Gives the plausibility verdict on a lot.
    allowed_hosts
        Host names (without port) that are served; None serves any. Give
        `LOOPBACK_HOSTS` when bound to loopback.
    clock
        The moment of logins, sessions and tokens; `as_of` is for what pages show.
    oidc
        Single sign-on, None without.
    secure_cookies
        Cookies are ``Secure`` always: TLS ends here or at a trusted proxy.
    login_over_http
        Whether a password may be typed on a page that is not encrypted.
    page_rate
        Requests of one address; None sets no limit (a server for this machine alone).
    """
    app = FastAPI(title="agridata", docs_url=None, redoc_url=None)
    app.state.site = Site(
        workspace, as_of, public_url, local_admin, self_check, judge, clock, oidc,
        secure_cookies, login_over_http,
    )  # fmt: skip
    for router in ROUTERS:
        app.include_router(router)
    add_error_pages(app)
    add_refusals(app)
    _streamlit.mount(app, app.state.site)
    app.add_middleware(ScreensGuard)
    if page_rate is not None:
        app.add_middleware(RateLimit, rate=page_rate, clock=clock)
    app.add_middleware(Compression)
    app.add_middleware(SecurityHeaders)
    if allowed_hosts is not None:
        app.add_middleware(HostCheck, allowed=allowed_hosts)
    return app
