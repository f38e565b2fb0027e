"""A real Chromium, on this machine and inside a network namespace with a plain-http address."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "web"))  # the world that both rooms build

from trace_world import AS_OF, TAMPERINGS, TraceWorld, build_world, tamper  # noqa: E402

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
TEST_HOST = "192.0.2.10"
"""TEST-NET-1 (RFC 5737): an address that is no loopback, so browsers offer no WebCrypto there."""

START_SECONDS = 60
"""A cold import on a busy two-core machine takes a quarter of this."""


@dataclass(frozen=True)
class Network:
    """Where server and browser run: `command` prefixes everything started there."""

    host: str
    command: tuple[str, ...] = ()

    @property
    def listen(self) -> str:
        return "127.0.0.1" if self.host == "localhost" else self.host


def _missing(config: pytest.Config, reason: str) -> None:
    config.pluginmanager.get_plugin(str(TESTS / "conftest.py")).missing(reason)


def _done(command: Sequence[str]) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


@pytest.fixture(scope="session")
def namespace(pytestconfig: pytest.Config) -> Iterator[Network]:
    """A network namespace of its own with one address that is not loopback."""
    name = f"agridata-{os.getpid()}"
    ip = shutil.which("ip", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if ip is None or not _done([ip, "netns", "add", name]):
        _missing(pytestconfig, "network namespaces (root and iproute2)")
        raise AssertionError
    try:
        inside = [ip, "-n", name]
        subprocess.run([*inside, "link", "set", "lo", "up"], check=True)
        dummy = [*inside, "link", "add", "web0", "type", "dummy"]
        device = "web0" if _done(dummy) else "lo"
        subprocess.run([*inside, "addr", "add", f"{TEST_HOST}/24", "dev", device], check=True)
        subprocess.run([*inside, "link", "set", device, "up"], check=True)
        yield Network(TEST_HOST, (ip, "netns", "exec", name))
    finally:
        subprocess.run([ip, "netns", "del", name], check=False)


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Playwright, let go after each module: its event loop occupies this thread."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def chromium(pytestconfig: pytest.Config, playwright: Playwright) -> Iterator[Browser]:
    """Debian's Chromium on this machine's own network."""
    if not CHROMIUM.is_file():
        _missing(pytestconfig, "Chromium")
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def distant_chromium(
    pytestconfig: pytest.Config,
    playwright: Playwright,
    namespace: Network,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Browser]:
    """The same Chromium inside the namespace."""
    if not CHROMIUM.is_file():
        _missing(pytestconfig, "Chromium")
    wrapper = tmp_path_factory.mktemp("namespace") / "chromium"
    wrapper.write_text(f'#!/bin/sh\nexec {" ".join(namespace.command)} {CHROMIUM} "$@"\n')
    wrapper.chmod(0o755)
    browser = playwright.chromium.launch(executable_path=wrapper, args=FLAGS)
    yield browser
    browser.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


WAIT = """
import socket, sys, time
end = time.monotonic() + float(sys.argv[3])
while True:
    try:
        socket.create_connection((sys.argv[1], int(sys.argv[2])), 1).close()
        break
    except OSError:
        if time.monotonic() > end:
            sys.exit("nothing listens")
        time.sleep(0.05)
"""


@contextmanager
def running(
    network: Network, arguments: Sequence[str | Path], ports: Sequence[int]
) -> Iterator[None]:
    """Run a Python program on a network until the block ends; wait for its ports."""
    command = [*network.command, sys.executable, *map(str, arguments)]
    with subprocess.Popen(command, cwd=TESTS.parent, stdout=subprocess.DEVNULL) as process:
        try:
            for port in ports:
                wait = [*network.command, sys.executable, "-c", WAIT, network.listen, str(port)]
                subprocess.run([*wait, str(START_SECONDS)], check=True)
            assert process.poll() is None
            yield
        finally:
            process.terminate()
            process.wait(START_SECONDS)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> TraceWorld:
    """An honest workspace with one traced lot."""
    return build_world(tmp_path_factory.mktemp("world") / "home")


@pytest.fixture(scope="session")
def homes(world: TraceWorld, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The honest workspace and one copy per lie."""
    folder = tmp_path_factory.mktemp("lies")
    return {"honest": world.home} | {
        name: tamper(world, folder / name, name) for name in TAMPERINGS
    }


def _serving(network: Network, homes: dict[str, Path]) -> Iterator[dict[str, str]]:
    ports = {name: free_port() for name in homes}
    listed = [f"{ports[name]}={home}" for name, home in homes.items()]
    arguments = [TESTS / "web" / "serve_worlds.py", network.listen, AS_OF, *listed]
    with running(network, arguments, list(ports.values())):
        yield {name: f"http://{network.host}:{port}" for name, port in ports.items()}


@pytest.fixture(scope="session")
def near(homes: dict[str, Path]) -> Iterator[dict[str, str]]:
    """Addresses of every workspace on localhost, the server's own checks off."""
    yield from _serving(Network("localhost"), homes)


@pytest.fixture(scope="session")
def far(namespace: Network, homes: dict[str, Path]) -> Iterator[dict[str, str]]:
    """The same on a plain-http address that is no loopback."""
    yield from _serving(namespace, homes)


@pytest.fixture
def honest_page(chromium: Browser, near: dict[str, str]) -> Iterator[Page]:
    """A page of the honest server on which its script can be imported."""
    with chromium.new_context(locale="vi-VN") as context:
        page = context.new_page()
        page.goto(near["honest"])
        yield page
