"""What every route needs, made once: workspace, clock, ledger, templates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import jinja2
from fastapi import Depends, Request
from sqlmodel import Session

from agridata.access import LoginThrottle, OidcSettings, has_accounts
from agridata.storage import Workspace
from agridata.vocabulary import Utc, utc_now
from apps.moment import moment_for
from apps.views import Judge

if TYPE_CHECKING:
    from traceability.ledger import Ledger

__all__ = ["FOLDER", "CurrentSite", "Site", "site_of"]

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Site:
    """One served workspace.

    Parameters
    ----------
    as_of
        The moment every page speaks at; None takes the data set's own, else the clock.
    public_url
        Scheme and host that printed codes carry; pages themselves link relatively.
    asked_local_admin
        Whether pages may write while the workspace has no accounts (loopback only).
    self_check
        Whether the server verifies a proof before it hands it out.
    judge
        Gives the plausibility verdict on a lot; None leaves lots uncompared.
    clock
        The moment of logins, sessions and tokens: never the replayed `as_of`.
    oidc
        Single sign-on, None without.
    secure_cookies
        Cookies are ``Secure`` even where the server itself sees plain http (behind a proxy).
    login_over_http
        Whether passwords may be typed on a plain http page (a server on loopback).
    """

    workspace: Workspace
    as_of: Utc | None
    public_url: str
    asked_local_admin: bool
    self_check: bool
    judge: Judge | None
    clock: Callable[[], Utc] = utc_now
    oidc: OidcSettings | None = None
    secure_cookies: bool = False
    login_over_http: bool = True

    def now(self, session: Session, kind: str = "registry") -> Utc:
        """Return the moment at which pages show data sets of `kind`."""
        return moment_for(session, kind, self.as_of)

    @property
    def has_accounts(self) -> bool:
        """Whether people sign in here."""
        with self.workspace.session() as session:
            return has_accounts(session)

    @property
    def local_admin(self) -> bool:
        """Whether pages may write without an account: asked for, and nobody has one."""
        return self.asked_local_admin and not self.has_accounts

    @cached_property
    def throttle(self) -> LoginThrottle:
        """Counts the attempts to sign in."""
        return LoginThrottle(self.clock)

    @cached_property
    def ledger(self) -> Ledger:
        """The workspace's log, opened at first use."""
        from traceability.ledger import Ledger

        return Ledger.open(self.workspace)

    @cached_property
    def templates(self) -> jinja2.Environment:
        """Templates: escaped, and an unknown name in one is an error."""
        return jinja2.Environment(
            loader=jinja2.FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )


def site_of(request: Request) -> Site:
    """Return the site that a request is served from (a FastAPI dependency)."""
    site: Site = request.app.state.site
    return site


CurrentSite = Annotated[Site, Depends(site_of)]
"""Type of a route's parameter that is filled with the site."""
