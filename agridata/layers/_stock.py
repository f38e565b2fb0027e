"""What the workspace already holds of a layer: neighbours, what is replaced, what ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from agridata.errors import InputError, NotFoundError
from agridata.layers._check import CheckedFeature
from agridata.layers._neighbours import Neighbour
from agridata.layers._rows import Job
from agridata.layers._targets import FEATURES, Target, planted_parcels
from agridata.layers.models import LayerFeature
from agridata.places import Era, level_of_code
from agridata.places.models import AdminUnit
from agridata.registry import recording
from agridata.registry.models import Herd, Parcel, Pond
from agridata.storage import DataSet, within_bounds
from agridata.vocabulary import local_date

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

__all__ = ["forget_layer", "known_neighbours", "polygon_of", "store_rows"]

REGISTRY = (Parcel, Herd, Pond)


def known_neighbours(
    session: Session, job: Job, features: Sequence[CheckedFeature]
) -> list[Neighbour]:
    """Return the shapes that rows of this import may double or overlap.

    Parcels of other layers, for land; features of the same layer, for rows added to it.
    """
    import shapely

    if not features:
        return []
    box = tuple(shapely.total_bounds([one.geometry for one in features]).tolist())
    dialect = session.get_bind().dialect.name
    found: list[Neighbour] = []
    if job.kind == "land":
        query = select(Parcel).where(
            within_bounds(Parcel, box, dialect),
            col(Parcel.data_set_key) != job.info.key, col(Parcel.valid_to).is_(None),
        )  # fmt: skip
        found = [Neighbour(f"parcel {one.code}", one.geom) for one in session.exec(query)]
    if job.added:
        features_there = select(LayerFeature).where(
            within_bounds(LayerFeature, box, dialect), LayerFeature.layer == job.name
        )
        found += [
            Neighbour(f"{job.name} {one.source_id}", one.geom)
            for one in session.exec(features_there)
            if not one.geom.geom_type.endswith("Point")
        ]
    return found


def polygon_of(session: Session, code: str, era: Era | None = None) -> tuple[str, BaseGeometry]:
    """Return name and polygon of a unit; without `era` the current one before an ended one.

    Raises
    ------
    NotFoundError
        If no unit of that code has a polygon.
    """
    query = select(AdminUnit).where(
        AdminUnit.code == code, AdminUnit.level == (level_of_code(code) or 0),
        col(AdminUnit.geom).is_not(None),
    ).order_by(col(AdminUnit.valid_to).is_not(None))  # fmt: skip
    found = list(session.exec(query).all())
    if era is not None:
        found = [one for one in found if (one.valid_to is None) == (era == "2025")]
    if not found or found[0].geom is None:
        raise NotFoundError(
            f"no unit {code!r} with a polygon", field="CODE",
            fix="load its polygon: `agridata places load`, see `agridata places find`",
            problem_vi=f"không có ranh giới của đơn vị {code!r}",
            fix_vi="hãy nạp ranh giới bằng `agridata places load`",
        )  # fmt: skip
    return f"{found[0].full_name} ({code})", found[0].geom


def forget_layer(session: Session, job: Job) -> set[str]:
    """Take out what earlier imports under this key stored; registry nouns stay.

    Returns
    -------
    set
        Codes of the registry nouns that the layer gave: those that the new file does not
        give again will end.
    """
    key = job.info.key
    keys = [key, *additions(session, key)]
    known = session.get(DataSet, key)
    if known is not None and not known.kind.startswith("layer_"):
        raise InputError(
            f"{job.name!r} is the name of a data set that is not a layer", field="--name",
            fix="choose another name", problem_vi="tên này đã thuộc về dữ liệu khác",
            fix_vi="hãy chọn tên khác",
        )  # fmt: skip
    if known is None:
        return set()
    given: set[str] = set()
    for model in REGISTRY:
        current = sa.and_(col(model.data_set_key).in_(keys), col(model.valid_to).is_(None))
        given |= set(session.exec(select(model.code).where(current)).all())
    for table in (LayerFeature, AdminUnit):
        session.execute(sa.delete(table).where(col(table.data_set_key).in_(keys)))
    bare = dict.fromkeys(("geom", "min_lon", "min_lat", "max_lon", "max_lat", "area_km2"))
    session.execute(
        sa.update(AdminUnit)
        .where(col(AdminUnit.geometry_data_set_key).in_(keys))
        .values(geometry_data_set_key=None, **bare)
    )
    _join_additions(session, key, keys[1:])
    session.expire_all()
    return given


def additions(session: Session, key: str) -> list[str]:
    """Return the keys of files that were added to a layer."""
    query = select(DataSet.key).where(col(DataSet.key).startswith(f"{key}+", autoescape=True))
    return list(session.exec(query).all())


def _join_additions(session: Session, key: str, added: list[str]) -> None:
    """Hand the nouns of added files to the layer itself, and forget those files."""
    from agridata.storage import RejectedRow

    if not added:
        return
    for model in REGISTRY:
        session.execute(
            sa.update(model).where(col(model.data_set_key).in_(added)).values(data_set_key=key)
        )
    session.execute(sa.delete(RejectedRow).where(col(RejectedRow.data_set_key).in_(added)))
    session.execute(sa.delete(DataSet).where(col(DataSet.key).in_(added)))


def store_rows(
    session: Session, job: Job, target: Target, rows: list[dict[str, Any]], ended: set[str]
) -> None:
    """Insert features; add, change or end registry nouns, each with its record of change."""
    if target is FEATURES:
        if rows:
            session.execute(sa.insert(LayerFeature), rows)
        return
    if not rows:
        return
    codes = {row["code"] for row in rows}
    _refuse_planted(session, job, ended - codes)
    model = target.model
    ours = sa.or_(col(model.data_set_key) == job.info.key, col(model.valid_to).is_not(None))
    there = {one.code: one for one in session.exec(select(model).where(ours))}
    with recording(session, actor=f"layers import {job.name}", now=job.now):
        for row in rows:
            noun = there.get(row["code"])
            if noun is None:
                session.add(model(**row))
                continue
            for name, value in (row | {"valid_to": None}).items():
                setattr(noun, name, value)
        for code in ended - codes:
            there[code].valid_to = local_date(job.now)


def _refuse_planted(session: Session, job: Job, leaving: set[str]) -> None:
    if job.kind == "land" and planted_parcels(session, leaving):
        raise InputError(
            "plantings rest on the parcels of this layer that the file leaves out",
            field="--name", fix="import the new parcels under another name",
            problem_vi="đã có vụ gieo trồng trên các thửa mà tệp mới không còn",
            fix_vi="hãy nhập các thửa mới dưới tên khác",
        )  # fmt: skip
