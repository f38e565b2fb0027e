"""The room itself: table, passwords, buckets, accounts on both databases, no secret in clear."""

from __future__ import annotations

import logging
import re
import string
import unicodedata
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from access_world import NEW_PASSWORD, PASSWORD, Clock
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import select
from trace_world import NOW

from agridata.access import (
    ANONYMOUS,
    LOCAL,
    ROLES,
    SCOPED_ROLES,
    AccountError,
    Buckets,
    By,
    Credentials,
    CredentialsError,
    ForbiddenError,
    LoginRequiredError,
    LoginThrottle,
    Principal,
    Rate,
    account_of,
    action,
    actions,
    add_account,
    by_session,
    by_token,
    create_token,
    disable_account,
    enable_account,
    has_accounts,
    network_of,
    permissions_markdown,
    permit,
    reset_password,
    set_role,
    sign_in,
    sign_out,
    trail,
    verify_password,
)
from agridata.access._passwords import check_password, hash_password, new_password
from agridata.access._sessions import check_csrf, csrf_token
from agridata.access.models import AccessSession, Account
from agridata.errors import NotFoundError, UsageError
from agridata.registry.models import Organisation
from agridata.storage import DataSet, Workspace
from apps.views.access_text import ACCESS, KINDS, ROLE_NAMES

BY = By("test", NOW)


# --- the table ------------------------------------------------------------------------------


def test_the_documented_table_is_the_table(project_root: Path) -> None:
    page = (project_root / "docs" / "access.md").read_text("utf-8")
    assert permissions_markdown() in page, "run `agridata access permissions`, put it into the page"


def test_what_the_plan_asks_of_roles() -> None:
    changing = {"labels.print", "accounts.manage", "tokens.manage", "account.self"}
    assert set(ROLES) == {
        "farmer", "cooperative_staff", "cooperative_manager", "inspector", "officer", "expert",
        "administrator",
    }  # fmt: skip
    inspector = {one.name for one in actions() if one.cell("inspector")}
    assert inspector & changing == {"tokens.manage", "account.self"}, "read-only but for oneself"
    assert action("members.private").cell("inspector") == "all"
    admin = {one.name for one in actions() if one.cell("administrator")}
    assert not admin & {"labels.print", "members.private", "lots.read"}
    assert [one.name for one in actions() if one.cell("anonymous")] == ["public.read"]
    for one in actions():
        for role in SCOPED_ROLES:
            personal = one.name in {"public.read", "account.self", "tokens.manage"}
            assert one.cell(role) != "all" or personal, (one.name, role)
    assert not any(one.by_token for one in actions() if one.name in changing - {"labels.print"})


@given(st.sampled_from(("anonymous", *ROLES)), st.sampled_from(actions()), st.booleans())
def test_permit_says_what_the_cell_says(role: str, one, by_token: bool) -> None:
    account = None if role == "anonymous" else 1
    organisation = "a" if role in SCOPED_ROLES else None
    scopes = frozenset({one.name}) if by_token and account else None
    who = Principal(role, "n", account, organisation, scopes)
    cell = one.cell(role)
    if not cell and account is None:
        with pytest.raises(LoginRequiredError):
            permit(who, one.name)
    elif not cell or (scopes is not None and not one.by_token):
        with pytest.raises(ForbiddenError):
            permit(who, one.name)
    else:
        granted = permit(who, one.name)
        assert granted.covers("a")
        assert granted.covers("b") == (cell == "all")
        if cell == "own":
            with pytest.raises(ForbiddenError):
                granted.require("b")


def test_what_is_not_in_the_table_is_an_error_of_ours() -> None:
    with pytest.raises(UsageError, match="no action"):
        permit(ANONYMOUS, "lots.burn")
    with pytest.raises(LoginRequiredError):
        permit(LOCAL, "accounts.manage")
    with pytest.raises(ForbiddenError):
        permit(Principal("cooperative_staff", "n", 1), "lots.read")


# --- passwords ------------------------------------------------------------------------------


def test_hashes_are_argon2id_with_the_named_parameters(real_hashes: None) -> None:
    encoded = hash_password(PASSWORD)
    assert encoded.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert encoded != hash_password(PASSWORD)
    assert verify_password(encoded, PASSWORD)
    assert not verify_password(encoded, PASSWORD + " ")
    assert not verify_password(None, PASSWORD)
    assert not verify_password("no hash at all", PASSWORD)


def test_two_keyboards_one_password() -> None:
    composed, split = (unicodedata.normalize(form, PASSWORD) for form in ("NFC", "NFD"))
    assert composed != split
    assert verify_password(hash_password(split), composed)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("ngắn thôi", "shorter"), ("x" * 257, "longer"), ("1234567890", "common"),
        ("MatKhau123456", "common"), ("Mật Khẩu 2026", "common"), ("haugiang2025!", "common"),
        ("!!nongnghiep!!", "common"), ("abababababab", "few"), ("htx.vithuy@2026", "name"),
    ],
)  # fmt: skip
def test_refused_passwords(password: str, why: str) -> None:
    with pytest.raises(AccountError) as refused:
        check_password(password, "htx.vithuy")
    finding = refused.value.findings[0]
    assert why in finding.problem
    assert finding.problem_vi
    assert password not in str(finding)


@pytest.mark.parametrize(
    "password", [PASSWORD, "khong co chu hoa", "ngaymaitroisang", "8173625490"]
)
def test_no_composition_nonsense(password: str) -> None:
    check_password(password, "officer")


def test_made_passwords_obey_the_rules() -> None:
    made = {new_password() for _ in range(200)}
    assert len(made) == 200
    for one in made:
        check_password(one, "officer")


# --- buckets --------------------------------------------------------------------------------


@settings(max_examples=60)
@given(
    st.integers(1, 8), st.floats(0.5, 30),
    st.lists(st.floats(0, 20, allow_nan=False), min_size=1, max_size=60),
)  # fmt: skip
def test_never_more_than_burst_and_time_allow(burst: int, every: float, gaps: list[float]) -> None:
    clock = Clock()
    buckets = Buckets(Rate(burst, every), clock)
    start, granted = clock(), 0
    for gap in gaps:
        clock.forward(seconds=gap)
        wait = buckets.take("k")
        granted += wait == 0
        elapsed = (clock() - start).total_seconds()
        assert granted <= burst + elapsed / every + 1e-6
        if wait:
            assert 0 < wait <= every
    clock.forward(seconds=every * burst + 0.001)
    assert [buckets.take("k") for _ in range(burst)] == [0.0] * burst, "time heals wholly"


def test_waiting_as_told_is_enough() -> None:
    clock = Clock()
    buckets = Buckets(Rate(2, 60), clock)
    assert [buckets.take("k"), buckets.take("k")] == [0.0, 0.0]
    wait = buckets.take("k")
    clock.forward(seconds=wait - 1)
    assert buckets.take("k") > 0
    clock.forward(seconds=1.001)
    assert buckets.take("k") == 0
    clock.now = NOW - timedelta(days=1)  # type: ignore[assignment]  # a clock set back
    assert buckets.take("k") > 0, "a clock set back gives nothing away"


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agridata.access._throttle.MAX_BUCKETS", 10)
    buckets = Buckets(Rate(1, 60), Clock())
    for n in range(100):
        buckets.take(str(n))
    assert len(buckets._filled) == 10


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"), ("", ""), ("unix", "unix"),
        ("2001:db8:0:1:aaaa::1", "2001:db8:0:1::/64"), ("2001:db8:0:1::2", "2001:db8:0:1::/64"),
    ],
)  # fmt: skip
def test_networks(address: str, network: str) -> None:
    assert network_of(address) == network


# --- CSRF -----------------------------------------------------------------------------------


@given(st.text(max_size=200), st.text(min_size=1, max_size=60))
def test_no_text_is_a_token(sent: str, secret: str) -> None:
    assert check_csrf(secret, csrf_token(secret))
    assert not check_csrf(secret, sent)
    assert not check_csrf(secret + "x", csrf_token(secret))


# --- accounts, on both databases ------------------------------------------------------------


@pytest.fixture
def registered(workspace_on: Workspace) -> Workspace:
    with workspace_on.session() as session:
        session.add(DataSet(
            key="w", kind="registry", title_vi="", title_en="", source="", licence="",
            simulated=True, as_of=None, loaded_at=NOW, sha256="", rows_in_file=0, rows_stored=0,
            rows_rejected=0,
        ))  # fmt: skip
        session.flush()
        session.add(Organisation(
            code="htx", name="HTX", kind="cooperative", location_code="x", simulated=True,
            data_set_key="w",
        ))  # fmt: skip
        session.commit()
    return workspace_on


def test_the_life_of_an_account(registered: Workspace) -> None:
    clock = Clock()
    throttle = LoginThrottle(clock)
    engine = registered.engine
    with registered.session() as session:
        assert not has_accounts(session)
        made, password = add_account(
            session, " Lan.HTX ", "cooperative_staff", organisation_code="htx", by=BY
        )
        assert (made.name, made.must_change) == ("lan.htx", True)
        assert password is not None
        session.commit()
        assert has_accounts(session)
    secret = sign_in(engine, Credentials("LAN.htx", password), throttle=throttle, now=clock())
    who = by_session(engine, secret, now=clock())
    assert (who.role, who.organisation_code, who.must_change) == ("cooperative_staff", "htx", True)
    clock.forward(minutes=5)
    by_session(engine, secret, now=clock())
    with registered.session() as session:
        assert session.exec(select(AccessSession)).one().seen_at == clock()
        _row, text = create_token(
            session, account_of(session, "lan.htx"), title="t", scopes=["lots.read"], days=1, by=BY
        )
        session.commit()
    asked = {"address": "", "action": "lots.read", "now": clock()}
    assert by_token(engine, text, **asked).scopes == frozenset({"lots.read"})  # type: ignore[arg-type]  # three different types
    sign_out(engine, secret, address="", now=clock())
    assert by_session(engine, secret, now=clock()) == ANONYMOUS
    with registered.session() as session:
        disable_account(session, "lan.htx", by=BY)
        session.commit()
    with pytest.raises(CredentialsError):
        sign_in(engine, Credentials("lan.htx", password), throttle=throttle, now=clock())
    assert by_token(engine, text, **asked) == ANONYMOUS  # type: ignore[arg-type]  # as above
    with registered.session() as session:
        enable_account(session, "lan.htx", by=BY)
        reset_password(session, "lan.htx", password=NEW_PASSWORD, by=BY)
        session.commit()
        kinds = [one.kind for one in reversed(trail(session, limit=99, account="lan.htx"))]
    assert kinds == [
        "account_added", "login", "token_created", "token_used", "logout", "account_disabled",
        "login_failed", "account_enabled", "password_reset",
    ]  # fmt: skip
    sign_in(engine, Credentials("lan.htx", NEW_PASSWORD), throttle=throttle, now=clock())


IMPOSSIBLE = [
    ("x", "officer", None, "name"), ("có dấu", "officer", None, "name"),
    ("a b", "officer", None, "name"), ("a/b", "officer", None, "name"),
    ("lan", "king", None, "role"), ("lan", "anonymous", None, "role"),
    ("lan", "farmer", None, "organisation"), ("lan", "farmer", "no", "organisation"),
    ("lan", "officer", "htx", "organisation"), ("lan", "administrator", "htx", "organisation"),
]  # fmt: skip


def test_impossible_accounts(registered: Workspace) -> None:
    with registered.session() as session:
        for name, role, organisation, field in IMPOSSIBLE:
            with pytest.raises(AccountError) as refused:
                add_account(session, name, role, organisation_code=organisation, by=BY)
            assert refused.value.findings[0].field == field
            assert refused.value.findings[0].problem_vi
        assert not has_accounts(session)


def test_names_are_one_and_the_last_administrator_stays(registered: Workspace) -> None:
    with registered.session() as session:
        add_account(session, "admin", "administrator", password=PASSWORD, by=BY)
        with pytest.raises(AccountError, match="taken"):
            add_account(session, "ADMIN", "officer", by=BY)
        for change in (
            lambda: disable_account(session, "admin", by=BY),
            lambda: set_role(session, "admin", "officer", by=BY),
        ):
            with pytest.raises(AccountError, match="last administrator"):
                change()
        add_account(session, "admin2", "administrator", password=PASSWORD, by=BY)
        set_role(session, "admin", "officer", by=BY)
        line = trail(session, limit=1)[0]
        assert (line.kind, line.detail) == ("role_changed", "administrator → officer")
        with pytest.raises(NotFoundError):
            set_role(session, "nobody", "officer", by=BY)


# --- nothing secret in clear ----------------------------------------------------------------


def test_no_secret_at_rest_in_repr_or_in_logs(
    registered: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    clock = Clock()
    with registered.session() as session:
        account, made = add_account(session, "officer", "officer", by=BY)
        _row, text = create_token(session, account, title="t", scopes=["lots.read"], days=1, by=BY)
        session.commit()
    given = Credentials("officer", str(made), "192.0.2.1")
    throttle = LoginThrottle(clock)
    secret = sign_in(registered.engine, given, throttle=throttle, now=clock())
    with pytest.raises(CredentialsError):
        sign_in(
            registered.engine, Credentials("officer", NEW_PASSWORD), throttle=throttle, now=clock()
        )
    secrets = {str(made), text, text.split("_", 2)[2], secret, NEW_PASSWORD}
    seen = [repr(given), str(given), caplog.text]
    metadata = sa.MetaData()
    metadata.reflect(registered.engine, only=lambda name, _: name.startswith("access_"))
    assert len(metadata.tables) == 4
    with registered.engine.connect() as connection:
        for table in metadata.tables.values():
            rows = connection.execute(sa.select(table)).all()
            assert rows, table.name
            seen.append(repr(rows))
    assert not [one for one in secrets for text in seen if one in text]
    with registered.session() as session:
        rows = session.exec(select(Account)).all()
        assert "argon2" not in repr(rows) + str(rows[0])
        live = session.exec(select(AccessSession)).all()
        assert live[0].secret_hash not in repr(live) + str(live[0])


# --- texts ----------------------------------------------------------------------------------


def test_every_sentence_exists_in_both_languages(project_root: Path) -> None:
    def gaps(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for one in (*ACCESS.values(), *KINDS.values(), *ROLE_NAMES.values()):
        assert one.vi.strip()
        assert one.en.strip()
        assert gaps(one.vi) == gaps(one.en)
    assert set(ROLE_NAMES) == set(ROLES)
    used = {
        key
        for path in (project_root / "apps/web/templates").glob("*.html")
        for key in re.findall(r'\ba\("([a-z_0-9]+)"[,) ]', path.read_text("utf-8"))
    }
    assert len(used) > 50
    assert used <= ACCESS.keys()


def test_every_kind_that_is_written_has_words(project_root: Path) -> None:
    files = [
        *(project_root / "agridata/access").glob("*.py"), *(project_root / "apps/web").glob("*.py")
    ]  # fmt: skip
    calls = r'(?:note|_noted|_failed)\(\s*[^"()]*?"([a-z_]+)"'
    written = {kind for path in files for kind in re.findall(calls, path.read_text("utf-8"))}
    assert {"login", "login_failed", "denied", "labels_printed", "role_changed"} <= written
    assert written <= KINDS.keys()
