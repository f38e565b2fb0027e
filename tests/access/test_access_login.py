"""Signing in and out over HTTP: cookies, fixation, expiry, CSRF, throttling, same words for all."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from access_world import NEW_PASSWORD, PASSWORD, Browser, Clock, csrf_in
from fastapi.routing import APIRoute
from sqlmodel import select

from agridata.access import By, disable_account, set_role
from agridata.access._sessions import MAX_SESSIONS, SESSION_DAYS, SESSION_IDLE_HOURS
from agridata.access._throttle import (
    NOTED_PER_ADDRESS,
    PER_ACCOUNT,
    PER_ACCOUNT_AND_ADDRESS,
    PER_ADDRESS,
)
from agridata.access.models import AccessRecord, AccessSession, Account
from agridata.storage import Workspace
from apps.views.access_text import ACCESS
from apps.web._app import ROUTERS
from apps.web._guard import DoorForm, Guard, local_path
from apps.web._intake import DeviceToken

Opener = Callable[..., Browser]
SAFE = {"GET", "HEAD", "OPTIONS"}
GUARDS = (Guard, DoorForm, DeviceToken)
"""Permission table; login form of this browser; a device's own token (no cookie counts there)."""


def without_masks(html: str) -> str:
    return re.sub(r'name="csrf" value="[^"]+"', "", html)


def kinds(workspace: Workspace) -> list[tuple[str, str]]:
    with workspace.session() as session:
        rows = session.exec(select(AccessRecord).order_by(AccessRecord.id)).all()  # type: ignore[arg-type]  # a column at run time
    return [(row.kind, row.account) for row in rows if row.actor != "test"]


def test_a_login_opens_the_account_and_the_page_that_was_asked_for(browser: Opener) -> None:
    reader = browser()
    refused = reader.get("/cooperative?lang=en")
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"
    assert 'value="/cooperative?lang=en"' in refused.text
    form = {
        "name": "Officer ", "password": PASSWORD, "csrf": csrf_in(refused.text),
        "next": "/cooperative?lang=en",
    }  # fmt: skip
    entered = reader.post("/login?lang=en", form)
    assert (entered.status_code, entered.headers["location"]) == (303, "/cooperative?lang=en")
    assert reader.get("/cooperative?lang=en").status_code == 200
    assert "officer" in reader.get("/account?lang=en").text


def test_cookies_over_http_and_over_tls(browser: Opener) -> None:
    plain = browser().sign_in("officer").headers.get_list("set-cookie")
    opened = next(line for line in plain if line.startswith("agridata="))
    assert "httponly" in opened.lower()
    assert "samesite=lax" in opened.lower()
    assert "secure" not in opened.lower()
    for options in ({"base": "https://localhost"}, {"secure_cookies": True}):
        secure = browser(**options).sign_in("officer").headers.get_list("set-cookie")
        assert len(secure) == 2
        for line in secure:
            assert line.startswith("__Host-agridata")
            assert {"secure", "httponly", "path=/"} <= set(line.lower().split("; "))
            assert "domain" not in line.lower()


def test_no_password_is_taken_on_an_unencrypted_page_of_the_network(browser: Opener) -> None:
    reader = browser(login_over_http=False)
    page = reader.get("/login?lang=en").text
    assert ACCESS["http_refused"].en in page
    assert 'type="password"' not in page
    door = reader.cookies["agridata-door"]
    from agridata.access import csrf_token

    form = {"name": "officer", "password": PASSWORD, "csrf": csrf_token(door)}
    assert reader.post("/login", form).status_code == 403
    assert reader.session is None
    assert browser("https://localhost", login_over_http=False).sign_in("officer").status_code == 303


def test_a_session_id_that_was_planted_before_login_is_worth_nothing(browser: Opener) -> None:
    victim, thief = browser(), browser()
    victim.cookies["agridata"] = "planted-by-somebody-else-0123456789abcdef"
    thief.cookies["agridata"] = victim.cookies["agridata"]
    victim.sign_in("officer")
    assert victim.session != thief.session
    assert victim.get("/account").status_code == 200
    assert thief.get("/account").status_code == 401


def test_signing_in_again_ends_the_session_brought_along(browser: Opener) -> None:
    reader = browser()
    reader.sign_in("officer")
    first = reader.session
    reader.sign_in("officer")
    assert reader.session != first
    old = browser()
    old.cookies["agridata"] = str(first)
    assert old.get("/account").status_code == 401


def test_idle_and_absolute_end(browser: Opener, clock: Clock, full: Workspace) -> None:
    reader = browser()
    reader.sign_in("officer")
    clock.forward(hours=SESSION_IDLE_HOURS)
    assert reader.get("/account").status_code == 200, "used just in time"
    clock.forward(hours=SESSION_IDLE_HOURS, seconds=1)
    assert reader.get("/account").status_code == 401
    reader.sign_in("officer")
    for _ in range(SESSION_DAYS * 4 - 1):
        clock.forward(hours=6)
        assert reader.get("/account").status_code == 200
    clock.forward(hours=6)
    assert reader.get("/account").status_code == 401, "however busy it was"
    reader.sign_in("officer")
    with full.session() as session:
        assert len(session.exec(select(AccessSession)).all()) == 1, "the dead are swept out"


def test_one_account_has_a_bounded_number_of_sessions(
    browser: Opener, clock: Clock, full: Workspace
) -> None:
    from agridata.access import start_session

    with full.session() as session:
        account = session.exec(select(Account).where(Account.name == "officer")).one()
        for _ in range(MAX_SESSIONS + 3):
            clock.forward(seconds=1)
            start_session(session, account, method="password", now=clock())
        session.commit()
        assert len(session.exec(select(AccessSession)).all()) == MAX_SESSIONS


def test_sign_out_here_and_everywhere(browser: Opener) -> None:
    phone, office, other = browser(), browser(), browser()
    for one in (phone, office):
        one.sign_in("officer")
    other.sign_in("inspector")
    secret = str(phone.session)
    assert phone.post("/logout", {"csrf": phone.csrf()}).status_code == 303
    assert phone.session is None
    phone.cookies["agridata"] = secret
    assert phone.get("/account").status_code == 401, "the old cookie is dead on the server too"
    assert office.get("/account").status_code == 200
    phone.sign_in("officer")
    office.post("/logout", {"csrf": office.csrf(), "everywhere": "yes"})
    assert phone.get("/account").status_code == 401
    assert other.get("/account").status_code == 200


@pytest.mark.parametrize("change", ["disable", "role"])
def test_a_changed_account_is_out_at_once(
    browser: Opener, full: Workspace, clock: Clock, change: str
) -> None:
    reader = browser()
    reader.sign_in("officer")
    by = By("test", clock())
    with full.session() as session:
        if change == "disable":
            disable_account(session, "officer", by=by)
        else:
            set_role(session, "officer", "inspector", by=by)
        session.commit()
    assert reader.get("/account").status_code == 401
    again = reader.sign_in("officer")
    assert again.status_code == (401 if change == "disable" else 303)


def test_every_reason_sounds_the_same(browser: Opener, full: Workspace, clock: Clock) -> None:
    with full.session() as session:
        disable_account(session, "expert", by=By("test", clock()))
        session.commit()
    for lang, other in (("vi", "en"), ("en", "vi")):
        answers = [
            browser().sign_in(name, word, accept_language=lang)
            for name, word in (
                ("nobody-at-all", PASSWORD), ("officer", "wrong"), ("officer", ""),
                ("expert", PASSWORD), ("x" * 5_000, "y" * 5_000),
            )
        ]  # fmt: skip
        assert {one.status_code for one in answers} == {401}
        pages = {without_masks(one.text) for one in answers}
        assert len(pages) == 1
        words = {"vi": "Tên hoặc mật khẩu không đúng", "en": "Wrong name or password"}
        assert words[lang] in pages.pop()
        assert words[other] not in answers[0].text
        clock.forward(hours=1)


def test_an_unknown_name_costs_the_same_hash(
    browser: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    from agridata.access import _passwords

    hashed: list[str] = []
    verify = _passwords._hasher().__class__.verify

    def counting(self: object, encoded: str, password: str) -> bool:
        hashed.append(encoded.rpartition("$")[0].rpartition("$")[0])
        return bool(verify(self, encoded, password))  # type: ignore[arg-type]  # the hasher itself

    monkeypatch.setattr(_passwords._hasher().__class__, "verify", counting)
    browser().sign_in("nobody-at-all", "wrong")
    browser().sign_in("officer", "wrong")
    assert len(hashed) == 2
    assert hashed[0] == hashed[1], "same algorithm and parameters"


def test_what_somebody_typed_as_a_name_is_not_kept(browser: Opener, full: Workspace) -> None:
    browser().sign_in("mật-khẩu-gõ-nhầm-ô", "x")
    browser().sign_in("officer", "sai-rồi-nhé")
    assert kinds(full) == [("login_failed", ""), ("login_failed", "officer")]
    text = (full.home / "agridata.sqlite").read_bytes()
    text += (full.home / "agridata.sqlite-wal").read_bytes()
    for typed in ("mật-khẩu-gõ-nhầm-ô", "sai-rồi-nhé"):
        assert typed.encode() not in text


# --- CSRF -----------------------------------------------------------------------------------


def test_every_route_that_changes_something_is_guarded() -> None:
    changing = [
        route
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute) and route.methods - SAFE
    ]
    assert len(changing) >= 11
    for route in changing:
        guards = [one.call for one in route.dependant.dependencies]
        assert any(isinstance(one, GUARDS) for one in guards), route.path


@pytest.mark.parametrize("sent", ["missing", "empty", "wrong", "short", "other", "door"])
def test_a_form_that_is_not_this_sessions_is_refused(
    browser: Opener, full: Workspace, sent: str
) -> None:
    reader, other = browser(), browser()
    door_page = reader.get("/login").text
    reader.sign_in("officer")
    other.sign_in("inspector")
    token = {
        "empty": "", "wrong": reader.csrf()[:-8] + "AAAAAAA=", "short": "AAAA",
        "other": other.csrf(), "door": csrf_in(door_page),
    }.get(sent)  # fmt: skip
    form = {} if token is None else {"csrf": token}
    answer = reader.post("/logout", form, accept_language="en")
    assert answer.status_code == 403
    assert "This form is not from your session" in answer.text
    assert reader.get("/account").status_code == 200, "nothing happened"
    assert ("denied", "officer") in kinds(full)


def test_a_token_is_masked_afresh_and_holds_for_the_session(browser: Opener) -> None:
    reader = browser()
    reader.sign_in("officer")
    first, second = reader.csrf(), reader.csrf()
    assert first != second
    answer = reader.post("/logout", {}, x_csrf_token=first)
    assert answer.status_code == 303, "a script may send it as a header"


@pytest.mark.parametrize(
    ("site", "status"), [("cross-site", 403), ("same-site", 403), ("same-origin", 303)]
)
def test_a_browser_that_names_another_site_is_believed(
    browser: Opener, site: str, status: int
) -> None:
    reader = browser()
    reader.sign_in("officer")
    answer = reader.post("/logout", {"csrf": reader.csrf()}, sec_fetch_site=site)
    assert answer.status_code == status


def test_the_login_form_is_bound_to_its_browser(browser: Opener, full: Workspace) -> None:
    mine, foreign = browser(), browser()
    mine.get("/login")
    form = {"name": "officer", "password": PASSWORD, "csrf": foreign.csrf("/login")}
    assert mine.post("/login", form).status_code == 403
    assert browser().post("/login", {**form, "csrf": ""}).status_code == 403
    assert mine.session is None
    assert kinds(full) == []


def test_forms_are_bounded(browser: Opener) -> None:
    reader = browser()
    reader.sign_in("officer")
    assert reader.post("/logout", {"csrf": reader.csrf(), "x": "y" * 70_000}).status_code == 400
    many = {"csrf": reader.csrf(), **{f"f{n}": "1" for n in range(200)}}
    assert reader.post("/logout", many).status_code == 400


@pytest.mark.parametrize(
    "path", ["//evil.example", "/\\evil.example", "https://evil.example", "evil", "/a\nb", "/a\\b"]
)
def test_no_open_redirect(browser: Opener, path: str) -> None:
    assert local_path(path) == ""
    reader = browser()
    form = {"name": "officer", "password": PASSWORD, "csrf": reader.csrf("/login"), "next": path}
    assert reader.post("/login", form).headers["location"].startswith("/account")


# --- throttling -----------------------------------------------------------------------------


def test_guessing_is_stopped_and_time_heals(browser: Opener, clock: Clock, full: Workspace) -> None:
    thief = browser()
    for _ in range(PER_ACCOUNT_AND_ADDRESS.burst):
        assert thief.sign_in("officer", "guess").status_code == 401
    stopped = thief.sign_in("officer", PASSWORD, accept_language="vi")
    assert stopped.status_code == 429, "even the right password is not looked at"
    assert "Quá nhiều yêu cầu" in stopped.text
    assert "Too many requests" in thief.sign_in("officer", accept_language="en").text
    assert 0 < int(stopped.headers["retry-after"]) <= PER_ACCOUNT_AND_ADDRESS.seconds
    assert ("login_throttled", "officer") in kinds(full)
    assert browser(address="192.0.2.77").sign_in("officer").status_code == 303, "not the person"
    clock.forward(seconds=PER_ACCOUNT_AND_ADDRESS.seconds)
    assert thief.sign_in("officer").status_code == 303


def test_a_flood_of_attempts_does_not_fill_the_trail(browser: Opener, full: Workspace) -> None:
    thief = browser()
    for _ in range(PER_ACCOUNT_AND_ADDRESS.burst + 30):
        thief.sign_in("officer", "guess")
    written = kinds(full)
    assert len(written) == PER_ACCOUNT_AND_ADDRESS.burst + NOTED_PER_ADDRESS.burst


def test_a_person_who_succeeds_is_never_stopped(browser: Opener) -> None:
    reader = browser()
    for _ in range(PER_ACCOUNT_AND_ADDRESS.burst + 3):
        assert reader.sign_in("officer").status_code == 303


def test_many_addresses_on_one_account_and_one_address_on_many_accounts(
    browser: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agridata.access._login.verify_password", lambda *_: False)
    first = browser()
    places = [f"198.51.100.{n}" for n in range(PER_ACCOUNT.burst + 1)]
    codes = [browser(address=one).sign_in("officer", "x").status_code for one in places]
    assert codes == [401] * PER_ACCOUNT.burst + [429]
    codes = [first.sign_in(f"name-{n}", "x").status_code for n in range(PER_ADDRESS.burst + 1)]
    assert codes == [401] * PER_ADDRESS.burst + [429]
    ipv6 = [f"2001:db8:0:1::{n:x}" for n in range(PER_ACCOUNT_AND_ADDRESS.burst + 1)]
    codes = [browser(address=one).sign_in("inspector", "x").status_code for one in ipv6]
    assert codes[-1] == 429, "one household has a whole /64"


# --- the password itself --------------------------------------------------------------------


def test_changing_the_password_ends_the_other_sessions(browser: Opener, full: Workspace) -> None:
    here, elsewhere = browser(), browser()
    here.sign_in("officer")
    elsewhere.sign_in("officer")
    before = here.session
    form = {"csrf": here.csrf(), "old_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert here.post("/account/password", form).status_code == 303
    assert here.session not in (None, before)
    assert here.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 401
    assert browser().sign_in("officer", PASSWORD).status_code == 401
    assert browser().sign_in("officer", NEW_PASSWORD).status_code == 303
    assert ("password_changed", "officer") in kinds(full)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("wrong", NEW_PASSWORD, "Wrong name or password"),
        (PASSWORD, "cá lóc", "shorter than 10"),
        (PASSWORD, "matkhau123456", "too common"),
    ],
)
def test_a_wrong_change_changes_nothing(browser: Opener, old: str, new: str, said: str) -> None:
    reader = browser()
    reader.sign_in("officer")
    form = {"csrf": reader.csrf(), "old_password": old, "new_password": new}
    answer = reader.post("/account/password", form, accept_language="en")
    assert answer.status_code == 400
    assert said in answer.text
    assert new not in answer.text
    assert browser().sign_in("officer").status_code == 303


def test_a_password_that_somebody_else_set_must_be_changed_first(
    browser: Opener, full: Workspace
) -> None:
    admin = browser()
    admin.sign_in("administrator")
    made = admin.post(
        "/accounts?format=json",
        {"csrf": admin.csrf("/accounts"), "name": "moi", "role": "officer"},
    ).json()
    reader = browser()
    assert reader.sign_in("moi", made["password"]).status_code == 303
    assert reader.get("/cooperative").status_code == 403
    assert reader.get("/account").status_code == 200
    form = {"csrf": reader.csrf(), "old_password": made["password"], "new_password": NEW_PASSWORD}
    assert reader.post("/account/password", form).status_code == 303
    assert reader.get("/cooperative").status_code == 200


def test_a_hash_with_old_parameters_is_made_anew_at_login(
    browser: Opener, full: Workspace, real_hashes: None
) -> None:
    from argon2 import PasswordHasher

    from agridata.vocabulary import nfc

    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(nfc(PASSWORD))
    with full.session() as session:
        account = session.exec(select(Account).where(Account.name == "officer")).one()
        account.password_hash = weak
        session.add(account)
        session.commit()
    assert browser().sign_in("officer").status_code == 303
    with full.session() as session:
        account = session.exec(select(Account).where(Account.name == "officer")).one()
        assert account.password_hash is not None
        assert "m=65536,t=3,p=4" in account.password_hash
    assert browser().sign_in("officer").status_code == 303
