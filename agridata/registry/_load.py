"""Registry files into the workspace: rows checked, nouns added, updated or ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, select

from agridata.errors import Finding, InputError, UsageError
from agridata.observations import (
    Row,
    RowRejectedError,
    read_table,
    require_columns,
    require_rows,
    unchanged_report,
)
from agridata.registry._known import Known
from agridata.registry._makers import FILES, RegistryFile
from agridata.registry._parcels import features_of
from agridata.registry._personal import add_personal_value
from agridata.registry.changes import history, key_of_noun, recording
from agridata.registry.models import Certificate, Member
from agridata.storage import DataSet, ImportReport, SourceInfo, record_data_set, sha256_of
from agridata.vocabulary import Utc, local_date

__all__ = ["KINDS", "RegistryImport", "import_registry", "load_registry", "registry_counts"]

PERSONAL_COLUMNS = ("name", "phone")
"""Columns of members.csv that are stored apart, salted and erasable."""

KINDS = tuple(Path(one.name).stem for one in FILES)
"""What `import_registry` reads: organisations, members, parcels … certificates, codes."""

UNCONFIRMED = "unconfirmed"
"""Flag of rows that were kept though they look unusual."""

UNLISTED = "unlisted"
"""Flag of certificates that a newer file no longer lists: they stand until ended or revoked."""

SaltSource = Callable[[], bytes]


@dataclass(slots=True)
class RegistryImport:
    """Outcome of one file: the report, and what is doubtful about rows that were kept."""

    report: ImportReport
    warnings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Job:
    """One file on its way in; `complete` says that what it does not list is over."""

    path: Path
    one: RegistryFile
    source: SourceInfo
    now: Utc
    actor: str
    salt_source: SaltSource
    complete: bool = True


def load_registry(
    session: Session,
    folder: Path,
    info: SourceInfo,
    now: Utc,
    salt_source: SaltSource,
    *,
    actor: str = "",
) -> dict[str, ImportReport]:
    """Load the registry files of `folder`; the caller commits.

    Files: organisations.csv, members.csv, parcels.geojson, plantings.csv, herds.csv,
    ponds.csv, products.csv, certificates.csv, codes.csv; one that is missing is skipped.
    Each is a data set of its own, ``{info.key}_{stem}``. Loading the same bytes again does
    nothing; other bytes update by code, and end the validity (today is the last day) of
    what the file no longer lists. Every change goes into the audit trail.

    Parameters
    ----------
    salt_source
        Gives `SALT_BYTES` fresh random bytes per personal value (``os.urandom`` in life).
    actor
        Who the audit trail names beside ``import:{data set key}``.

    Returns
    -------
    dict
        File name → report. Rows are rejected with reasons: blank or repeated codes,
        references to nothing, crossing outlines, wrong check digits of GTIN, GLN and tax
        code, negative amounts, eel without m³, dates outside the calendar.

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
    reports = {}
    for one in there:
        source = replace(
            info, key=f"{info.key}_{Path(one.name).stem}", kind="registry",
            title_vi=f"{one.title_vi} – {info.title_vi}",
            title_en=f"{one.title_en} – {info.title_en}",
        )  # fmt: skip
        job = _Job(folder / one.name, one, source, now, actor, salt_source)
        reports[one.name] = _load_file(session, job).report
    return reports


def import_registry(
    session: Session,
    path: Path,
    kind: str,
    info: SourceInfo,
    now: Utc,
    salt_source: SaltSource,
    *,
    actor: str,
    complete: bool = False,
) -> RegistryImport:
    """Import one file of one kind of noun; the caller commits.

    Parameters
    ----------
    kind
        One of `KINDS`; the file may have any name. Tables are CSV, CSV.gz, Excel or
        Parquet; parcels are GeoJSON.
    info
        What is said of the source; its key is the data set's. The same bytes again change
        nothing; other bytes under the key update by code.
    complete
        The file lists everything of its data set: what is missing has ended (certificates
        only get flagged: their issuer ends them).

    Raises
    ------
    UsageError
        If the kind is unknown.
    InputError
        If the file cannot be read, lacks a column, or the key is no registry's.
    """
    by_kind = dict(zip(KINDS, FILES, strict=True))
    if kind not in by_kind:
        raise UsageError(
            f"{kind!r} is not a kind of registry file", field="--kind",
            fix=f"use one of {', '.join(KINDS)}",
            problem_vi=f"không có loại {kind!r}", fix_vi=f"hãy dùng một trong {', '.join(KINDS)}",
        )  # fmt: skip
    known = session.get(DataSet, info.key)
    if known is not None and known.kind != "registry":
        raise InputError(
            f"{info.key!r} is the name of another kind of data set", field="--key",
            fix="choose another key", problem_vi="tên này đã thuộc về dữ liệu khác",
            fix_vi="hãy chọn tên khác",
        )  # fmt: skip
    source = replace(info, kind="registry")
    job = _Job(path, by_kind[kind], source, now, actor, salt_source, complete)
    return _load_file(session, job)


def registry_counts(session: Session) -> dict[str, int]:
    """Return how many of each noun the workspace knows, ended ones too (``parcels`` …)."""
    tables = dict.fromkeys(one.model for one in FILES)
    names = {one.model: Path(one.name).stem for one in reversed(FILES)}
    return {
        names[model]: session.scalar(sa.select(sa.func.count()).select_from(model)) or 0
        for model in tables
    }


def _load_file(session: Session, job: _Job) -> RegistryImport:
    source, one = job.source, job.one
    sha256 = sha256_of(job.path)
    done = unchanged_report(session, source.key, sha256)
    if done is not None:
        return RegistryImport(done)
    rows, rejected, present = _rows_of(job.path, one)
    total = len(rows) + len(rejected)
    record_data_set(session, source, sha256, job.now)
    with recording(session, actor=_author(job), now=job.now):
        outcome, listed = _take_rows(session, job, rows, rejected, present)
        missing = _end_unlisted(session, job, listed) if job.complete else 0
    report = outcome.report
    report.rows, report.imported = total, len(listed)
    if outcome.warnings:
        report.flagged[UNCONFIRMED] = len(outcome.warnings)
    if missing:
        report.flagged[UNLISTED] = missing
    record_data_set(session, source, sha256, job.now, total, report.rejected)
    return outcome


def _author(job: _Job) -> str:
    return f"{job.actor} {_through(job)}".strip()


def _take_rows(
    session: Session,
    job: _Job,
    rows: Iterable[tuple[Row, Any]],
    rejected: list[Finding],
    present: set[str],
) -> tuple[RegistryImport, set[tuple[Any, ...]]]:
    """Add or update the noun of every sound row; return the outcome and the keys listed."""
    one, known = job.one, Known.of(session)
    taken = _keys_elsewhere(session, one, job.source.key)
    stored = _stored(session, one, job.source.key)
    silent = {name for column, names in one.may_have.items() if column not in present
              for name in names}  # fmt: skip
    listed: set[tuple[Any, ...]] = set()
    people: list[tuple[Row, str]] = []
    for row, geometry in rows:
        try:
            made = one.make(row, known, geometry)
            key = _free_key(row, one, made, listed, taken)
        except RowRejectedError as error:
            rejected.append(error.finding)
            continue
        listed.add(key)
        _upsert(session, job, made, stored.get(key), silent)
        if isinstance(made, Member):
            people.append((row, made.subject))
    session.flush()
    for row, subject in people:
        _keep_personal_values(session, row, subject, job.salt_source)
    kept = [one for one in known.warnings if one.where not in {f.where for f in rejected}]
    return RegistryImport(ImportReport(0, 0, rejected), kept), listed


def _rows_of(
    path: Path, one: RegistryFile
) -> tuple[list[tuple[Row, Any]], list[Finding], set[str]]:
    """Return rows with their raw geometry (None in tables), the malformed ones, the columns."""
    if one.name.endswith(".geojson"):
        features = features_of(path)
        names = {name for name in one.may_have if any(row.optional(name) for row, _ in features)}
        return features, [], names
    table = read_table(path)
    require_columns(table, one.columns)
    require_rows(table)
    columns = [str(name) for name in table.frame.columns]
    rows: list[tuple[Row, Any]] = []
    for number, *cells in table.frame.itertuples(name=None):
        texts = dict(zip(columns, map(str, cells), strict=True))
        rows.append((Row(table.where(int(number)), texts), None))
    return rows, list(table.rejected), set(columns)


def _keys_elsewhere(
    session: Session, one: RegistryFile, data_set_key: str
) -> dict[tuple[Any, ...], str]:
    """Return keys that belong to another data set → that data set."""
    table = SQLModel.metadata.tables[str(one.model.__tablename__)]
    query = sa.select(table.c.data_set_key, *(table.c[name] for name in one.key))
    rows = session.execute(query.where(table.c.data_set_key != data_set_key))
    return {tuple(key): owner for owner, *key in rows}


def _stored(
    session: Session, one: RegistryFile, data_set_key: str
) -> dict[tuple[Any, ...], SQLModel]:
    """Return the nouns that this data set may update: its own, and those typed in by hand."""
    owner = SQLModel.metadata.tables[str(one.model.__tablename__)].c.data_set_key
    query = select(one.model).where((owner == data_set_key) | owner.is_(None))
    return {_key(one, noun): noun for noun in session.exec(query).all()}


def _key(one: RegistryFile, noun: SQLModel) -> tuple[Any, ...]:
    return tuple(getattr(noun, name) for name in one.key)


def _free_key(
    row: Row,
    one: RegistryFile,
    made: SQLModel,
    listed: set[tuple[Any, ...]],
    taken: dict[tuple[Any, ...], str],
) -> tuple[Any, ...]:
    """Return the key of a noun, or reject a row whose key is not its own."""
    key = _key(one, made)
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
    session: Session, job: _Job, made: SQLModel, known: SQLModel | None, silent: set[str]
) -> None:
    """Add `made`, or give its values to the noun that has its key, but for what stays."""
    target: Any = known or made
    if known is not None:
        stay = silent | _decided(session, job, known, made, silent)
        for column in SQLModel.metadata.tables[str(made.__tablename__)].columns:
            if column.name not in stay and column.name != "id":
                setattr(target, column.name, getattr(made, column.name))
    target.data_set_key = job.source.key
    if job.source.simulated:
        target.simulated = True
    session.add(target)


def _decided(
    session: Session, job: _Job, known: Any, made: Any, silent: set[str]
) -> set[str]:  # fmt: skip
    """Return columns that a decision taken since the file stands against.

    A later suspension or revocation stays, and so does an end that was not this file's own
    omission; what this file had left out and lists again is taken up again.
    """
    stay: set[str] = set()
    if isinstance(known, Certificate) and known.status_changed_at > made.status_changed_at:
        stay |= {"status", "status_changed_at", "reason"}
    author = _end_author(session, known)
    if author is not None and not author.endswith(_through(job)):
        stay.add("valid_to")
    elif author is not None and "valid_to" in silent:
        known.valid_to = None
    return stay


def _end_author(session: Session, noun: Any) -> str | None:
    """Return who ended a noun that has an end; None where it was stored with that end."""
    if noun.valid_to is None:
        return None
    changes = history(session, str(noun.__tablename__), key_of_noun(noun))
    ends = [one.actor for one in changes if one.action == "end"]
    return ends[-1] if ends else None


def _through(job: _Job) -> str:
    return f"import:{job.source.key}"


def _keep_personal_values(
    session: Session, row: Row, subject: str, salt_source: SaltSource
) -> None:
    for kind in PERSONAL_COLUMNS:
        if row.optional(kind):
            add_personal_value(session, subject, kind, row.optional(kind), salt=salt_source())


def _end_unlisted(session: Session, job: _Job, listed: set[tuple[Any, ...]]) -> int:
    """End what the newer file no longer lists; return how many certificates it left out."""
    owner = SQLModel.metadata.tables[str(job.one.model.__tablename__)].c.data_set_key
    owned: Any = session.exec(select(job.one.model).where(owner == job.source.key)).all()
    missing = [noun for noun in owned if _key(job.one, noun) not in listed]
    if not job.one.ends_unlisted:
        return len(missing)
    today = local_date(job.now)
    for noun in missing:
        if noun.valid_to is None or noun.valid_to > today:
            noun.valid_to = max(today, noun.valid_from or today)
            session.add(noun)
    return 0
