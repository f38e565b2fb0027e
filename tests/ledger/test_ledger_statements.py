"""Statements, keys, chains, publication, bundles: on both databases, good and bad."""

import base64
import copy
import hashlib
import json
import shutil
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import rfc8785
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_worlds import GTIN, LOT, NOW, event_bytes, make_world, submitted

from agridata.storage import Workspace
from traceability.errors import CheckpointError, LedgerError, ProofError
from traceability.ledger import (
    Ledger,
    NoteSigner,
    audit,
    leaf_hash,
    parse_checkpoint,
    parse_statement,
    verify_bundle,
    verify_consistency,
    verify_tlog_proof,
)
from traceability.ledger._statement import event_claims, sign_statement


def test_from_event_to_verified_bundle(world_on):
    ledger = world_on.ledger
    indices = world_on.capture(3)
    assert indices == [2, 3, 4]
    checkpoint = ledger.publish(NOW)
    assert parse_checkpoint(checkpoint.note.encode(), [ledger.log_vkey]).size == 5
    bundle = ledger.bundle([(index, event) for index, _, event in world_on.events])
    assert [item["index"] for item in bundle["keys"]] == [0, 1]
    proven = verify_bundle(json.dumps(bundle), ledger.log_vkey)
    assert (proven.gtin, proven.lot, proven.checkpoint) == (GTIN, LOT, checkpoint)
    assert [event.index for event in proven.events] == [2, 3, 4]
    assert len(json.dumps(bundle)) < 20_000
    proof = ledger.tlog_proof(3).encode()
    verify_tlog_proof(proof, ledger.entry(3), f"log {ledger.log_vkey}\nquorum none\n")
    assert audit(world_on.workspace, world_on.events).ok


def test_every_statement_is_the_specified_text(world):
    world.capture(2)
    statements = [parse_statement(world.ledger.entry(index)) for index in range(4)]
    assert [(s.kind, s.issuer, s.seq) for s in statements] == [
        ("key-add", "PROVINCE", 0), ("key-add", "PROVINCE", 1),
        ("epcis-event", "COOP", 0), ("epcis-event", "COOP", 1),
    ]  # fmt: skip
    for statement in statements:
        whole = json.loads(statement.entry)
        assert rfc8785.dumps(whole) == statement.entry
        assert whole["statement"]["origin"] == "example.vn/so-cai"
        assert whole["statement"]["t_issuer"] == "2026-03-20T00:00:00Z"
    assert statements[3].prev == base64.b64encode(statements[2].hash).decode()


def test_chain_goes_on_while_statements_wait_and_after_reopening(world_on):
    ledger = world_on.ledger
    hashes = []
    for number in range(3):
        with Ledger.open(world_on.workspace).session() as session:
            hashes.append(ledger.submit_event(session, **submitted(number)))
            session.commit()
    ledger.organisation_key("OTHER", now=NOW)
    placed = dict(ledger.sequence())
    assert [placed[digest] for digest in hashes] == [2, 3, 4]
    assert ledger.sequence() == []
    known = ledger.keys()
    assert [key.log_index for key in known] == [0, 1, 5]
    assert [ledger.index_of(digest) for digest in hashes] == [2, 3, 4]
    seqs = [parse_statement(ledger.entry(index)).seq for index in (2, 3, 4)]
    assert seqs == [0, 1, 2]


def test_leaving_the_session_without_commit_stores_nothing(world_on):
    with world_on.ledger.session() as session:
        world_on.ledger.submit_event(session, **submitted(0))
    assert len(world_on.ledger.sequence()) == 2
    assert world_on.ledger.size == 2


def test_private_keys_are_the_owners_alone(world):
    files = sorted(world.workspace.keys_dir.iterdir())
    assert [path.name for path in files] == [
        "log.key", "organisation-COOP.key", "organisation-PROVINCE.key",
    ]  # fmt: skip
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in files)
    secret = files[0].read_text().strip()
    for path in (p for p in world.workspace.ledger_dir.rglob("*") if p.is_file()):
        assert secret.encode() not in path.read_bytes()


def test_keys_are_made_once(world):
    vkey = world.ledger.log_vkey
    again = Ledger.open(world.workspace)
    assert again.ensure_log_key() == again.ensure_log_key("example.vn/so-cai") == vkey
    first = again.organisation_key("COOP", now=NOW)
    assert world.ledger.sequence()
    second = again.organisation_key("COOP", registrar="PROVINCE", now=NOW)
    assert (first.kid, first.log_index, second.log_index) == (second.kid, None, 1)
    assert again.sequence() == []
    for wrong in (
        lambda: again.ensure_log_key("another.example/log"),
        lambda: again.organisation_key("X", registrar="COOP"),
    ):
        with pytest.raises(LedgerError):
            wrong()


def test_a_lost_log_key_is_not_replaced(world):
    (world.workspace.keys_dir / "log.key").unlink()
    with pytest.raises(LedgerError, match="missing"):
        world.reopened().ensure_log_key()
    with pytest.raises(LedgerError, match="missing"):
        world.reopened().publish(NOW)


def test_an_organisation_without_key_cannot_speak(world):
    with world.ledger.session() as session, pytest.raises(LedgerError, match="no registered key"):
        world.ledger.submit_event(session, **{**submitted(0), "organisation_code": "STRANGER"})
    assert len(world.ledger.sequence()) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"event_bytes": b'{"b": 1}'}, {"event_bytes": b"\xff"}, {"event_bytes": b'{"b":1,"a":2}'},
        {"cbv_hash": "ni:///sha-256;00?ver=CBV2.0"}, {"about": {"x": float("nan")}},
        {"about": {"x": "y" * 70_000}}, {"event_id": "\ud800"},
    ],
)  # fmt: skip
def test_bad_submissions_store_nothing(world, change):
    with world.ledger.session() as session:
        with pytest.raises(LedgerError):
            world.ledger.submit_event(session, **{**submitted(0), **change})
        session.commit()
    assert len(world.ledger.sequence()) == 2


def foreign(world, *, signer=None, **changes):
    """Sign the cooperative's next statement by hand, with changes."""
    secret = (world.workspace.keys_dir / "organisation-COOP.key").read_text().strip()
    fields = {
        "origin": "example.vn/so-cai", "issuer": "COOP", "seq": 0, "prev": None,
        "kind": "epcis-event", "now": NOW, "about": {},
        "claims": event_claims("urn:x:1", submitted(1)["cbv_hash"], event_bytes(1)),
    }  # fmt: skip
    return sign_statement(signer or NoteSigner.parse(secret), **{**fields, **changes})


def test_statements_signed_elsewhere_are_taken_once(world_on):
    world_on.ledger.sequence()
    statement = foreign(world_on)
    for _ in range(2):
        with world_on.ledger.session() as session:
            digest = world_on.ledger.submit_statement(session, statement.entry, now=NOW)
            session.commit()
    assert digest == statement.hash.hex() == leaf_hash(statement.entry).hex()
    assert world_on.ledger.sequence() == [(digest, 2)]
    with world_on.ledger.session() as session:
        assert world_on.ledger.submit_statement(session, statement.entry, now=NOW) == digest
        session.commit()
    assert world_on.ledger.sequence() == []


@pytest.mark.parametrize("sequenced", [False, True])
def test_bad_statements_are_refused_before_sequencing(world, sequenced):
    if sequenced:
        world.ledger.sequence()
    good = foreign(world)
    stranger = NoteSigner.generate("x")
    forged = json.loads(good.entry)
    forged["statement"]["about"] = {"lot": "another"}
    bad = {
        "unknown key": foreign(world, signer=stranger).entry,
        "signature": rfc8785.dumps(forged),
        "other log": foreign(world, origin="another.example/log").entry,
        "gap": foreign(world, seq=1, prev=bytes(32)).entry,
        "other issuer": foreign(world, issuer="PROVINCE").entry,
        "not the registrar": foreign(
            world,
            kind="key-add",
            claims={
                "organisation": "X",
                "kid": hashlib.sha256(stranger.key.public_key).hexdigest()[:16],
                "public_key": base64.b64encode(stranger.key.public_key).decode(),
            },
        ).entry,
        "not canonical": json.dumps(json.loads(good.entry)).encode(),
        "oversize": b" " * 60_001,
        "utf-8": good.entry[:-1] + b"\xff}",
        "nested": b"[" * 30_000,
    }
    for name, entry in bad.items():
        with world.ledger.session() as session:
            with pytest.raises(LedgerError):
                world.ledger.submit_statement(session, entry, now=NOW)
            session.commit()
        with world.workspace.engine.connect() as connection:
            waiting = connection.exec_driver_sql("SELECT count(*) FROM log_inbox").scalar()
        assert waiting == (0 if sequenced else 2), name


def test_a_replayed_or_skipped_number_is_refused(world):
    world.ledger.sequence()
    first = foreign(world)
    with world.ledger.session() as session:
        world.ledger.submit_statement(session, first.entry, now=NOW)
        session.commit()
    later = NOW + timedelta(hours=1)
    good = foreign(world, seq=1, prev=first.hash, now=later)
    for bad in (
        foreign(world, now=later),
        foreign(world, seq=1, prev=bytes(32)),
        foreign(world, seq=2, prev=first.hash),
    ):
        with world.ledger.session() as session, pytest.raises(LedgerError):
            world.ledger.submit_statement(session, bad.entry, now=NOW)
    with world.ledger.session() as session:
        world.ledger.submit_statement(session, good.entry, now=NOW)
        session.commit()
    assert [index for _, index in world.ledger.sequence()] == [2, 3]


def test_a_tampered_inbox_stops_the_sequencer(world):
    world.ledger.sequence()
    with world.ledger.session() as session:
        world.ledger.submit_event(session, **submitted(0))
        session.commit()
    with world.workspace.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE log_inbox SET statement = replace(statement, '26', '27')"
        )
    with pytest.raises(LedgerError, match="inbox row"):
        world.ledger.sequence()
    assert world.ledger.size == 2


# Publication


def test_publishing_twice_gives_the_same_bytes(world_on):
    world_on.capture(1)
    first = world_on.ledger.publish(NOW)
    again = world_on.reopened().publish(NOW + timedelta(days=1))
    assert first == again == world_on.ledger.latest_checkpoint()
    world_on.capture(1)
    second = world_on.ledger.publish(NOW)
    assert (first.size, second.size) == (3, 4)
    proof = world_on.ledger.consistency(3, 4)
    verify_consistency(3, 4, proof, first.root, second.root)


def test_unpublished_entries_are_not_bundled(world):
    world.capture(1)
    with pytest.raises(LedgerError, match="nothing is published"):
        world.ledger.bundle([(2, event_bytes(0))])
    world.ledger.publish(NOW)
    world.capture(1)
    with pytest.raises(LedgerError, match="not published yet"):
        world.ledger.bundle([(3, event_bytes(1))])


def test_a_rolled_back_database_makes_the_ledger_read_only(world):
    world.capture(1)
    world.ledger.publish(NOW)
    file = world.workspace.home / "agridata.sqlite"
    world.workspace.engine.dispose()
    backup = shutil.copy(file, file.with_suffix(".bak"))
    world.capture(1)
    world.ledger.publish(NOW)
    world.workspace.engine.dispose()
    for leftover in file.parent.glob("agridata.sqlite-*"):
        leftover.unlink()
    shutil.copy(backup, file)
    ledger = world.reopened()
    assert "rolled back" in str(ledger.refusal)
    with ledger.session() as session:
        for call in (
            ledger.sequence,
            lambda: ledger.publish(NOW),
            lambda: ledger.organisation_key("NEW", now=NOW),
            lambda: ledger.submit_event(session, **submitted(9)),
        ):
            with pytest.raises(LedgerError, match="read-only"):
                call()
    assert ledger.entry(2)
    report = audit(world.workspace)
    assert (report.first.kind, report.first.index) == ("state", 4)
    assert {problem.kind for problem in report.problems} == {"state", "checkpoint"}


def test_a_running_publisher_sees_the_roll_back_too(world):
    world.capture(1)
    world.ledger.publish(NOW)
    path = world.workspace.ledger_dir / "signer-state.json"
    state = json.loads(path.read_text())
    path.write_text(json.dumps({**state, "root": "A" * 43 + "="}))
    for call in (world.ledger.sequence, lambda: world.ledger.publish(NOW)):
        with pytest.raises(LedgerError, match="rewritten"):
            call()
    path.write_text("{}")
    with pytest.raises(LedgerError, match="damaged"):
        world.ledger.publish(NOW)
    path.unlink()
    with pytest.raises(LedgerError, match="missing"):
        world.ledger.publish(NOW)


def test_a_bad_new_entry_is_never_signed(world):
    world.capture(2)
    with world.workspace.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER log_entry_update")
        connection.exec_driver_sql(
            "UPDATE log_entry SET stmt = replace(stmt, 'COOP', 'EVIL') WHERE idx = 3"
        )
    with pytest.raises(LedgerError, match="do not hash"):
        world.ledger.publish(NOW)
    assert world.ledger.latest_checkpoint() is None


def test_a_checkpoint_lost_in_a_crash_is_completed(world):
    world.capture(1)
    world.ledger.publish(NOW)
    with world.workspace.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER log_checkpoint_delete")
        connection.exec_driver_sql("DELETE FROM log_checkpoint")
    assert audit(world.workspace).ok
    world.capture(1)
    world.ledger.publish(NOW)
    assert audit(world.workspace).ok
    with world.workspace.engine.connect() as connection:
        sizes = connection.execute(sa.text("SELECT size FROM log_checkpoint ORDER BY size"))
        assert list(sizes.scalars()) == [3, 4]


# Bundles


@pytest.fixture
def bundle(world):
    world.capture(3)
    world.ledger.publish(NOW)
    made = world.ledger.bundle([(index, event) for index, _, event in world.events])
    return made, world.ledger.log_vkey


def test_the_self_check_refuses_an_event_that_was_not_logged(world):
    world.capture(1)
    world.ledger.publish(NOW)
    with pytest.raises(ProofError, match="not the one that was logged"):
        world.ledger.bundle([(2, event_bytes(7))])
    unchecked = world.ledger.bundle([(2, event_bytes(7))], self_check=False)
    with pytest.raises(ProofError):
        verify_bundle(unchecked, world.ledger.log_vkey)


def swapped(made, path, value):
    changed = copy.deepcopy(made)
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return changed


def refused(bundle, vkey) -> bool:
    try:
        verify_bundle(bundle, vkey)
    except ProofError:
        return True
    return False


def test_forged_bundles_are_refused(bundle):
    made, vkey = bundle
    other = NoteSigner.generate("example.vn/so-cai")
    text = made["checkpoint"].split("\n\n")[0] + "\n"
    forged = {
        "format": swapped(made, ["format"], "agridata-proof-bundle/2"),
        "lot": swapped(made, ["about", "lot"], "OTHER"),
        "gtin": swapped(made, ["about", "gtin"], "08412345678912"),
        "checkpoint": swapped(made, ["checkpoint"], other.sign_note(text)),
        "size": swapped(made, ["checkpoint"], made["checkpoint"].replace("\n5\n", "\n6\n")),
        "event": swapped(made, ["events", 0, "event"], made["events"][1]["event"]),
        "entry": swapped(made, ["events", 0, "entry"], made["events"][1]["entry"]),
        "index": swapped(made, ["events", 0, "index"], 3),
        "proof": swapped(made, ["events", 0, "proof"], made["events"][1]["proof"]),
        "short proof": swapped(made, ["events", 0, "proof"], []),
        "no registrar": swapped(made, ["keys"], made["keys"][1:]),
        "no key": swapped(made, ["keys"], made["keys"][:1]),
        "key twice": swapped(made, ["keys"], [*made["keys"], made["keys"][1]]),
        "event as key": swapped(made, ["keys", 1], {
            name: made["events"][0][name] for name in ("index", "entry", "proof")
        }),
        "event twice": swapped(made, ["events"], [made["events"][0]] * 2),
        "no events": swapped(made, ["events"], []),
        "more": {**made, "extra": 1},
    }  # fmt: skip
    for name, bad in forged.items():
        assert refused(bad, vkey), name
    with pytest.raises(ProofError):
        verify_bundle(made, str(other.key))
    verify_bundle(made, vkey)


def test_an_event_of_another_lot_does_not_belong(world):
    world.ledger.sequence()
    with world.ledger.session() as session:
        arguments = {**submitted(5), "event_bytes": event_bytes(5, "OTHER")}
        digest = world.ledger.submit_event(session, **arguments)
        session.commit()
    index = dict(world.ledger.sequence())[digest]
    world.capture(1)
    world.ledger.publish(NOW)
    entries = [(index, event_bytes(5, "OTHER")), (world.events[0][0], world.events[0][2])]
    with pytest.raises(ProofError, match="nothing to do with lot"):
        world.ledger.bundle(entries, about={"gtin": GTIN, "lot": LOT})


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_malformed_bundles_raise_only_proof_errors(data, bundle_once):
    made, vkey = bundle_once
    paths = [
        ["about"], ["checkpoint"], ["keys"], ["events"], ["keys", 0], ["keys", 0, "index"],
        ["keys", 0, "entry"], ["keys", 1, "proof"], ["events", 0, "event"], ["events", 1, "index"],
        ["events", 0, "proof", 0], ["events", 2, "entry"],
    ]  # fmt: skip
    path, value = data.draw(st.sampled_from(paths)), data.draw(junk)
    with pytest.raises(ProofError):
        verify_bundle(swapped(made, path, value), vkey)
    with pytest.raises(ProofError):
        verify_bundle(data.draw(st.text(max_size=20) | st.binary(max_size=20)), vkey)


@pytest.fixture(scope="module")
def bundle_once(tmp_path_factory):
    world = make_world(Workspace(tmp_path_factory.mktemp("bundle") / "home").create())
    world.capture(3)
    world.ledger.publish(NOW)
    made = world.ledger.bundle([(index, event) for index, _, event in world.events])
    return made, world.ledger.log_vkey


def test_a_key_of_the_wrong_kind_is_our_error(bundle):
    with pytest.raises((ProofError, CheckpointError)):
        verify_bundle(bundle[0], "nonsense")


SUBMITTER = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from ledger_worlds import NOW, submitted
from agridata.storage import Workspace
from traceability.ledger import Ledger
ledger = Ledger.open(Workspace(Path(sys.argv[2]), sys.argv[3]))
for number in range(int(sys.argv[4]), int(sys.argv[4]) + 8):
    with ledger.session() as session:
        ledger.submit_event(session, **submitted(number))
        session.commit()
    ledger.sequence()
    ledger.publish(NOW)
"""


def test_two_processes_submit_sequence_and_publish(world_on):
    workspace = world_on.workspace
    folder = str(Path(__file__).parent)
    running = [
        subprocess.Popen(
            [sys.executable, "-c", SUBMITTER, folder, workspace.home, workspace.url, str(first)],
            stderr=subprocess.PIPE, text=True,
        )
        for first in (0, 100)
    ]  # fmt: skip
    for process in running:
        _, complaints = process.communicate(timeout=90)
        assert process.returncode == 0, complaints
    assert world_on.ledger.published().size == world_on.ledger.size == 18
    assert audit(workspace).ok
    chain = [parse_statement(world_on.ledger.entry(index)).seq for index in range(2, 18)]
    assert chain == list(range(16))
