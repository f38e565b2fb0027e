"""The registry folder into the workspace: rows checked, nouns added or updated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel, select

from agridata.errors import Finding, InputError
from agridata.observations import (
    Row,
    RowRejectedError,
    read_table,
    require_columns,
    require_rows,
    unchanged_report,
)
from agridata.registry._makers import FILES, Known, RegistryFile
from agridata.registry._parcels import features_of
from agridata.registry._personal import add_personal_value
from agridata.registry.models import Member, Organisation, Parcel
from agridata.storage import ImportReport, SourceInfo, record_data_set, sha256_of
from agridata.vocabulary import Utc

__all__ = ["load_registry", "registry_counts"]

PERSONAL_COLUMNS = ("name", "phone")
"""Columns of members.csv that are stored apart, salted and erasable."""

SaltSource = Callable[[], bytes]


def load_registry(
    session: Session, folder: Path, info: SourceInfo, now: Utc, salt_source: SaltSource
) -> dict[str, ImportReport]:
    """Load the registry files of `folder`; the caller commits.

    Files: organisations.csv, members.csv, parcels.geojson, plantings.csv, herds.csv,
    ponds.csv, products.csv; one that is missing is skipped. Each is a data set of its
    own, ``{info.key}_{stem}``. Loading the same bytes again does nothing; other bytes
    update by code, and drop what the file no longer lists unless something refers to it.

    Parameters
    ----------
    salt_source
        Gives `SALT_BYTES` fresh random bytes per personal value (``os.urandom`` in life).

    Returns
    -------
    dict
        File name → report. Rows are rejected with reasons: blank or repeated codes,
        references to nothing, crossing outlines, wrong GTIN and GLN check digits,
        negative amounts, eel without m³, dates outside the calendar.

    Raises
    ------
    InputError
        If the folder has none of the files, or one is not what its name says.
    """
    there = [one for one in FILES if (folder / one.name).is_file()]
    if not there:
        raise InputError(
            "has no registry file", where=str(folder), fix="expected organisations.csv …",
            problem_vi="không có tệp đăng ký nào", fix_vi="hãy kiểm tra thư mục",
        )  # fmt: skip
    reports, listed = {}, {}
    for one in there:
        source = replace(
            info, key=f"{info.key}_{Path(one.name).stem}", kind="registry",
            title_vi=f"{one.title_vi} – {info.title_vi}",
            title_en=f"{one.title_en} – {info.title_en}",
        )  # fmt: skip
        reports[one.name], keys = _load_file(session, folder / one.name, one, source, now,
                                             salt_source)  # fmt: skip
        if keys is not None:
            listed[source.key] = (one, keys)
    for key, (one, keys) in reversed(listed.items()):
        _drop_vanished(session, one, key, keys)
    return reports


def registry_counts(session: Session) -> dict[str, int]:
    """Return how many of each noun the workspace holds (``parcels``, ``ponds`` …)."""
    return {
        Path(one.name).stem: session.scalar(sa.select(sa.func.count()).select_from(one.model)) or 0
        for one in FILES
    }


def _load_file(
    session: Session,
    path: Path,
    one: RegistryFile,
    source: SourceInfo,
    now: Utc,
    salt_source: SaltSource,
) -> tuple[ImportReport, set[tuple[Any, ...]] | None]:
    """Return the report, and the keys listed (None where nothing was read again)."""
    sha256 = sha256_of(path)
    done = unchanged_report(session, source.key, sha256)
    if done is not None:
        return done, None
    rows, rejected = _rows_of(path, one)
    total = len(rows) + len(rejected)
    record_data_set(session, source, sha256, now)
    taken = _keys_elsewhere(session, one, source.key)
    known = _known(session)
    listed: set[tuple[Any, ...]] = set()
    for row, geometry in rows:
        try:
            made = one.make(row, known, geometry)
            key = _free_key(row, one, made, listed, taken)
        except RowRejectedError as error:
            rejected.append(error.finding)
            continue
        listed.add(key)
        _upsert(session, one, made, key, source)
        if isinstance(made, Member):
            _keep_personal_values(session, row, made.subject, salt_source)
    session.flush()
    record_data_set(session, source, sha256, now, total, rejected)
    return ImportReport(total, len(listed), rejected), listed


def _rows_of(path: Path, one: RegistryFile) -> tuple[list[tuple[Row, Any]], list[Finding]]:
    """Return rows with their raw geometry (None in tables), and the malformed ones."""
    if path.suffix == ".geojson":
        return list(features_of(path)), []
    table = read_table(path)
    require_columns(table, one.columns)
    require_rows(table)
    names = [str(name) for name in table.frame.columns]
    rows: list[tuple[Row, Any]] = []
    for number, *cells in table.frame.itertuples(name=None):
        texts = dict(zip(names, map(str, cells), strict=True))
        rows.append((Row(table.where(int(number)), texts), None))
    return rows, list(table.rejected)


def _known(session: Session) -> Known:
    return Known(
        set(session.exec(select(Organisation.code))),
        set(session.exec(select(Member.subject))),
        set(session.exec(select(Parcel.code))),
    )


def _keys_elsewhere(
    session: Session, one: RegistryFile, data_set_key: str
) -> dict[tuple[Any, ...], str]:
    """Return keys that belong to another data set → that data set."""
    table = SQLModel.metadata.tables[str(one.model.__tablename__)]
    query = sa.select(table.c.data_set_key, *(table.c[name] for name in one.key))
    rows = session.execute(query.where(table.c.data_set_key != data_set_key))
    return {tuple(key): owner for owner, *key in rows}


def _free_key(
    row: Row,
    one: RegistryFile,
    made: SQLModel,
    listed: set[tuple[Any, ...]],
    taken: dict[tuple[Any, ...], str],
) -> tuple[Any, ...]:
    """Return the key of a noun, or reject a row whose key is not its own."""
    key = tuple(getattr(made, name) for name in one.key)
    shown = ", ".join(map(str, key))
    if key in listed:
        raise row.rejected(
            one.key[0], f"{shown} stands in the file twice", "keep one of the two rows",
            f"{shown} bị trùng trong tệp", "hãy giữ một dòng",
        )  # fmt: skip
    if key in taken:
        raise row.rejected(
            one.key[0], f"{shown} belongs to data set {taken[key]!r}",
            "change it there, or use another code",
            f"{shown} đã thuộc bộ dữ liệu {taken[key]!r}", "hãy dùng mã khác",
        )  # fmt: skip
    return key


def _upsert(
    session: Session, one: RegistryFile, made: SQLModel, key: tuple[Any, ...], source: SourceInfo
) -> None:
    """Add `made`, or give its values to the row that has its key."""
    columns = [column.name for column in SQLModel.metadata.tables[str(one.model.__tablename__)].c]
    conditions = [
        getattr(one.model, name) == value for name, value in zip(one.key, key, strict=True)
    ]
    known = session.exec(select(one.model).where(*conditions)).one_or_none()
    target = known or made
    for name in columns:
        if known is not None and name != "id":
            setattr(target, name, getattr(made, name))
    target.data_set_key = source.key
    if source.simulated:
        target.simulated = True
    session.add(target)


def _keep_personal_values(
    session: Session, row: Row, subject: str, salt_source: SaltSource
) -> None:
    for kind in PERSONAL_COLUMNS:
        if row.optional(kind):
            add_personal_value(session, subject, kind, row.optional(kind), salt=salt_source())


def _drop_vanished(
    session: Session, one: RegistryFile, data_set_key: str, listed: set[tuple[Any, ...]]
) -> None:
    """Delete nouns that the newer file no longer lists, unless something refers to them."""
    columns = SQLModel.metadata.tables[str(one.model.__tablename__)].c
    owned = select(one.model).where(columns.data_set_key == data_set_key)
    for noun in session.exec(owned).all():
        if tuple(getattr(noun, name) for name in one.key) in listed:
            continue
        try:
            with session.begin_nested():
                session.delete(noun)
        except IntegrityError:
            continue  # a lot, a label or a personal value still refers to it
