"""Single sign-on against an issuer on loopback: the happy way, and every lie refused."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from access_world import Browser, Clock
from issuer import CLIENT_ID, CLIENT_SECRET, Issuer
from sqlmodel import select
from trace_world import COOPERATIVE

from agridata.access import AccountError, By, OidcSettings, oidc_settings, set_role, trail
from agridata.access.models import AccessRecord, Account
from agridata.errors import EnvironmentMissingError
from agridata.storage import Workspace

Opener = Callable[..., Browser]
OFFICER = {"agridata_role": "officer"}


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    server = made.start()
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def reader(issuer: Issuer, browser: Opener) -> Browser:
    return browser(oidc=OidcSettings(issuer.url, CLIENT_ID, CLIENT_SECRET))


def sign_in(reader: Browser, issuer: Issuer, clock: Clock, **claims: Any) -> Any:
    started = reader.get("/login/oidc")
    assert started.status_code == 303
    back = issuer.approve(started.headers["location"], int(clock().timestamp()), **claims)
    return reader.get(back, accept_language="en")


def sso_accounts(workspace: Workspace) -> list[Account]:
    with workspace.session() as session:
        return [one for one in session.exec(select(Account)).all() if one.oidc_issuer]


def last_line(workspace: Workspace) -> AccessRecord:
    with workspace.session() as session:
        return trail(session, limit=1)[0]


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_the_issuers_person_becomes_an_account_with_its_role(
    reader: Browser, issuer: Issuer, clock: Clock, full: Workspace, algorithm: str
) -> None:
    issuer.algorithm = algorithm
    assert "/login/oidc" in reader.get("/login").text
    assert sign_in(reader, issuer, clock, **OFFICER).status_code == 303
    assert "agridata-door" not in reader.cookies
    told = reader.get("/account?format=json").json()
    assert (told["name"], told["role"]) == ("lan.nguyen@127.0.0.1", "officer")
    assert told["has_password"] is False
    assert reader.get("/cooperative").status_code == 200
    first = reader.session
    assert sign_in(reader, issuer, clock, **OFFICER).status_code == 303
    assert reader.session != first
    assert len(sso_accounts(full)) == 1, "the same person is the same account"


def test_pkce_state_and_nonce_travel_and_the_secret_does_not(
    reader: Browser, issuer: Issuer, clock: Clock
) -> None:
    location = reader.get("/login/oidc").headers["location"]
    asked = dict(parse_qsl(urlsplit(location).query))
    assert {"state", "nonce", "code_challenge"} <= asked.keys()
    assert asked["scope"].split()[0] == "openid"
    door = reader.cookies["agridata-door"]
    assert door not in location
    assert CLIENT_SECRET not in location
    sign_in(reader, issuer, clock, **OFFICER)
    assert len(issuer.seen[-1]["code_verifier"]) >= 43
    assert issuer.seen[-1]["code_verifier"] not in location


def test_cooperative_roles_need_a_registered_organisation(
    reader: Browser, issuer: Issuer, clock: Clock, full: Workspace
) -> None:
    claims = {"agridata_role": "cooperative_staff"}
    assert sign_in(reader, issuer, clock, **claims).status_code == 403
    claims["agridata_organisation"] = "no-such"
    assert sign_in(reader, issuer, clock, **claims).status_code == 403
    assert sso_accounts(full) == []
    claims["agridata_organisation"] = COOPERATIVE
    assert sign_in(reader, issuer, clock, **claims).status_code == 303
    assert reader.get("/cooperative?format=json").json()["code"] == COOPERATIVE


@pytest.mark.parametrize("role", ["administrator", "", "king", None, 7, ["officer"]])
def test_no_role_no_account_and_never_an_administrator(
    reader: Browser, issuer: Issuer, clock: Clock, full: Workspace, role: object
) -> None:
    assert sign_in(reader, issuer, clock, agridata_role=role).status_code == 403
    assert sso_accounts(full) == []
    assert reader.session is None
    assert last_line(full).kind == "login_failed"
    assert last_line(full).detail.startswith("oidc: ")


def test_the_role_follows_the_issuer_and_administrators_are_not_made_here_either(
    reader: Browser, issuer: Issuer, clock: Clock, full: Workspace
) -> None:
    sign_in(reader, issuer, clock, **OFFICER)
    sign_in(reader, issuer, clock, agridata_role="expert")
    (account,) = sso_accounts(full)
    assert account.role == "expert"
    with full.session() as session, pytest.raises(AccountError, match="never an administrator"):
        set_role(session, account.name, "administrator", by=By("test", clock()))


def test_a_name_at_the_issuer_gives_nobody_elses_account(
    reader: Browser, issuer: Issuer, clock: Clock, full: Workspace
) -> None:
    sign_in(reader, issuer, clock, **OFFICER, preferred_username="administrator")
    sign_in(reader, issuer, clock, **OFFICER, preferred_username="administrator", sub="person-2")
    names = {one.name for one in sso_accounts(full)}
    assert len(names) == 2
    assert "administrator" not in names
    assert reader.get("/accounts").status_code == 403


def test_a_disabled_person_stays_out(
    reader: Browser, issuer: Issuer, clock: Clock, full: Workspace
) -> None:
    from agridata.access import disable_account

    sign_in(reader, issuer, clock, **OFFICER)
    with full.session() as session:
        disable_account(session, "lan.nguyen@127.0.0.1", by=By("test", clock()))
        session.commit()
    assert sign_in(reader, issuer, clock, **OFFICER).status_code == 403


def _other_payload(text: str) -> str:
    """Make the role another one under the same signature."""
    head, payload, signature = text.split(".")
    raw = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    raw["agridata_role"] = "inspector"
    forged = base64.urlsafe_b64encode(json.dumps(raw).encode()).rstrip(b"=").decode()
    return f"{head}.{forged}.{signature}"


def _unsigned(text: str) -> str:
    payload = text.split(".")[1]
    head = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    return f"{head}.{payload}."


def _claims(**values: Any) -> Callable[[Issuer, int], None]:
    """Lie with claims; a number is seconds from now."""

    def lie(issuer: Issuer, now: int) -> None:
        issuer.claims = {
            name: now + value if isinstance(value, int) else value for name, value in values.items()
        }

    return lie


def _dial(**values: Any) -> Callable[[Issuer, int], None]:
    def lie(issuer: Issuer, _now: int) -> None:
        for name, value in values.items():
            setattr(issuer, name, value)

    return lie


def _stranger(issuer: Issuer, _now: int) -> None:
    issuer.signer = issuer.stranger


LIES = {
    "nonce": (_claims(nonce="another"), "InvalidClaimError nonce"),
    "no nonce": (_claims(nonce=None), "MissingClaimError nonce"),
    "iss": (_claims(iss="https://evil.example"), "InvalidClaimError iss"),
    "aud": (_claims(aud="another-client"), "InvalidClaimError aud"),
    "azp": (_claims(aud=[CLIENT_ID, "x"], azp="x"), "InvalidClaimError azp"),
    "expired": (_claims(exp=-61, iat=-400), "ExpiredTokenError"),
    "no exp": (_claims(exp=None), "MissingClaimError exp"),
    "not yet": (_claims(iat=3600, exp=7200), "InvalidClaimError iat"),
    "at_hash": (_claims(at_hash="AAAA"), "InvalidClaimError at_hash"),
    "no sub": (_claims(sub=None), "MissingClaimError sub"),
    "empty sub": (_claims(sub=""), "names nobody"),
    "payload": (_dial(change_token=_other_payload), "BadSignatureError"),
    "signature": (_dial(change_token=lambda text: text[:-6] + "AAAAAA"), "BadSignatureError"),
    "none": (_dial(change_token=_unsigned), "UnsupportedAlgorithmError"),
    "garbage": (_dial(change_token=lambda _: "not.a.token"), "DecodeError"),
    "missing": (_dial(change_token=lambda _: ""), "DecodeError"),
    "stranger": (_stranger, "BadSignatureError"),
    "HS256": (_dial(algorithm="HS256"), "UnsupportedAlgorithmError"),
    "discovery": (_dial(discovery={"issuer": "https://evil.example"}), "another issuer"),
    "endpoint": (_dial(discovery={"token_endpoint": "http://192.0.2.1/t"}), "without TLS"),
    "status": (_dial(status=500), "does not answer: HTTPError"),
}
"""Lie → how the issuer tells it, and the reason that the trail keeps of its refusal."""


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_of_the_token_is_refused(
    reader: Browser, issuer: Issuer, clock: Clock, full: Workspace, lie: str
) -> None:
    now = int(clock().timestamp())
    location = reader.get("/login/oidc").headers["location"]
    tell, reason = LIES[lie]
    tell(issuer, now)
    answer = reader.get(issuer.approve(location, now, **OFFICER), accept_language="en")
    assert answer.status_code == 403
    assert reader.session is None
    assert sso_accounts(full) == []
    assert CLIENT_SECRET not in answer.text
    assert reason in last_line(full).detail


def test_a_small_difference_of_clocks_is_no_lie(
    reader: Browser, issuer: Issuer, clock: Clock
) -> None:
    now = int(clock().timestamp())
    issuer.claims = {"exp": now - 50}
    assert sign_in(reader, issuer, clock, **OFFICER).status_code == 303


@pytest.mark.parametrize("change", ["state", "iss", "code", "no cookie", "other cookie", "error"])
def test_a_lie_of_the_way_back_is_refused(
    reader: Browser, issuer: Issuer, clock: Clock, browser: Opener, change: str
) -> None:
    location = reader.get("/login/oidc").headers["location"]
    back = issuer.approve(location, int(clock().timestamp()), **OFFICER)
    if change == "no cookie":
        reader.cookies.clear()
    elif change == "other cookie":
        reader.cookies["agridata-door"] = "x" * 43
    elif change == "error":
        state = dict(parse_qsl(urlsplit(back).query))["state"]
        back = f"/login/oidc/callback?error=access_denied&state={state}"
    else:
        pairs = dict(parse_qsl(urlsplit(back).query)) | {change: "https://evil.example"}
        back = "/login/oidc/callback?" + "&".join(f"{k}={v}" for k, v in pairs.items())
    assert reader.get(back).status_code == 403
    assert reader.session is None


def test_a_code_is_good_once(reader: Browser, issuer: Issuer, clock: Clock) -> None:
    location = reader.get("/login/oidc").headers["location"]
    door = reader.cookies["agridata-door"]
    back = issuer.approve(location, int(clock().timestamp()), **OFFICER)
    assert reader.get(back).status_code == 303
    reader.cookies.clear()
    reader.cookies["agridata-door"] = door
    assert reader.get(back).status_code == 403


def test_without_settings_there_is_no_single_sign_on(browser: Opener) -> None:
    assert oidc_settings({}) is None
    assert browser().get("/login/oidc").status_code == 404
    assert browser().get("/login/oidc/callback").status_code == 404
    assert "/login/oidc" not in browser().get("/login").text


def test_settings_come_from_the_environment_and_hide_the_secret() -> None:
    environment = {
        "AGRIDATA_OIDC_ISSUER": "https://sso.example", "AGRIDATA_OIDC_CLIENT_ID": "a",
        "AGRIDATA_OIDC_CLIENT_SECRET": "hidden-secret", "AGRIDATA_OIDC_ROLE_CLAIM": "vai_tro",
    }  # fmt: skip
    settings = oidc_settings(environment)
    assert settings is not None
    assert settings.role_claim == "vai_tro"
    assert "hidden-secret" not in repr(settings)
    with pytest.raises(EnvironmentMissingError, match="needs a client"):
        oidc_settings({"AGRIDATA_OIDC_ISSUER": "https://sso.example"})
    with pytest.raises(EnvironmentMissingError, match="not https"):
        oidc_settings({**environment, "AGRIDATA_OIDC_ISSUER": "http://sso.example"})
