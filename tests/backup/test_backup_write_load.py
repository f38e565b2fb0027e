"""A backup taken while others write restores to a state that doctor and audit find sound."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from backup_worlds import NOW, grow, write_load

from agridata.storage import Workspace, backup
from apps.backups import bring_back, ledger_facts, signing_held, take_backup
from traceability.ledger import Ledger, audit_workspace

ENOUGH_EVENTS = 8
"""Acknowledged before the first backup: checkpoints were published, the inbox is in motion."""


def acknowledged(log) -> list[str]:
    return log.read_text("utf-8").splitlines()


def wait_for(log, count: int, process) -> None:
    deadline = time.monotonic() + 60
    while len(acknowledged(log)) < count:
        assert process.poll() is None, "the writer ended"
        assert time.monotonic() < deadline, "the writer writes nothing"
        time.sleep(0.02)


def events_of(workspace: Workspace) -> set[str]:
    with workspace.engine.connect() as connection:
        return {row[0] for row in connection.execute(sa.text("SELECT event_id FROM trace_event"))}


def backed_up_under_load(source: Workspace, place, tmp_path, rounds: int) -> None:
    log = tmp_path / "acknowledged"
    with write_load(source, log) as process:
        for number in range(rounds):
            wait_for(log, ENOUGH_EVENTS * (number + 1), process)
            before = set(acknowledged(log))
            report = take_backup(source, tmp_path / f"{number}.zip", now=NOW)
            wait_for(log, len(before) + 1, process)
            target = place(f"restored-{number}")
            restored = bring_back(target, report.path, now=NOW)
            assert restored.ok, restored.as_dict()
            audit = audit_workspace(target)
            assert audit.ok, audit.as_dict()
            assert audit.size == report.ledger["size"] > 0
            assert before <= events_of(target)
            goes_on(target, number)
            target.engine.dispose()
        assert process.poll() is None


def goes_on(workspace: Workspace, number: int) -> None:
    """The restored workspace can be worked with: keys, sequences, triggers and log are whole."""
    grow(workspace, 1, start=1_000_000 + number)
    assert audit_workspace(workspace).ok
    with pytest.raises(sa.exc.DatabaseError, match="append-only"), workspace.engine.begin() as tx:
        tx.execute(sa.text("UPDATE log_entry SET kid = 'x' WHERE idx = 0"))


def test_a_backup_under_writes_restores_sound(place, tmp_path):
    source = place.world()
    backed_up_under_load(source, place, tmp_path, rounds=1)


@pytest.mark.soak
def test_many_backups_under_writes_restore_sound(place, tmp_path):
    source = place.world()
    backed_up_under_load(source, place, tmp_path, rounds=40)


def test_nobody_signs_between_the_ledger_files_and_the_database(world, tmp_path):
    """Publishing waits for the held moment: memory, checkpoints and rows belong together."""
    import threading

    ledger = Ledger.open(world)
    grow(world, 1, publish=False, start=5)
    done = threading.Event()
    thread = threading.Thread(target=lambda: (ledger.publish(NOW), done.set()))
    with signing_held(world):
        thread.start()
        assert not done.wait(0.5)
    assert done.wait(20)
    thread.join()


def test_the_snapshot_is_of_one_moment(world, tmp_path):
    """What is committed while the file is being written is not in it."""

    sizes = []

    def write_more(_done: int, _total: int) -> None:
        if not sizes:
            sizes.append(len(grow(world, 3, start=20)))

    report = backup(
        world,
        tmp_path / "b.zip",
        now=NOW,
        hold=signing_held,
        facts=ledger_facts,
        progress=write_more,
    )
    assert sizes == [3]
    target = Workspace(tmp_path / "restored")
    assert bring_back(target, report.path, now=NOW).ok
    assert Ledger.open(target).size == report.ledger["size"] == Ledger.open(world).size - 3
    target.engine.dispose()


def test_the_ledger_files_and_the_rows_are_of_one_moment(place, tmp_path):
    """The log grows the instant the held moment ends: nothing of that is in the file."""
    source = place.world()
    held = []

    @contextmanager
    def hold(workspace):
        with signing_held(workspace):
            held.append(len(list(tmp_path.glob(".b.zip.part/ledger"))))
            yield
            held.append(len(list(tmp_path.glob(".b.zip.part/ledger"))))
        grow(workspace, 2, start=30)

    report = backup(source, tmp_path / "b.zip", now=NOW, hold=hold, facts=ledger_facts)
    assert held == [0, 1]  # the ledger's files were copied while nobody could sign
    target = place("restored")
    restored = bring_back(target, report.path, now=NOW)
    assert restored.ok, restored.as_dict()
    assert restored.audit["size"] == report.ledger["size"] == Ledger.open(source).size - 2


FROM_OUTSIDE = """
import sqlite3, sys
other = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)
other.execute("UPDATE reading SET value = value + 1")
print(other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])
"""
"""Another process writes, and tries to fold the whole WAL into the file: 1 = a reader forbids."""


def test_nothing_a_backup_does_lets_go_of_its_snapshot(world, tmp_path):
    """POSIX locks of a process end when it closes *any* handle of the file: nobody opens it."""
    said = []

    def look(_done: int, _total: int) -> None:
        if len(said) < 3:
            done = subprocess.run(
                [sys.executable, "-c", FROM_OUTSIDE, world.home / "agridata.sqlite"],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            said.append(done.stdout.strip())

    report = take_backup(world, tmp_path / "b.zip", now=NOW, progress=look)
    assert said == ["1", "1", "1"]
    target = Workspace(tmp_path / "restored")
    assert bring_back(target, report.path, now=NOW).ok
    with target.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT value FROM reading").scalar() == 1.25
    target.engine.dispose()
