"""OpenID Connect, authorisation code flow with PKCE: we are the client of a province's issuer.

State, nonce and code verifier follow from one random secret in the browser's cookie
(`derived`), so that nothing is stored before somebody has signed in. authlib and joserfc are
imported at the first login only.

Source: OpenID Connect Core 1.0 section 3.1, Discovery 1.0, RFC 7636 (PKCE), RFC 9207 (``iss``).
"""

from __future__ import annotations

import base64
import hmac
import ipaddress
import json
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from agridata.access._errors import OidcError
from agridata.access._sessions import derived
from agridata.errors import EnvironmentMissingError
from agridata.vocabulary import Utc

__all__ = ["Fetch", "Identity", "OidcSettings", "begin", "fetch_url", "finish", "oidc_settings"]

ALGORITHMS = ("RS256", "ES256")
"""Signatures we accept: both need the issuer's private key; ``none`` and HMAC never."""

LEEWAY_SECONDS = 60
"""Two clocks may differ by a minute."""

FETCH_SECONDS = 10
"""An issuer that takes longer is down."""

MAX_ANSWER_BYTES = 1_048_576
"""1 MiB: a discovery document and a key set are a few KB."""

Fetch = Callable[[str, bytes | None, Mapping[str, str]], bytes]
"""URL, body (None means GET) and headers → the answer's body."""


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """Where people sign in, who we are there, which claims say role and organisation."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    role_claim: str = "agridata_role"
    organisation_claim: str = "agridata_organisation"


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a checked ID token names; `role` and `organisation_code` as its claims say."""

    issuer: str
    subject: str = field(repr=False)
    name: str = ""
    role: str = ""
    organisation_code: str = ""


def oidc_settings(environment: Mapping[str, str]) -> OidcSettings | None:
    """Return the settings of single sign-on, None where ``AGRIDATA_OIDC_ISSUER`` is not set.

    Raises
    ------
    EnvironmentMissingError
        If the issuer is set but not the client, or is not reached over TLS.
    """
    issuer = environment.get("AGRIDATA_OIDC_ISSUER", "")
    if not issuer:
        return None
    _require_tls(issuer)
    client_id = environment.get("AGRIDATA_OIDC_CLIENT_ID", "")
    secret = environment.get("AGRIDATA_OIDC_CLIENT_SECRET", "")
    if not client_id or not secret:
        raise EnvironmentMissingError(
            "single sign-on needs a client", field="AGRIDATA_OIDC_CLIENT_ID",
            fix="set AGRIDATA_OIDC_CLIENT_ID and AGRIDATA_OIDC_CLIENT_SECRET, or no issuer",
            problem_vi="thiếu mã ứng dụng để đăng nhập một lần",
            fix_vi="hãy đặt AGRIDATA_OIDC_CLIENT_ID và AGRIDATA_OIDC_CLIENT_SECRET",
        )  # fmt: skip
    return OidcSettings(
        issuer, client_id, secret,
        role_claim=environment.get("AGRIDATA_OIDC_ROLE_CLAIM") or "agridata_role",
        organisation_claim=environment.get("AGRIDATA_OIDC_ORGANISATION_CLAIM")
        or "agridata_organisation",
    )  # fmt: skip


def _require_tls(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname or "")):
        return
    raise EnvironmentMissingError(
        f"{parts.scheme}://{parts.netloc} is not https", field="AGRIDATA_OIDC_ISSUER",
        fix="name the issuer by its https address",
        problem_vi="địa chỉ đăng nhập một lần phải là https",
        fix_vi="hãy dùng địa chỉ https của nơi cấp",
    )  # fmt: skip


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def fetch_url(url: str, body: bytes | None, headers: Mapping[str, str]) -> bytes:
    """Ask the issuer: no redirects, `FETCH_SECONDS` at most, `MAX_ANSWER_BYTES` at most.

    Raises
    ------
    OidcError
        If it does not answer with 200, or answers too much.
    """
    try:
        _require_tls(url)
    except EnvironmentMissingError as error:
        raise _refused("issuer names an address without TLS") from error
    request = urllib.request.Request(url, body, dict(headers))  # noqa: S310  checked just above
    opener = urllib.request.build_opener(urllib.request.ProxyHandler(), _NoRedirect())
    try:
        with opener.open(request, timeout=FETCH_SECONDS) as answer:
            content: bytes = answer.read(MAX_ANSWER_BYTES + 1)
    except OSError as error:
        raise _refused(f"issuer does not answer: {type(error).__name__}") from error
    if len(content) > MAX_ANSWER_BYTES:
        raise _refused("issuer answers too much")
    return content


def begin(settings: OidcSettings, secret: str, redirect_uri: str, fetch: Fetch) -> str:
    """Return the address at the issuer to which the browser is sent."""
    from authlib.oauth2.rfc6749.parameters import (  # type: ignore[import-untyped]  # ships no types
        prepare_grant_uri,
    )
    from authlib.oauth2.rfc7636 import (  # type: ignore[import-untyped]  # ships no types
        create_s256_code_challenge,
    )

    found = _discovered(settings, fetch)
    return str(
        prepare_grant_uri(
            found["authorization_endpoint"], client_id=settings.client_id, response_type="code",
            redirect_uri=redirect_uri, scope="openid profile", state=_part(secret, "state"),
            nonce=_part(secret, "nonce"),
            code_challenge=create_s256_code_challenge(_part(secret, "verifier")),
            code_challenge_method="S256",
        )
    )  # fmt: skip


def finish(
    settings: OidcSettings,
    secret: str,
    query: Mapping[str, str],
    redirect_uri: str,
    *,
    now: Utc,
    fetch: Fetch,
) -> Identity:
    """Return whom the issuer's answer names, after every check.

    Checked: state, ``iss`` of the answer (RFC 9207), the code exchanged with the PKCE verifier,
    the ID token's signature by a key of the issuer, issuer, audience, nonce, dates, ``at_hash``.

    Parameters
    ----------
    secret
        The cookie's value from which `begin` derived state, nonce and verifier.
    query
        Parameters with which the browser came back.

    Raises
    ------
    OidcError
        At the first check that fails; its sentence names it.
    """
    if not hmac.compare_digest(query.get("state", "").encode(), _part(secret, "state").encode()):
        raise _refused("state does not belong to this browser")
    if query.get("iss", settings.issuer) != settings.issuer:
        raise _refused("the answer is another issuer's")
    if "code" not in query:
        raise _refused("issuer gave no code")
    found = _discovered(settings, fetch)
    answer = _exchanged(settings, found, query["code"], secret, redirect_uri, fetch)
    claims = _checked(settings, found, answer, _part(secret, "nonce"), now, fetch)
    return Identity(
        issuer=settings.issuer, subject=str(claims["sub"]),
        name=_text(claims.get("preferred_username")),
        role=_text(claims.get(settings.role_claim)),
        organisation_code=_text(claims.get(settings.organisation_claim)),
    )  # fmt: skip


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _part(secret: str, purpose: str) -> str:
    """Return 43 characters of base64url for one purpose: what RFC 7636 asks of a verifier."""
    return base64.urlsafe_b64encode(derived(secret, f"oidc/{purpose}")).rstrip(b"=").decode()


def _discovered(settings: OidcSettings, fetch: Fetch) -> dict[str, Any]:
    url = f"{settings.issuer.rstrip('/')}/.well-known/openid-configuration"
    found = _object(fetch(url, None, {"Accept": "application/json"}))
    if found.get("issuer") != settings.issuer:
        raise _refused("discovery names another issuer")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not isinstance(found.get(name), str):
            raise _refused(f"discovery lacks {name}")
    return found


def _exchanged(
    settings: OidcSettings,
    found: Mapping[str, Any],
    code: str,
    secret: str,
    redirect_uri: str,
    fetch: Fetch,
) -> dict[str, Any]:
    """Return the token endpoint's answer; the client is authenticated as discovery says."""
    from authlib.oauth2.auth import (  # type: ignore[import-untyped]  # ships no types
        ClientAuth,
    )
    from authlib.oauth2.rfc6749.parameters import prepare_token_request

    offered = found.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    method = "client_secret_basic" if "client_secret_basic" in offered else "client_secret_post"
    body = prepare_token_request(
        "authorization_code", redirect_uri=redirect_uri, code=code,
        code_verifier=_part(secret, "verifier"),
    )  # fmt: skip
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    client = ClientAuth(settings.client_id, settings.client_secret, method)
    url, headers, body = client.prepare("POST", found["token_endpoint"], headers, body)
    return _object(fetch(url, body.encode(), headers))


def _checked(
    settings: OidcSettings,
    found: Mapping[str, Any],
    answer: Mapping[str, Any],
    nonce: str,
    now: Utc,
    fetch: Fetch,
) -> dict[str, Any]:
    """Return the ID token's claims after signature, issuer, audience, nonce and dates held."""
    from authlib.oidc.core import (  # type: ignore[import-untyped]  # ships no types
        CodeIDToken,
    )
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    keys = _object(fetch(found["jwks_uri"], None, {"Accept": "application/json"}))
    try:
        token = jwt.decode(
            _text(answer.get("id_token")), _signing_keys(KeySet, keys), algorithms=ALGORITHMS
        )
        exact = {"iss": settings.issuer, "aud": settings.client_id}
        claims = CodeIDToken(
            token.claims, token.header,
            options={name: {"essential": True, "value": value} for name, value in exact.items()},
            params={
                "nonce": nonce, "client_id": settings.client_id,
                "access_token": _text(answer.get("access_token")),
            },
        )  # fmt: skip
        claims.validate(now=int(now.timestamp()), leeway=LEEWAY_SECONDS)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise _refused(f"ID token does not hold: {_reason(error)}") from error
    if not _text(claims["sub"]):
        raise _refused("ID token names nobody")
    return dict(claims)


def _signing_keys(key_set: Any, document: Mapping[str, Any]) -> Any:
    """Return the issuer's public keys; symmetric ones are no keys of an issuer."""
    listed = document.get("keys")
    usable = [
        key
        for key in (listed if isinstance(listed, list) else [])
        if isinstance(key, dict) and key.get("kty") in ("RSA", "EC") and key.get("use") != "enc"
    ]
    if not usable:
        raise _refused("issuer publishes no signing key")
    return key_set.import_key_set({"keys": usable})


def _reason(error: Exception) -> str:
    """Return what failed, without anything the token said."""
    claim = getattr(error, "claim", "") or ""
    return f"{type(error).__name__} {claim}".strip()


def _object(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except ValueError as error:
        raise _refused("issuer answers no JSON") from error
    if not isinstance(value, dict):
        raise _refused("issuer answers no JSON object")
    return value


def _refused(why: str) -> OidcError:
    return OidcError(
        f"single sign-on refused: {why}", where=why, fix="sign in again from the login page",
        problem_vi="đăng nhập một lần không thành công",
        fix_vi="hãy đăng nhập lại từ trang đăng nhập",
    )  # fmt: skip
