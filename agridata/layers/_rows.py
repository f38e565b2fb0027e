"""From sound features to rows: identities, duplicates, references, the commune they lie in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from agridata.errors import Finding
from agridata.layers._check import CheckedFeature
from agridata.layers._targets import FEATURES, Target, Vocabulary
from agridata.layers._units import commune_codes
from agridata.places import Era
from agridata.storage import ImportReport, SourceInfo
from agridata.vocabulary import Utc, local_date

__all__ = ["ID_COLUMNS", "Job", "build_rows", "row_number", "without_duplicate_shapes"]

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


def without_duplicate_shapes(
    features: Iterable[CheckedFeature], report: ImportReport
) -> list[CheckedFeature]:
    """Keep the first of several identical areas or lines; points may coincide."""
    import shapely

    seen: dict[bytes, str] = {}
    kept = []
    for feature in features:
        if feature.geometry.geom_type.endswith("Point"):
            kept.append(feature)
            continue
        mark = shapely.to_wkb(shapely.normalize(feature.geometry))
        first = seen.setdefault(mark, feature.where)
        if first == feature.where:
            kept.append(feature)
        else:
            report.rejected.append(_duplicate(feature, "geometry", f"the same shape as {first}"))
    return kept


def _duplicate(feature: CheckedFeature, field: str, problem: str) -> Finding:
    return Finding(
        feature.where, field, f"duplicate: {problem}", "remove one of the two",
        "bị trùng với một dòng trước", "hãy bỏ một trong hai",
    )  # fmt: skip


def build_rows(
    session: Session,
    job: Job,
    target: Target,
    features: Sequence[CheckedFeature],
    report: ImportReport,
) -> Iterable[dict[str, Any]]:
    """Yield the rows to insert; the others are rejected with their reason."""
    known = Vocabulary.of(session)
    taken = _taken(session, target)
    identities = _identities(job, target, features)
    units = commune_codes(session, [one.geometry for one in features], local_date(job.now))
    for feature, identity, unit in zip(features, identities, units, strict=True):
        finding = _row_problem(feature, identity, target, taken)
        row: dict[str, Any] = {}
        if finding is None:
            try:
                row = target.row(feature, job.info.simulated)
            except (KeyError, TypeError, ValueError) as error:
                finding = Finding(
                    feature.where, "", f"an attribute cannot be used: {error}", "correct it"
                )
        if finding is None:
            finding = _reference_problem(feature, row, known)
        if finding is not None:
            report.rejected.append(finding)
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


def _taken(session: Session, target: Target) -> set[str]:
    """Return identities that other data sets already use."""
    if target is FEATURES:
        return set()
    return set(session.execute(sa.select(target.model.code)).scalars())


def _identities(job: Job, target: Target, features: Sequence[CheckedFeature]) -> list[str]:
    column = "code" if target is not FEATURES else job.id_column or _id_column(features)
    if column is None:
        return [str(row_number(feature.where)[1] - 1) for feature in features]
    values = [feature.properties.get(column) for feature in features]
    return ["" if value is None else str(value) for value in values]


def _id_column(features: Sequence[CheckedFeature]) -> str | None:
    """Return the attribute that identifies features; one value for all is no identity."""
    for column in ID_COLUMNS:
        values = [feature.properties.get(column) for feature in features]
        distinct = {str(value) for value in values if value is not None}
        if None not in values and values and 2 * len(distinct) >= len(values):
            return column
    return None


def _row_problem(
    feature: CheckedFeature, identity: str, target: Target, taken: set[str]
) -> Finding | None:
    if not identity:
        return Finding(
            feature.where, target.identity, "has no identity", "give every feature a code",
            "không có mã", "hãy ghi mã cho mỗi đối tượng",
        )  # fmt: skip
    if identity in taken:
        return _duplicate(feature, target.identity, f"{identity!r} is already there")
    if target.areas_only and not feature.geometry.geom_type.endswith("Polygon"):
        return Finding(
            feature.where, "geometry", f"is a {feature.geometry.geom_type}, not an area",
            "draw the outline of the parcel", "không phải là vùng", "hãy vẽ đường bao của thửa",
        )  # fmt: skip
    return None


def _reference_problem(
    feature: CheckedFeature, row: dict[str, Any], known: Vocabulary
) -> Finding | None:
    for column, values in (
        ("organisation_code", known.organisations),
        ("subject", known.subjects),
    ):
        if row.get(column) is not None and row[column] not in values:
            return Finding(
                feature.where, column, f"{row[column]!r} is not in the workspace",
                "import it first, or leave the attribute empty",
                f"{row[column]!r} chưa có trong kho dữ liệu", "hãy nhập trước, hoặc để trống",
            )  # fmt: skip
    return None


def row_number(where: str) -> tuple[str, int]:
    """Return (file and layer, number of the row) of a place in a file, for sorting."""
    head, _, number = where.rpartition(":")
    return head, int(number)
