"""Backup: one file that holds a whole workspace at one moment, read back before it is believed.

Order, and why: while nobody may sign (`hold`), the database is held at a moment and the ledger's
small files are copied; so the signer's memory, the checkpoints and the log belong together.
Then, at leisure, the database as of that moment, then the other files. A row never refers to a
file that was written after it, so every file that the held database names is there to be copied.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import agridata
from agridata.errors import InputError, NotFoundError
from agridata.storage._archive import (
    FORMAT,
    TRAILER,
    Archive,
    ArchiveWriter,
    safe_name,
    seal,
    sum_of,
)
from agridata.storage._refusals import busy, cannot_write, no_modes, no_room
from agridata.storage._sealing import seal_keys
from agridata.storage._snapshot import (
    SQLITE_MEMBER,
    Query,
    Snapshot,
    copy_member,
    database_files,
    require_sound_sqlite,
    snapshot_of,
)
from agridata.storage._workspace import Workspace
from agridata.vocabulary import Utc

__all__ = [
    "BackupReport",
    "Facts",
    "Hold",
    "backup",
    "is_backup",
    "require_rows",
    "working_file",
]

Hold = Callable[[Workspace], AbstractContextManager[Any]]
"""Keeps everybody from signing while the block runs (see `apps.doctor.signing_held`)."""

Facts = Callable[[Query], dict[str, Any]]
"""What the manifest says of the ledger, asked of the held database."""

NOT_KEPT = ("cache",)
"""Folders of a workspace that are made again by themselves."""

ATTEMPTS = 3
"""Readings of a file that somebody changes meanwhile, before the backup gives up."""


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What was written; `keys` is ``in clear``, ``sealed``, ``left out`` or ``none``."""

    path: Path
    size: int
    sha256: str
    members: int
    database: str
    schema_revision: str
    keys: str
    ledger: dict[str, Any]
    created_at: Utc
    left_out: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON document of ``agridata backup``."""
        return {
            "ok": True, "file": str(self.path), "bytes": self.size, "sha256": self.sha256,
            "members": self.members, "database": self.database, "keys": self.keys,
            "schema_revision": self.schema_revision, "ledger": self.ledger, "verified": True,
            "created_at": self.created_at.isoformat(), "left_out": self.left_out,
        }  # fmt: skip


def backup(
    workspace: Workspace,
    path: Path,
    *,
    now: Utc,
    passphrase: str | None = None,
    with_keys: bool = True,
    hold: Hold = nullcontext,
    facts: Facts = lambda _query: {},
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> BackupReport:
    """Write `path`, mode 0600, and verify it; the file appears whole and verified or not at all.

    Parameters
    ----------
    passphrase
        Seals the private keys; None keeps them in clear, as the workspace does.
    with_keys
        False leaves the private keys out.
    hold, facts
        The ledger's part, see `Hold` and `Facts`.
    progress
        Called with bytes dealt with so far and in all (about).

    Raises
    ------
    NotFoundError
        If there is no workspace, or its database was never migrated.
    InputError
        If the database is not sound, a file keeps changing, or `path` is another file.
    EnvironmentMissingError
        If the disk is full, or cannot keep private keys private.
    """
    target = path.absolute()
    workspace.require()
    _require_ours_or_free(target)
    try:
        with _working_folder(target) as folder, snapshot_of(workspace) as snapshot:
            work = _Backup(workspace, target, folder, passphrase, with_keys, progress)
            return work.run(snapshot, hold, facts, now)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise no_room(target.parent) from error
        raise cannot_write(target, error) from error


class _Backup:
    """One run: gathers into the working folder, writes, verifies, renames."""

    def __init__(
        self,
        workspace: Workspace,
        target: Path,
        folder: Path,
        passphrase: str | None,
        with_keys: bool,
        progress: Callable[[int, int], None],
    ) -> None:
        self.workspace = workspace
        self.target = target
        self.folder = folder
        self.passphrase = passphrase
        self.with_keys = with_keys
        self._shown = progress
        self._done = self._total = 0

    def run(self, snapshot: Snapshot, hold: Hold, facts: Facts, now: Utc) -> BackupReport:
        with hold(self.workspace):
            revision = _revision(snapshot, self.workspace)
            ledger = facts(snapshot.query)
            self._copy_ledger()
        files = dict(self._files())
        size = snapshot.size()
        self._total = 4 * (size + sum(path.stat().st_size for path in files.values()))
        if snapshot.kind == "sqlite" and shutil.disk_usage(self.folder).free < size:
            raise no_room(self.target.parent, size)
        part = self.folder / "archive"
        archive = ArchiveWriter(part, self._advance)
        try:
            database = snapshot.write(archive, self.folder, self._advance)
            keys = self._add_keys(archive)
            left_out = self._add_files(archive, files)
            manifest = {
                "format": FORMAT, "created_at": now.isoformat(), "agridata": agridata.__version__,
                "schema_revision": revision, "database": {"kind": snapshot.kind, **database},
                "ledger": ledger, "keys": keys, "left_out": left_out,
            }  # fmt: skip
            archive.finish(manifest)
        finally:
            archive.close()
        kept = sum(member.size for member in archive.members.values())
        self._total = self._done + part.stat().st_size - TRAILER + kept
        sha256 = self._verified(part)
        seal(part, sha256)
        _publish(part, self.target)
        return BackupReport(
            self.target, self.target.stat().st_size, sha256, len(archive.members), snapshot.kind,
            revision, keys, ledger, now, left_out,
        )  # fmt: skip

    def _advance(self, count: int) -> None:
        self._done += count
        self._shown(min(self._done, self._total), self._total)

    def _copy_ledger(self) -> None:
        source = self.workspace.ledger_dir
        if source.is_dir():
            shutil.copytree(source, self.folder / "ledger", ignore=_working_names)

    def _files(self) -> Iterator[tuple[str, Path]]:
        """Yield (name inside, path) of everything but database, keys and working files."""
        ledger = self.folder / "ledger"
        home = self.workspace.home
        apart = {home / name for name in (*NOT_KEPT, "ledger", "keys")}
        database = database_files(self.workspace)
        for path in _walk(home, {*apart, self.target, *database}):
            if not is_backup(path):  # people keep them inside
                yield f"home/{path.relative_to(home).as_posix()}", path
        for path in _walk(ledger, set()):
            yield f"home/ledger/{path.relative_to(ledger).as_posix()}", path

    def _add_files(self, archive: ArchiveWriter, files: dict[str, Path]) -> list[str]:
        """Add the files; return those that vanish, are being written or have no lawful name."""
        scratch, left_out = self.folder / "file", []
        for name, path in files.items():
            try:
                kept, mode = _still(path, scratch), path.stat().st_mode
            except FileNotFoundError:
                kept, mode = False, 0
            if kept and safe_name(name):
                archive.add(name, scratch, mode)
            else:
                left_out.append(name.encode(errors="backslashreplace").decode())
        scratch.unlink(missing_ok=True)
        return left_out

    def _add_keys(self, archive: ArchiveWriter) -> str:
        folder = self.workspace.keys_dir
        paths = sorted(_walk(folder, set()))
        if not paths:
            return "none"
        if not self.with_keys:
            return "left out"
        if self.passphrase is not None:
            files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
            with archive.member("keys.sealed") as write:
                write(seal_keys(files, self.passphrase))
            return "sealed"
        if archive.path.stat().st_mode & 0o077:
            raise no_modes(self.target)
        for path in paths:
            archive.add(f"home/keys/{path.relative_to(folder).as_posix()}", path)
        return "in clear"

    def _verified(self, part: Path) -> str:
        """Read the file back as a restore would; return the checksum of the whole."""
        sha256, _comment = sum_of(part, self._advance)
        with Archive.open(part, sealed=False) as archive:
            archive.verify(self._advance)
            if SQLITE_MEMBER in archive.members:
                copy = self.folder / "verified.sqlite"
                archive.extract(SQLITE_MEMBER, copy)
                require_sound_sqlite(copy)
                copy.unlink()
            require_rows(archive)
        return sha256


def require_rows(archive: Archive) -> None:
    """Raise `InputError` unless every table holds as many rows as the manifest says."""
    for table, told in archive.manifest["database"].get("tables", {}).items():
        rows = sum(chunk.count(b"\n") for chunk in archive.read(copy_member(table)))
        if rows != told["rows"]:
            raise InputError(
                f"{table} holds {rows} rows, {told['rows']} were copied", where=str(archive.path),
                field=table, fix="repeat the backup",
                problem_vi="bản sao lưu thiếu dòng", fix_vi="hãy sao lưu lại",
            )  # fmt: skip


def working_file(name: str) -> bool:
    """Tell whether a name is that of a lock, a half-written file or the like: never kept."""
    return name.startswith(".") or name.endswith((".part", ".tmp"))


@contextmanager
def _working_folder(target: Path) -> Iterator[Path]:
    """Make the hidden folder beside `target` that a killed run leaves and the next one removes."""
    folder = target.with_name(f".{target.name}.part")
    folder.mkdir(mode=0o700, exist_ok=True)
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _empty(folder)
        yield folder
        shutil.rmtree(folder)
    except BlockingIOError as error:
        raise busy(target) from error
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        os.close(held)


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _publish(part: Path, target: Path) -> None:
    part.replace(target)
    handle = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _walk(folder: Path, apart: set[Path]) -> Iterator[Path]:
    """Yield the files below a folder by name; links are followed, working files passed over."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path in apart or path.resolve() in apart or working_file(path.name):
            continue
        if path.is_dir():
            yield from _walk(path, apart | {folder.resolve()})
        elif path.is_file():
            yield path


def _working_names(_folder: str, names: list[str]) -> list[str]:
    return [name for name in names if working_file(name)]


def _still(path: Path, scratch: Path) -> bool:
    """Copy a file aside; tell whether it kept still meanwhile."""
    for _attempt in range(ATTEMPTS):
        before = path.stat()
        shutil.copyfile(path, scratch)
        after = path.stat()
        if (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size):
            return True
    return False


def _revision(snapshot: Snapshot, workspace: Workspace) -> str:
    try:
        return str(snapshot.query("SELECT version_num FROM alembic_version")[0][0])
    except (sqlite3.DatabaseError, sa.exc.DBAPIError, IndexError) as error:
        raise NotFoundError(
            "the database holds no agridata workspace", where=str(workspace.home), field="database",
            fix="name the workspace with --home, its database with AGRIDATA_DATABASE_URL",
            problem_vi="cơ sở dữ liệu này không phải của agridata",
            fix_vi="hãy chỉ đúng kho dữ liệu bằng --home hoặc AGRIDATA_DATABASE_URL",
        ) from error  # fmt: skip


def _require_ours_or_free(target: Path) -> None:
    """Refuse to replace anything but an earlier backup; one that is damaged may be replaced."""
    if not target.exists() or (target.is_file() and target.stat().st_size == 0):
        return
    if is_backup(target):
        return
    raise InputError(
        "there is something else under this name, not a backup", where=str(target), field="FILE",
        fix="choose another name", problem_vi="tên này đã có một thứ khác, không phải bản sao lưu",
        fix_vi="hãy chọn tên khác",
    )  # fmt: skip


def is_backup(path: Path) -> bool:
    """Tell whether a file (none of `database_files`) ends like a backup, whole or not."""
    if not path.is_file() or path.stat().st_size < TRAILER:
        return False
    with path.open("rb") as stream:
        stream.seek(-TRAILER, os.SEEK_END)
        return stream.read().startswith(FORMAT.split("/", maxsplit=1)[0].encode())
