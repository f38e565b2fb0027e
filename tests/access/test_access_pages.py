"""Pages around access: no accounts, request limits, private fields, administration, serving."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from access_world import (
    GTIN,
    LOT,
    OTHER,
    PASSWORD,
    PERSON,
    PHONE,
    Browser,
    Clock,
    add_everybody,
    application,
    csrf_in,
)
from sqlmodel import select
from trace_world import COOPERATIVE

from agridata.access import Rate, csrf_token, trail
from agridata.access.models import Account
from agridata.storage import Workspace
from apps.cli import main
from apps.views.access_text import ACCESS
from apps.web._guard import RateLimit

Opener = Callable[..., Browser]
PRINT = {"lot": f"{GTIN}/{LOT}", "count": "1"}


# --- while nobody has an account --------------------------------------------------------------


def test_without_accounts_pages_only_show(empty: Workspace, clock: Clock) -> None:
    reader = Browser(application(empty, clock))
    assert reader.get("/").status_code == 200
    told = reader.get("/login?lang=vi").text
    assert ACCESS["no_accounts"].vi in told
    csrf = csrf_in(told)
    assert reader.post("/cooperative/labels", {**PRINT, "csrf": csrf}).status_code == 401
    assert reader.get("/cooperative").status_code == 401


def test_the_person_at_the_machine_may_write_until_there_are_accounts(
    empty: Workspace, clock: Clock
) -> None:
    reader = Browser(application(empty, clock, local_admin=True))
    assert reader.post("/cooperative/labels", PRINT).status_code == 403, "not without a CSRF token"
    reader.get("/login")
    csrf = csrf_token(reader.cookies["agridata-door"])
    answer = reader.post("/cooperative/labels", {**PRINT, "csrf": csrf})
    assert answer.headers["content-type"] == "application/pdf"
    for path in ("/accounts", "/account", "/accounts/audit"):
        assert reader.get(path).status_code == 401, path
    add_everybody(empty)
    assert reader.post("/cooperative/labels", {**PRINT, "csrf": csrf}).status_code == 401
    assert reader.get("/cooperative").status_code == 401


def test_streamlit_writes_no_more_once_there_are_accounts(empty: Workspace, clock: Clock) -> None:
    site = application(empty, clock, local_admin=True).state.site
    assert site.local_admin
    add_everybody(empty)
    assert not site.local_admin


# --- request limits ---------------------------------------------------------------------------


def test_too_many_requests_get_a_page_in_the_readers_language(
    browser: Opener, clock: Clock
) -> None:
    rate = Rate(5, 2.0)
    greedy, calm = browser(page_rate=rate), browser(page_rate=rate, address="192.0.2.99")
    assert [greedy.get("/health").status_code for _ in range(6)] == [200] * 5 + [429]
    for lang in ("vi", "en"):
        page = greedy.get("/", accept_language=lang)
        assert page.status_code == 429
        assert page.headers["retry-after"] == "2"
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert ACCESS["error_429_text"].text(lang, seconds=2) in page.text  # type: ignore[arg-type]  # both languages
    assert greedy.get("/", accept="application/json").json()["ok"] is False
    assert greedy.get("/static/page.css").status_code == 200, "files of pages are not counted"
    assert calm.get("/health").status_code == 200
    clock.forward(seconds=2)
    assert greedy.get("/health").status_code == 200
    assert greedy.get("/health").status_code == 429


# --- private fields ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "path", "status", "seen"),
    [
        ("cooperative_staff", "/cooperative/members", 200, False),
        ("cooperative_staff", "/cooperative/members/private", 403, False),
        ("cooperative_manager", "/cooperative/members/private", 200, True),
        ("officer", "/cooperative/members", 200, False),
        ("officer", "/cooperative/members/private", 403, False),
        ("inspector", f"/cooperative/members/private?organisation={OTHER}", 200, True),
        ("administrator", "/cooperative/members/private", 403, False),
    ],
)
def test_names_and_phones_are_seen_by_few_and_that_is_noted(
    browser: Opener, full: Workspace, role: str, path: str, status: int, seen: bool
) -> None:
    reader = browser()
    reader.sign_in(role)
    for form in ("html", "json"):
        answer = reader.get(f"{path}{'&' if '?' in path else '?'}format={form}")
        assert answer.status_code == status
        assert (PERSON in answer.text) == (PHONE in answer.text) == seen
        assert answer.headers["cache-control"] == "no-store"
    with full.session() as session:
        looks = [one for one in trail(session, limit=9) if one.kind == "private_read"]
    assert len(looks) == (2 if seen else 0)
    assert {one.account for one in looks} <= {role}
    assert PERSON not in repr(looks)


def test_a_lot_number_does_not_reach_another_cooperative(browser: Opener) -> None:
    reader = browser()
    reader.sign_in("cooperative_manager")
    html = reader.get("/cooperative?lang=vi").text
    assert "HTX Nông nghiệp Vị Thủy" in html
    assert "Long Mỹ" not in html
    form = {"csrf": csrf_in(html), "lot": "LMTEST01", "count": "1"}
    assert reader.post("/cooperative/labels", form).status_code in (400, 403)
    assert reader.get(f"/cooperative?organisation={OTHER}").status_code == 403
    assert reader.get("/cooperative?organisation=none").status_code == 403


# --- administration ---------------------------------------------------------------------------


def test_an_administrator_makes_changes_and_disables(browser: Opener, full: Workspace) -> None:
    admin, person = browser(), browser()
    admin.sign_in("administrator")
    csrf = admin.csrf("/accounts")
    form = {"csrf": csrf, "name": "Minh", "role": "farmer", "organisation": COOPERATIVE}
    made = admin.post("/accounts?lang=vi", form)
    assert made.headers["cache-control"] == "no-store"
    password = made.text.split('<code class="once">')[1].split("</code>")[0]
    assert person.sign_in("minh", password).status_code == 303
    change = {"csrf": csrf, "role": "cooperative_manager", "organisation": COOPERATIVE}
    assert admin.post("/accounts/minh/role", change).status_code == 303
    assert person.get("/account").status_code == 401, "a new role asks for a new login"
    assert admin.post("/accounts/minh/disable", {"csrf": csrf}).status_code == 303
    assert person.sign_in("minh", password).status_code == 401
    assert admin.post("/accounts/minh/enable", {"csrf": csrf}).status_code == 303
    renewed = admin.post("/accounts/minh/password?format=json", {"csrf": csrf}).json()
    assert person.sign_in("minh", renewed["password"]).status_code == 303
    lines = admin.get("/accounts/audit?format=json").json()["lines"]
    about = [(one["kind"], one["actor"]) for one in lines if one["account"] == "minh"]
    assert ("role_changed", "administrator") in about
    assert ("account_disabled", "administrator") in about
    page = admin.get("/accounts/audit?lang=vi").text
    assert "đổi vai trò" in page
    assert renewed["password"] not in page


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        ("/accounts", {"name": "minh", "role": "king"}, 400),
        ("/accounts", {"name": "officer", "role": "officer"}, 400),
        ("/accounts", {}, 400),
        ("/accounts/administrator/disable", {}, 400),
        ("/accounts/administrator/role", {"role": "officer"}, 400),
        ("/accounts/nobody/disable", {}, 404),
        ("/accounts/officer/burn", {}, 404),
    ],
)
def test_what_an_administrator_cannot_do(
    browser: Opener, full: Workspace, path: str, form: dict[str, str], status: int
) -> None:
    admin = browser()
    admin.sign_in("administrator")
    sent = {**form, "csrf": admin.csrf("/accounts")}
    assert admin.post(path, sent).status_code == status
    assert admin.post(f"{path}?format=json", sent).json()["ok"] is False
    with full.session() as session:
        assert len(session.exec(select(Account)).all()) == 7


# --- the server -------------------------------------------------------------------------------

LOOK_AT_IMPORTS = """
import json, sys, threading, time, urllib.request
home, port, path = sys.argv[1:]
from apps.cli import main
arguments = ["serve", "--home", home, "--port", port, "--as-of", "2026-03-20T06:00"]
threading.Thread(target=main, args=(arguments,), daemon=True).start()
for attempt in range(600):
    try:
        page = urllib.request.urlopen(f"http://127.0.0.1:{port}{path}").read().decode()
        break
    except OSError:
        time.sleep(0.1)
urllib.request.urlopen(f"http://127.0.0.1:{port}/login").read()
heavy = {"geopandas", "rasterio", "xarray", "sklearn", "streamlit", "authlib", "joserfc", "argon2"}
print(json.dumps({"page": "Thu hoạch" in page, "heavy": sorted(heavy & set(sys.modules))}))
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_trace_and_login_pages_import_nothing_heavy(full: Workspace, project_root: Path) -> None:
    path = f"/01/{GTIN}/10/{LOT.replace('/', '%2F')}"
    done = subprocess.run(
        [sys.executable, "-c", LOOK_AT_IMPORTS, str(full.home), str(free_port()), path],
        capture_output=True, text=True, cwd=project_root, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {"page": True, "heavy": []}


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for localhost."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem, secret = folder / "cert.pem", folder / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )  # fmt: skip
    return pem, secret


@contextmanager
def serving(workspace: Workspace, root: Path, *options: str) -> Iterator[int]:
    """Run `agridata serve` on a free port until the block is left."""
    port = free_port()
    arguments = ["serve", "--home", str(workspace.home), "--port", str(port), *options]
    process = subprocess.Popen(
        [sys.executable, "-c", f"from apps.cli import main; main({arguments!r})"],
        cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        yield port
    finally:
        process.terminate()
        process.communicate(timeout=30)


def entered(web: httpx.Client, **headers: str) -> httpx.Response:
    """Sign in as soon as the server answers."""
    for _ in range(300):
        try:
            page = web.get("/login", headers=headers)
            break
        except httpx.TransportError:
            time.sleep(0.1)
    form = {"name": "officer", "password": PASSWORD, "csrf": csrf_in(page.text)}
    door = dict(one.partition(";")[0].split("=", 1) for one in page.headers.get_list("set-cookie"))
    cookie = {"cookie": "; ".join(f"{name}={value}" for name, value in door.items())}
    return web.post("/login", data=form, headers={**headers, **cookie})


def test_over_tls_cookies_are_secure(full: Workspace, tmp_path: Path, project_root: Path) -> None:
    pem, key = certificate(tmp_path)
    trusted = ssl.create_default_context(cafile=str(pem))
    options = ("--tls-cert", str(pem), "--tls-key", str(key))
    with (
        serving(full, project_root, *options) as port,
        httpx.Client(verify=trusted, base_url=f"https://localhost:{port}") as web,
    ):
        answer = entered(web)
        assert answer.status_code == 303
        cookies = answer.headers.get_list("set-cookie")
        assert len(cookies) == 2
        assert all("Secure" in one and one.startswith("__Host-") for one in cookies)
        assert web.get("/account").status_code == 200


def test_the_word_of_the_trusted_proxy_counts(full: Workspace, project_root: Path) -> None:
    with (
        serving(full, project_root, "--trusted-proxy", "127.0.0.1") as port,
        httpx.Client(base_url=f"http://localhost:{port}") as web,
    ):
        told = {"x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "https"}
        answer = entered(web, **told)
        assert answer.status_code == 303
        cookies = answer.headers.get_list("set-cookie")
        assert all("Secure" in one and one.startswith("__Host-") for one in cookies)
    with full.session() as session:
        assert trail(session, limit=1)[0].address == "203.0.113.9"


def test_without_a_proxy_nobodys_word_counts(
    full: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[tuple[object, dict[str, object]]] = []
    monkeypatch.setattr("uvicorn.run", lambda app, **options: seen.append((app, options)))
    port = str(free_port())
    for options in ((), ("--host", "0.0.0.0"), ("--trusted-proxy", "192.0.2.1")):
        assert main(["serve", "--home", str(full.home), "--port", port, *options]) == 0
    believed = [(one["proxy_headers"], one["forwarded_allow_ips"]) for _, one in seen]
    assert believed == [(False, None), (False, None), (True, "192.0.2.1")]
    sites = [app.state.site for app, _ in seen]  # type: ignore[attr-defined]  # applications
    assert [one.login_over_http for one in sites] == [True, False, False]
    assert [one.secure_cookies for one in sites] == [False, False, True]
    limited = [any(one.cls is RateLimit for one in app.user_middleware) for app, _ in seen]  # type: ignore[attr-defined]  # applications
    assert limited == [False, True, True]


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("--tls-cert", "x.pem"), "--tls-cert"), (("--trusted-proxy", "proxy"), "--trusted-proxy"),
        (("--trusted-proxy", "127.0.0.1", "--local-admin"), "--local-admin"),
    ],
)  # fmt: skip
def test_wrong_options_of_serve(
    full: Workspace, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], field: str
) -> None:
    code = main(["serve", "--json", "--home", str(full.home), *arguments])
    error = json.loads(capsys.readouterr().out)["errors"][0]
    assert (code, error["field"]) == (2, field)
    assert error["problem_vi"]
