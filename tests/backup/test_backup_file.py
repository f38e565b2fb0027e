"""The file itself: every flipped bit, cut and trick is refused, and nothing is touched."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from backup_worlds import LATER, NOW, tree
from hypothesis import given
from hypothesis import strategies as st

from agridata.errors import InputError
from agridata.storage import Workspace
from agridata.storage._archive import FORMAT, TRAILER, ArchiveWriter, safe_name, seal, sum_of
from apps.backups import bring_back

FLIPS = 50
SOAK_FLIPS = 500


def refused(path: Path, home: Path, word: str = "", **more) -> InputError:
    """Restore must refuse `path`, naming what is wrong, and leave no trace of an attempt."""
    before = tree(home) if home.exists() else None
    with pytest.raises(InputError) as caught:
        bring_back(Workspace(home), path, now=LATER, **more)
    found = caught.value.findings[0]
    assert found.where
    assert found.fix
    assert found.problem_vi
    assert found.fix_vi
    assert word in found.problem
    assert (tree(home) if home.exists() else None) == before
    return caught.value


def resealed(path: Path) -> Path:
    """Make the sum at the end right again, as whoever changed the file on purpose would."""
    seal(path, sum_of(path)[0])
    return path


def flip(source: Path, target: Path, bit: int) -> Path:
    data = bytearray(source.read_bytes())
    data[bit // 8] ^= 1 << (bit % 8)
    target.write_bytes(data)
    return target


def flips(source: Path, count: int, seed: int) -> list[int]:
    """Bits spread over the file, its first and last bytes always among them."""
    bits = source.stat().st_size * 8
    rng = random.Random(seed)
    return [0, bits - 1, bits - 8 * TRAILER, *(rng.randrange(bits) for _ in range(count - 3))]


def test_every_flipped_bit_is_found(world_backup, tmp_path):
    for bit in flips(world_backup, FLIPS, seed=1):
        refused(flip(world_backup, tmp_path / "flipped.zip", bit), tmp_path / "home")


@pytest.mark.soak
def test_every_one_of_many_flipped_bits_is_found(world_backup, tmp_path):
    for bit in flips(world_backup, SOAK_FLIPS, seed=2):
        refused(flip(world_backup, tmp_path / "flipped.zip", bit), tmp_path / "home")


def test_a_flip_in_a_member_is_found_even_under_a_right_sum(world_backup, tmp_path):
    """The sums of the manifest do not rest on the sum of the whole."""
    with zipfile.ZipFile(world_backup) as file:
        spans = [
            (one.header_offset + 30 + len(one.filename.encode()) + 20, one.compress_size)
            for one in file.infolist()
            if one.file_size > 100
        ]
    rng = random.Random(3)
    for start, length in spans:
        bit = 8 * (start + rng.randrange(length)) + rng.randrange(8)
        flipped = flip(world_backup, tmp_path / "flipped.zip", bit)
        refused(resealed(flipped), tmp_path / "home")


@pytest.mark.parametrize("keep", [0, 1, TRAILER - 1, TRAILER, 0.1, 0.5, 0.999, -1])
def test_a_cut_file_is_refused(world_backup, tmp_path, keep):
    data = world_backup.read_bytes()
    length = int(len(data) * keep) if isinstance(keep, float) else keep
    (tmp_path / "cut.zip").write_bytes(data[:length])
    refused(tmp_path / "cut.zip", tmp_path / "home")


def test_a_longer_file_is_refused(world_backup, tmp_path):
    (tmp_path / "long.zip").write_bytes(world_backup.read_bytes() + b"\0")
    refused(tmp_path / "long.zip", tmp_path / "home")


def test_other_files_are_refused(tmp_path, project_root):
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
        other.writestr("hello.txt", "hello")
    refused(tmp_path / "other.zip", tmp_path / "home", "not an agridata backup")
    refused(project_root / "README.md", tmp_path / "home", "not an agridata backup")
    refused(tmp_path, tmp_path / "home")
    refused(tmp_path / "nowhere.zip", tmp_path / "home")


# Files made on purpose


def rebuilt(source: Path, target: Path, *, manifest=None, extra=(), change=None) -> Path:
    """Write a backup again with the program's own writer, changed as told, sums all right."""
    with zipfile.ZipFile(source) as file:
        told = json.loads(file.read("manifest.json"))
        contents = {name: file.read(name) for name in told.pop("members")}
    contents.update(change or {})
    archive = ArchiveWriter(target, lambda _count: None)
    for name, data in [*contents.items(), *extra]:
        with archive.member(name) as write:
            write(data)
    archive.finish({**told, **(manifest or {})})
    return resealed(target)


def test_a_rebuilt_file_restores(world_backup, tmp_path):
    """So that the refusals below are for what was changed."""
    path = rebuilt(world_backup, tmp_path / "again.zip")
    target = Workspace(tmp_path / "home")
    assert bring_back(target, path, now=LATER).ok
    target.engine.dispose()


@pytest.mark.parametrize(
    "name",
    ["home/../../evil", "../evil", "/etc/evil", "home/labels/../../../evil", "home//evil",
     "home\\..\\evil", "home/./evil", "elsewhere/evil", "home", "database/../home/evil"],
)  # fmt: skip
def test_no_member_is_unpacked_outside(world_backup, tmp_path, name):
    path = rebuilt(world_backup, tmp_path / "slip.zip", extra=[(name, b"evil")])
    refused(path, tmp_path / "a" / "home", "outside")
    assert not list(tmp_path.rglob("evil"))


@given(st.text(st.sampled_from("a./\\\0hoedatbsky-ế"), max_size=30))
def test_a_safe_name_stays_inside(name):
    if safe_name(name):
        root = Path("/r")
        assert root in (root / name).parents
        assert Path(*(root / name).parts) == root / name
        assert ".." not in (root / name).parts


@pytest.mark.parametrize(
    ("manifest", "word"),
    [
        ({"format": "agridata-backup/99"}, "format"),
        ({"schema_revision": "9999"}, "format schema 9999"),
        ({"ledger": None}, "manifest"),
        ({"database": {}}, "manifest"),
        ({"database": {"kind": "postgresql", "tables": {"lot": {}}, "sequences": {}}}, "manifest"),
        ({"database": {"kind": "oracle"}}, "manifest"),
        ({"database": {"kind": "postgresql", "tables": {}, "sequences": {}}}, "is on sqlite"),
        ({"created_at": 5}, "manifest"),
    ],
)
def test_a_manifest_that_is_not_ours_is_refused(world_backup, tmp_path, manifest, word):
    path = rebuilt(world_backup, tmp_path / "odd.zip", manifest=manifest)
    refused(path, tmp_path / "home", word)


def test_a_later_version_of_the_format_is_named(world_backup, tmp_path):
    data = bytearray(world_backup.read_bytes())
    data[-TRAILER:] = b"agridata-backup/2 sha256=".ljust(TRAILER, b"0")
    (tmp_path / "later.zip").write_bytes(data)
    refused(tmp_path / "later.zip", tmp_path / "home", f"another version than {FORMAT}")


def test_a_member_twice_is_refused(world_backup, tmp_path):
    shutil.copy(world_backup, tmp_path / "twice.zip")
    with (
        zipfile.ZipFile(tmp_path / "twice.zip", "a") as file,
        pytest.warns(UserWarning, match="Duplicate"),
    ):
        file.writestr("home/ledger/log.vkey", b"other")
    refused(resealed(tmp_path / "twice.zip"), tmp_path / "home", "manifest")


def test_a_member_that_the_manifest_hides_is_refused(world_backup, tmp_path):
    with zipfile.ZipFile(world_backup) as file:
        told = json.loads(file.read("manifest.json"))
        contents = {name: file.read(name) for name in told.pop("members")}
    archive = ArchiveWriter(tmp_path / "odd.zip", lambda _count: None)
    for name, data in [*contents.items(), ("home/keys/extra.key", b"planted")]:
        with archive.member(name) as write:
            write(data)
    del archive.members["home/keys/extra.key"]
    archive.finish(told)
    refused(resealed(tmp_path / "odd.zip"), tmp_path / "home", "does not list what it holds")


def altered_database(source: Path, tmp_path: Path, *statements: str) -> bytes:
    with zipfile.ZipFile(source) as file:
        (tmp_path / "x.sqlite").write_bytes(file.read("database/agridata.sqlite"))
    with closing(sqlite3.connect(tmp_path / "x.sqlite", isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)
    return (tmp_path / "x.sqlite").read_bytes()


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("CREATE TRIGGER t AFTER INSERT ON reading BEGIN DELETE FROM reading; END", "trigger t"),
        ("CREATE VIEW v AS SELECT 1", "view v"),
        ("UPDATE alembic_version SET version_num = '0001'", "revision"),
        ("DELETE FROM organisation", "refer to rows"),
    ],
)
def test_a_database_that_is_not_ours_is_refused(world_backup, tmp_path, statement, word):
    data = altered_database(world_backup, tmp_path, statement)
    path = rebuilt(world_backup, tmp_path / "odd.zip", change={"database/agridata.sqlite": data})
    refused(path, tmp_path / "home", word)


def test_a_damaged_database_is_refused(world_backup, tmp_path):
    data = bytearray(altered_database(world_backup, tmp_path))
    data[40_960:49_152] = bytes(8_192)
    path = rebuilt(
        world_backup, tmp_path / "odd.zip", change={"database/agridata.sqlite": bytes(data)}
    )
    refused(path, tmp_path / "home", "not sound")


def test_the_moment_and_the_sums_are_in_the_manifest(world_backup):
    with zipfile.ZipFile(world_backup) as file:
        told = json.loads(file.read("manifest.json"))
        assert set(told["members"]) == set(file.namelist()) - {"manifest.json"}
        assert file.testzip() is None
    assert told["format"] == FORMAT
    assert told["created_at"] == NOW.isoformat()
    assert told["database"]["kind"] == "sqlite"
    assert told["ledger"]["size"] == 3
    assert told["keys"] == "in clear"
    assert "home/labels/tờ nhãn-1.pdf" in told["members"]
