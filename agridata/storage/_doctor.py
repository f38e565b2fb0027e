"""What is wrong with a workspace and what to do about it: the part that needs no other room.

A check yields `Diagnosis` rows and changes nothing. A check that cannot be carried out is itself
a diagnosis: "not looked at" never counts as healthy.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa

from agridata.errors import AgridataError
from agridata.storage._backup import working_file
from agridata.storage._snapshot import sqlite_path
from agridata.storage._workspace import Workspace
from agridata.vocabulary import LOCAL_ZONE, Utc

__all__ = ["Check", "Diagnosis", "Health", "diagnose"]

Severity = Literal["error", "warning", "note"]

Check = Callable[[Workspace, Utc], Iterator["Diagnosis"]]
"""Looks at one thing; yields what is wrong with it."""

FREE_FLOOR_BYTES = 500 << 20
"""Below this a season's scenes do not fit and SQLite's log has no room for a long reader."""

OLDEST_POSTGRESQL = 130_000
"""Oldest version that its makers still mended when this was written, as `server_version_num`."""

OLDEST_POSTGIS = (3, 0)
"""Version from which geometry functions name their arguments and errors as we use them."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that is wrong: how bad, what, where, and what to do, in both languages."""

    severity: Severity
    what: str
    where: str
    problem: str
    problem_vi: str
    fix: str
    fix_vi: str

    @classmethod
    def error(
        cls, what: str, where: str, problem: tuple[str, str], fix: tuple[str, str]
    ) -> Diagnosis:
        """Return what must be mended; `problem` and `fix` are (English, Vietnamese)."""
        return cls("error", what, where, *problem, *fix)

    @classmethod
    def warning(
        cls, what: str, where: str, problem: tuple[str, str], fix: tuple[str, str]
    ) -> Diagnosis:
        """Return what should be looked at."""
        return cls("warning", what, where, *problem, *fix)

    @classmethod
    def note(
        cls, what: str, where: str, problem: tuple[str, str], fix: tuple[str, str]
    ) -> Diagnosis:
        """Return what is worth knowing; nothing need be done."""
        return cls("note", what, where, *problem, *fix)


@dataclass(frozen=True, slots=True)
class Health:
    """Outcome of all checks: `findings` are ordered, the worst first."""

    findings: tuple[Diagnosis, ...]
    checked: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong that must be mended."""
        return all(one.severity != "error" for one in self.findings)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON document of ``agridata doctor``."""
        counts = Counter(one.severity for one in self.findings)
        return {
            "ok": self.ok,
            "counts": {name: counts[name] for name in _ORDER},
            "findings": [asdict(one) for one in self.findings],
            "checked": list(self.checked),
        }


MEND_AND_LOOK_AGAIN = (
    "mend what the message names and run `agridata doctor` again, or restore the newest backup",
    "hãy xử lý lỗi nêu trên rồi chạy lại `agridata doctor`, hoặc khôi phục bản sao lưu mới nhất",
)

_ORDER: dict[Severity, int] = {"error": 0, "warning": 1, "note": 2}


def diagnose(
    workspace: Workspace,
    *,
    now: Utc,
    more: Mapping[str, Check] | None = None,
    tell: Callable[[str], None] = lambda _name: None,
) -> Health:
    """Carry out every check of storage, then those in `more`.

    Parameters
    ----------
    now
        The moment against which ages are measured.
    more
        Name → check of rooms that storage does not know (see `apps.doctor`).
    tell
        Called with the name of each check before it begins.

    Raises
    ------
    NotFoundError
        If there is no workspace.
    """
    from agridata.storage._doctor_database import DATABASE_CHECKS

    workspace.require()
    checks = {**DATABASE_CHECKS, **HOME_CHECKS, **(more or {})}
    found: list[Diagnosis] = []
    for name, check in checks.items():
        tell(name)
        found += _carried_out(name, check, workspace, now)
    found.sort(key=lambda one: _ORDER[one.severity])
    return Health(tuple(found), tuple(checks))


def _carried_out(name: str, check: Check, workspace: Workspace, now: Utc) -> list[Diagnosis]:
    found: list[Diagnosis] = []
    try:
        found.extend(check(workspace, now))
    except (AgridataError, sa.exc.SQLAlchemyError, sqlite3.Error, OSError, ValueError) as cause:
        reason = str(getattr(cause, "orig", None) or cause).splitlines()[0]
        problem = (f"could not be looked at: {reason}", f"không kiểm tra được: {reason}")
        found.append(Diagnosis.error(name, str(workspace.home), problem, MEND_AND_LOOK_AGAIN))
    return found


# The folder


def _leftovers(workspace: Workspace, _now: Utc) -> Iterator[Diagnosis]:
    """Half-written files of runs that were killed, and workspaces that were replaced."""
    aside = sorted(workspace.home.glob(".replaced-*"))
    for path in aside:
        yield Diagnosis.note(
            "leftovers", str(path),
            ("the workspace that a restore replaced is still here",
             "kho dữ liệu cũ trước khi khôi phục vẫn còn ở đây"),
            ("delete the folder when you are sure that nothing in it is needed",
             "hãy xoá thư mục này khi chắc chắn không còn cần"),
        )  # fmt: skip
    for path in _working_files(workspace.home, set(aside)):
        yield Diagnosis.warning(
            "leftovers", str(path),
            ("a run that was cut off left this working file",
             "một lần chạy bị ngắt đã để lại tệp tạm này"),
            ("delete it, unless a command is running at this moment",
             "hãy xoá tệp này, trừ khi đang có lệnh chạy"),
        )  # fmt: skip


def _working_files(folder: Path, aside: set[Path]) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path in aside or path.name.endswith(".lock"):
            continue
        if working_file(path.name):
            yield path
        elif path.is_dir() and not path.is_symlink():
            yield from _working_files(path, aside)


def _key_modes(workspace: Workspace, _now: Utc) -> Iterator[Diagnosis]:
    folder = workspace.keys_dir
    if not folder.is_dir():
        return
    for path in (folder, *sorted(folder.rglob("*"))):
        mode = path.stat().st_mode & 0o777
        if mode & 0o077:
            wanted = "700" if path.is_dir() else "600"
            yield Diagnosis.error(
                "keys", str(path),
                (f"others on this machine can reach private keys (mode {mode:03o})",
                 f"người khác trên máy này chạm được khoá riêng (quyền {mode:03o})"),
                (f"run `chmod {wanted} {path}`; if others may have read it, rotate the key",
                 f"hãy chạy `chmod {wanted} {path}`; nếu có thể đã lộ, hãy thay khoá"),
            )  # fmt: skip


def _disk(workspace: Workspace, _now: Utc) -> Iterator[Diagnosis]:
    free = shutil.disk_usage(workspace.home).free
    mega = free >> 20
    if free < FREE_FLOOR_BYTES:
        yield Diagnosis.error(
            "disk", str(workspace.home),
            (f"only {mega} MB are free on this disk (floor: {FREE_FLOOR_BYTES >> 20} MB)",
             f"đĩa chỉ còn trống {mega} MB (tối thiểu {FREE_FLOOR_BYTES >> 20} MB)"),
            ("free space, or move the workspace to a larger disk",
             "hãy giải phóng đĩa hoặc chuyển kho dữ liệu sang đĩa lớn hơn"),
        )  # fmt: skip
    database = sqlite_path(workspace)
    if database is not None and database.is_file() and free < 2 * database.stat().st_size:
        yield Diagnosis.warning(
            "disk", str(workspace.home),
            (f"{mega} MB free: a backup on this disk would not fit",
             f"còn trống {mega} MB: không đủ để sao lưu trên đĩa này"),
            ("back up to another disk", "hãy sao lưu sang đĩa khác"),
        )  # fmt: skip


def _folders(workspace: Workspace, _now: Utc) -> Iterator[Diagnosis]:
    needed = (workspace.scenes_dir, workspace.labels_dir, workspace.ledger_dir, workspace.keys_dir)
    for folder in (workspace.home, *needed):
        if not folder.is_dir():
            yield Diagnosis.warning(
                "folders", str(folder), ("the folder is missing", "thiếu thư mục này"),
                ("the next command that writes there makes it",
                 "lệnh ghi dữ liệu tiếp theo sẽ tạo lại"),
            )  # fmt: skip
        elif not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            yield Diagnosis.error(
                "folders", str(folder),
                ("this account may not write here", "tài khoản này không được ghi vào đây"),
                ("give the folder to the account that runs agridata",
                 "hãy giao thư mục cho tài khoản chạy agridata"),
            )  # fmt: skip


def _time_zone(_workspace: Workspace, now: Utc) -> Iterator[Diagnosis]:
    offset = now.astimezone(LOCAL_ZONE).utcoffset()
    if offset is None or offset.total_seconds() != 7 * 3600:
        yield Diagnosis.error(
            "time zone", "Asia/Ho_Chi_Minh",
            ("the machine's time zone data are wrong: Viet Nam is at UTC+7",
             "dữ liệu múi giờ của máy sai: Việt Nam ở UTC+7"),
            ("install the system's tzdata package again", "hãy cài lại gói tzdata"),
        )  # fmt: skip


HOME_CHECKS: dict[str, Check] = {
    "folders": _folders,
    "keys": _key_modes,
    "leftovers": _leftovers,
    "disk": _disk,
    "time zone": _time_zone,
}
