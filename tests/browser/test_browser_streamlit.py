"""The Streamlit screens in a real browser, served by the real command."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import brotli
import pytest
from demo_world import DemoWorld, finished_demo
from playwright.sync_api import Browser, Page, expect

from apps.views.office_text import OFFICE

pytestmark = pytest.mark.browser

SERVE = "import sys; from apps.cli import main; sys.exit(main(['serve', *sys.argv[1:]]))"
SIZES = {"phone": {"width": 360, "height": 740}, "desk": {"width": 1280, "height": 800}}
VISIBLE_MS = 60_000
"""The first screen imports Streamlit on a busy machine."""

SCREENS = {
    "": (OFFICE["choose_place"].vi, OFFICE["forecast"].vi),
    "officer": (OFFICE["counts"].vi, OFFICE["ledger"].vi),
    "cooperative": (OFFICE["lots"].vi, OFFICE["read_only"].vi),
    "consumer": (OFFICE["recent"].vi, "DAITHOM8-260310-06"),
}
"""Path under /app/ → two texts that must be seen."""


@dataclass
class Visit:
    """A page and everything it asked for."""

    page: Page
    asked: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def demo(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> DemoWorld:
    return finished_demo(project_root, tmp_path_factory)


@pytest.fixture(scope="module")
def served(
    pytestconfig: pytest.Config, demo: DemoWorld, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Address of a server over a copy of the demo."""
    room = pytestconfig.pluginmanager.get_plugin(str(Path(__file__).with_name("conftest.py")))
    workspace = demo.copy(tmp_path_factory.mktemp("screens") / "home")
    port = room.free_port()
    arguments = ["-c", SERVE, "--home", workspace.home, "--port", port]
    with room.running(room.Network("localhost"), arguments, [port]):
        yield f"http://localhost:{port}"


only_phone = pytest.mark.parametrize("visit", ["phone"], indirect=True)


@pytest.fixture(params=SIZES)
def visit(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Visit]:
    with chromium.new_context(locale="vi-VN", viewport=SIZES[request.param]) as context:
        visit = Visit(context.new_page())
        visit.page.set_default_timeout(VISIBLE_MS)
        visit.page.on("request", lambda one: visit.asked.append(one.url))
        visit.page.on("websocket", lambda one: visit.asked.append(one.url))
        visit.page.on("pageerror", lambda one: visit.errors.append(str(one)))
        yield visit


def settled(page: Page) -> None:
    """Wait until the script has run and every spinner is gone."""
    expect(
        page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]')
    ).to_be_visible(timeout=VISIBLE_MS)
    expect(page.locator('[data-testid="stSkeleton"]')).to_have_count(0, timeout=VISIBLE_MS)


@pytest.mark.parametrize("path", SCREENS)
def test_a_screen_renders_in_vietnamese_and_asks_nobody_else(
    served: str, visit: Visit, path: str
) -> None:
    page = visit.page
    page.goto(f"{served}/app/{path}")
    for text in SCREENS[path]:
        expect(page.get_by_text(text).first).to_be_attached(timeout=VISIBLE_MS)
    settled(page)
    assert page.locator("html").get_attribute("lang") == "vi"
    assert page.locator('[data-testid="stException"]').count() == 0
    assert {
        urlsplit(url).netloc for url in visit.asked if not url.startswith(("data:", "blob:"))
    } == {urlsplit(served).netloc}
    assert any(url.startswith("ws://") for url in visit.asked), "Streamlit itself was reached"
    assert visit.errors == []
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"], "the page itself never scrolls sideways"  # type: ignore[index]


@only_phone
def test_the_language_is_kept_from_screen_to_screen(served: str, visit: Visit) -> None:
    page = visit.page
    page.goto(f"{served}/app/?lang=en")
    expect(page.get_by_text(OFFICE["choose_place"].en).first).to_be_visible()
    page.locator('[data-testid="stExpandSidebarButton"]').click()
    page.get_by_role("link", name=OFFICE["officer"].en).click()
    expect(page.get_by_text(OFFICE["counts"].en).first).to_be_attached()
    settled(page)
    assert re.search(r"/app/officer", page.url)
    assert page.get_by_text(OFFICE["counts"].vi).count() == 0


@only_phone
def test_a_code_leads_to_the_page_that_proves_itself(served: str, visit: Visit) -> None:
    page = visit.page
    page.goto(f"{served}/app/consumer")
    box = page.get_by_label(OFFICE["code"].vi)
    box.fill("DAITHOM8-260310-06")
    box.press("Enter")
    link = page.get_by_role("link", name=OFFICE["open_page"].text("vi", lot="DAITHOM8-260310-06"))
    expect(link).to_be_visible()
    target = link.get_attribute("href") or ""
    page.goto(served + urlsplit(target).path)
    page.wait_for_selector('#verdict[data-state="ok"]', state="visible")


def test_the_page_is_vietnamese_in_every_encoding(served: str) -> None:
    """Browsers take gzip only on plain http; the page must be rewritten all the same."""
    for encoding, unpack in (
        ("identity", bytes),
        ("gzip", gzip.decompress),
        ("br", brotli.decompress),
    ):
        request = Request(f"{served}/app/officer", headers={"Accept-Encoding": encoding})
        with urlopen(request) as answer:
            assert answer.headers.get("Content-Encoding", "identity") == encoding
            assert b'<html lang="vi">' in unpack(answer.read())
            assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
