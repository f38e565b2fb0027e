"""Private keys: never readable by others, sealed or left out on demand, never lost."""

from __future__ import annotations

import os
import zipfile

import pytest
from backup_worlds import FARM, LATER, NOW, grow

from agridata.errors import EnvironmentMissingError, InputError, UsageError
from agridata.storage import Workspace
from agridata.storage._sealing import open_keys, seal_keys
from apps.backups import bring_back, take_backup
from traceability.errors import LedgerError

PASSPHRASE = "bốn từ ngẫu nhiên dài"


@pytest.fixture
def everyone_reads():
    """The most careless umask there is."""
    before = os.umask(0)
    yield
    os.umask(before)


def modes(workspace: Workspace) -> set[int]:
    return {path.stat().st_mode & 0o777 for path in workspace.keys_dir.iterdir()}


def test_no_file_with_keys_is_readable_by_others(world, tmp_path, everyone_reads):
    report = take_backup(world, tmp_path / "b.zip", now=NOW)
    assert report.path.stat().st_mode & 0o777 == 0o600
    target = Workspace(tmp_path / "restored")
    assert bring_back(target, report.path, now=LATER).ok
    assert modes(target) == {0o600}
    assert target.keys_dir.stat().st_mode & 0o777 == 0o700
    target.engine.dispose()


def test_sealed_keys_are_in_no_byte_of_the_file(world, tmp_path):
    report = take_backup(world, tmp_path / "b.zip", now=NOW, passphrase=PASSPHRASE)
    assert report.keys == "sealed"
    secret = (world.keys_dir / "log.key").read_text().strip().split("+", 4)[4]
    assert len(secret) > 40
    with zipfile.ZipFile(report.path) as file:
        assert not [name for name in file.namelist() if name.startswith("home/keys")]
        assert all(secret.encode() not in file.read(name) for name in file.namelist())


def test_sealed_keys_come_back_with_the_passphrase_only(world, tmp_path):
    report = take_backup(world, tmp_path / "b.zip", now=NOW, passphrase=PASSPHRASE)
    target = Workspace(tmp_path / "restored")
    for wrong in (None, "", "another passphrase"):
        with pytest.raises(InputError) as caught:
            bring_back(target, report.path, now=LATER, passphrase=wrong)
        assert caught.value.findings[0].field == "--passphrase-file"
        assert not target.home.exists()
    assert bring_back(target, report.path, now=LATER, passphrase=PASSPHRASE).ok
    assert modes(target) == {0o600}
    assert {path.name: path.read_bytes() for path in target.keys_dir.iterdir()} == {
        path.name: path.read_bytes() for path in world.keys_dir.iterdir()
    }
    grow(target, 1, start=9)
    target.engine.dispose()


def test_without_keys_a_workspace_reads_but_does_not_sign(world, tmp_path):
    report = take_backup(world, tmp_path / "b.zip", now=NOW, with_keys=False)
    assert report.keys == "left out"
    target = Workspace(tmp_path / "restored")
    restored = bring_back(target, report.path, now=LATER)
    assert restored.ok
    assert "nothing can be signed" in restored.health.findings[0].problem
    with pytest.raises(LedgerError):
        grow(target, 1, start=9)
    target.engine.dispose()


def test_a_restore_never_loses_a_private_key(world, tmp_path):
    """Keys made since the backup, or left out of it, stay where they were."""
    report = take_backup(world, tmp_path / "b.zip", now=NOW, with_keys=False)
    (world.keys_dir / "organisation-new.key").write_text("PRIVATE")
    (world.keys_dir / "organisation-new.key").chmod(0o600)
    restored = bring_back(world, report.path, now=LATER, force=True)
    assert restored.ok
    assert (world.keys_dir / "organisation-new.key").read_text() == "PRIVATE"
    grow(world, 1, start=9)
    assert (world.keys_dir / f"organisation-{FARM}.key").is_file()


def test_a_disk_without_modes_takes_no_keys_in_clear(world, tmp_path, monkeypatch):
    from agridata.storage import _backup

    class Modeless(_backup.ArchiveWriter):
        def __init__(self, path, progress):
            super().__init__(path, progress)
            path.chmod(0o644)  # as a FAT disk shows every file

    monkeypatch.setattr(_backup, "ArchiveWriter", Modeless)
    with pytest.raises(EnvironmentMissingError, match="cannot keep private keys private"):
        take_backup(world, tmp_path / "b.zip", now=NOW)
    assert [path.name for path in tmp_path.iterdir()] == ["world"]


def test_a_short_passphrase_is_refused(world, tmp_path):
    with pytest.raises(UsageError, match="fewer than"):
        take_backup(world, tmp_path / "b.zip", now=NOW, passphrase="short")
    assert not (tmp_path / "b.zip").exists()


def test_sealing_is_authenticated():
    sealed = seal_keys({"a": b"secret"}, PASSPHRASE)
    assert open_keys(sealed, PASSPHRASE) == {"a": b"secret"}
    assert seal_keys({"a": b"secret"}, PASSPHRASE) != sealed
    for changed in (sealed.replace(b'"n": 131072', b'"n": 2'), sealed[:-3], b"[]", b"{}"):
        with pytest.raises(InputError):
            open_keys(changed, PASSPHRASE)
