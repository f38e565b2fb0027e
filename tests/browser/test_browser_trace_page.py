"""The consumer's page in a real browser: an honest lot verifies, every lie is refused.

The server's own checks are off; what is refused is refused by the page's own script, on
localhost (WebCrypto) and on a plain-http address without WebCrypto (the fallback).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route
from trace_world import TraceWorld

from apps.views import VERIFIER

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 740}
VISIBLE_MS = 20_000
"""The slowest check is the fallback on a busy machine, well under a second alone."""


@dataclass(frozen=True)
class Place:
    """A browser and the addresses of every workspace as it reaches them."""

    name: str
    browser: Browser
    addresses: dict[str, str]
    crypto: bool


@pytest.fixture(params=["localhost", "192.0.2.10"])
def place(request: pytest.FixtureRequest) -> Place:
    distant = request.param != "localhost"
    browser = request.getfixturevalue("distant_chromium" if distant else "chromium")
    addresses = request.getfixturevalue("far" if distant else "near")
    return Place(request.param, browser, addresses, crypto=not distant)


@pytest.fixture
def phone(place: Place) -> Iterator[Page]:
    with place.browser.new_context(locale="vi-VN", viewport=PHONE) as context:
        yield context.new_page()


def verdict(page: Page) -> tuple[str, str, str]:
    """Wait until the script has decided; return state, code and the sentence shown."""
    page.wait_for_selector(
        '#verdict:not([data-state="running"])[data-code]', timeout=VISIBLE_MS, state="visible"
    )
    box = page.locator("#verdict")
    sentence = page.inner_text("#verdict-text")
    return str(box.get_attribute("data-state")), str(box.get_attribute("data-code")), sentence


def spoken(code: str, lang: str = "vi") -> str:
    """The fixed beginning of a sentence of the verifier."""
    sentence = VERIFIER[code]
    return (sentence.vi if lang == "vi" else sentence.en).split("{", 1)[0]


def test_an_honest_lot_verifies(place: Place, phone: Page, world: TraceWorld) -> None:
    asked: list[str] = []
    phone.on("request", lambda request: asked.append(request.url))
    phone.goto(place.addresses["honest"] + world.path)
    state, code, sentence = verdict(phone)
    assert (state, code) == ("ok", "ok")
    assert phone.inner_text("#verdict-word") == VERIFIER["word_ok"].vi
    assert "4 sự kiện" in sentence
    assert "chụp lại" in sentence
    assert phone.evaluate("isSecureContext") is place.crypto
    assert any("noble.js" in url for url in asked) is not place.crypto
    assert all(url.startswith(place.addresses["honest"] + "/") for url in asked)


@pytest.mark.parametrize("lie", ["event", "proof", "checkpoint", "page"])
def test_a_lie_of_the_server_is_refused_in_vietnamese(
    place: Place, phone: Page, world: TraceWorld, lie: str
) -> None:
    phone.goto(place.addresses[lie] + world.path)
    state, code, sentence = verdict(phone)
    assert (state, code) == ("bad", lie)
    assert phone.inner_text("#verdict-word") == VERIFIER["word_bad"].vi
    assert sentence.startswith(spoken(lie))


@pytest.mark.parametrize("lie", ["event", "proof", "checkpoint"])
def test_the_refusal_is_english_on_an_english_page(
    chromium: Browser, near: dict[str, str], world: TraceWorld, lie: str
) -> None:
    with chromium.new_context(locale="en-GB") as context:
        page = context.new_page()
        page.goto(near[lie] + world.path)
        assert page.get_attribute("html", "lang") == "en"
        state, code, sentence = verdict(page)
    assert (state, code) == ("bad", lie)
    assert sentence.startswith(spoken(lie, "en"))


@pytest.fixture
def reader(chromium: Browser) -> Iterator[Page]:
    with chromium.new_context(locale="vi-VN", viewport=PHONE) as context:
        yield context.new_page()


def test_an_event_that_waits_for_the_log_is_never_called_genuine(
    reader: Page, near: dict[str, str], world: TraceWorld
) -> None:
    reader.goto(near["waiting"] + world.path)
    state, code, sentence = verdict(reader)
    assert (state, code) == ("warn", "waiting")
    assert sentence.startswith("1 sự kiện")


def _drop_event(bundle: dict[str, Any]) -> None:
    del bundle["events"][-1]


def _other_lot(bundle: dict[str, Any]) -> None:
    bundle["about"]["lot"] = "KHAC"


def _drop_registrar(bundle: dict[str, Any]) -> None:
    del bundle["keys"][0]


def _swap_signers(bundle: dict[str, Any]) -> None:
    first, last = bundle["events"][0], bundle["events"][-1]
    first["event"], last["event"] = last["event"], first["event"]


def _break_shape(bundle: dict[str, Any]) -> None:
    bundle["events"] = {"0": None}


def _shorten_path(bundle: dict[str, Any]) -> None:
    bundle["events"][0]["proof"].pop()


def _bend_note(bundle: dict[str, Any]) -> None:
    bundle["checkpoint"] = bundle["checkpoint"].replace("\n7\n", "\n8\n")


def _foreign_note(bundle: dict[str, Any]) -> None:
    note, name = bundle["checkpoint"], "agridata.example/test"
    bundle["checkpoint"] = note.replace(f"— {name}", f"— {name}x")


ALTERED: dict[str, tuple[str, Callable[[dict[str, Any]], None]]] = {
    "an event left out of the proof": ("missing", _drop_event),
    "the proof of another lot": ("lot", _other_lot),
    "no registrar": ("entry", _drop_registrar),
    "events exchanged": ("event", _swap_signers),
    "not a bundle": ("format", _break_shape),
    "a shorter path": ("proof", _shorten_path),
    "a larger size": ("checkpoint", _bend_note),
    "a note of another key": ("key", _foreign_note),
}


def alter(page: Page, change: Callable[[dict[str, Any]], None]) -> None:
    """Let somebody between server and reader change the bundle."""

    def handle(route: Route) -> None:
        bundle = route.fetch().json()
        change(bundle)
        route.fulfill(json=bundle)

    page.route("**/*format=proof", handle)


@pytest.mark.parametrize(("code", "change"), ALTERED.values(), ids=ALTERED)
def test_an_altered_bundle_is_refused(
    reader: Page,
    near: dict[str, str],
    world: TraceWorld,
    code: str,
    change: Callable[[dict[str, Any]], None],
) -> None:
    alter(reader, change)
    reader.goto(near["honest"] + world.path)
    assert verdict(reader)[:2] == ("bad", code)


def rewrite(page: Page, path: str, old: str, new: str) -> None:
    """Let the page itself come with another text."""

    def handle(route: Route) -> None:
        answer = route.fetch()
        body = answer.text()
        assert old in body
        route.fulfill(response=answer, body=body.replace(old, new, 1))

    page.route(f"**{path}", handle)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        pytest.param(">7.300 kg<", ">9.300 kg<", "page", id="quantity"),
        pytest.param(">Thu hoạch<", ">Kiểm tra<", "page", id="step"),
        pytest.param(">Thị trấn Nàng Mau<", ">Xã Hòn Đất<", "page", id="place"),
        pytest.param('data-issuer="cua-hang-can-tho"', 'data-issuer="khac"', "page", id="issuer"),
        pytest.param('data-lot="DX26/A1"', 'data-lot="DX26/A2"', "lot", id="lot"),
        pytest.param(
            '<span data-field="agd:simulated" data-raw="true">mô phỏng</span>', "", "hidden",
            id="simulated",
        ),
        pytest.param('<li data-event-index="6"', "<li", "missing", id="unproven step"),
    ],
)  # fmt: skip
def test_a_page_that_says_otherwise_than_its_events_is_refused(
    reader: Page, near: dict[str, str], world: TraceWorld, old: str, new: str, code: str
) -> None:
    rewrite(reader, world.path, old, new)
    reader.goto(near["honest"] + world.path)
    assert verdict(reader)[:2] == ("bad", code)


def test_a_key_typed_by_the_reader_replaces_the_pinned_one(
    reader: Page, near: dict[str, str], world: TraceWorld
) -> None:
    reader.goto(near["honest"] + world.path)
    assert verdict(reader)[0] == "ok"
    other = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    for typed, state, code in (
        (other, "bad", "key"),
        ("nonsense", "unknown", "badkey"),
        (world.vkey, "ok", "ok"),
        (other, "bad", "key"),
    ):
        reader.fill("#vkey", typed)
        reader.click("#key-form button")
        reader.wait_for_selector(f'#verdict[data-code="{code}"]', timeout=VISIBLE_MS)
        assert reader.get_attribute("#verdict", "data-state") == state
    reader.reload()
    assert verdict(reader)[:2] == ("bad", "key")


def test_without_a_network_nothing_is_called_checked(
    reader: Page, near: dict[str, str], world: TraceWorld
) -> None:
    reader.route("**/*format=proof", lambda route: route.abort())
    reader.goto(near["honest"] + world.path)
    state, code, sentence = verdict(reader)
    assert (state, code, sentence) == ("unknown", "network", VERIFIER["network"].vi)
    assert reader.inner_text("#verdict-word") == VERIFIER["word_unknown"].vi


def test_a_server_that_gives_no_proof_is_not_believed(
    reader: Page, near: dict[str, str], world: TraceWorld
) -> None:
    reader.route("**/*format=proof", lambda route: route.fulfill(status=503))
    reader.goto(near["honest"] + world.path)
    assert verdict(reader)[:2] == ("unknown", "server")


@pytest.mark.parametrize(
    ("seen", "state", "code"),
    [
        ("9 " + "a" * 64, "warn", "smaller"),
        ("7 " + "a" * 64, "bad", "fork"),
        ("3 " + "a" * 64, "ok", "ok"),
    ],
)
def test_the_page_remembers_the_last_checkpoint(
    reader: Page, near: dict[str, str], world: TraceWorld, seen: str, state: str, code: str
) -> None:
    key = "agridata-seen agridata.example/test"
    reader.goto(near["honest"])
    reader.evaluate("([key, seen]) => localStorage.setItem(key, seen)", [key, seen])
    reader.goto(near["honest"] + world.path)
    assert verdict(reader)[:2] == (state, code)
    kept = reader.evaluate("(key) => localStorage.getItem(key)", key)
    assert kept.split()[0] == ("7" if state == "ok" else seen.split(maxsplit=1)[0])


def test_without_javascript_the_page_is_whole_and_says_not_checked(
    chromium: Browser, near: dict[str, str], world: TraceWorld
) -> None:
    with chromium.new_context(locale="vi-VN", java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(near["honest"] + world.path)
        text = page.inner_text("main")
    assert VERIFIER["word_unknown"].vi in text
    assert VERIFIER["word_ok"].vi not in text
    for told in ("Thu hoạch", "7.300 kg", "HTX Nông nghiệp Vị Thủy", "chưa ghi nhận", "mô phỏng"):
        assert told in text
    assert "20/03/2026 06:00" in text


def wire_bytes(page: Page) -> dict[str, int]:
    """Collect what comes over the wire, headers included: URL → bytes."""
    found: dict[str, int] = {}
    urls: dict[str, str] = {}
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on(
        "Network.responseReceived", lambda e: urls.update({e["requestId"]: e["response"]["url"]})
    )
    session.on(
        "Network.loadingFinished",
        lambda e: found.update({urls[e["requestId"]]: e["encodedDataLength"]}),
    )
    return found


def test_the_page_is_light(reader: Page, near: dict[str, str], world: TraceWorld) -> None:
    weights = wire_bytes(reader)
    reader.goto(near["honest"] + world.path)
    verdict(reader)
    assert len(weights) >= 4
    assert 0 < weights[near["honest"] + world.path] <= 30_000
    assert sum(weights.values()) <= 30_000, "page, style, script and proof together"


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("what", ["lot", "landing", "unknown"])
def test_nothing_overflows_and_every_target_is_large_enough(
    reader: Page, near: dict[str, str], world: TraceWorld, lang: str, what: str
) -> None:
    path = {"lot": world.path, "landing": "/", "unknown": world.path + "X"}[what]
    reader.goto(f"{near['honest']}{path}?lang={lang}")
    assert reader.get_attribute("html", "lang") == lang
    for width in (320, 360, 768, 1280):
        reader.set_viewport_size({"width": width, "height": 740})
        assert reader.evaluate("document.documentElement.scrollWidth") <= width
        small = reader.evaluate(
            """() => [...document.querySelectorAll('a, button, input')]
              .map((e) => [e.outerHTML.slice(0, 60), e.getBoundingClientRect()])
              .filter(([, r]) => r.width && (r.height < 24 || r.width < 24)).map(([t]) => t)"""
        )
        assert not small, width


def test_no_script_error_and_no_policy_violation(
    reader: Page, near: dict[str, str], world: TraceWorld
) -> None:
    said: list[str] = []
    reader.on("console", lambda message: said.append(message.text))
    reader.on("pageerror", lambda error: said.append(str(error)))
    for path in ("/", world.path, f"/t/{world.short_code}", world.path + "?lang=en"):
        reader.goto(near["honest"] + path)
    verdict(reader)
    assert not said


def test_the_printed_short_code_leads_to_the_same_record(
    reader: Page, near: dict[str, str], world: TraceWorld
) -> None:
    reader.goto(near["honest"])
    reader.fill("#code", world.short_code.lower())
    reader.click("#scan button")
    assert verdict(reader)[:2] == ("ok", "ok")
    assert f"/t/{world.short_code}" in reader.url


def test_the_proof_can_be_checked_by_our_python_too(
    reader: Page, near: dict[str, str], world: TraceWorld
) -> None:
    from traceability.ledger import verify_bundle

    answer = reader.request.get(f"{near['honest']}{world.path}?format=proof")
    proven = verify_bundle(json.loads(answer.text()), world.vkey)
    assert len(proven.events) == 4
