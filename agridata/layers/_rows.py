"""From sound features to rows: identities, duplicates, references, the commune they lie in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from agridata.layers._check import CheckedFeature
from agridata.layers._reasons import NamedFinding, finding
from agridata.layers._targets import FEATURES, Target, Vocabulary
from agridata.layers._units import commune_codes
from agridata.places import Era
from agridata.storage import ImportReport, SourceInfo
from agridata.vocabulary import Utc, local_date

__all__ = ["ID_COLUMNS", "Job", "build_rows", "identity_column", "row_number"]

ID_COLUMNS = ("source_id", "code", "id", "plot_id", "polygon_uuid", "uuid", "fid")
"""Attributes that are taken for the identity of a feature, first match first."""


@dataclass(frozen=True, slots=True)
class Job:
    """One import: what is read, what it is called, and when it happens."""

    path: Path
    kind: str
    name: str
    info: SourceInfo
    now: Utc
    era: Era
    id_column: str | None
    province: str | None = None
    added: str = ""
    """First characters of the file's hash where its rows join a layer that is there."""


def build_rows(
    session: Session,
    job: Job,
    target: Target,
    features: Sequence[CheckedFeature],
    report: ImportReport,
) -> Iterable[dict[str, Any]]:
    """Yield the rows to insert; the others are rejected with their reason."""
    known = Vocabulary.of(session)
    taken = _taken(session, job, target)
    identities = _identities(job, target, features)
    units = commune_codes(session, [one.geometry for one in features], local_date(job.now))
    for feature, identity, unit in zip(features, identities, units, strict=True):
        problem = _row_problem(feature, identity, target, taken)
        row: dict[str, Any] = {}
        if problem is None:
            try:
                row = target.row(feature, job.info.simulated)
            except (KeyError, TypeError, ValueError) as error:
                problem = finding(feature.where, "attribute", str(error), field="")
        if problem is None:
            problem = _reference_problem(feature, row, known)
        if problem is not None:
            report.rejected.append(problem)
            continue
        taken.add(identity)
        yield _finished(row, job, target, identity, unit)


def _finished(
    row: dict[str, Any], job: Job, target: Target, identity: str, unit: str
) -> dict[str, Any]:
    if target is FEATURES:
        row |= {"layer": job.name, "kind": job.kind, "source_id": identity}
    else:
        row["admin_unit_code"] = row["admin_unit_code"] or unit
    return row | {"data_set_key": job.info.key}


def _taken(session: Session, job: Job, target: Target) -> set[str]:
    """Return identities in use: of the layer, or of current nouns of other data sets."""
    model = target.model
    if target is FEATURES:
        return set(session.scalars(sa.select(model.source_id).where(model.layer == job.name)))
    others = sa.and_(model.data_set_key != job.info.key, model.valid_to.is_(None))
    return set(session.scalars(sa.select(model.code).where(others)))


def _identities(job: Job, target: Target, features: Sequence[CheckedFeature]) -> list[str]:
    given = [feature.properties for feature in features]
    column = "code" if target is not FEATURES else job.id_column or identity_column(given)
    if column is None:
        head = f"{job.added}-" if job.added else ""
        return [f"{head}{feature.number}" for feature in features]
    values = [properties.get(column) for properties in given]
    return ["" if value is None else str(value) for value in values]


def identity_column(rows: Sequence[Mapping[str, Any]]) -> str | None:
    """Return the attribute that identifies features; one value for all is no identity."""
    for column in ID_COLUMNS:
        values = [properties.get(column) for properties in rows]
        distinct = {str(value) for value in values if value is not None}
        if None not in values and values and 2 * len(distinct) >= len(values):
            return column
    return None


def _row_problem(
    feature: CheckedFeature, identity: str, target: Target, taken: set[str]
) -> NamedFinding | None:
    where = feature.where
    if not identity:
        return finding(where, "no_identity", field=target.identity)
    if identity in taken:
        return finding(
            where, "duplicate", f"{identity!r} is already there", field=target.identity,
            detail_vi=f"{identity!r} đã có",
        )  # fmt: skip
    if target.areas_only and not feature.geometry.geom_type.endswith("Polygon"):
        return finding(where, "not_an_area", f"it is a {feature.geometry.geom_type}")
    return None


def _reference_problem(
    feature: CheckedFeature, row: dict[str, Any], known: Vocabulary
) -> NamedFinding | None:
    for column, values in (
        ("organisation_code", known.organisations),
        ("subject", known.subjects),
    ):
        if row.get(column) is not None and row[column] not in values:
            return finding(feature.where, "unknown_code", repr(row[column]), field=column)
    return None


def row_number(where: str) -> tuple[str, int]:
    """Return (file and layer, number of the row) of a place in a file, for sorting."""
    head, _, number = where.rpartition(":")
    return head, int(number)
