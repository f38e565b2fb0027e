"""`agridata trace …` and `agridata labels …` on stored lots, through the real command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from lots_world import (
    FARM,
    RICE,
    build_ledger,
    harvest,
    pack,
    paddy,
    rice,
    ship,
)
from sqlmodel import select

from agridata.registry.models import Organisation
from agridata.storage import Workspace
from agridata.vocabulary import utc_now
from apps.cli import main
from traceability.events import document_of
from traceability.events.models import TraceEvent

AT = ["--as-of", "2026-03-20T06:00"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    workspace = Workspace(tmp_path / "home").create()
    build_ledger(workspace)
    workspace.engine.dispose()
    return workspace.home


@pytest.fixture
def told(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command on the workspace; return exit code and JSON document."""

    def run(*arguments: str) -> tuple[int, dict[str, Any]]:
        code = main([*arguments, "--home", str(home), "--json"])
        return code, json.loads(capsys.readouterr().out)

    return run


def document(path: Path, *events: dict[str, Any]) -> str:
    path.write_text(json.dumps(document_of(events, utc_now())), "utf-8")
    return str(path)


def story() -> list[dict[str, Any]]:
    return [
        harvest("H1", 900),
        pack({paddy("H1"): 900}, {rice("R1"): 600}),
        ship(rice("R1"), 600),
    ]


def stored(home: Path) -> int:
    workspace = Workspace(home)
    with workspace.session() as session:
        count = len(session.exec(select(TraceEvent)).all())
    workspace.engine.dispose()
    return count


def test_a_document_is_captured_once_and_traced(told: Any, home: Path, tmp_path: Path) -> None:
    file = document(tmp_path / "d.json", *story())
    code, first = told("trace", "capture", file, "--as", FARM, *AT)
    assert (code, len(first["captured"]), first["already_stored"]) == (0, 3, [])
    assert first["log_size"] == 2 + 3
    code, again = told("trace", "capture", file, "--as", FARM, *AT)
    assert (code, again["captured"], len(again["already_stored"])) == (0, [], 3)
    assert again["log_size"] == first["log_size"]
    assert [one["lot"] for one in told("trace", "lots")[1]["lots"]] == ["H1", "R1"]
    lot = told("trace", "lot", f"{RICE}/R1")[1]
    assert (lot["quantity_kg"], lot["parcels"], lot["status"]) == (600, ["P-1"], "active")
    back = told("trace", "back", lot["short_code"])[1]
    assert [one["log_index"] for one in back["events"]] == [2, 3, 4]
    assert told("trace", "forward", "H1")[1]["links"] == [[str(paddy("H1")), str(rice("R1"))]]
    assert told("trace", "balance", "R1")[0] == 0
    assert told("ledger", "audit")[1]["ok"] is True


def test_one_bad_event_keeps_the_whole_document_out(told: Any, home: Path, tmp_path: Path) -> None:
    workspace = Workspace(home)
    with workspace.session() as session:
        new = session.get_one(Organisation, FARM).model_dump() | {"code": "htx-moi"}
        session.add(Organisation(**new))
        session.commit()
    workspace.engine.dispose()
    bad = [{**harvest("H2"), "agd:phone": "0912345678"}, {**harvest("H3"), "bizStep": "x"}]
    file = document(tmp_path / "d.json", *story(), *bad)
    keys = sorted(path.name for path in (home / "keys").rglob("*"))
    code, refused = told("trace", "capture", file, "--as", "htx-moi")
    assert code == 1
    assert [one["field"] for one in refused["errors"]] == ["agd:phone", "bizStep"]
    assert stored(home) == 0
    assert sorted(path.name for path in (home / "keys").rglob("*")) == keys, "no key was made"


def test_an_unknown_organisation_or_lot_is_told(told: Any, home: Path, tmp_path: Path) -> None:
    file = document(tmp_path / "d.json", *story())
    code, refused = told("trace", "capture", file, "--as", "nobody")
    assert code == 1
    assert "nobody" in refused["errors"][0]["problem"]
    for command in ("lot", "back", "forward", "balance", "plausibility"):
        code, refused = told("trace", command, "NOPE")
        assert code == 1
        assert set(refused["errors"][0]) >= {"where", "field", "problem", "fix"}
    assert stored(home) == 0


def test_more_out_than_in_is_exit_1(told: Any, tmp_path: Path) -> None:
    file = document(tmp_path / "d.json", *story(), ship(rice("R1"), 1, 60))
    told("trace", "capture", file, "--as", FARM, *AT)
    code, verdict = told("trace", "balance", "R1")
    assert (code, verdict["overdrawn"]) == (1, True)


def test_what_was_not_observed_is_unknown_not_plausible(told: Any, tmp_path: Path) -> None:
    told("trace", "capture", document(tmp_path / "d.json", *story()), "--as", FARM, *AT)
    code, verdict = told("trace", "plausibility", "R1", *AT)
    assert (code, verdict["status"]) == (0, "unknown")
    assert all(one["sentence_vi"] and one["sentence_en"] for one in verdict["checks"])


def test_labels_are_printed_and_read_back(told: Any, tmp_path: Path) -> None:
    told("trace", "capture", document(tmp_path / "d.json", *story()), "--as", FARM, *AT)
    out = str(tmp_path / "sheet.pdf")
    asked = ["--lot", "R1", "--count", "4", "--out", out, "--serials", "--stock", "L7160"]
    code, made = told("labels", "print", *asked, *AT)
    assert (code, made["symbols"], made["decoded"], made["mismatched"]) == (0, 4, 4, 0)
    code, read = told("labels", "verify", out)
    assert (code, read["decoded"]) == (0, 4)
    code, refused = told("labels", "print", *asked[:3], "0", *asked[4:], *AT)
    assert code == 1
    assert refused["errors"][0]["fix"]
