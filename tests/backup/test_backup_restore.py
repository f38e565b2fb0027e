"""Into which home a backup may go, and what a restore never does to the log or the old state."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from backup_worlds import LATER, NOW, grow, tree

from agridata.errors import (
    AgridataError,
    EnvironmentMissingError,
    InputError,
    NotFoundError,
)
from agridata.storage import Workspace
from apps.backups import bring_back, take_backup
from apps.doctor import examine, signed_in
from traceability.errors import LedgerError
from traceability.ledger import Ledger, audit_workspace


def rows(workspace: Workspace) -> dict[str, int]:
    with workspace.engine.connect() as connection:
        names = sa.inspect(connection).get_table_names()
        return {
            name: connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar() or 0
            for name in names
            if "_rtree" not in name and name != "spatial_ref_sys"
        }


def modes(folder: Path) -> dict[str, int]:
    return {name: (folder / name).stat().st_mode & 0o777 for name in tree(folder)}


def asides(workspace: Workspace) -> list[Path]:
    return sorted(workspace.home.glob(".re*"))


def test_everything_comes_back(place, tmp_path):
    source = place.world()
    report = take_backup(source, tmp_path / "b.zip", now=NOW)
    target = place("target")
    restored = bring_back(target, report.path, now=LATER)
    assert restored.ok
    assert rows(target) == rows(source)
    assert not asides(target)
    assert tree(target.home) == tree(source.home)
    assert modes(target.home) == modes(source.home)
    with target.engine.connect() as connection:
        boxes = connection.exec_driver_sql("SELECT min_lon, key FROM station").fetchall()
    assert boxes == [(105.5, "tram-1")]


def test_a_workspace_is_not_replaced_by_accident(place, tmp_path):
    source = place.world()
    report = take_backup(source, tmp_path / "b.zip", now=NOW)
    grow(source, 1, start=5)
    before, files = rows(source), tree(source.home)
    with pytest.raises(InputError, match="already"):
        bring_back(source, report.path, now=LATER)
    assert rows(source) == before
    assert tree(source.home) == files


def test_a_healthy_restore_of_the_same_state_leaves_nothing_behind(place, tmp_path):
    source = place.world()
    report = take_backup(source, tmp_path / "b.zip", now=NOW)
    with source.session() as session:
        session.connection().exec_driver_sql("UPDATE reading SET value = 99")
        session.commit()
    restored = bring_back(source, report.path, now=LATER, force=True)
    assert restored.ok
    assert not restored.report.replaced
    assert not asides(source)
    assert "leftovers" not in {one.what for one in restored.health.findings}
    with source.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT max(value) FROM reading").scalar() == 1.25
    grow(source, 1, start=5)
    assert audit_workspace(source).ok


# An older backup over a log that has signed further


def test_an_older_backup_leaves_the_ledger_read_only(place, tmp_path):
    source = place.world()
    report = take_backup(source, tmp_path / "b.zip", now=NOW)
    grow(source, 2, start=5)
    signed = signed_in(source.ledger_dir)
    assert signed.size == report.ledger["size"] + 2
    restored = bring_back(source, report.path, now=LATER, force=True)
    assert not restored.ok
    assert restored.report.verdict.read_only
    assert f"signed {signed.size} entries, the backup knows" in restored.report.verdict.statement
    assert "chỉ đọc" in restored.report.verdict.statement_vi
    assert signed_in(source.ledger_dir) == signed  # the memory never went back
    assert (source.ledger_dir / "checkpoints" / str(signed.size)).is_file()
    assert Ledger.open(source).refusal is not None
    with pytest.raises(LedgerError):
        grow(source, 1, start=9)
    with pytest.raises(LedgerError):
        Ledger.open(source).publish(NOW)
    assert [one.what for one in restored.health.findings if one.severity == "error"] == ["ledger"]
    assert restored.report.replaced == asides(source)  # the further state is kept
    assert not restored.audit["ok"]


def test_the_way_out_of_read_only_is_the_newer_backup(world, tmp_path):
    old = take_backup(world, tmp_path / "old.zip", now=NOW).path
    grow(world, 2, start=5)
    new = take_backup(world, tmp_path / "new.zip", now=NOW).path
    assert not bring_back(world, old, now=LATER, force=True).ok
    restored = bring_back(world, new, now=LATER, force=True)
    assert restored.ok
    grow(world, 1, start=9)
    assert audit_workspace(world).ok


def test_a_memory_left_aside_by_a_cut_off_restore_counts(world, tmp_path):
    """Killed between moving the old state out and the new one in, then run again."""
    old = take_backup(world, tmp_path / "old.zip", now=NOW).path
    grow(world, 2, start=5)
    signed = signed_in(world.ledger_dir)
    world.engine.dispose()
    aside = world.home / ".replaced-20260320T000000Z"
    aside.mkdir()
    for path in list(world.home.iterdir()):
        if path != aside:
            path.rename(aside / path.name)
    restored = bring_back(Workspace(world.home), old, now=LATER)
    assert restored.report.verdict.read_only
    assert signed_in(world.ledger_dir) == signed


def test_a_lost_database_does_not_take_the_memory_with_it(world, tmp_path):
    old = take_backup(world, tmp_path / "old.zip", now=NOW).path
    grow(world, 1, start=5)
    signed = signed_in(world.ledger_dir)
    world.engine.dispose()
    (world.home / "agridata.sqlite").unlink()
    restored = bring_back(world, old, now=LATER, force=True)
    assert restored.report.verdict.read_only
    assert signed_in(world.ledger_dir) == signed


def test_a_damaged_memory_is_kept_and_stops_signing(world, tmp_path):
    old = take_backup(world, tmp_path / "old.zip", now=NOW).path
    (world.ledger_dir / "signer-state.json").write_text("{")
    restored = bring_back(world, old, now=LATER, force=True)
    assert restored.report.verdict.read_only
    assert "damaged" in restored.report.verdict.statement
    assert Ledger.open(world).refusal is not None


@pytest.mark.parametrize("checkpoints", [True, False])
def test_two_histories_of_one_length_are_told_apart(world, tmp_path, checkpoints):
    other = tmp_path / "other"
    world.engine.dispose()
    shutil.copytree(world.home, other)
    fork = Workspace(other)
    grow(world, 1, start=5)
    grow(fork, 1, start=6)
    if not checkpoints:  # somebody tidied up
        shutil.rmtree(fork.ledger_dir / "checkpoints")
    path = take_backup(fork, tmp_path / "fork.zip", now=NOW).path
    fork.engine.dispose()
    signed = signed_in(world.ledger_dir)
    restored = bring_back(world, path, now=LATER, force=True)
    assert restored.report.verdict.read_only
    assert "another history" in restored.report.verdict.statement
    assert signed_in(world.ledger_dir) == signed


def test_a_longer_fork_is_told_apart_too(world, tmp_path):
    world.engine.dispose()
    shutil.copytree(world.home, tmp_path / "other")
    fork = Workspace(tmp_path / "other")
    grow(world, 1, start=5)
    grow(fork, 1, start=6)
    grow(fork, 1, start=7)
    path = take_backup(fork, tmp_path / "fork.zip", now=NOW).path
    fork.engine.dispose()
    restored = bring_back(world, path, now=LATER, force=True)
    assert restored.report.verdict.read_only
    assert Ledger.open(world).refusal is not None


def test_a_checkpoint_published_elsewhere_counts(world, tmp_path):
    """The disk is lost, the mirror is not: what it shows was signed is not signed again."""
    old = take_backup(world, tmp_path / "old.zip", now=NOW).path
    grow(world, 2, start=5)
    published = Ledger.open(world).published().note.encode()
    elsewhere = Workspace(tmp_path / "elsewhere")
    restored = bring_back(elsewhere, old, now=LATER, checkpoint=published)
    assert restored.report.verdict.read_only
    assert Ledger.open(elsewhere).refusal is not None
    elsewhere.engine.dispose()
    same = Workspace(tmp_path / "same")
    newer = take_backup(world, tmp_path / "new.zip", now=NOW).path
    assert bring_back(same, newer, now=LATER, checkpoint=published).ok
    same.engine.dispose()
    with pytest.raises(AgridataError):
        bring_back(Workspace(tmp_path / "x"), newer, now=LATER, checkpoint=b"no note\n")
    assert not (tmp_path / "x").exists()


def test_another_log_is_kept_aside(world, world_backup, tmp_path):
    other = Workspace(tmp_path / "other").create()
    ledger = Ledger.open(other)
    vkey = ledger.ensure_log_key("agridata.example/other", now=NOW)
    restored = bring_back(other, world_backup, now=LATER, force=True)
    assert restored.ok
    assert "another log (agridata.example/other)" in restored.report.verdict.statement
    [aside] = restored.report.replaced
    assert (aside / "ledger" / "log.vkey").read_text().strip() == vkey
    assert Ledger.open(other).origin == "agridata.example/backup"
    other.engine.dispose()


# What must not happen


def test_a_workspace_in_use_is_not_replaced(world, world_backup, monkeypatch):
    from agridata.storage import _load

    monkeypatch.setattr(_load, "LOCK_SECONDS", 1)
    with closing(sqlite3.connect(world.home / "agridata.sqlite")) as server:
        server.execute("SELECT count(*) FROM reading").fetchall()  # an idle reader is enough
        before = tree(world.home)
        with pytest.raises(InputError, match="has this database open"):
            bring_back(world, world_backup, now=LATER, force=True)
        assert tree(world.home) == before
        assert server.execute("SELECT count(*) FROM reading").fetchall() == [(1,)]
    assert not asides(world)


def test_nobody_gets_in_while_a_workspace_is_replaced(world, world_backup, monkeypatch):
    rename, said = Path.rename, []
    script = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute(sys.argv[2])"

    def looking(path: Path, target: Path) -> Path:
        if path.name == "agridata.sqlite":
            query = "SELECT count(*) FROM reading"
            done = subprocess.run(
                [sys.executable, "-c", script, path, query], capture_output=True, text=True,
                check=False,
            )  # fmt: skip
            said.append(done.stderr.splitlines()[-1])
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", looking)
        assert bring_back(world, world_backup, now=LATER, force=True).ok
    assert said == ["sqlite3.OperationalError: database is locked"]


def test_an_open_transaction_on_postgresql_is_waited_for_and_named(place, tmp_path, monkeypatch):
    from agridata.storage import _load

    if place.kind == "sqlite":
        return  # see the test above
    monkeypatch.setattr(_load, "LOCK_SECONDS", 1)
    source = place.world()
    report = take_backup(source, tmp_path / "b.zip", now=NOW)
    grow(source, 1, start=5)
    before, files = rows(source), tree(source.home)
    other = Workspace(source.home, source.url)
    with other.engine.connect() as busy:
        busy.exec_driver_sql("SELECT count(*) FROM reading")
        with pytest.raises(InputError, match="has this database open"):
            bring_back(source, report.path, now=LATER, force=True)
    other.engine.dispose()
    assert rows(source) == before
    assert tree(source.home) == files


@pytest.mark.parametrize("fails_at", [0, 2, 4, 7])
def test_a_swap_that_fails_is_undone(place, tmp_path, monkeypatch, fails_at):
    """Every rename of the swap fails in turn: database and files are what they were."""
    source = place.world()
    report = take_backup(source, tmp_path / "b.zip", now=NOW)
    grow(source, 1, start=5)
    before, files = rows(source), tree(source.home)
    rename, count = Path.rename, 0

    def failing(path: Path, target: Path) -> Path:
        nonlocal count
        count += 1
        if count == fails_at + 1:
            raise OSError(5, "Input/output error")
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", failing)
        with pytest.raises(InputError, match="Input/output"):
            bring_back(source, report.path, now=LATER, force=True)
    assert rows(source) == before
    assert tree(source.home) == files
    assert not asides(source)
    assert examine(source, now=LATER).ok
    grow(source, 1, start=7)


def test_a_file_of_the_other_database_is_named(place, world_backup, tmp_path, request):
    if "postgresql" in request.node.callspec.id:
        target = place("target")
        with pytest.raises(InputError, match="this workspace is on postgresql"):
            bring_back(target, world_backup, now=LATER)
    else:
        postgresql = request.getfixturevalue("postgres_url")
        source = Workspace(tmp_path / "pg", postgresql).create()
        path = take_backup(source, tmp_path / "pg.zip", now=NOW).path
        source.engine.dispose()
        target = place("target")
        with pytest.raises(InputError, match="this workspace is on sqlite"):
            bring_back(target, path, now=LATER)
    assert not target.home.exists()


def test_backups_inside_the_home_stay_and_are_not_backed_up(world, tmp_path):
    (world.home / "weekly").mkdir()
    first = take_backup(world, world.home / "weekly" / "monday.zip", now=NOW)
    second = take_backup(world, world.home / "tuesday.zip", now=NOW)
    assert second.members == first.members
    for path in (second.path, first.path):
        assert bring_back(world, path, now=LATER, force=True).ok
    assert {"weekly", "tuesday.zip"} <= {path.name for path in world.home.iterdir()}
    assert first.path.is_file()


def test_hidden_files_of_people_are_left_alone(world, world_backup):
    (world.home / ".env").write_text("mine")
    assert bring_back(world, world_backup, now=LATER, force=True).ok
    assert (world.home / ".env").read_text() == "mine"


def test_a_file_with_an_unlawful_name_is_left_out_and_told(world, tmp_path):
    (world.labels_dir / "a\\b.pdf").write_bytes(b"x")
    (world.labels_dir / os.fsdecode(b"\xff.pdf")).write_bytes(b"x")
    report = take_backup(world, tmp_path / "b.zip", now=NOW)
    assert len(report.left_out) == 2
    assert bring_back(Workspace(tmp_path / "r"), report.path, now=LATER).ok


def test_a_swap_that_cannot_be_undone_deletes_nothing(world, world_backup, monkeypatch):
    """The disk fails for good in the middle: the old state stays aside, whole."""
    rename, count = Path.rename, 0

    def failing(path: Path, target: Path) -> Path:
        nonlocal count
        count += 1
        if count > 3:
            raise OSError(5, "Input/output error")
        return rename(path, target)

    world.engine.dispose()
    before = tree(world.home)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", failing)
        with pytest.raises(InputError, match="Input/output"):
            bring_back(world, world_backup, now=LATER, force=True)
    [aside] = asides(world)
    assert (aside / "agridata.sqlite").is_file()
    assert {**tree(world.home), **tree(aside)}.items() >= before.items()


def test_a_server_that_does_not_answer_is_named(world_home, world_backup, tmp_path):
    away = "postgresql://nobody@127.0.0.1:1/none"
    with pytest.raises(EnvironmentMissingError, match="cannot be reached"):
        take_backup(Workspace(world_home, away), tmp_path / "b.zip", now=NOW)
    assert not list(tmp_path.iterdir())
    pg = Workspace(tmp_path / "pg", away)
    with pytest.raises(InputError, match="on postgresql"):
        bring_back(pg, world_backup, now=LATER)


def test_rows_that_do_not_fit_are_refused_and_the_old_ones_stay(place, tmp_path):
    if place.kind == "sqlite":
        return  # a SQLite file is judged as a whole, see test_backup_file
    from test_backup_file import rebuilt

    source = place.world()
    path = take_backup(source, tmp_path / "b.zip", now=NOW).path
    grow(source, 1, start=5)
    before, files = rows(source), tree(source.home)
    with zipfile.ZipFile(path) as file:
        station = file.read("database/station.copy")
    for number, changed in enumerate(
        (station.replace(b"tram-1", b"tram\t1"), station.replace(b"tests", b"gone"), b"\\.\n")
    ):
        odd = rebuilt(path, tmp_path / f"{number}.zip", change={"database/station.copy": changed})
        with pytest.raises(InputError, match=r"refused|does not have|holds"):
            bring_back(source, odd, now=LATER, force=True)
        assert rows(source) == before
        assert tree(source.home) == files
        assert not asides(source)


def test_a_database_beside_the_home_is_restored_beside_it(world, tmp_path):
    path = take_backup(world, tmp_path / "b.zip", now=NOW).path
    target = Workspace(tmp_path / "home", f"sqlite:///{tmp_path / 'data' / 'x.sqlite'}")
    assert bring_back(target, path, now=LATER).ok
    assert (tmp_path / "data" / "x.sqlite").is_file()
    grow(target, 1, start=5)
    restored = bring_back(target, path, now=LATER, force=True)
    assert restored.report.verdict.read_only
    assert len(restored.report.replaced) == 2
    assert all(one.exists() for one in restored.report.replaced)
    target.engine.dispose()


def test_an_old_schema_is_brought_up_to_date(tmp_path):
    """A backup of revision 0003 restores under the newest program."""
    from agridata.storage._migrate import upgrade

    source = Workspace(tmp_path / "old")
    for folder in ("scenes", "labels", "ledger", "keys"):
        (source.home / folder).mkdir(parents=True)
    upgrade(source.engine, "0003")
    report = take_backup(source, tmp_path / "b.zip", now=NOW)
    assert report.schema_revision == "0003"
    target = Workspace(tmp_path / "new")
    restored = bring_back(target, report.path, now=LATER)
    assert restored.ok, restored.as_dict()
    source.engine.dispose()
    target.engine.dispose()


def test_the_document_says_what_happened(world, world_backup, tmp_path):
    target = Workspace(tmp_path / "target")
    told = json.loads(json.dumps(bring_back(target, world_backup, now=LATER).as_dict()))
    target.engine.dispose()
    assert told["ok"] is True
    assert told["backup_of"] == NOW.isoformat()
    assert told["ledger"]["size"] == told["audit"]["size"] == 3
    assert told["ledger"]["read_only"] is False
    assert told["doctor"]["counts"]["error"] == 0


def test_a_folder_that_cannot_be_written_is_named(world, tmp_path):
    for name in ("nowhere/b.zip", "world/agridata.sqlite/b.zip"):
        with pytest.raises(InputError, match="cannot be written"):
            take_backup(world, tmp_path / name, now=NOW)


def test_only_a_backup_is_replaced_by_a_backup(world, tmp_path):
    path = tmp_path / "b.zip"
    path.write_bytes(b"a thesis, four years of work" * 100)
    with pytest.raises(InputError, match="something else"):
        take_backup(world, path, now=NOW)
    assert path.read_bytes().startswith(b"a thesis")
    path.unlink()
    first = take_backup(world, path, now=NOW)
    second = take_backup(world, path, now=LATER)
    assert first.sha256 != second.sha256
    assert bring_back(Workspace(tmp_path / "r"), path, now=LATER).report.created_at == (
        LATER.isoformat()
    )


def test_what_is_no_workspace_is_named(tmp_path):
    with pytest.raises(NotFoundError):
        take_backup(Workspace(tmp_path / "none"), tmp_path / "b.zip", now=NOW)
    (tmp_path / "odd").mkdir()
    with closing(sqlite3.connect(tmp_path / "odd" / "agridata.sqlite")) as other:
        other.execute("CREATE TABLE t (x)")
    with pytest.raises(NotFoundError, match="no agridata workspace"):
        take_backup(Workspace(tmp_path / "odd"), tmp_path / "b.zip", now=NOW)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["odd"]
