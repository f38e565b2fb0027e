"""What layers a workspace holds: imported ones by name, and the registry's own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from agridata.errors import NotFoundError
from agridata.layers._import import LAYER_KIND_PREFIX
from agridata.layers.models import LayerFeature
from agridata.places.models import AdminUnit
from agridata.registry.models import Herd, Parcel, Pond
from agridata.storage import DataSet

ADDED = re.compile(r"\+[0-9a-f]{8}$")
"""How the key of a file ends whose rows were added to a layer."""

__all__ = ["LayerSource", "LayerSummary", "find_layer", "list_layers"]


@dataclass(frozen=True, slots=True)
class LayerSummary:
    """One layer in a list; `bounds` is (min_lon, min_lat, max_lon, max_lat) in degrees."""

    name: str
    kind: str
    table: str
    features: int
    area_ha: float | None
    bounds: tuple[float, float, float, float] | None
    source: str
    licence: str
    simulated: bool


@dataclass(frozen=True, slots=True)
class LayerSource:
    """Where the rows of a layer are: a table and the filter that picks them."""

    name: str
    kind: str
    model: type[Any]
    rows: sa.ColumnElement[bool]
    data_set: DataSet | None


def _registry_layers() -> list[LayerSource]:
    """Return the layers that every workspace has, whoever filled the tables."""
    current, ended = col(AdminUnit.valid_to).is_(None), col(AdminUnit.valid_to).is_not(None)
    units = [
        ("communes_2025", 3, current),
        ("provinces_2025", 1, current),
        ("communes_pre2025", 3, ended),
        ("districts_pre2025", 2, ended),
        ("provinces_pre2025", 1, ended),
    ]
    drawn = col(AdminUnit.geom).is_not(None)
    return [
        LayerSource(
            name, "admin", AdminUnit, sa.and_(col(AdminUnit.level) == level, era, drawn), None
        )
        for name, level, era in units
    ] + [
        LayerSource(
            name, kind, model, sa.and_(col(model.geom).is_not(None), col(model.valid_to).is_(None)),
            None,
        )
        for name, kind, model in (
            ("parcels", "land", Parcel), ("herds", "livestock", Herd), ("ponds", "fisheries", Pond),
        )
    ]  # fmt: skip


def _imported_layers(session: Session) -> list[LayerSource]:
    """Return the imported layers; files that were added to one belong to it."""
    query = (
        select(DataSet)
        .where(col(DataSet.kind).startswith(LAYER_KIND_PREFIX))
        .order_by(col(DataSet.key))
    )
    found = {one.key: one for one in session.exec(query).all()}
    groups: dict[str, list[str]] = {}
    for key in found:
        base = ADDED.sub("", key)
        groups.setdefault(base if base in found else key, []).append(key)
    return [_imported(session, found[base], keys) for base, keys in groups.items()]


def _imported(session: Session, data_set: DataSet, keys: list[str]) -> LayerSource:
    """Return where the rows of an imported layer went: the first table that has any."""
    key = data_set.key
    places = [
        (model, sa.and_(col(model.data_set_key).in_(keys), col(model.valid_to).is_(None)))
        for model in (Parcel, Herd, Pond)
    ] + [
        (AdminUnit, col(AdminUnit.geometry_data_set_key).in_(keys)),
        (LayerFeature, col(LayerFeature.data_set_key).in_(keys)),
    ]
    model, rows = next(
        (
            (model, rows)
            for model, rows in places
            if session.execute(sa.select(sa.exists().where(rows))).scalar()
        ),
        places[-1],
    )
    name = key.removeprefix("layer:")
    if model is LayerFeature:
        name = session.exec(select(LayerFeature.layer).where(rows).limit(1)).first() or name
    return LayerSource(name, data_set.kind.removeprefix(LAYER_KIND_PREFIX), model, rows, data_set)


def find_layer(session: Session, name: str) -> LayerSource:
    """Return the layer called `name`: an imported one, else one of the registry's.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    for layer in [*_imported_layers(session), *_registry_layers()]:
        if layer.name == name:
            return layer
    raise NotFoundError(
        f"no layer {name!r}", field="NAME", fix="see `agridata layers list`",
        problem_vi=f"không có lớp bản đồ {name!r}", fix_vi="xem `agridata layers list`",
    )  # fmt: skip


def list_layers(session: Session) -> list[LayerSummary]:
    """Return all layers that have features, imported ones first, each by name.

    The registry's own (``communes_2025``, ``provinces_2025``, ``communes_pre2025``,
    ``districts_pre2025``, ``provinces_pre2025``, ``parcels``, ``herds``, ``ponds``) span
    all data sets and hold what has a shape.
    """
    layers = [*_imported_layers(session), *_registry_layers()]
    summaries = [_summary(session, layer) for layer in layers]
    return [one for one in summaries if one.features]


def _summary(session: Session, layer: LayerSource) -> LayerSummary:
    model = layer.model
    count, *box = session.execute(
        sa.select(
            sa.func.count(), sa.func.min(model.min_lon), sa.func.min(model.min_lat),
            sa.func.max(model.max_lon), sa.func.max(model.max_lat),
        ).where(layer.rows)
    ).one()  # fmt: skip
    about = layer.data_set
    return LayerSummary(
        name=layer.name, kind=layer.kind, table=str(model.__tablename__), features=count,
        area_ha=_area(session, layer), bounds=None if None in box else tuple(box),
        source=about.source if about else "tables of the workspace",
        licence=about.licence if about else "see the data sets",
        simulated=about.simulated if about else _any_simulated(session, layer),
    )  # fmt: skip


def _area(session: Session, layer: LayerSource) -> float | None:
    column = getattr(layer.model, "area_ha", None)
    if layer.model is AdminUnit:
        column, factor = AdminUnit.area_km2, 100.0
    else:
        factor = 1.0
    if column is None:
        return None
    total = session.execute(sa.select(sa.func.sum(column)).where(layer.rows)).scalar()
    return None if total is None else round(float(total) * factor, 4)


def _any_simulated(session: Session, layer: LayerSource) -> bool:
    column = getattr(layer.model, "simulated", getattr(layer.model, "geometry_schematic", None))
    query = sa.select(sa.exists().where(layer.rows, column.is_(True)))  # type: ignore[union-attr]  # every registry table has one of the two
    return bool(session.execute(query).scalar())
