"""Who asks: cookies, bearer tokens and the CSRF tokens of forms.

Two cookies. ``agridata`` is a session's secret. ``agridata-door`` is there before anybody has
signed in: it binds the login form and single sign-on to this browser. Over TLS both carry the
``__Host-`` prefix, so that no neighbouring host name can set them.
"""

from __future__ import annotations

from fastapi import Request, Response

from agridata.access import (
    ANONYMOUS,
    LOCAL,
    SESSION_DAYS,
    Principal,
    by_session,
    by_token,
    check_csrf,
    new_secret,
)
from apps.web._site import Site

__all__ = [
    "DOOR",
    "SESSION",
    "address_of",
    "bearer_of",
    "cookie",
    "door_or_new",
    "drop_cookie",
    "form_belongs_to",
    "identify",
    "is_secure",
    "private",
    "put_cookie",
]

SESSION = "agridata"
DOOR = "agridata-door"

DOOR_MINUTES = 30
"""Time to type a password or to sign in at the issuer."""

LONGEST_SECRET = 200
"""Characters of a cookie or token that are looked at; ours have 43 and 58."""

_SAFE_SITES = ("same-origin", "none")


def is_secure(request: Request, site: Site) -> bool:
    """Tell whether this answer travels over TLS, here or in front of a trusted proxy."""
    return site.secure_cookies or request.url.scheme in ("https", "wss")


def _full_name(request: Request, site: Site, name: str) -> str:
    return f"__Host-{name}" if is_secure(request, site) else name


def cookie(request: Request, site: Site, name: str) -> str | None:
    """Return the value of one of our cookies, None if it is absent or absurd."""
    value = request.cookies.get(_full_name(request, site, name), "")
    return value if 0 < len(value) <= LONGEST_SECRET else None


def put_cookie(request: Request, site: Site, response: Response, name: str, value: str) -> None:
    """Set one of our cookies: HttpOnly, SameSite=Lax, Secure over TLS, this host only."""
    age = SESSION_DAYS * 86_400 if name == SESSION else DOOR_MINUTES * 60
    response.set_cookie(
        _full_name(request, site, name), value, max_age=age, path="/", httponly=True,
        samesite="lax", secure=is_secure(request, site),
    )  # fmt: skip


def drop_cookie(request: Request, site: Site, response: Response, name: str) -> None:
    """Take one of our cookies away."""
    response.delete_cookie(
        _full_name(request, site, name), path="/", httponly=True, samesite="lax",
        secure=is_secure(request, site),
    )  # fmt: skip


def door_or_new(request: Request, site: Site) -> str:
    """Return the secret of before the login, or a fresh one that `put_cookie` must set."""
    return cookie(request, site, DOOR) or new_secret()


def address_of(request: Request) -> str:
    """Return the reader's address; behind a trusted proxy the server put the real one there."""
    return request.client.host if request.client else ""


def bearer_of(request: Request) -> str | None:
    """Return the bearer token of an API call, "" if the header holds something else."""
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, value = header.partition(" ")
    fits = scheme.lower() == "bearer" and len(value) <= LONGEST_SECRET
    return value.strip() if fits else ""


def identify(request: Request, site: Site, action: str) -> tuple[Principal, str | None]:
    """Return who asks, and the secret that forms of this browser must belong to.

    A request with an ``Authorization`` header is judged by that alone: its cookies count for
    nothing, so it needs no CSRF token (the secret is None).
    """
    engine, now = site.workspace.engine, site.clock()
    bearer = bearer_of(request)
    if bearer is not None:
        address = address_of(request)
        return by_token(engine, bearer, address=address, action=action, now=now), None
    secret = cookie(request, site, SESSION)
    if secret is not None:
        principal = by_session(engine, secret, now=now)
        if principal.signed_in:
            return principal, secret
    if site.local_admin:
        return LOCAL, cookie(request, site, DOOR) or ""
    return ANONYMOUS, cookie(request, site, DOOR) or ""


def form_belongs_to(request: Request, secret: str, sent: str) -> bool:
    """Tell whether a state-changing request comes from a page made for this secret.

    Browsers that say where a request comes from (``Sec-Fetch-Site``) must also say: from here.
    """
    from_here = request.headers.get("sec-fetch-site", "same-origin") in _SAFE_SITES
    return bool(secret) and from_here and check_csrf(secret, sent)


def private(response: Response) -> Response:
    """Mark an answer as one reader's own: kept nowhere, compared with nothing."""
    response.headers["Cache-Control"] = "no-store"
    if "etag" in response.headers:
        del response.headers["etag"]
    return response
