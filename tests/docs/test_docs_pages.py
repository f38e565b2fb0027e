"""The pages say what the code says: commands, settings, limits, presets, links."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from doc_pages import ROOT, anchors, links, pages

from agridata.observations import PRESETS
from apps.demo._sources import _KNOWN

DOCS = ROOT / "docs"
SETTING = re.compile(r"\bAGRIDATA_[A-Z_]+\b")


def code_files() -> list[Path]:
    folders = ("agridata", "apps", "benchmarks", "remote_sensing", "traceability", "tests")
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [ROOT / "Makefile", ROOT / ".ci" / "run", *found]


def test_generated_pages_are_what_the_code_gives() -> None:
    done = subprocess.run(
        [sys.executable, DOCS / "make.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"run `python docs/make.py`; stale: {done.stdout}{done.stderr}"


def test_commands_page_lists_every_command_once() -> None:
    text = (DOCS / "commands.md").read_text("utf-8")
    listed = re.findall(r"^\| `agridata ([a-z ]+)", text, re.MULTILINE)
    assert len(listed) == len(set(listed)) >= 35
    rows = re.findall(r"^\| `agridata [^|]+(?:\\\|[^|]+)?\| ([^|]*) \|", text, re.MULTILINE)
    assert len(rows) == len(listed)
    assert all(line.strip().endswith(".") for line in rows)


def test_every_environment_variable_is_documented_and_no_other() -> None:
    used = {name for path in code_files() for name in SETTING.findall(path.read_text("utf-8"))}
    page = (DOCS / "settings.md").read_text("utf-8")
    documented = set(re.findall(r"^\| `(AGRIDATA_[A-Z_]+)`", page, re.MULTILINE))
    assert documented == used
    assert {"AGRIDATA_HOME", "AGRIDATA_DATABASE_URL"} <= documented


def test_limits_have_a_value_and_a_reason() -> None:
    page = (DOCS / "settings.md").read_text("utf-8").split("## Named limits")[1]
    rows = re.findall(r"^\| `([A-Z_0-9]+)` \| ([^|]+) \| `([^`]+)` \| (.+) \|$", page, re.MULTILINE)
    assert len(rows) > 80
    names = {name for name, *_ in rows}
    assert {"MAX_READING_AGE_HOURS", "MAX_ENTRY_BYTES", "MAX_LABELS", "THRESHOLDS_GL"} <= names
    assert all((ROOT / module).is_file() and len(reason) > 10 for _, _, module, reason in rows)


@pytest.mark.parametrize("name", PRESETS)
def test_data_page_names_every_column_of_a_preset(name: str) -> None:
    page = (DOCS / "data.md").read_text("utf-8")
    row = next(line for line in page.splitlines() if line.startswith(f"| `{name}`"))
    spec = PRESETS[name]
    for column in (spec.time_column, *(one.column for one in spec.values)):
        assert re.search(rf"\b{column}\b", row), column
    for one in spec.values:
        assert one.variable in row


def test_data_page_names_every_prefix_the_demo_knows() -> None:
    page = (DOCS / "data.md").read_text("utf-8")
    for known in _KNOWN:
        assert f"{known.folder}/{known.prefix}" in page, known


def test_data_page_names_every_flag() -> None:
    from agridata.observations import _quality

    page = (DOCS / "data.md").read_text("utf-8")
    for flag in (_quality.RANGE, _quality.CONSTANT_SEASON, _quality.COPIED_YEAR):
        assert f"| `{flag}` |" in page


@pytest.mark.parametrize("page", pages(), ids=lambda path: path.name)
def test_internal_links_resolve(page: Path) -> None:
    for link in links(page):
        target, _, fragment = link.partition("#")
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), link
        assert path.is_relative_to(ROOT), link
        if fragment:
            assert fragment in anchors(path), link


def test_every_page_is_reachable_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        waiting += [
            (page.parent / link.partition("#")[0]).resolve()
            for link in links(page)
            if link.partition("#")[0]
        ]
    assert set(DOCS.glob("*.md")) <= reached
