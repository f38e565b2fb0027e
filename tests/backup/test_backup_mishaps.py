"""kill -9 and full disks: no half backup restores, no workspace is left half restored."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from backup_worlds import LATER, NOW, grow, tree

from agridata.errors import AgridataError, EnvironmentMissingError, InputError, NotFoundError
from agridata.storage import Workspace
from apps.backups import bring_back, take_backup
from apps.doctor import examine, signed_in
from traceability.ledger import audit_workspace


def in_a_child(action: Callable[[], Any]) -> int:
    """Run `action` in a forked process; return the signal that ended it (0: none)."""
    pid = os.fork()
    if pid == 0:
        try:
            action()
        finally:
            os._exit(0)
    return os.WTERMSIG(os.waitpid(pid, 0)[1])


def kill_me() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def killed_backup(home: Path, file: Path, share: float) -> int:
    """Back up and be killed when this share of the work is done."""

    def progress(done: int, total: int) -> None:
        if done >= share * total:
            kill_me()

    return in_a_child(lambda: take_backup(Workspace(home), file, now=NOW, progress=progress))


def nothing_restores(folder: Path, home: Path) -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with pytest.raises(AgridataError):
                bring_back(Workspace(home), path, now=LATER)
    assert not home.exists()


@pytest.mark.parametrize("share", [0.0, 0.2, 0.4, 0.6, 0.8, 0.99])
def test_a_killed_backup_leaves_no_file_that_restores(world_home, tmp_path, share):
    folder = tmp_path / "backups"
    folder.mkdir()
    file = folder / "b.zip"
    assert killed_backup(world_home, file, share) == signal.SIGKILL
    assert not file.exists()
    assert list(folder.rglob("*"))  # it did leave something: the working folder
    nothing_restores(folder, tmp_path / "home")
    if share > 0.9:
        with pytest.raises(InputError, match="cut off before it was verified"):
            bring_back(Workspace(tmp_path / "home"), folder / ".b.zip.part" / "archive", now=LATER)
    assert take_backup(Workspace(world_home), file, now=NOW).path == file
    assert list(folder.iterdir()) == [file]


@pytest.mark.soak
def test_many_killed_backups_leave_no_file_that_restores(world_home, tmp_path):
    for number in range(200):
        folder = tmp_path / str(number)
        folder.mkdir()
        killed_backup(world_home, folder / "b.zip", number / 200)
        nothing_restores(folder, tmp_path / "home")
        shutil.rmtree(folder)


def test_a_killed_backup_leaves_the_earlier_one(world_home, world_backup, tmp_path):
    shutil.copy(world_backup, tmp_path / "b.zip")
    killed_backup(world_home, tmp_path / "b.zip", 0.5)
    assert (tmp_path / "b.zip").read_bytes() == world_backup.read_bytes()


def test_two_backups_to_one_file_do_not_mix(world, tmp_path):
    """The second is refused while the first runs."""
    refusals = []

    def second(_done: int, _total: int) -> None:
        if not refusals:
            with pytest.raises(InputError, match="another backup") as caught:
                take_backup(world, tmp_path / "b.zip", now=NOW)
            refusals.append(caught.value)

    report = take_backup(world, tmp_path / "b.zip", now=NOW, progress=second)
    assert refusals
    assert bring_back(Workspace(tmp_path / "r"), report.path, now=LATER).ok


@pytest.mark.parametrize("renames", [0, 1, 3, 5, 7, 9])
def test_a_killed_restore_is_finished_by_the_next(world, tmp_path, monkeypatch, renames):
    """Killed before the n-th rename of the swap: nothing is lost, the memory never goes back."""
    old = take_backup(world, tmp_path / "old.zip", now=NOW).path
    grow(world, 2, start=5)
    new = take_backup(world, tmp_path / "new.zip", now=NOW).path
    signed = signed_in(world.ledger_dir)
    world.engine.dispose()
    rename, count = Path.rename, 0

    def killing(path: Path, target: Path) -> Path:
        nonlocal count
        count += 1
        if count > renames:
            kill_me()
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", killing)
        home = world.home
        ended = in_a_child(lambda: bring_back(Workspace(home), old, now=LATER, force=True))
    assert ended == signal.SIGKILL
    if not (home / "agridata.sqlite").exists():
        with pytest.raises(NotFoundError):
            Workspace(home).require()  # half way there is no workspace, and it says so
    again = bring_back(Workspace(home), old, now=LATER, force=True)
    assert again.report.verdict.read_only
    assert signed_in(world.ledger_dir) == signed
    assert bring_back(Workspace(home), new, now=LATER, force=True).ok
    assert audit_workspace(world).ok


# Full disks


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A disk of its own of a few megabytes (needs root)."""
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder],
        capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.parametrize("size", ["64k", "400k"])
def test_a_backup_to_a_full_disk_is_refused_and_leaves_nothing(world, tmp_path, size):
    before = tree(world.home)
    with small_disk(tmp_path / "disk", size) as disk:
        with pytest.raises(EnvironmentMissingError, match="no space left") as caught:
            take_backup(world, disk / "b.zip", now=NOW)
        assert list(disk.iterdir()) == []
    assert caught.value.findings[0].where == str(disk)
    assert tree(world.home) == before


@pytest.mark.parametrize("size", ["300k", "600k"])
def test_a_restore_to_a_full_disk_is_refused_and_leaves_nothing(
    world_backup, tmp_path, monkeypatch, size
):
    for told in (True, False):
        with small_disk(tmp_path / f"disk{told}", size) as disk:
            if not told:  # the disk fills up only while the restore runs
                usage = shutil.disk_usage(tmp_path)
                monkeypatch.setattr(shutil, "disk_usage", lambda _path, usage=usage: usage)
            with pytest.raises(EnvironmentMissingError, match="no space left"):
                bring_back(Workspace(disk / "home"), world_backup, now=LATER)
            assert list(disk.iterdir()) == []


def other_backup(source: Workspace, path: Path) -> None:
    take_backup(source, path.with_name("other.zip"), now=NOW)


def forced_restore(source: Workspace, path: Path) -> None:
    bring_back(source, path, now=LATER, force=True)


@pytest.mark.parametrize("run", [other_backup, forced_restore])
def test_a_disk_that_fills_meanwhile_is_named(place, tmp_path, monkeypatch, run):
    """The same without root, and on both databases: the write itself fails."""
    from agridata.storage import _archive

    source = place.world()
    path = take_backup(source, tmp_path / "b.zip", now=NOW).path
    grow(source, 1, start=5)
    before = tree(source.home)

    def full(*_arguments: Any, **_more: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(_archive.ArchiveWriter, "add", full)
        patch.setattr(_archive.Archive, "extract", full)
        with pytest.raises(EnvironmentMissingError, match="no space left"):
            run(source, path)
    assert tree(source.home) == before
    assert not (tmp_path / "other.zip").exists()
    assert not list(source.home.glob(".re*"))
    assert examine(source, now=LATER).ok
