"""Import a layer: good rows land, every other row is named with its reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sqlmodel import Session

from agridata.errors import InputError, UsageError
from agridata.layers._admin import import_admin_rows
from agridata.layers._check import OUTSIDE, CheckedFeature, check_layer, has_more_decimals
from agridata.layers._neighbours import (
    find_overlaps,
    other_types,
    outside_of,
    slivers_of,
    without_duplicate_shapes,
)
from agridata.layers._read import read_layers
from agridata.layers._reasons import NamedFinding, finding
from agridata.layers._report import LayerReport
from agridata.layers._rows import Job, build_rows, row_number
from agridata.layers._stock import forget_layer, known_neighbours, polygon_of, store_rows
from agridata.layers._targets import target_for
from agridata.places import Era
from agridata.storage import DataSet, SourceInfo, is_loaded, record_data_set, sha256_of
from agridata.storage import stored_report as recorded
from agridata.vocabulary import Utc, nfc

__all__ = ["KINDS", "LAYER_KIND_PREFIX", "import_layer"]

KINDS = ("admin", "land", "crops", "livestock", "fisheries", "soil", "other")
"""What a layer may be about."""

LAYER_KIND_PREFIX = "layer_"
"""`DataSet.kind` of a layer is this and one of `KINDS`."""

MAX_NAME = 100
"""Characters of a layer name: it becomes a file name on export."""

PARCEL_KINDS = ("land", "crops")
"""Layers of fields: no slivers. Parcels of ``land`` must not overlap either; crops of
different seasons may."""


def import_layer(
    session: Session,
    path: Path,
    kind: str,
    name: str | None = None,
    *,
    now: Utc,
    info: SourceInfo | None = None,
    era: Era = "2025",
    crs: str | None = None,
    id_column: str | None = None,
    province: str | None = None,
    add: bool = False,
) -> LayerReport:
    """Import every layer of a vector file or table; the caller commits.

    Coordinates of any reference system are stored in EPSG:4326; areas are geodesic
    hectares on WGS 84. Rows land in the registry where kind and columns fit (``land``
    with code and land_use → parcels, ``livestock`` with code, species and heads → herds,
    ``fisheries`` with code and species → ponds, ``admin`` with code and name →
    administrative units), else as features of the layer.

    Parameters
    ----------
    kind
        One of `KINDS`.
    name
        Name of the layer (default: the file name without suffix). Importing other bytes
        under a known name replaces that layer; the same bytes change nothing.
    info
        What is said of the source; its key becomes the data set's key.
    era
        Of administrative units (kind ``admin`` only).
    crs
        What the coordinates are in, instead of what the file says.
    id_column
        Attribute that identifies a feature; default: the first of `ID_COLUMNS` whose
        values mostly differ, else the number of the row, from 0.
    province
        Code of a unit of either era; rows of which nothing lies in its polygon are rejected.
    add
        Add the rows to the layer instead of replacing it (repaired rows come back so).

    Returns
    -------
    LayerReport
        Rejected rows, each with one of `REASONS`; notes on rows that landed. Nothing is
        stored when no row is sound. `flagged["outside_country"]` counts sound shapes
        outside Viet Nam.

    Raises
    ------
    InputError
        If the file is missing, unreadable, unsafe, without features or without a
        reference system, or the name belongs to something else.
    NotFoundError
        If no unit `province` has a polygon.
    UsageError
        If `kind` is unknown.
    """
    job = _job(path, kind, name, info, now, era, id_column, province)
    if not path.is_file():
        read_layers(path, crs)  # says what is wrong with the path
    digest = sha256_of(path)
    if add:
        job = _adding(job, digest)
    known = session.get(DataSet, job.info.key)
    if known is not None and is_loaded(session, known.key, digest) and known.kind == job.info.kind:
        return LayerReport.again(recorded(session, known.key))
    report, features = _checked(path, crs)
    with session.begin_nested() as attempt:
        ended = forget_layer(session, job)
        record_data_set(session, job.info, digest, now)
        _store(session, job, features, report, ended)
        if report.imported == 0:
            attempt.rollback()
            return report
        report.rejected.sort(key=lambda one: row_number(one.where))
        record_data_set(session, job.info, digest, now, report.rows, report.rejected)
    return report


def _job(
    path: Path, kind: str, name: str | None, info: SourceInfo | None, now: Utc, era: Era,
    id_column: str | None, province: str | None,
) -> Job:  # fmt: skip
    if kind not in KINDS:
        raise UsageError(
            f"{kind!r} is not a kind of layer", field="--kind",
            fix=f"use one of {', '.join(KINDS)}",
            problem_vi=f"{kind!r} không phải là loại lớp bản đồ",
            fix_vi=f"hãy dùng một trong: {', '.join(KINDS)}",
        )  # fmt: skip
    called = nfc(name or (info.key if info else path.stem)).strip()
    if not called or len(called) > MAX_NAME or not called.isprintable() or "/" in called:
        raise InputError(
            f"{called!r} cannot be the name of a layer", field="--name",
            fix=f"use at most {MAX_NAME} printable characters without /",
            problem_vi="tên lớp bản đồ không hợp lệ",
            fix_vi=f"tối đa {MAX_NAME} ký tự, không có dấu /",
        )  # fmt: skip
    about = info or SourceInfo(
        f"layer:{called}", "", called, called, f"file {path.name}", "not stated", simulated=False
    )
    about = replace(about, kind=f"{LAYER_KIND_PREFIX}{kind}")
    return Job(path, kind, called, about, now, era, id_column, province)


def _adding(job: Job, digest: str) -> Job:
    """Return the job under a key of its own, so that the same bytes are added once."""
    mark = digest[:8]
    return replace(job, info=replace(job.info, key=f"{job.info.key}+{mark}"), added=mark)


def _checked(path: Path, crs: str | None) -> tuple[LayerReport, list[CheckedFeature]]:
    report = LayerReport()
    features: list[CheckedFeature] = []
    for layer in read_layers(path, crs):
        sound, findings = check_layer(layer)
        report.rows += len(layer.features)
        report.rejected += findings
        report.note(layer.notes)
        if layer.decimal and layer.crs.to_epsg() == 4326:
            report.note(_decimal_notes(path, sound))
        features += sound
    outside = sum(feature.outside_country for feature in features)
    if outside:
        report.flagged[OUTSIDE] = outside
    return report, features


def _decimal_notes(path: Path, features: list[CheckedFeature]) -> list[NamedFinding]:
    rows = [one.where for one in features if has_more_decimals(one.geometry)]
    said = f"{len(rows)} rows, the first is {rows[0]}" if rows else ""
    return [finding(path.name, "many_decimals", said)] if rows else []


def _store(
    session: Session, job: Job, features: list[CheckedFeature], report: LayerReport,
    ended: set[str],
) -> None:  # fmt: skip
    columns = set[str]().union(*(feature.properties for feature in features))
    target = target_for(job.kind, columns)
    features = _placed(session, job, features, report)
    report.note(other_types(features))
    if job.kind == "admin" and {"code", "name"} <= columns:
        import_admin_rows(session, features, report, job.info.key, job.era)
        return
    rows = list(build_rows(session, job, target, features, report))
    store_rows(session, job, target, rows, ended)
    report.imported = len(rows)


def _placed(
    session: Session, job: Job, features: list[CheckedFeature], report: LayerReport
) -> list[CheckedFeature]:
    """Return the features that may stand beside each other and what is there already."""
    bad: dict[str, NamedFinding] = {}
    if job.province is not None and features:
        bad |= outside_of(features, *polygon_of(session, job.province))
    if job.kind in PARCEL_KINDS and features:
        bad = slivers_of(features) | bad
    report.rejected += bad.values()
    features = [one for one in features if one.where not in bad]
    known = known_neighbours(session, job, features)
    features = without_duplicate_shapes(features, report.rejected, known)
    if job.kind == "land":
        overlaps, notes = find_overlaps(features, known)
        report.rejected += overlaps.values()
        report.note(notes)
        features = [one for one in features if one.where not in overlaps]
    return features
