"""API tokens over HTTP: shown once, scoped, dated, revoked, noted; cookies count for nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from access_world import GTIN, LOT, OTHER, Browser, Clock, csrf_in
from sqlmodel import Session, select

from agridata.access import By, account_of, create_token, disable_account, revoke_token, set_role
from agridata.access._tokens import MAX_TOKEN_DAYS, USE_NOTED_EVERY_MINUTES
from agridata.access.models import AccessRecord, AccessToken
from agridata.errors import AgridataError
from agridata.storage import Workspace

Opener = Callable[..., Browser]
PRINT = {"lot": f"{GTIN}/{LOT}", "count": "1"}


@pytest.fixture
def token(full: Workspace, clock: Clock) -> Callable[..., str]:
    def make(name: str = "cooperative_staff", *scopes: str, days: int = 30) -> str:
        with full.session() as session:
            _row, text = create_token(
                session, account_of(session, name), title="cân điện tử", days=days,
                scopes=scopes or ["lots.read"], by=By("test", clock()),
            )  # fmt: skip
            session.commit()
        return text

    return make


def bearer(text: str) -> dict[str, str]:
    return {"authorization": f"Bearer {text}"}


def uses(workspace: Workspace) -> list[str]:
    with Session(workspace.engine) as session:
        rows = session.exec(select(AccessRecord).where(AccessRecord.kind == "token_used")).all()
    return [row.detail for row in rows]


def test_a_token_opens_its_scopes_and_nothing_else(
    browser: Opener, token: Callable[..., str]
) -> None:
    machine = browser()
    reading, printing = token(), token("cooperative_staff", "labels.print")
    assert machine.get("/cooperative?format=json", **bearer(reading)).status_code == 200
    assert machine.get(f"/cooperative?organisation={OTHER}", **bearer(reading)).status_code == 403
    assert machine.post("/cooperative/labels", PRINT, **bearer(reading)).status_code == 403
    answer = machine.post("/cooperative/labels", PRINT, **bearer(printing))
    assert answer.headers["content-type"] == "application/pdf", "no CSRF token is asked of it"
    for path in ("/account", "/cooperative/members", "/cooperative/members/private", "/app/"):
        assert machine.get(path, **bearer(reading)).status_code in (401, 403), path


@pytest.mark.parametrize(
    "sent", ["", "agd_", "agd_0000000000_x", "{token}x", "{swapped}", "x" * 5000, "{token}=é"]
)
def test_what_is_no_token_is_401_and_json(
    browser: Opener, token: Callable[..., str], sent: str
) -> None:
    text, other = token(), token()
    swapped = "_".join([*text.split("_", 2)[:2], other.split("_", 2)[2]])
    sent = sent.format(token=text, swapped=swapped).encode("latin-1").decode("latin-1")
    answer = browser().get("/cooperative", authorization=f"Bearer {sent}".encode("latin-1"))  # type: ignore[arg-type]  # bytes as on the wire
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["ok"] is False


def test_a_bad_token_is_not_saved_by_a_good_cookie(browser: Opener) -> None:
    reader = browser()
    reader.sign_in("officer")
    assert reader.get("/cooperative", **bearer("agd_x_y")).status_code == 401
    assert reader.post("/logout", {}, **bearer("agd_x_y")).status_code == 401
    assert reader.get("/cooperative", authorization="Basic b2ZmaWNlcjp4").status_code == 401
    assert reader.get("/cooperative").status_code == 200


@pytest.mark.parametrize("end", ["expiry", "revoked", "disabled", "role"])
def test_a_token_ends(
    browser: Opener, token: Callable[..., str], full: Workspace, clock: Clock, end: str
) -> None:
    text, machine = token(days=2), browser()
    clock.forward(days=1, hours=23)
    assert machine.get("/cooperative", **bearer(text)).status_code == 200
    by = By("test", clock())
    with full.session() as session:
        if end == "revoked":
            revoke_token(session, text.split("_")[1], by=by)
        elif end == "disabled":
            disable_account(session, "cooperative_staff", by=by)
        elif end == "role":
            set_role(session, "cooperative_staff", "expert", by=by)
        session.commit()
    if end == "expiry":
        clock.forward(hours=1)
    status = machine.get("/cooperative", **bearer(text)).status_code
    assert status == (403 if end == "role" else 401), "the role limits a token too"


def test_use_is_noted_now_and_then(
    browser: Opener, token: Callable[..., str], full: Workspace, clock: Clock
) -> None:
    text, machine = token(), browser()
    prefix = text.split("_")[1]
    for _ in range(3):
        machine.get("/cooperative", **bearer(text))
    assert uses(full) == [f"{prefix}: lots.read"]
    clock.forward(minutes=USE_NOTED_EVERY_MINUTES)
    machine.get("/cooperative", **bearer(text))
    assert len(uses(full)) == 2
    with full.session() as session:
        assert session.exec(select(AccessToken)).one().used_at == clock()


def test_the_account_page_makes_shows_once_and_revokes(browser: Opener, full: Workspace) -> None:
    reader = browser()
    reader.sign_in("cooperative_manager")
    page = reader.get("/account?lang=vi").text
    form = {
        "csrf": csrf_in(page), "title": "Máy in kho <1>", "days": "30",
        "scope": ["lots.read", "labels.print"],
    }  # fmt: skip
    made = reader.post("/account/tokens?lang=vi", form)
    assert made.headers["cache-control"] == "no-store"
    assert "Máy in kho &lt;1&gt;" in made.text
    text = made.text.split('<code class="once">')[1].split("</code>")[0]
    assert browser().get("/cooperative", **bearer(text)).status_code == 200
    assert text not in reader.get("/account").text
    prefix = text.split("_")[1]
    assert prefix in reader.get("/account").text
    other = browser()
    other.sign_in("inspector")
    path = f"/account/tokens/{prefix}/revoke"
    assert other.post(path, {"csrf": other.csrf()}).status_code == 404, "another one's token"
    assert reader.post(path, {"csrf": reader.csrf()}).status_code == 303
    assert browser().get("/cooperative", **bearer(text)).status_code == 401


@pytest.mark.parametrize(
    ("scopes", "days", "title"),
    [
        (["accounts.manage"], 30, "x"), (["members.private"], 30, "x"), (["nonsense"], 30, "x"),
        ([], 30, "x"), (["lots.read"], 0, "x"), (["lots.read"], MAX_TOKEN_DAYS + 1, "x"),
        (["lots.read"], 30, " "), (["lots.read"], 30, "x" * 81), (["audit.read"], 30, "x"),
    ],
)  # fmt: skip
def test_no_token_beyond_the_role(
    full: Workspace, clock: Clock, scopes: list[str], days: int, title: str
) -> None:
    with full.session() as session:
        account = account_of(session, "cooperative_manager")
        with pytest.raises(AgridataError):
            create_token(
                session, account, title=title, scopes=scopes, days=days, by=By("t", clock())
            )
        assert session.exec(select(AccessToken)).all() == []
