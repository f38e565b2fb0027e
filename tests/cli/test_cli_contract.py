"""Every command: help, exit codes, the error document, nothing left behind."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest
from typer.main import get_command

from apps.cli import main
from apps.cli._main import COMMANDS

MISSING = "no-such-file.csv"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main([*arguments])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, name, "--help")
    assert code == 0
    assert "Usage" in out


def leaves() -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name, (module, _) in COMMANDS.items():
        pending = [((name,), get_command(importlib.import_module(module).app))]
        while pending:
            path, command = pending.pop()
            children = getattr(command, "commands", None)
            if children:
                pending += [((*path, key), child) for key, child in children.items()]
            else:
                found.append(path)
    return sorted(found)


@pytest.mark.parametrize("path", leaves(), ids=" ".join)
def test_every_leaf_takes_home_and_json_and_explains_itself(
    path: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, *path, "--help")
    assert code == 0
    assert "--json" in out
    assert "--home" in out


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("ledger", "nonsense"),
        ("labels", "print", "--count", "many"),
        ("serve", "--as-of", "yesterday"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_2_with_a_document(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, *arguments, "--json")
    assert code == 2
    document = json.loads(out)
    assert document["ok"] is False
    assert document["errors"][0]["problem"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("places", "find", "Long Mỹ"),
        ("observe", "import", MISSING, "--preset", "salinity_bihourly"),
        ("statistics", "import", MISSING, "--preset", "rice_panel"),
        ("layers", "import", MISSING, "--kind", "land"),
        ("scenes", "add", MISSING),
        ("trace", "validate", MISSING),
        ("trace", "hash", MISSING),
        ("trace", "capture", MISSING, "--as", "HTX"),
        ("trace", "lots"),
        ("trace", "back", "NO-LOT"),
        ("labels", "verify", MISSING),
        ("labels", "print", "--lot", "NO-LOT", "--count", "1", "--out", "x.pdf"),
        ("ledger", "audit"),
        ("advice", "Nơi không có"),
        ("demo", "--data", "no-such-folder", "--no-serve"),
    ],
    ids=" ".join,
)
def test_missing_things_are_exit_1_with_where_and_fix(
    arguments: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AGRIDATA_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, *arguments, "--json")
    assert code == 1, err
    errors = json.loads(out)["errors"]
    assert errors[0]["problem"]
    assert errors[0]["fix"]
    assert "Traceback" not in err
    assert "incident" not in errors[0]["problem"]
