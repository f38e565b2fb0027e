"""Restore: a backup is judged whole before anything is touched, and swapped in at the end.

Everything is unpacked and judged beside the workspace (``HOME/.restore.part``, PostgreSQL in an
open transaction). Then the old files move to ``HOME/.replaced-…``, the new ones take their place,
the database file last: a workspace that a power cut catches half way has no database and says so,
and both states are still there in whole. What was replaced is deleted only when the new state has
been found healthy and the old one holds nothing that the new one lacks.

The signer's memory is the one thing that never goes back: `reconcile` (see `apps.doctor`) keeps
the newer of the two, so that an older database over a log that has signed further is read-only.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import (
    AbstractContextManager,
    ExitStack,
    contextmanager,
    nullcontext,
    suppress,
)
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agridata.errors import InputError, NotFoundError
from agridata.storage._archive import Archive, safe_name
from agridata.storage._backup import Hold, backup, is_backup, require_rows
from agridata.storage._load import (
    exclusive_sqlite,
    filled_postgresql,
    is_empty_postgresql,
    stage_sqlite,
)
from agridata.storage._refusals import cannot_write, damaged, no_room
from agridata.storage._restorable import require_restorable
from agridata.storage._sealing import open_keys
from agridata.storage._snapshot import database_files, sqlite_path
from agridata.storage._workspace import Workspace
from agridata.vocabulary import Utc

__all__ = ["LedgerVerdict", "Reconcile", "RestoreReport", "restore"]

STAGE = ".restore.part"
KEPT_ROWS = "database.zip"


@dataclass(frozen=True, slots=True)
class LedgerVerdict:
    """What becomes of the log: may it sign on, and what people are told.

    `same_log`: the workspace held this very log before. `keep_old`: what is replaced holds
    something that the backup lacks, so it is not deleted.
    """

    read_only: bool = False
    statement: str = ""
    statement_vi: str = ""
    same_log: bool = False
    keep_old: bool = False


Reconcile = Callable[[Sequence[Path], Path], LedgerVerdict]
"""(ledger folders there were, ledger folder to come) → verdict; mends the second."""


@dataclass(slots=True)
class RestoreReport:
    """What was restored; `replaced` is where the old state still is."""

    home: Path
    file: Path
    created_at: str
    schema_revision: str
    database: str
    members: int
    keys: str
    ledger: dict[str, Any]
    verdict: LedgerVerdict
    replaced: list[Path]

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON document of ``agridata restore``."""
        told = {"read_only": self.verdict.read_only, "statement": self.verdict.statement}
        return {
            "home": str(self.home), "file": str(self.file), "backup_of": self.created_at,
            "schema_revision": self.schema_revision, "database": self.database,
            "members": self.members, "keys": self.keys,
            "ledger": {**self.ledger, **told, "statement_vi": self.verdict.statement_vi},
            "replaced": [str(path) for path in self.replaced],
        }  # fmt: skip


def restore(
    workspace: Workspace,
    path: Path,
    *,
    now: Utc,
    reconcile: Reconcile,
    force: bool = False,
    passphrase: str | None = None,
    with_keys: bool = True,
    hold: Hold = nullcontext,
    judge: Callable[[Workspace], bool] = lambda _workspace: True,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> RestoreReport:
    """Bring a workspace to the state of a backup.

    Parameters
    ----------
    reconcile
        Decides about the ledger folder, see `Reconcile`.
    force
        Replace what is there; without it only an empty home is filled.
    passphrase
        Opens sealed keys.
    hold
        Keeps everybody from signing meanwhile.
    judge
        Looks at the restored workspace; False keeps what was replaced.

    Raises
    ------
    InputError
        If the file is damaged, of another version or database, the keys stay sealed, the home
        is not empty, or somebody uses it. The workspace is as it was.
    EnvironmentMissingError
        If the disk is full. The workspace is as it was.
    """
    workspace.engine.dispose()
    done, total = 0, 4 * (path.stat().st_size if path.is_file() else 0)

    def advance(count: int) -> None:
        nonlocal done
        done = min(done + count, total)
        progress(done, total)

    try:
        with Archive.open(path, progress=advance) as archive:
            require_restorable(workspace, archive, passphrase, with_keys=with_keys)
            archive.verify(advance)
            require_rows(archive)
            run = _Restore(workspace, archive, now, advance)
            report = run.run(reconcile, hold, passphrase, force=force, with_keys=with_keys)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise no_room(workspace.home) from error
        raise cannot_write(workspace.home, error) from error
    if report.replaced and judge(workspace) and not report.verdict.keep_old:
        for old in report.replaced:
            shutil.rmtree(old) if old.is_dir() else old.unlink()
        report.replaced = []
    return report


class _Restore:
    """One run: stage, hold, reconcile, swap."""

    def __init__(
        self, workspace: Workspace, archive: Archive, now: Utc, advance: Callable[[int], None]
    ) -> None:
        self.workspace = workspace
        self.archive = archive
        self.home = workspace.home
        self.stage = workspace.home / STAGE
        self.aside = _free_name(workspace.home, f".replaced-{now:%Y%m%dT%H%M%SZ}")
        self.database = sqlite_path(workspace)
        self._now = now
        self._advance = advance
        self._swapped = False

    def run(
        self,
        reconcile: Reconcile,
        hold: Hold,
        passphrase: str | None,
        *,
        force: bool,
        with_keys: bool,
    ) -> RestoreReport:
        with ExitStack() as stack:
            stack.enter_context(_made(self.home))
            old = self._require_free(force=force)
            stack.callback(self._clear)
            self._clear()  # what a killed run left
            self._stage_files(passphrase, with_keys=with_keys)
            if self.database is None and old:
                self._keep_rows(hold)
            stack.enter_context(self._database())
            if self.workspace.ledger_dir.is_dir():
                stack.enter_context(hold(self.workspace))
            former = [self.workspace.ledger_dir, *sorted(self.home.glob(".replaced-*/ledger"))]
            verdict = reconcile(former, self.stage / "ledger")
            self._carry_over(verdict)
            _flush_tree(self.stage)
            self._swap(stack)
        told = self.archive.manifest
        return RestoreReport(
            self.home, self.archive.path, str(told["created_at"]), str(told["schema_revision"]),
            str(told["database"]["kind"]), len(self.archive.members), str(told["keys"]),
            dict(told["ledger"]), verdict, [one for one in self._asides() if one.exists()],
        )  # fmt: skip

    def _require_free(self, *, force: bool) -> bool:
        """Return whether something is replaced; refuse that without `force`."""
        rows = self.database is None and not is_empty_postgresql(self.workspace.engine)
        apart = self.database is not None and self.database.exists()
        if not (rows or apart or self._old_entries()):
            return False
        if not force:
            raise InputError(
                "there is a workspace here already; nothing was restored", where=str(self.home),
                field="--home", fix="choose an empty folder, or give --force to replace this one",
                problem_vi="ở đây đã có kho dữ liệu; chưa khôi phục gì",
                fix_vi="hãy chọn thư mục trống, hoặc thêm --force để thay thế",
            )  # fmt: skip
        return True

    def _old_entries(self) -> list[Path]:
        """Return what a swap moves aside: not backups, nothing hidden (no part of a workspace)."""
        database = database_files(self.workspace)
        return [
            path for path in sorted(self.home.iterdir())
            if not path.name.startswith(".")
            and (path.resolve() in database or not is_backup(path))
        ]  # fmt: skip

    def _clear(self) -> None:
        shutil.rmtree(self.stage, ignore_errors=True)
        if self.database is not None:
            self._staged_database.unlink(missing_ok=True)
        if not self._swapped:
            shutil.rmtree(self.aside, ignore_errors=True)

    # Staging

    def _stage_files(self, passphrase: str | None, *, with_keys: bool) -> None:
        needed = sum(
            member.size for name, member in self.archive.members.items()
            if not name.endswith(".copy")  # rows go to PostgreSQL's own disk
        )  # fmt: skip
        if shutil.disk_usage(self.home).free < needed:
            raise no_room(self.home, needed)
        self.stage.mkdir(mode=0o700)
        for name in self.archive.members:
            private = name.startswith("home/keys/")
            if name.startswith("home/") and (with_keys or not private):
                target = self.stage / name.removeprefix("home/")
                self.archive.extract(name, target, self._advance)
                target.chmod(0o600 if private else self.archive.mode(name))
        for folder in ("ledger", "keys", "scenes", "labels"):
            (self.stage / folder).mkdir(exist_ok=True)
        (self.stage / "keys").chmod(0o700)
        if "keys.sealed" in self.archive.members and passphrase is not None and with_keys:
            self._unseal(passphrase)

    def _unseal(self, passphrase: str) -> None:
        sealed = b"".join(self.archive.read("keys.sealed"))
        for name, data in open_keys(sealed, passphrase).items():
            if not safe_name(f"home/{name}"):
                raise damaged(self.archive.path, f"holds a key named {name!r}")
            path = self.stage / "keys" / name
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(0o600)
            path.write_bytes(data)

    def _keep_rows(self, hold: Hold) -> None:
        """PostgreSQL has no file to move aside: its rows are kept as a backup."""
        self.aside.mkdir(mode=0o700)
        self.workspace.ledger_dir.mkdir(exist_ok=True)
        try:
            backup(self.workspace, self.aside / KEPT_ROWS, now=self._now, hold=hold)
        except NotFoundError:
            return  # rows without a schema of ours: nothing that can be kept

    def _database(self) -> AbstractContextManager[Any]:
        if self.database is None:
            return filled_postgresql(self.workspace.engine, self.archive, self._advance)
        self.database.parent.mkdir(parents=True, exist_ok=True)
        stage_sqlite(self.archive, self._staged_database, self._advance)
        return exclusive_sqlite(self.database)

    @property
    def _staged_database(self) -> Path:
        """Where the SQLite file is judged: on the disk where it will stay."""
        assert self.database is not None
        if self.database.is_relative_to(self.home):
            return self.home / f"{STAGE}.sqlite"
        return self.database.with_name(f".{self.database.name}.restore.part")

    def _carry_over(self, verdict: LedgerVerdict) -> None:
        """Keep private keys that the backup lacks (none is ever lost), and the very locks."""
        old, new = self.workspace.keys_dir, self.stage / "keys"
        if old.is_dir() and (verdict.same_log or not any(new.iterdir())):
            for path in old.iterdir():
                if path.is_file() and not (new / path.name).exists():
                    shutil.copy2(path, new / path.name)
                    (new / path.name).chmod(0o600)
        for lock in self.workspace.ledger_dir.glob(".*.lock"):
            with suppress(OSError):  # a disk without hard links
                os.link(lock, self.stage / "ledger" / lock.name)

    # The swap

    def _swap(self, stack: ExitStack) -> None:
        done: list[tuple[Path, Path]] = []
        self._swapped = True  # from here on `aside` may hold the only copy of something
        try:
            for source, target in list(self._moves()):
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                source.rename(target)
                done.append((source, target))
            for folder in {self.home, *(target.parent for _source, target in done)}:
                _flush(folder)
            stack.close()  # commits PostgreSQL, lets the old file go, removes the stage
        except BaseException:
            for source, target in reversed(done):
                source.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                target.rename(source)
            self._swapped = False
            self._clear()
            raise
        self._return_backups()

    def _return_backups(self) -> None:
        """Backups that lay in folders of the old home go back to where people keep them."""
        for path in sorted(self.aside.rglob("*")) if self.aside.is_dir() else ():
            if path != self.aside / KEPT_ROWS and is_backup(path):
                target = self.home / path.relative_to(self.aside)
                target.parent.mkdir(parents=True, exist_ok=True)
                path.rename(target)

    def _moves(self) -> Iterator[tuple[Path, Path]]:
        """Yield (from, to): the old database out first, the new one in last."""
        files = sorted(path for path in database_files(self.workspace) if path.exists())
        for file in files:
            yield file, self._aside_of(file)
        for path in self._old_entries():
            if path not in files:
                yield path, self.aside / path.name
        for path in sorted(self.stage.iterdir()):
            yield path, self.home / path.name
        if self.database is not None:
            yield self._staged_database, self.database

    def _aside_of(self, file: Path) -> Path:
        if file.is_relative_to(self.home):
            return self.aside / file.name
        return file.with_name(f".{file.name}{self.aside.name}")

    def _asides(self) -> list[Path]:
        """Return where this run's replaced state may be."""
        apart = [self.aside]
        if self.database is not None and not self.database.is_relative_to(self.home):
            apart += self.database.parent.glob(f".{self.database.name}*{self.aside.name}")
        return apart


@contextmanager
def _made(home: Path) -> Iterator[None]:
    """Make the home folder; if the block fails, take away what was made."""
    new = [path for path in (home, *home.parents) if not path.exists()]
    home.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        for path in new:
            with suppress(OSError):  # not empty: somebody else uses it
                path.rmdir()
        raise


def _free_name(folder: Path, name: str) -> Path:
    path, number = folder / name, 1
    while path.exists():
        number += 1
        path = folder / f"{name}-{number}"
    return path


def _flush_tree(folder: Path) -> None:
    """Flush every folder of a tree to disk; its files were flushed when they were written."""
    for path in (folder, *(one for one in folder.rglob("*") if one.is_dir())):
        _flush(path)


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
