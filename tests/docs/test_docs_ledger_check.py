"""The program printed in docs/ledger.md verifies a real bundle and refuses a changed one."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from doc_pages import ROOT

from agridata.storage import Workspace
from agridata.vocabulary import to_utc
from traceability.events import (
    LotQuantity,
    canonical_bytes,
    event_hash,
    harvest_event,
    location_uri,
    packing_event,
)
from traceability.ledger import Ledger, verify_bundle

NOW = to_utc(datetime(2026, 3, 20, tzinfo=UTC))
PADDY, RICE = ("09521101001006", "H1/a"), ("09521101003017", "R1")
Bundle = dict[str, Any]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    page = (ROOT / "docs" / "ledger.md").read_text("utf-8")
    found = re.search(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert found
    path = tmp_path_factory.mktemp("check") / "check.py"
    path.write_text(found[1], encoding="utf-8")
    return path


def log_of(home: Path, origin: str) -> tuple[Ledger, Bundle]:
    """A log with two organisations, a harvest and a packing, and the bundle of the packed lot."""
    workspace = Workspace(home).create()
    ledger = Ledger.open(workspace)
    ledger.ensure_log_key(origin, now=NOW)
    for code in ("authority", "coop", "packer"):
        ledger.organisation_key(code, registrar="authority", now=NOW)
    where = location_uri(None, "LOC-1")
    events = [
        ("coop", harvest_event(
            harvested=LotQuantity(*PADDY, 5000), at=NOW, location=where, parcels=["P-1"])),
        ("packer", packing_event(
            inputs=[LotQuantity(*PADDY, 5000)], outputs=[LotQuantity(*RICE, 3200)], at=NOW,
            location=where)),
    ]  # fmt: skip
    documents = {}
    with ledger.session() as session:
        for code, event in events:
            exact = canonical_bytes(event)
            statement = ledger.submit_event(
                session, organisation_code=code, event_bytes=exact, cbv_hash=event_hash(event),
                event_id=event["eventID"], about={"gtin": [RICE[0]]}, now=NOW,
            )  # fmt: skip
            documents[statement] = exact
        session.commit()
    placed = [(index, documents[name]) for name, index in ledger.sequence() if name in documents]
    ledger.publish(NOW)
    return ledger, ledger.bundle(placed, about={"gtin": RICE[0], "lot": RICE[1]})


@pytest.fixture(scope="module")
def proven(tmp_path_factory: pytest.TempPathFactory) -> tuple[Bundle, str]:
    ledger, bundle = log_of(tmp_path_factory.mktemp("log") / "home", "log.example/1")
    vkey = ledger.log_vkey
    ledger.engine.dispose()
    return bundle, vkey


def ran(program: Path, bundle: Bundle, vkey: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, program, vkey],
        input=json.dumps(bundle), capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_real_bundle_is_verified(program: Path, proven: tuple[Bundle, str]) -> None:
    bundle, vkey = proven
    verify_bundle(bundle, vkey)
    done = ran(program, bundle, vkey)
    assert (done.returncode, done.stdout.strip()) == (0, "size 5, 2 events: verified"), done.stderr


def changed_event(bundle: Bundle) -> None:
    bundle["events"][0]["event"] = bundle["events"][0]["event"].replace("5000", "9000")


def changed_statement(bundle: Bundle) -> None:
    bundle["events"][1]["entry"] = bundle["events"][1]["entry"].replace('"packer"', '"coop"')


def changed_proof(bundle: Bundle) -> None:
    bundle["events"][0]["proof"].reverse()


def changed_checkpoint(bundle: Bundle) -> None:
    bundle["checkpoint"] = bundle["checkpoint"].replace("\n5\n", "\n6\n")


def left_out_key(bundle: Bundle) -> None:
    del bundle["keys"][-1]


def another_lot(bundle: Bundle) -> None:
    bundle["about"]["lot"] = "R2"


@pytest.mark.parametrize(
    "change",
    [
        changed_event,
        changed_statement,
        changed_proof,
        changed_checkpoint,
        left_out_key,
        another_lot,
    ],
    ids=lambda one: one.__name__,
)
def test_a_changed_bundle_is_refused(
    program: Path, proven: tuple[Bundle, str], change: Callable[[Bundle], None]
) -> None:
    bundle, vkey = deepcopy(proven[0]), proven[1]
    change(bundle)
    assert bundle != proven[0]
    done = ran(program, bundle, vkey)
    assert done.returncode != 0
    assert "verified" not in done.stdout


def test_another_log_of_the_same_name_is_refused(
    program: Path, proven: tuple[Bundle, str], tmp_path: Path
) -> None:
    ledger, forged = log_of(tmp_path / "home", "log.example/1")
    ledger.engine.dispose()
    done = ran(program, forged, proven[1])
    assert done.returncode != 0
