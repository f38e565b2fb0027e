"""Write units, links and the record of their files, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from agridata.errors import InputError
from agridata.places._records import FileRows, UnitRecord
from agridata.places.models import AdminCrosswalk, AdminUnit
from agridata.storage import (
    DataSet,
    ImportReport,
    RejectedRow,
    SourceInfo,
    is_loaded,
    record_data_set,
    sha256_of,
    stored_report,
)
from agridata.vocabulary import Utc

__all__ = ["Loaded", "already_loaded", "store"]

ADMIN_KIND = "admin"
"""`DataSet.kind` of the files whose units a workspace rests on; a new load replaces them."""


@dataclass(slots=True)
class Loaded:
    """One source file on its way in."""

    path: Path
    info: SourceInfo
    sha256: str = field(init=False)
    rows: FileRows = field(init=False)

    def __post_init__(self) -> None:
        self.sha256 = sha256_of(self.path)
        self.rows = FileRows(self.path.name)


def already_loaded(session: Session, files: Sequence[Loaded]) -> dict[str, ImportReport] | None:
    """Return the recorded reports if exactly these files are what the workspace rests on."""
    query = select(DataSet.key).where(DataSet.kind == ADMIN_KIND)
    if set(session.exec(query).all()) != {one.info.key for one in files}:
        return None
    if not all(is_loaded(session, one.info.key, one.sha256) for one in files):
        return None
    return {one.path.name: stored_report(session, one.info.key) for one in files}


def store(
    session: Session,
    files: Sequence[Loaded],
    units: Sequence[UnitRecord],
    links: Sequence[dict[str, Any]],
    now: Utc,
) -> dict[str, ImportReport]:
    """Replace the administrative units of the workspace; return the report of each file.

    Raises
    ------
    InputError
        If units with the same codes were imported as a layer.
    """
    _forget(session)
    _refuse_clashes(session, units)
    for one in files:
        record_data_set(session, one.info, one.sha256, now, one.rows.rows, one.rows.rejected)
    if units:
        session.execute(sa.insert(AdminUnit), [unit.as_row() for unit in units])
    if links:
        session.execute(sa.insert(AdminCrosswalk), list(links))
    session.flush()
    return {one.path.name: one.rows.report() for one in files}


def _forget(session: Session) -> None:
    keys = session.exec(select(DataSet.key).where(DataSet.kind == ADMIN_KIND)).all()
    for model in (AdminCrosswalk, AdminUnit, RejectedRow):
        session.execute(sa.delete(model).where(col(model.data_set_key).in_(keys)))
    session.execute(sa.delete(DataSet).where(col(DataSet.key).in_(keys)))
    session.expire_all()


def _refuse_clashes(session: Session, units: Sequence[UnitRecord]) -> None:
    """Units left after `_forget` came in as layers: they must not stand twice."""
    left = {(row.level, row.code, row.valid_from) for row in session.exec(select(AdminUnit))}
    clash = next((u for u in units if (u.level, u.code, u.valid_from) in left), None)
    if clash is None:
        return
    raise InputError(
        f"unit {clash.code} was already imported as a layer", field="code",
        fix="load the administrative units first, or into another workspace",
        problem_vi=f"đơn vị {clash.code} đã có trong một lớp bản đồ",
        fix_vi="hãy nạp danh mục đơn vị hành chính trước",
    )  # fmt: skip
