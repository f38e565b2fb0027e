"""The doctor's look at rooms that storage does not know: ledger, scenes, labels, data, machine."""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from importlib import resources
from pathlib import Path

import sqlalchemy as sa

from agridata.errors import AgridataError
from agridata.storage import Check, Diagnosis, Health, Workspace, diagnose
from agridata.vocabulary import Utc, to_utc

__all__ = ["Signed", "examine", "signed_in"]

STALE_HOURS = 48
"""Readings older than this support no advice (the limit of the advice itself)."""

FONTS = ("BeVietnamPro-Regular.ttf", "BeVietnamPro-SemiBold.ttf")

TIFF_HEADERS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

BY_NAME = (
    ("label", "gtin, lot", "lot", "gtin, lot"),
    ("event_lot", "gtin, lot", "lot", "gtin, lot"),
    ("lot", "organisation_code", "organisation", "code"),
    ("lot", "gtin", "product", "gtin"),
    ("parcel", "admin_unit_code", "admin_unit", "code"),
    ("pond", "admin_unit_code", "admin_unit", "code"),
    ("herd", "admin_unit_code", "admin_unit", "code"),
    ("station", "admin_unit_code", "admin_unit", "code"),
    ("organisation", "admin_unit_code", "admin_unit", "code"),
    ("advice", "place_code", "admin_unit", "code"),
    ("advice", "station_key", "station", "key"),
    ("access_account", "organisation_code", "organisation", "code"),
)
"""(table, columns, table meant, its columns): references by name that no foreign key holds."""


def examine(
    workspace: Workspace,
    *,
    now: Utc,
    as_of: Utc | None = None,
    deep: bool = False,
    tell: Callable[[str], None] = lambda _name: None,
) -> Health:
    """Carry out every check there is on a workspace; nothing is changed.

    Parameters
    ----------
    now
        The wall clock.
    as_of
        Ages of data are measured from here; None: from the moment recorded with each data
        set, else from `now`.
    deep
        Also audit the whole ledger.
    tell
        Called with the name of each check before it begins.

    Raises
    ------
    NotFoundError
        If there is no workspace.
    """
    checks: dict[str, Check] = {
        "ledger": _ledger,
        "signing keys": _signing_keys,
        "scenes": _scenes,
        "label sheets": _sheets,
        "names": _names,
        "age": partial(_age, as_of=as_of),
        "machine": _machine,
    }
    if deep:
        checks["audit"] = _audit
    return diagnose(workspace, now=now, more=checks, tell=tell)


# The ledger


@dataclass(frozen=True, slots=True)
class Signed:
    """What a ledger folder remembers to have signed; `root` is base64."""

    origin: str
    size: int
    root: str
    damaged: bool = False


def signed_in(folder: Path) -> Signed | None:
    """Return the signer's memory in a ledger folder; None if nothing was ever signed there."""
    path = folder / "signer-state.json"
    try:
        stored = json.loads(path.read_bytes())
        root, size = str(stored["root"]), stored["size"]
        if type(size) is not int or size < 0 or len(base64.b64decode(root, validate=True)) != 32:
            raise ValueError(size)
        return Signed(str(stored["origin"]), size, root)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Signed("", 0, "", damaged=True)


def _ledger(workspace: Workspace, _now: Utc) -> Iterator[Diagnosis]:
    """Database, signer's memory and published checkpoint must tell one story."""
    from traceability.ledger import Ledger

    if not _has_log(workspace):
        return
    ledger = Ledger.open(workspace)
    if ledger.refusal is not None:
        yield _refused("ledger", ledger.refusal)
        return
    checkpoint, signed = ledger.latest_checkpoint(), signed_in(workspace.ledger_dir)
    where = str(workspace.ledger_dir)
    if checkpoint is not None and checkpoint.root != ledger.root(checkpoint.size):
        yield Diagnosis.error(
            "ledger", where,
            ("the published checkpoint is not that of this database",
             "điểm kiểm tra đã công bố không khớp cơ sở dữ liệu này"),
            ("run `agridata ledger audit`; restore the newest database",
             "hãy chạy `agridata ledger audit` và khôi phục cơ sở dữ liệu mới nhất"),
        )  # fmt: skip
    if signed is not None and signed.size != (checkpoint.size if checkpoint else 0):
        yield Diagnosis.warning(
            "ledger", where,
            (f"{signed.size} entries were signed, the published checkpoint is another",
             f"đã ký {signed.size} mục nhưng điểm kiểm tra công bố khác"),
            ("run `agridata ledger checkpoint`", "hãy chạy `agridata ledger checkpoint`"),
        )  # fmt: skip
    elif behind := ledger.size - (checkpoint.size if checkpoint else 0) + _waiting(workspace):
        yield Diagnosis.note(
            "ledger", where,
            (f"{behind} statements wait for the next checkpoint",
             f"{behind} mục đang chờ điểm kiểm tra tiếp theo"),
            ("run `agridata ledger checkpoint`", "hãy chạy `agridata ledger checkpoint`"),
        )  # fmt: skip


def _refused(what: str, refusal: AgridataError) -> Diagnosis:
    told = refusal.findings[0]
    problem = (told.problem, told.problem_vi or "sổ cái chỉ đọc")
    return Diagnosis.error(what, told.where, problem, (told.fix, told.fix_vi or told.fix))


def _has_log(workspace: Workspace) -> bool:
    if (workspace.ledger_dir / "log.vkey").is_file() or signed_in(workspace.ledger_dir):
        return True
    with workspace.engine.connect() as connection:
        return bool(connection.exec_driver_sql("SELECT count(*) FROM log_state").scalar())


def _waiting(workspace: Workspace) -> int:
    with workspace.engine.connect() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM log_inbox").scalar() or 0)


def _signing_keys(workspace: Workspace, _now: Utc) -> Iterator[Diagnosis]:
    """The log's private key must be that of its verifier key."""
    from traceability.ledger import Ledger, NoteSigner

    if not (workspace.ledger_dir / "log.vkey").is_file():
        return
    path = workspace.keys_dir / "log.key"
    if not path.is_file():
        yield Diagnosis.warning(
            "keys", str(path),
            ("the log's private key is not here: nothing can be signed",
             "không có khoá riêng của sổ cái: không thể ký"),
            ("restore it from a backup with keys, or use this workspace for reading only",
             "hãy khôi phục từ bản sao lưu có khoá, hoặc chỉ dùng để đọc"),
        )  # fmt: skip
    elif str(NoteSigner.parse(path.read_text("utf-8").strip()).key) != Ledger(workspace).log_vkey:
        yield Diagnosis.error(
            "keys", str(path),
            ("is not the key of the published verifier key", "không phải khoá của sổ cái này"),
            ("restore the log's own key", "hãy khôi phục đúng khoá của sổ cái"),
        )  # fmt: skip


def _audit(workspace: Workspace, _now: Utc) -> Iterator[Diagnosis]:
    from traceability.ledger import audit_workspace

    if not (workspace.ledger_dir / "log.vkey").is_file():
        return
    for problem in audit_workspace(workspace).problems:
        told = problem.finding()
        yield Diagnosis.error(
            "audit", told.where, (told.problem, told.problem_vi), (told.fix, told.fix_vi)
        )


# Files that rows name


def _scenes(workspace: Workspace, _now: Utc) -> Iterator[Diagnosis]:
    with workspace.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT key, path FROM scene ORDER BY key").fetchall()
    for key, name in rows:
        path = workspace.scenes_dir / str(name)
        if path.is_file() and _is_tiff(path):
            continue
        problem = ("the raster is missing", "thiếu tệp ảnh")
        if path.is_file():
            problem = ("the file is no GeoTIFF (any more)", "tệp không (còn) là GeoTIFF")
        yield Diagnosis.error(
            "scenes", f"{key}: {path}", problem,
            ("restore the file from a backup, or add the scene again: `agridata scenes add`",
             "hãy khôi phục tệp, hoặc thêm lại ảnh: `agridata scenes add`"),
        )  # fmt: skip
    yield from _unnamed(workspace.scenes_dir, {Path(str(name)).name for _key, name in rows})


def _is_tiff(path: Path) -> bool:
    with path.open("rb") as stream:
        return path.suffix.lower() not in (".tif", ".tiff") or stream.read(4) in TIFF_HEADERS


def _sheets(workspace: Workspace, _now: Utc) -> Iterator[Diagnosis]:
    """Sheets lie in the workspace's own folder, wherever it was when they were printed."""
    with workspace.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT path, sha256 FROM label_sheet").fetchall()
    for name, sha256 in rows:
        recorded = Path(str(name))
        here = workspace.labels_dir / recorded.name
        path = here if here.is_file() else recorded
        if not path.is_file():
            yield _lost_sheet(here, recorded, workspace)
        elif hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
            yield Diagnosis.error(
                "label sheets", str(path),
                ("is not the sheet that was decoded and recorded",
                 "không phải tờ nhãn đã được đọc lại và ghi sổ"),
                ("do not print it; restore the file from a backup, or print a new sheet",
                 "không in tờ này; hãy khôi phục tệp hoặc in tờ mới"),
            )  # fmt: skip
    yield from _unnamed(workspace.labels_dir, {Path(str(name)).name for name, _sha256 in rows})


def _lost_sheet(here: Path, recorded: Path, workspace: Workspace) -> Diagnosis:
    fix = (
        "restore the file from a backup; printed labels stay valid",
        "hãy khôi phục tệp từ bản sao lưu; nhãn đã in vẫn có hiệu lực",
    )
    if recorded.parent.name == workspace.labels_dir.name:
        return Diagnosis.error(
            "label sheets", str(here), ("the sheet is missing", "thiếu tờ nhãn"), fix
        )
    problem = ("was handed out to a folder that is not here", "đã xuất ra thư mục không có ở đây")
    return Diagnosis.note("label sheets", str(recorded), problem, fix)


def _unnamed(folder: Path, named: set[str]) -> Iterator[Diagnosis]:
    for path in sorted(folder.glob("*")) if folder.is_dir() else ():
        if path.is_file() and not path.name.startswith(".") and path.name not in named:
            yield Diagnosis.note(
                "files", str(path),
                ("no row of the database names it", "không dòng dữ liệu nào nhắc tới tệp này"),
                ("add it properly, or delete it", "hãy nhập tệp đúng cách hoặc xoá đi"),
            )  # fmt: skip


# Data


def _names(workspace: Workspace, _now: Utc) -> Iterator[Diagnosis]:
    """Rows that name something which is not there, where no foreign key forbids it."""
    with workspace.engine.connect() as connection:
        for table, columns, meant, keys in BY_NAME:
            rows = connection.exec_driver_sql(_orphans(table, columns, meant, keys)).scalar()
            if rows:
                yield Diagnosis.warning(
                    "names", f"{table}.{columns}",
                    (f"{rows} rows name a {meant} that is not in the workspace",
                     f"{rows} dòng nhắc tới {meant} không có trong kho dữ liệu"),
                    (f"load the missing {meant} rows, or correct these",
                     f"hãy nạp các dòng {meant} còn thiếu hoặc sửa các dòng này"),
                )  # fmt: skip


def _orphans(table: str, columns: str, meant: str, keys: str) -> str:
    mine, theirs = columns.split(", "), keys.split(", ")
    present = " AND ".join(f"coalesce(c.{name}, '') <> ''" for name in mine)
    same = " AND ".join(f"p.{b} = c.{a}" for a, b in zip(mine, theirs, strict=True))
    return (
        f"SELECT count(*) FROM {table} c WHERE {present} "  # noqa: S608  our own names
        f"AND NOT EXISTS (SELECT 1 FROM {meant} p WHERE {same})"
    )


def _age(workspace: Workspace, now: Utc, *, as_of: Utc | None = None) -> Iterator[Diagnosis]:
    """Name the variables whose newest reading supports no advice any more."""
    from agridata.observations.models import Reading
    from agridata.storage import DataSet

    query = (
        sa.select(Reading.variable, sa.func.max(Reading.time), sa.func.max(DataSet.as_of))  # type: ignore[call-overload]  # SQLModel attributes are columns
        .join(DataSet, DataSet.key == Reading.data_set_key)
        .group_by(Reading.variable)
    )
    with workspace.engine.connect() as connection:
        rows = connection.execute(query).fetchall()
    for variable, newest, recorded in rows:
        shown = as_of or (to_utc(recorded) if recorded is not None else now)
        age = shown - to_utc(newest)
        if age > timedelta(hours=STALE_HOURS):
            days = age.total_seconds() / 86_400
            yield Diagnosis.warning(
                "age", variable,
                (f"the newest reading is {days:.0f} days older than {shown:%Y-%m-%d}",
                 f"số đo mới nhất cũ hơn {shown:%Y-%m-%d} là {days:.0f} ngày"),
                ("import newer readings, or look at the sensors; until then there is no advice",
                 "hãy nhập số đo mới hoặc kiểm tra cảm biến; trước đó không có lời khuyên"),
            )  # fmt: skip


# The machine


def _machine(_workspace: Workspace, _now: Utc) -> Iterator[Diagnosis]:
    """Fonts of the labels and the libraries the program was installed with."""
    fonts = resources.files("traceability.labels").joinpath("fonts")
    for name in FONTS:
        if not fonts.joinpath(name).is_file():
            yield Diagnosis.error(
                "machine", name, ("a font of the labels is missing", "thiếu phông chữ của nhãn"),
                ("install agridata again", "hãy cài lại agridata"),
            )  # fmt: skip
    for name in _required():
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield Diagnosis.error(
                "machine", name, ("a library is missing", "thiếu thư viện"),
                ("run `make install`", "hãy chạy `make install`"),
            )  # fmt: skip


def _required() -> list[str]:
    """Return the names of the libraries that agridata itself declares."""
    declared = importlib.metadata.requires("agridata") or []
    return [
        found[0] for line in declared
        if "extra ==" not in line and (found := re.match(r"[A-Za-z0-9._-]+", line))
    ]  # fmt: skip
