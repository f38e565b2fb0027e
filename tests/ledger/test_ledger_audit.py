"""The audit names the first bad thing, whatever was changed behind the log's back."""

import hashlib
import json
import shutil

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_worlds import NOW, World, event_bytes, make_world, submitted

from agridata.storage import Workspace
from traceability.errors import AuditError, LedgerError
from traceability.ledger import Ledger, NoteSigner, audit, parse_statement, write_mirror
from traceability.ledger._database import writing
from traceability.ledger._log import append_to_log
from traceability.ledger._schema import log_entry, log_state, log_tile
from traceability.ledger._statement import sign_statement
from traceability.ledger._tiles import tile_key
from traceability.ledger._tree import Entry

TABLES = ("log_entry", "log_tile", "log_checkpoint", "log_state", "log_key")


def unprotect(engine):
    """Drop every trigger, as an attacker with the database would."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            for table in TABLES:
                connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            return
        rows = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in rows.all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")


def tamper(world, *statements):
    unprotect(world.workspace.engine)
    with world.workspace.engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def found(world, documents=True):
    report = audit(world.workspace, world.events if documents else None)
    if report.first is None:
        return None
    assert not report.ok
    with pytest.raises(AuditError):
        report.require_ok()
    return report.first.kind, report.first.index


def publish_twice(world):
    world.capture(4)
    world.ledger.publish(NOW)
    world.capture(3)
    world.ledger.publish(NOW)
    return world


def copied(template, home):
    """A copy of a SQLite world, files and all: much faster than another migration."""
    template.workspace.engine.dispose()
    shutil.copytree(template.workspace.home, home)
    workspace = Workspace(home)
    return World(workspace, Ledger.open(workspace), list(template.events))


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    return publish_twice(make_world(Workspace(tmp_path_factory.mktemp("t") / "home").create()))


@pytest.fixture
def published(template, tmp_path):
    return copied(template, tmp_path / "copy")


@pytest.fixture
def published_on(world_on):
    return publish_twice(world_on)


def flip(engine, column, at=10):
    """SQL that changes one byte of a blob column to something else."""
    if engine.dialect.name == "postgresql":
        return f"set_byte({column}, {at}, get_byte({column}, {at}) # 1)"
    return (
        f"CAST(substr({column}, 1, {at}) || CASE substr({column}, {at + 1}, 1) "
        f"WHEN x'00' THEN x'01' ELSE x'00' END || substr({column}, {at + 2}) AS BLOB)"
    )


@pytest.mark.parametrize("index", [0, 1, 2, 5, 8])
def test_an_entry_byte(published, index):
    changed = flip(published.workspace.engine, "stmt", 120)
    tamper(published, f"UPDATE log_entry SET stmt = {changed} WHERE idx = {index}")
    assert found(published) == ("entry", index)


def test_entry_tile_state_and_checkpoint_on_each_database(published_on):
    engine = published_on.workspace.engine
    assert found(published_on) is None
    tamper(published_on, "UPDATE log_checkpoint SET root = 'x' WHERE size = 6")
    assert found(published_on) == ("checkpoint", 6)
    tamper(published_on, "UPDATE log_state SET size = 8")
    assert found(published_on) == ("state", 8)
    tamper(published_on, f"UPDATE log_tile SET data = {flip(engine, 'data', 40)}")
    assert found(published_on) == ("tile", 0)
    tamper(published_on, f"UPDATE log_entry SET stmt = {flip(engine, 'stmt', 99)} WHERE idx = 5")
    assert found(published_on) == ("entry", 5)
    tamper(published_on, "DELETE FROM log_entry WHERE idx = 3")
    assert found(published_on) == ("entry", 3)


def test_other_columns_of_an_entry(published):
    tamper(published, "UPDATE log_entry SET kid = '0000000000000000' WHERE idx = 4")
    assert found(published) == ("entry", 4)


def test_missing_entries(published):
    tamper(published, "DELETE FROM log_entry WHERE idx = 3")
    assert found(published) == ("entry", 3)
    tamper(published, "DELETE FROM log_entry WHERE idx >= 3")
    assert found(published) == ("entry", 3)
    tamper(published, "DELETE FROM log_entry")
    assert found(published) == ("entry", 0)


def test_a_moved_entry(published):
    tamper(published, "UPDATE log_entry SET idx = 1000000000000 WHERE idx = 4")
    assert found(published) == ("entry", 4)


def test_a_tile_byte(published):
    changed = flip(published.workspace.engine, "data", 40)
    tamper(published, f"UPDATE log_tile SET data = {changed}")
    assert found(published) == ("tile", 0)


def test_a_short_extra_or_missing_tile(published):
    key = tile_key(1, 3)
    tamper(published, f"INSERT INTO log_tile (id, data) VALUES ({key}, 'abc')")
    assert found(published) == ("tile", 3)
    tamper(published, f"DELETE FROM log_tile WHERE id = {key}")
    assert found(published) is None
    tamper(published, "UPDATE log_tile SET data = substr(data, 1, 64)")
    assert found(published) == ("tile", 0)
    tamper(published, "DELETE FROM log_tile")
    assert found(published) == ("tile", 0)


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        ("UPDATE log_state SET size = 8", 8), ("UPDATE log_state SET size = 1000000000000",
        1_000_000_000_000), ("UPDATE log_state SET root = 'x'", 9), ("DELETE FROM log_state", None),
        ("UPDATE log_state SET origin = 'other.example'", 9),
        ("UPDATE log_key SET organisation = 'EVIL' WHERE valid_from_idx = 1", 1),
        ("UPDATE log_key SET valid_to_idx = 5 WHERE valid_from_idx = 1", 1),
        ("DELETE FROM log_key WHERE valid_from_idx = 1", 1),
    ],
)  # fmt: skip
def test_state_and_keys(published, statement, index):
    tamper(published, statement)
    assert found(published) == ("state", index)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log_checkpoint SET note = replace(note, 'vn', 'vm') WHERE size = 6",
        "UPDATE log_checkpoint SET root = 'x' WHERE size = 6",
        "UPDATE log_checkpoint SET size = 5 WHERE size = 6",
        "DELETE FROM log_checkpoint WHERE size = 6",
    ],
)
def test_a_stored_checkpoint(published, statement):
    tamper(published, statement)
    kind, index = found(published)
    assert kind == "checkpoint"
    assert index in (5, 6)


@pytest.mark.parametrize("name", ["checkpoint", "checkpoints/6", "checkpoints/9"])
def test_every_byte_of_a_published_checkpoint(world, name):
    world.capture(4)
    world.ledger.publish(NOW)
    world.capture(3)
    world.ledger.publish(NOW)
    path = world.workspace.ledger_dir / name
    whole = path.read_bytes()
    for at in range(0, len(whole), 7):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert found(world)[0] == "checkpoint", at
    path.write_bytes(whole)
    assert found(world) is None
    if "/" in name:
        path.rename(path.with_name("7"))
        assert found(world)[0] == "checkpoint"


def test_a_foreign_signer_convinces_nobody(published):
    path = published.workspace.ledger_dir / "checkpoint"
    text = path.read_text().split("\n\n")[0] + "\n"
    path.write_text(NoteSigner.generate("example.vn/so-cai").sign_note(text))
    assert found(published) == ("checkpoint", None)


def test_signer_state_files(published):
    path = published.workspace.ledger_dir / "signer-state.json"
    whole = path.read_text()
    for bad in ("{}", "", whole.replace('"size": 9', '"size": 10'), whole[:-30]):
        path.write_text(bad)
        assert found(published)[0] == "state"
    path.unlink()
    assert found(published) == ("state", None)


# Events


def test_events_byte_for_byte(published):
    index, event_id, document = published.events[2]
    for changed in (document.replace(b"26-03", b"26-04"), document + b" ", b"", b"\xff"):
        published.events[2] = (index, event_id, changed)
        assert found(published) == ("event", index)
    published.events[2] = (index, "urn:x:other", document)
    assert found(published) == ("event", index)
    published.events[2] = (1, event_id, document)
    assert found(published) == ("event", 1)
    published.events[2] = (99, event_id, document)
    assert found(published) == ("event", index)
    del published.events[2]
    assert found(published) == ("event", index)
    assert published.events[2][0] == index + 1


def test_the_event_hash_is_computed_again(published):
    def cbv(document):
        number = json.loads(document)["eventID"][-12:]
        return f"ni:///sha-256;{int(number):064x}?ver=CBV2.0"

    assert audit(published.workspace, published.events, cbv_hash=cbv).ok
    report = audit(published.workspace, published.events, cbv_hash=lambda _: "ni:///other")
    assert (report.first.kind, report.first.index, len(report.problems)) == ("event", 2, 7)


# Rewritten history


def rewrite(world, target, *, resign):
    """Change event, statement, every later chain link, leaves, tiles and state consistently."""
    engine = world.workspace.engine
    secret = world.workspace.keys_dir / "organisation-COOP.key"
    signer = NoteSigner.parse(secret.read_text().strip())
    new_event = event_bytes(77)
    entries, prev = [], None
    for index in range(world.ledger.size):
        statement = parse_statement(world.ledger.entry(index))
        if statement.issuer == "COOP" and index >= target and resign:
            claims = dict(statement.claims)
            if index == target:
                claims["event_sha256"] = hashlib.sha256(new_event).hexdigest()
            statement = sign_statement(
                signer, origin="example.vn/so-cai", issuer="COOP", seq=statement.seq,
                prev=prev, kind="epcis-event", now=NOW, about={}, claims=claims,
            )  # fmt: skip
        stmt = statement.entry
        if index == target and not resign:
            whole = json.loads(stmt)
            whole["statement"]["claims"]["event_sha256"] = hashlib.sha256(new_event).hexdigest()
            stmt = rfc8785.dumps(whole)
        if statement.issuer == "COOP":
            prev = statement.hash
        entries.append(Entry(stmt, statement.issuer_kid))
    unprotect(engine)
    with writing(engine) as connection:
        for table in (log_entry, log_tile, log_state):
            connection.execute(table.delete())
        append_to_log(connection, entries, "example.vn/so-cai")
    at = [index for index, _, _ in world.events].index(target)
    world.events[at] = (target, world.events[at][1], new_event)


def test_a_consistent_rewrite_needs_the_organisations_key(published):
    rewrite(published, 4, resign=False)
    assert found(published) == ("entry", 4)


def test_a_consistent_rewrite_with_a_stolen_key_is_convicted_by_what_was_published(published_on):
    published = published_on
    rewrite(published, 7, resign=True)
    report = audit(published.workspace, published.events)
    assert (report.first.kind, report.first.index) == ("state", 9)
    assert report.first.where == "signer-state.json"
    named = {(problem.kind, problem.index) for problem in report.problems}
    assert named == {("state", 9), ("checkpoint", 9)}
    assert "read-only" in str(published.reopened().refusal)
    tamper(published, "DELETE FROM log_checkpoint")
    for name in ("signer-state.json", "checkpoints/9"):
        (published.workspace.ledger_dir / name).unlink()
    state = {"origin": "example.vn/so-cai", "size": 0, "root": "A" * 43 + "="}
    (published.workspace.ledger_dir / "signer-state.json").write_text(json.dumps(state))
    report = audit(published.workspace, published.events)
    assert ("checkpoint", 9) in {(problem.kind, problem.index) for problem in report.problems}


def test_an_older_copy_of_the_database(world):
    world.capture(2)
    world.ledger.publish(NOW)
    file = world.workspace.home / "agridata.sqlite"
    world.workspace.engine.dispose()
    older = file.read_bytes()
    world.capture(2)
    world.ledger.publish(NOW)
    world.workspace.engine.dispose()
    file.write_bytes(older)
    for leftover in file.parent.glob("agridata.sqlite-*"):
        leftover.unlink()
    world.events = world.events[:2]
    report = audit(world.workspace, world.events)
    assert (report.first.kind, report.first.index) == ("state", 6)
    assert "rolled back" in report.first.problem
    assert {("checkpoint", 6)} <= {(each.kind, each.index) for each in report.problems}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    world = make_world(Workspace(tmp_path_factory.mktemp("flips") / "home").create())
    world.capture(3)
    world.ledger.publish(NOW)
    unprotect(world.workspace.engine)
    return world


COLUMNS = {
    "log_entry": ("stmt", "stmt_hash", "kid"), "log_tile": ("data", "id"),
    "log_state": ("origin", "size", "root"), "log_checkpoint": ("size", "root", "note"),
    "log_key": ("kid", "organisation", "public_key", "valid_from_idx"),
}  # fmt: skip


@given(data=st.data())
@settings(max_examples=120, deadline=None)
def test_any_single_bit_is_found(small, data):
    table = data.draw(st.sampled_from(sorted(COLUMNS)))
    column = data.draw(st.sampled_from(COLUMNS[table]))
    engine = small.workspace.engine
    with engine.connect() as connection:
        row, value = data.draw(
            st.sampled_from(
                connection.exec_driver_sql(f"SELECT rowid, {column} FROM {table}").all()
            )
        )
    if isinstance(value, int):
        changed = value ^ (1 << data.draw(st.integers(0, 40)))
    else:
        letters = [ord(char) for char in value] if isinstance(value, str) else list(value)
        letters[data.draw(st.integers(0, len(letters) - 1))] ^= 1 << data.draw(st.integers(0, 6))
        changed = "".join(map(chr, letters)) if isinstance(value, str) else bytes(letters)
    update = f"UPDATE {table} SET {column} = ? WHERE rowid = ?"
    with engine.begin() as connection:
        connection.exec_driver_sql(update, (changed, row))
        moved = changed if column in ("id", "size") and table != "log_state" else row
    try:
        report = audit(small.workspace, small.events)
        assert not report.ok, (table, column, row)
        assert report.first.kind in {"entry", "tile", "state", "checkpoint"}
        json.dumps(report.as_dict())
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql(update, (value, moved))


def test_the_bits_are_back(small):
    assert found(small) is None


def test_text_in_place_of_bytes_is_found_not_fatal(world):
    world.capture(2)
    world.ledger.publish(NOW)
    tamper(
        world,
        "UPDATE log_entry SET stmt = replace(stmt, 'COOP', 'EVIL') WHERE idx = 2",
        "UPDATE log_state SET size = 'many'",
        "UPDATE log_checkpoint SET note = x'ff00'",
    )
    assert found(world) == ("entry", 2)


def test_a_workspace_without_a_log_is_said_so(workspace):
    with pytest.raises(LedgerError, match="no key yet"):
        audit(workspace)


# Mirror


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    world = make_world(Workspace(tmp_path_factory.mktemp("large") / "home").create())
    world.capture(298)
    world.ledger.publish(NOW)
    return world


@pytest.fixture
def mirrored(large, tmp_path):
    world = copied(large, tmp_path / "copy")
    newest = world.ledger.published()
    folder = tmp_path / "mirror"
    assert write_mirror(world.workspace.engine, newest, folder) == 6
    assert write_mirror(world.workspace.engine, newest, folder) == 1
    return world, folder


def test_a_mirror_audits_alone(mirrored):
    world, folder = mirrored
    report = audit(folder, log_vkey=world.ledger.log_vkey)
    assert (report.ok, report.size) == (True, 300)
    assert sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()) == [
        "checkpoint", "tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1",
        "tile/entries/000", "tile/entries/001.p/44",
    ]  # fmt: skip
    world.capture(1)
    write_mirror(world.workspace.engine, world.ledger.publish(NOW), folder)
    assert audit(folder, log_vkey=world.ledger.log_vkey).size == 301
    with pytest.raises(LedgerError, match="verifier key"):
        audit(folder)


@pytest.mark.parametrize(
    ("name", "at", "first"),
    [
        ("tile/entries/000", 100, ("entry", 0)), ("tile/entries/001.p/44", 900, ("entry", 257)),
        ("tile/0/000", 3200, ("tile", 0)), ("tile/0/001.p/44", 3, ("tile", 1)),
        ("tile/1/000.p/1", 0, ("tile", 0)), ("checkpoint", 30, ("checkpoint", None)),
    ],
)  # fmt: skip
def test_a_changed_mirror_is_convicted(mirrored, name, at, first):
    world, folder = mirrored
    path = folder / name
    whole = bytearray(path.read_bytes())
    whole[at] ^= 1
    path.write_bytes(whole)
    report = audit(folder, log_vkey=world.ledger.log_vkey)
    assert (report.first.kind, report.first.index) == first
    path.unlink()
    assert not audit(folder, log_vkey=world.ledger.log_vkey).ok


def test_a_mirror_is_never_overwritten(mirrored, tmp_path):
    world, folder = mirrored
    (folder / "tile/0/000").write_bytes(b"older")
    with pytest.raises(LedgerError, match="never overwritten"):
        write_mirror(world.workspace.engine, world.ledger.published(), folder)
    shutil.rmtree(folder)
    folder.write_text("a file")
    with pytest.raises(LedgerError, match="cannot be written"):
        write_mirror(world.workspace.engine, world.ledger.published(), folder)


def test_pending_statements_are_not_missed(published):
    with published.ledger.session() as session:
        published.ledger.submit_event(session, **submitted(50))
        session.commit()
    assert found(published) is None
