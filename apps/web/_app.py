"""The application: one process for phone pages, the log's mirror and Streamlit."""

from __future__ import annotations

from collections.abc import Collection

from fastapi import APIRouter, FastAPI

from agridata.storage import Workspace
from agridata.vocabulary import Utc
from apps.views import Judge
from apps.web import _farmer, _landing, _log, _static, _streamlit, _trace
from apps.web._middleware import Compression, HostCheck, SecurityHeaders
from apps.web._pages import add_error_pages
from apps.web._site import Site

__all__ = ["ROUTERS", "create_app"]

ROUTERS: tuple[APIRouter, ...] = (
    _landing.router,
    _trace.router,
    _farmer.router,
    _log.router,
    _static.router,
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
        Whether pages may write; only for a server bound to loopback.
    self_check
        Whether the server verifies each proof before it hands it out. The page's own
        script decides for the reader in any case.
    judge
        Gives the plausibility verdict on a lot.
    allowed_hosts
        Host names (without port) that are served; None serves any. Give
        `LOOPBACK_HOSTS` when bound to loopback.
    """
    app = FastAPI(title="agridata", docs_url=None, redoc_url=None)
    app.state.site = Site(workspace, as_of, public_url, local_admin, self_check, judge)
    for router in ROUTERS:
        app.include_router(router)
    add_error_pages(app)
    _streamlit.mount(app, app.state.site)
    app.add_middleware(Compression)
    app.add_middleware(SecurityHeaders)
    if allowed_hosts is not None:
        app.add_middleware(HostCheck, allowed=allowed_hosts)
    return app
