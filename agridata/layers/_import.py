"""Import a layer: good rows land, every other row is named with its reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import Session, col

from agridata.errors import InputError, UsageError
from agridata.layers._admin import import_admin_rows
from agridata.layers._check import OUTSIDE, CheckedFeature, check_layer
from agridata.layers._read import read_layers
from agridata.layers._rows import Job, build_rows, row_number, without_duplicate_shapes
from agridata.layers._targets import planted_parcels, target_for
from agridata.layers.models import LayerFeature
from agridata.places import Era
from agridata.places.models import AdminUnit
from agridata.registry.models import Herd, Parcel, Pond
from agridata.storage import (
    DataSet,
    ImportReport,
    SourceInfo,
    is_loaded,
    record_data_set,
    sha256_of,
    stored_report,
)
from agridata.vocabulary import Utc, nfc

__all__ = ["KINDS", "LAYER_KIND_PREFIX", "import_layer"]

KINDS = ("admin", "land", "crops", "livestock", "fisheries", "soil", "other")
"""What a layer may be about."""

LAYER_KIND_PREFIX = "layer_"
"""`DataSet.kind` of a layer is this and one of `KINDS`."""

MAX_NAME = 100
"""Characters of a layer name: it becomes a file name on export."""


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
) -> ImportReport:
    """Import every layer of a vector file; the caller commits.

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

    Returns
    -------
    ImportReport
        Rejected rows: empty or unreadable shape, swapped axes, coordinates that do not
        fit the reference system, self-crossing ring, too many vertices, mixed shape,
        duplicate shape or identity, unknown organisation. Nothing is stored when no row
        is sound. `flagged["outside_country"]` counts sound shapes outside Viet Nam.

    Raises
    ------
    InputError
        If the file is missing, unreadable, without features or without a reference
        system, or the name belongs to something else.
    UsageError
        If `kind` is unknown.
    """
    job = _job(path, kind, name, info, now, era, id_column)
    if not path.is_file():
        read_layers(path, crs)  # says what is wrong with the path
    digest = sha256_of(path)
    known = session.get(DataSet, job.info.key)
    if known is not None and is_loaded(session, known.key, digest) and known.kind == job.info.kind:
        return stored_report(session, known.key)
    report, features = _checked(path, crs)
    with session.begin_nested() as attempt:
        _forget(session, job)
        record_data_set(session, job.info, digest, now)
        _store(session, job, features, report)
        if report.imported == 0:
            attempt.rollback()
            return report
        report.rejected.sort(key=lambda finding: row_number(finding.where))
        record_data_set(session, job.info, digest, now, report.rows, report.rejected)
    return report


def _job(
    path: Path, kind: str, name: str | None, info: SourceInfo | None, now: Utc, era: Era,
    id_column: str | None,
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
    return Job(path, kind, called, about, now, era, id_column)


def _checked(path: Path, crs: str | None) -> tuple[ImportReport, list[CheckedFeature]]:
    report, features = ImportReport(), []
    for layer in read_layers(path, crs):
        sound, findings = check_layer(layer)
        report.rows += len(layer.features)
        report.rejected += findings
        features += sound
    outside = sum(feature.outside_country for feature in features)
    if outside:
        report.flagged[OUTSIDE] = outside
    return report, features


def _forget(session: Session, job: Job) -> None:
    """Take out what an earlier import under this key stored."""
    key = job.info.key
    known = session.get(DataSet, key)
    if known is None:
        return
    if not known.kind.startswith(LAYER_KIND_PREFIX):
        raise InputError(
            f"{job.name!r} is the name of a data set that is not a layer", field="--name",
            fix="choose another name", problem_vi="tên này đã thuộc về dữ liệu khác",
            fix_vi="hãy chọn tên khác",
        )  # fmt: skip
    if planted_parcels(session, key):
        raise InputError(
            "plantings rest on the parcels of this layer, it cannot be replaced",
            field="--name", fix="import the new parcels under another name",
            problem_vi="đã có vụ gieo trồng trên các thửa của lớp này, không thể thay",
            fix_vi="hãy nhập các thửa mới dưới tên khác",
        )  # fmt: skip
    for model in (LayerFeature, Parcel, Herd, Pond, AdminUnit):
        session.execute(sa.delete(model).where(col(model.data_set_key) == key))
    bare = dict.fromkeys(("geom", "min_lon", "min_lat", "max_lon", "max_lat", "area_km2"))
    session.execute(
        sa.update(AdminUnit)
        .where(col(AdminUnit.geometry_data_set_key) == key)
        .values(geometry_data_set_key=None, **bare)
    )
    session.expire_all()


def _store(
    session: Session, job: Job, features: list[CheckedFeature], report: ImportReport
) -> None:
    features = without_duplicate_shapes(features, report)
    columns = set[str]().union(*(feature.properties for feature in features))
    if job.kind == "admin" and {"code", "name"} <= columns:
        import_admin_rows(session, features, report, job.info.key, job.era)
        return
    target = target_for(job.kind, columns)
    rows = list(build_rows(session, job, target, features, report))
    if rows:
        session.execute(sa.insert(target.model), rows)
    report.imported = len(rows)
