"""`agridata ledger …` as a person runs it, and the audit of the event store."""

import json
import sqlite3
from base64 import b64decode
from hashlib import sha256

import pytest
from ledger_worlds import NOW

from agridata.registry.models import Organisation
from agridata.storage import SourceInfo, record_data_set
from apps.cli import main
from traceability.errors import ProofError
from traceability.events import canonical_bytes, event_hash
from traceability.events.models import TraceEvent
from traceability.ledger import (
    audit_workspace,
    parse_checkpoint,
    verify_consistency,
    verify_inclusion,
    verify_tlog_proof,
)


def event(number):
    return {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:00000000-0000-4000-8000-{number:012d}",
        "eventTime": "2026-03-18T01:00:00Z",
        "eventTimeZoneOffset": "+07:00",
        "action": "ADD",
        "bizStep": "commissioning",
        "quantityList": [
            {
                "epcClass": f"https://id.gs1.org/01/08412345678905/10/L{number}",
                "quantity": 1250.5,
                "uom": "KGM",
            }
        ],
    }


def captured(world, numbers):
    """Store events with their statements in one transaction, as the lots room does."""
    with world.ledger.session() as session:
        if session.get(Organisation, "COOP") is None:
            info = SourceInfo("test", "registry", "", "", "test", "", simulated=True)
            record_data_set(session, info, "0", NOW)
            session.add(
                Organisation(
                    code="COOP",
                    name="HTX",
                    kind="cooperative",
                    location_code="C1",
                    simulated=True,
                    data_set_key="test",
                )
            )
            session.flush()
        for number in numbers:
            document = canonical_bytes(event(number))
            identity = event_hash(event(number))
            digest = world.ledger.submit_event(
                session, organisation_code="COOP", event_bytes=document, cbv_hash=identity,
                event_id=event(number)["eventID"], about={"lot": f"L{number}"}, now=NOW,
            )  # fmt: skip
            session.add(
                TraceEvent(
                    event_id=event(number)["eventID"],
                    cbv_hash=identity,
                    jcs_sha256=sha256(document).hexdigest(),
                    event_type="ObjectEvent",
                    event_time=NOW,
                    recorded_at=NOW,
                    organisation_code="COOP",
                    document=document.decode(),
                    statement_hash=digest,
                )
            )
        session.commit()


@pytest.fixture
def stored(world):
    captured(world, range(3))
    return world


@pytest.fixture
def run(stored, capsys, monkeypatch):
    monkeypatch.setenv("AGRIDATA_HOME", str(stored.workspace.home))
    monkeypatch.delenv("AGRIDATA_DATABASE_URL", raising=False)

    def call(*arguments):
        code = main(["ledger", *arguments, "--json"])
        return code, json.loads(capsys.readouterr().out)

    return call


def test_checkpoint_proofs_and_keys(run, stored):
    code, newest = run("checkpoint", "--as-of", "2026-03-20")
    assert (code, newest["size"], newest["sequenced"]) == (0, 5, 5)
    code, known = run("keys", "list")
    vkey = known["log"]["vkey"]
    assert parse_checkpoint(newest["checkpoint"].encode(), [vkey]).size == 5
    assert [key["organisation"] for key in known["keys"]] == ["PROVINCE", "COOP"]

    code, proof = run("prove", "inclusion", "3")
    entry = stored.ledger.entry(3)
    assert (code, proof["entry"]) == (0, entry.decode())
    verify_tlog_proof(proof["tlog_proof"].encode(), entry, f"log {vkey}\nquorum none\n")
    hashes = [b64decode(step) for step in proof["proof"]]
    leaf, root = (b64decode(proof[name]) for name in ("leaf_hash", "root"))
    verify_inclusion(3, 5, leaf, hashes, root)

    code, proof = run("prove", "consistency", "2", "5")
    decoded = [b64decode(step) for step in proof["proof"]]
    roots = [b64decode(proof[name]) for name in ("root1", "root2")]
    verify_consistency(2, 5, decoded, *roots)
    with pytest.raises(ProofError):
        verify_consistency(2, 5, decoded, *roots[::-1])


def test_errors_are_the_contracts(run):
    assert run("prove", "inclusion", "0")[0] == 1
    run("checkpoint")
    for arguments, code in (
        (("prove", "inclusion", "5"), 1),
        (("prove", "consistency", "2", "9"), 1),
        (("prove", "consistency", "4", "2"), 1),
        (("prove", "inclusion", "-1"), 2),
        (("prove", "inclusion", "x"), 2),
        (("audit", "--mirror", "/nonexistent"), 1),
        (("audit", "--vkey", "nonsense"), 1),
    ):
        got, document = run(*arguments)
        assert (got, document["ok"]) == (code, False), arguments
        assert document["errors"][0]["problem"]


def test_audit_of_the_event_store(run, stored):
    run("checkpoint")
    code, report = run("audit")
    assert (code, report["ok"], report["size"], report["events"]) == (0, True, 5, 3)
    assert report["errors"] == []
    database = sqlite3.connect(stored.workspace.home / "agridata.sqlite")
    changes = [
        ("UPDATE trace_event SET document = replace(document, '1250.5', '1950.5') WHERE id = 2", 3),
        ("UPDATE trace_event SET cbv_hash = cbv_hash || 'x' WHERE id = 3", 4),
        ("UPDATE trace_event SET jcs_sha256 = 'x' WHERE id = 1", 2),
        ("DELETE FROM trace_event WHERE id = 2", 3),
    ]
    for statement, index in changes:
        before = list(database.iterdump())
        with database:
            database.execute(statement)
        code, report = run("audit")
        assert (code, report["ok"]) == (1, False)
        assert (report["first"]["kind"], report["first"]["index"]) == ("event", index)
        with database:
            database.execute("DELETE FROM trace_event")
            for line in before:
                if line.startswith('INSERT INTO "trace_event"'):
                    database.execute(line)
    database.close()
    assert run("audit")[0] == 0


def test_an_event_outside_the_log_is_found(run, stored):
    run("checkpoint")
    with stored.workspace.session() as session:
        document = canonical_bytes(event(9)).decode()
        session.add(
            TraceEvent(
                event_id="urn:x:9",
                cbv_hash="x",
                jcs_sha256="x",
                event_type="ObjectEvent",
                event_time=NOW,
                recorded_at=NOW,
                organisation_code="COOP",
                document=document,
                statement_hash="00" * 32,
            )
        )
        session.commit()
    code, report = run("audit")
    assert (code, report["first"]["kind"], report["first"]["index"]) == (1, "event", None)
    assert "urn:x:9" in report["first"]["where"]


def test_waiting_and_unmarked_events_are_fine(stored):
    assert audit_workspace(stored.workspace).ok
    stored.ledger.sequence()
    stored.ledger.publish(NOW)
    report = audit_workspace(stored.workspace)
    assert (report.ok, report.events) == (True, 3)


def test_mirror_command(run, tmp_path, stored):
    run("checkpoint")
    code, written = run("mirror", str(tmp_path / "mirror"))
    assert (code, written["size"], written["written"]) == (0, 5, 3)
    assert run("audit", "--mirror", str(tmp_path / "mirror"))[1]["size"] == 5
    path = tmp_path / "mirror/tile/0/000.p/5"
    path.write_bytes(path.read_bytes()[::-1])
    code, report = run("audit", "--mirror", str(tmp_path / "mirror"))
    assert (code, report["first"]["kind"], report["first"]["index"]) == (1, "tile", 0)


def test_people_read_a_sentence(stored, capsys):
    home = ["--home", str(stored.workspace.home)]
    assert main(["ledger", "checkpoint", *home]) == 0
    assert main(["ledger", "audit", *home]) == 0
    assert "ok: 5 entries" in capsys.readouterr().out
    with stored.workspace.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE trace_event SET document = '{}' WHERE id = 1")
    assert main(["ledger", "audit", *home]) == 1
    assert "BAD event 2" in capsys.readouterr().out
    assert main(["ledger", "keys", "list", *home]) == 0
    assert "example.vn/so-cai+" in capsys.readouterr().out


def test_a_new_world_is_not_needed_to_say_there_is_none(tmp_path, capsys):
    assert main(["ledger", "audit", "--home", str(tmp_path / "none"), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["ok"] is False
