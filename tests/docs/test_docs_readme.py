"""What the pages tell a person to type exists."""

from __future__ import annotations

import importlib
import re
from typing import Any

import pytest
from doc_pages import ROOT, Command, commands, pages
from typer.main import get_command

from apps.cli._main import COMMANDS

README = ROOT / "README.md"
ALL = [command for page in pages() for command in commands(page)]


def of(program: str) -> list[Command]:
    return [one for one in ALL if one.words[0] == program]


def leaf_of(words: tuple[str, ...]) -> tuple[Any, list[str]]:
    """The Typer command that `words` (after `agridata`) reach, and what is left of them."""
    assert words[0] in COMMANDS, words[0]
    command: Any = get_command(importlib.import_module(COMMANDS[words[0]][0]).app)
    left = list(words[1:])
    while getattr(command, "commands", None):
        assert left, words
        assert left[0] in command.commands, left
        command = command.commands[left.pop(0)]
    return command, left


def test_there_is_something_to_check() -> None:
    assert len(of("make")) >= 2
    assert len(of("agridata")) >= 12


@pytest.mark.parametrize("command", of("agridata"), ids=str)
def test_every_command_and_option_exists(command: Command) -> None:
    leaf, left = leaf_of(command.words[1:])
    known = {name for one in leaf.params for name in (*one.opts, *one.secondary_opts)}
    assert {word for word in left if word.startswith("--")} <= known


@pytest.mark.parametrize("command", of("make"), ids=str)
def test_every_verb_and_variable_is_in_the_makefile(command: Command) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for word in command.words[1:]:
        name, assigned, _value = word.partition("=")
        pattern = rf"^{name} \?=" if assigned else rf"^{name}:"
        assert re.search(pattern, makefile, re.MULTILINE), word


def test_the_table_of_verbs_is_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    verbs = set(re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)[1].split())
    rows = dict(
        re.findall(r"^\| `make (\w+)` \|[^|]+\| (.+) \|$", README.read_text("utf-8"), re.MULTILINE)
    )
    assert set(rows) == verbs
    recipes = re.sub(r" --quiet| -q\b| \$\(DEMO_FLAGS\)", "", makefile)
    recipes = recipes.replace("$(BIN)", ".venv/bin").replace("$(PYTHON)", "python3")
    plain = [text for row in rows.values() for text in re.findall(r"`([^`]+)`", row)]
    assert len(plain) >= 10
    for text in plain:
        typed = text.replace(" -q", "")
        assert typed == "Makefile" or typed in recipes, text


def test_readme_is_short_and_says_what_it_must() -> None:
    text = README.read_text("utf-8")
    assert len(text.splitlines()) <= 150
    for needed in ("## What is simulated", "GPL-3.0-or-later", "pymerkle", "Nền tảng dữ liệu"):
        assert needed in text
    for user in ("**Farmer**", "**Cooperative**", "**Consumer**", "**Officer**"):
        assert user in text


def test_readme_has_no_figure_without_its_command() -> None:
    """Times, ratios and counts of rows are measured by commands, not written down."""
    text = re.sub(r"^```.*?^```", "", README.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    assert not re.findall(r"\b\d+(?:[.,]\d+)?\s?(?:ms|s|seconds|times|×|kB|KB|MB|%|rows)\b", text)
