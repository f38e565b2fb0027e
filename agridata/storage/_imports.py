"""How every import reports itself: rows in, rows stored, rows rejected and why."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from agridata.errors import Finding, InputError, NotFoundError
from agridata.storage._datasets import DataSet, RejectedRow
from agridata.vocabulary import Utc

__all__ = [
    "ImportReport",
    "SourceInfo",
    "is_loaded",
    "record_data_set",
    "sha256_of",
    "stored_report",
]


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What is said of a source before it is loaded (see `DataSet` for the meaning)."""

    key: str
    kind: str
    title_vi: str
    title_en: str
    source: str
    licence: str
    simulated: bool
    as_of: datetime | None = None


@dataclass(slots=True)
class ImportReport:
    """Outcome of one import; ``rows == imported + len(rejected)`` always holds."""

    rows: int = 0
    imported: int = 0
    rejected: list[Finding] = field(default_factory=list)
    flagged: Counter[str] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, Any]:
        """Return the contract's JSON object."""
        return {
            "rows": self.rows,
            "imported": self.imported,
            "rejected": [finding.as_dict() for finding in self.rejected],
            "flagged": dict(self.flagged),
        }


def sha256_of(path: Path) -> str:
    """Return the hex SHA-256 of a file.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise InputError(
            f"cannot be read: {error.strerror}",
            where=str(path),
            fix="check the path and its permissions",
            problem_vi="không đọc được tệp",
            fix_vi="hãy kiểm tra đường dẫn và quyền đọc tệp",
        ) from error


def is_loaded(session: Session, key: str, sha256: str) -> bool:
    """Tell whether exactly these bytes are already stored under `key`."""
    known = session.get(DataSet, key)
    return known is not None and known.sha256 == sha256


def stored_report(session: Session, key: str) -> ImportReport:
    """Return the counts and rejections that were recorded when `key` was loaded.

    Raises
    ------
    NotFoundError
        If no such data set is in the workspace.
    """
    known = session.get(DataSet, key)
    if known is None:
        raise NotFoundError(f"no data set {key!r}", field="key", fix="import it first")
    query = select(RejectedRow).where(RejectedRow.data_set_key == key).order_by(col(RejectedRow.id))
    rejected = [
        Finding(row.where, row.field, row.problem, row.fix) for row in session.exec(query).all()
    ]
    return ImportReport(known.rows_in_file, known.rows_stored, rejected)


def record_data_set(
    session: Session,
    info: SourceInfo,
    sha256: str,
    now: Utc,
    rows: int = 0,
    rejected: Sequence[Finding] = (),
) -> DataSet:
    """Add (or replace) the `DataSet` row of a source, with its rejected rows; no commit.

    Call it before inserting rows that refer to the key, then again with the counts;
    rejected rows of an earlier call are replaced.
    """
    known = session.get(DataSet, info.key)
    data_set = known or DataSet(
        key=info.key, kind="", title_vi="", title_en="", source="", licence="", simulated=False,
        loaded_at=now, sha256="", rows_in_file=0, rows_stored=0, rows_rejected=0,
    )  # fmt: skip
    for name in ("kind", "title_vi", "title_en", "source", "licence", "simulated", "as_of"):
        setattr(data_set, name, getattr(info, name))
    data_set.loaded_at = now
    data_set.sha256 = sha256
    data_set.rows_in_file = rows
    data_set.rows_rejected = len(rejected)
    data_set.rows_stored = rows - len(rejected)
    session.add(data_set)
    session.flush()
    session.exec(sa.delete(RejectedRow).where(col(RejectedRow.data_set_key) == info.key))
    session.add_all(
        RejectedRow(
            data_set_key=info.key, where=one.where, field=one.field,
            problem=one.problem, fix=one.fix,
        )
        for one in rejected
    )  # fmt: skip
    session.flush()
    return data_set
