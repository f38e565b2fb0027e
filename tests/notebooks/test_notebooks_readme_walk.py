"""The README's commands, typed one after the other beside a demo workspace."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINES = [
    line
    for block in re.findall(
        r"^```\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    for line in block.splitlines()
    if line.startswith("agridata ")
]


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder in which the commands are typed: one command reads what another wrote."""
    return tmp_path_factory.mktemp("beside")


def test_there_are_commands_for_every_user() -> None:
    assert len(LINES) >= 10


@pytest.mark.parametrize("line", LINES)
def test_readme_command_works(
    line: str, demo_home: Path, beside: Path, agridata: list[str]
) -> None:
    said = re.search(r"#.*exit (\d)", line)
    done = subprocess.run(
        [*agridata, *shlex.split(line, comments=True)[1:]],
        capture_output=True, text=True, check=False, cwd=beside,
        env={**os.environ, "AGRIDATA_HOME": str(demo_home)},
    )  # fmt: skip
    assert done.returncode == (int(said[1]) if said else 0), done.stderr
    assert done.stdout.strip()
    assert "Traceback" not in done.stderr


def test_readme_addresses_answer(demo_home: Path) -> None:
    """Every path in the four users' section is served (Streamlit's own are checked elsewhere)."""
    import asyncio

    import httpx

    from agridata.storage import Workspace
    from apps.web import create_app

    text = (ROOT / "README.md").read_text("utf-8")
    paths = [one for one in re.findall(r"`(/[\w/-]+)`", text) if not one.startswith("/app")]
    assert len(paths) >= 5
    workspace = Workspace(demo_home)
    app = create_app(workspace, as_of=None, public_url="https://id.agridata.example")

    async def statuses() -> dict[str, int]:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return {path: (await client.get(path)).status_code for path in paths}

    found = asyncio.run(statuses())
    workspace.engine.dispose()
    assert set(found.values()) == {200}, found
