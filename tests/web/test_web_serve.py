"""`agridata serve`: what it refuses, what the process loads; how large the scripts are."""

from __future__ import annotations

import gzip
import json
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from trace_world import AS_OF, TraceWorld

from apps.cli import main
from apps.web._static import verifier_script

SERVE_AND_LOOK = """
import json, sys, threading, time, urllib.request
home, port, path = sys.argv[1:]
from apps.cli import main
arguments = ["serve", "--home", home, "--port", port, "--as-of", "2026-03-20T06:00"]
threading.Thread(target=main, args=(arguments,), daemon=True).start()
base = f"http://127.0.0.1:{port}"
for attempt in range(600):
    try:
        page = urllib.request.urlopen(base + path).read().decode()
        break
    except OSError:
        time.sleep(0.1)
proof = json.load(urllib.request.urlopen(base + path + "?format=proof"))
heavy = sorted({"geopandas", "rasterio", "xarray", "sklearn", "streamlit"} & set(sys.modules))
print(json.dumps({"page": "Thu hoạch" in page, "proof": len(proof["events"]), "heavy": heavy}))
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_trace_page_is_served_without_the_heavy_libraries(
    world: TraceWorld, project_root: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SERVE_AND_LOOK, str(world.home), str(free_port()), world.path],
        capture_output=True, text=True, cwd=project_root, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout.splitlines()[-1])
    assert seen == {"page": True, "proof": 4, "heavy": []}


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, str]]:
    code = main(["serve", "--json", *arguments])
    errors = json.loads(capsys.readouterr().out)["errors"]
    return code, errors[0]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.10", "::"])
def test_pages_may_write_on_loopback_only(
    world: TraceWorld, capsys: pytest.CaptureFixture[str], host: str
) -> None:
    code, error = refusal(capsys, "--home", str(world.home), "--host", host, "--local-admin")
    assert code == 2
    assert error["field"] == "--local-admin"
    assert error["fix"]


def test_a_taken_port_is_named(world: TraceWorld, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        code, error = refusal(capsys, "--home", str(world.home), "--port", port)
    assert code == 3
    assert port in error["problem"]
    assert error["problem_vi"]


def test_no_workspace_no_server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, error = refusal(capsys, "--home", str(tmp_path / "none"), "--as-of", AS_OF)
    assert code == 1
    assert error["field"] == "--home"


def test_a_wrong_moment_is_refused(world: TraceWorld, capsys: pytest.CaptureFixture[str]) -> None:
    code, error = refusal(capsys, "--home", str(world.home), "--as-of", "soon")
    assert code == 2
    assert error["field"] == "--as-of"


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_script_as_served_is_small_and_pins_the_key(world: TraceWorld, lang: str) -> None:
    script = verifier_script(world.vkey, lang)  # type: ignore[arg-type]  # both languages are given
    assert len(gzip.compress(script.encode(), 9, mtime=0)) <= 6_000
    config = json.loads(re.search(r"const CONFIG = (\{.*?\});", script)[1])  # type: ignore[index]  # fails loudly
    assert config["vkey"] == world.vkey
    assert config["lang"] == lang
    assert not re.search(r"^\s*//", script, re.MULTILINE)


def test_the_fallback_is_small_pinned_and_licensed(project_root: Path) -> None:
    folder = project_root / "apps/web/static/vendor"
    assert len(gzip.compress((folder / "noble.js").read_bytes(), 9, mtime=0)) <= 8_000
    package = json.loads((folder / "package.json").read_text("utf-8"))
    assert package["dependencies"] == {"@noble/ed25519": "3.2.0", "@noble/hashes": "2.4.0"}
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", one) for one in package["devDependencies"].values())
    licences = (folder / "LICENSE-noble.txt").read_text("utf-8")
    assert licences.count("The MIT License (MIT)") == 2
    assert "zip215: false" in (folder / "entry.js").read_text("utf-8")


def test_nothing_names_another_host(project_root: Path) -> None:
    ours = [
        *(project_root / "apps/web/static").rglob("*"),
        *(project_root / "apps/web/templates").iterdir(),
    ]
    for path in ours:
        if path.suffix in (".js", ".css", ".html", ".svg"):
            text = path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
            assert not re.search(r"https?://[a-z]", text), path
