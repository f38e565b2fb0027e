"""The files of the catalogue: columns with units, rows streamed from the tables."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from agridata.forecasts.models import SalinityForecast, YieldForecast
from agridata.observations.models import Reading, Station, ZonalStatistic
from agridata.opendata._public import PUBLIC_COLUMNS, may_publish
from agridata.places.models import AdminUnit
from agridata.registry.models import Certificate, Organisation, Parcel, Product
from agridata.statistics.models import CropStatistic
from agridata.storage import DataSet

__all__ = ["Column", "Distribution", "distributions"]

Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file: its name, its JSON type and what it means, unit included."""

    name: str
    kind: Literal["string", "number", "integer", "boolean", "date", "datetime", "object"]
    meaning: str


@dataclass(frozen=True, slots=True)
class Distribution:
    """One file of the catalogue, or one that may only be described.

    `rows` is None where the licence of a source forbids passing it on; `reason` says so.
    A file that ends in ``.geojson`` has its geometry (EPSG:4326, longitude first) as GeoJSON
    object in the last column.
    """

    name: str
    title_vi: str
    title_en: str
    licence: str
    simulated: bool
    sources: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: Callable[[], Iterator[Row]] | None
    reason: str = ""


_OWN_LICENCE = "CC-BY-4.0"
"""Licence of what this installation computed itself."""


def distributions(session: Session) -> list[Distribution]:
    """Return every file that the workspace can offer, without reading its rows yet."""
    sets = {one.key: one for one in session.exec(select(DataSet)).all()}
    return [
        *_places(session, sets),
        *_stations(session, sets),
        *_per_set(session, sets, Reading, "readings", _readings, _READING_COLUMNS),
        *_per_set(session, sets, CropStatistic, "statistics", _figures, _FIGURE_COLUMNS),
        *_computed(session),
        *_nouns(session, sets),
        *_land_use(session),
    ]


def _combined(sets: Iterable[DataSet]) -> tuple[str, bool, str]:
    """Return licence, whether simulated, and why several sources may not leave, if so."""
    listed = list(sets)
    closed = sorted({one.licence for one in listed if not may_publish(one.licence)})
    licence = "; ".join(sorted({one.licence for one in listed}))
    reason = f"the source's licence does not allow a copy: {', '.join(closed)}" if closed else ""
    return licence, any(one.simulated for one in listed), reason


def _offer(
    sets: dict[str, DataSet],
    keys: Iterable[str],
    name: str,
    titles: tuple[str, str],
    columns: tuple[Column, ...],
    rows: Callable[[], Iterator[Row]],
) -> Distribution:
    sources = tuple(sorted(set(keys)))
    licence, simulated, reason = _combined(sets[key] for key in sources)
    return Distribution(
        name, titles[0], titles[1], licence, simulated, sources, columns,
        None if reason else rows, reason,
    )  # fmt: skip


_UNIT_COLUMNS = (
    Column("code", "string", "GSO code"),
    Column("level", "integer", "1 province, 2 district, 3 commune"),
    Column("parent_code", "string", "code of the unit above"),
    Column("name", "string", "name without its kind"),
    Column("full_name", "string", "name with its kind"),
    Column("valid_from", "date", "first day; empty: open"),
    Column("valid_to", "date", "first day after; empty: open"),
    Column("area_km2", "number", "area, km²"),
    Column("geometry_schematic", "boolean", "true where the shape is no boundary"),
)


def _places(session: Session, sets: dict[str, DataSet]) -> Iterator[Distribution]:
    names = tuple(column.name for column in _UNIT_COLUMNS)
    keys = session.exec(select(AdminUnit.data_set_key).distinct()).all()
    if keys:
        yield _offer(
            sets, keys, "admin_units.csv", ("Đơn vị hành chính", "Administrative units"),
            _UNIT_COLUMNS, lambda: _attributes(session, AdminUnit, names, AdminUnit.code),
        )  # fmt: skip
        yield _offer(
            sets, keys, "communes.geojson", ("Xã, phường hiện nay", "Current communes"),
            (*_UNIT_COLUMNS, Column("geometry", "object", "outline, EPSG:4326")),
            lambda: _communes(session, names),
        )  # fmt: skip


def _communes(session: Session, names: Sequence[str]) -> Iterator[Row]:
    from shapely.geometry import mapping

    query = select(AdminUnit).where(
        AdminUnit.level == 3, col(AdminUnit.valid_to).is_(None), col(AdminUnit.geom).is_not(None)
    )
    for unit in session.exec(query.order_by(AdminUnit.code)):
        assert unit.geom is not None
        yield [*(getattr(unit, name) for name in names), mapping(unit.geom)]


def _attributes(
    session: Session, model: type[SQLModel], names: Sequence[str], order: Any
) -> Iterator[Row]:
    columns = [getattr(model, name) for name in names]
    for row in session.execute(sa.select(*columns).order_by(order)):
        yield list(row)


def _stations(session: Session, sets: dict[str, DataSet]) -> Iterator[Distribution]:
    keys = session.exec(select(Station.data_set_key).distinct()).all()
    columns = (
        Column("key", "string", "identity of the station"),
        Column("name", "string", "name"),
        Column("river", "string", "river or canal"),
        Column("admin_unit_code", "string", "current commune"),
        Column("simulated", "boolean", "whether its readings are simulated"),
        Column("geometry", "object", "position, EPSG:4326; null where no source gives one"),
    )

    def rows() -> Iterator[Row]:
        for one in session.exec(select(Station).order_by(Station.key)):
            point = None if one.min_lon is None else {
                "type": "Point", "coordinates": [one.min_lon, one.min_lat],
            }  # fmt: skip
            yield [one.key, one.name, one.river, one.admin_unit_code, one.simulated, point]

    if keys:
        titles = ("Trạm quan trắc", "Stations")
        yield _offer(sets, keys, "stations.geojson", titles, columns, rows)


_READING_COLUMNS = (
    Column("station", "string", "station key"),
    Column("variable", "string", "variable"),
    Column("statistic", "string", "point, daily_max, daily_min, daily_mean"),
    Column("time", "datetime", "UTC; start of the local day for daily statistics"),
    Column("value", "number", "value in `unit`"),
    Column("unit", "string", "unit"),
    Column("flag", "string", "empty, or what is suspicious"),
)

_FIGURE_COLUMNS = (
    Column("unit_name", "string", "unit as published"),
    Column("unit_level", "string", "level of the unit"),
    Column("crop", "string", "crop"),
    Column("season", "string", "season"),
    Column("year", "integer", "year of the harvest"),
    Column("area_ha", "number", "area, ha"),
    Column("yield_t_ha", "number", "yield, t/ha"),
    Column("production_t", "number", "production, t"),
    Column("flag", "string", "empty, or which identity fails"),
)


def _per_set(
    session: Session,
    sets: dict[str, DataSet],
    model: type[Any],
    prefix: str,
    rows: Callable[[Session, str], Iterator[Row]],
    columns: tuple[Column, ...],
) -> Iterator[Distribution]:
    for key in sorted(session.exec(select(model.data_set_key).distinct()).all()):
        titles = (sets[key].title_vi, sets[key].title_en)
        name = f"{prefix}_{key}.csv"
        yield _offer(sets, [key], name, titles, columns, partial(rows, session, key))


def _readings(session: Session, key: str) -> Iterator[Row]:
    stations: Any = SQLModel.metadata.tables["station"].c
    readings: Any = SQLModel.metadata.tables["reading"].c
    names = [column.name for column in _READING_COLUMNS[1:]]
    query = (
        sa.select(stations.key, *(readings[name] for name in names))
        .join_from(readings.id.table, stations.id.table, stations.id == readings.station_id)
        .where(readings.data_set_key == key)
        .order_by(stations.key, readings.variable, readings.statistic, readings.time)
    )
    for row in session.execute(query.execution_options(yield_per=5_000)):
        yield list(row)


def _figures(session: Session, key: str) -> Iterator[Row]:
    names = [column.name for column in _FIGURE_COLUMNS]
    columns = [getattr(CropStatistic, name) for name in names]
    query = sa.select(*columns).where(col(CropStatistic.data_set_key) == key)
    for row in session.execute(
        query.order_by(
            col(CropStatistic.unit_name), col(CropStatistic.season), col(CropStatistic.year)
        )
    ):
        yield list(row)


def _computed(session: Session) -> Iterator[Distribution]:
    """Offer what this installation computed: forecasts and zonal statistics."""
    for name, titles, model, order in (
        (
            "salinity_forecasts.csv", ("Dự báo độ mặn", "Salinity forecasts"), SalinityForecast,
            ("station_key", "origin", "lead_days"),
        ),
        (
            "yield_forecasts.csv", ("Dự báo năng suất", "Yield forecasts"), YieldForecast,
            ("unit_name", "crop", "season", "year"),
        ),
        (
            "zonal_statistics.csv", ("Thống kê theo vùng từ ảnh", "Zonal statistics of scenes"),
            ZonalStatistic, ("scene_key", "band", "zone"),
        ),
    ):  # fmt: skip
        if session.exec(select(model).limit(1)).first() is None:
            continue
        columns = tuple(_column(model, field) for field in model.model_fields if field != "id")
        kept = tuple(column.name for column in columns)
        simulated = "simulated" in kept and _any_simulated(session, model)
        yield Distribution(
            name, titles[0], titles[1], _OWN_LICENCE, simulated, (), columns,
            partial(_selected, session, model, kept, order),
        )  # fmt: skip


def _any_simulated(session: Session, model: type[Any]) -> bool:
    return session.exec(select(model).where(model.simulated).limit(1)).first() is not None


def _column(model: type[SQLModel], field: str) -> Column:
    kinds = {str: "string", int: "integer", float: "number", bool: "boolean"}
    annotation: Any = model.model_fields[field].annotation
    return Column(field, kinds.get(annotation, "string"), "see the data dictionary")  # type: ignore[arg-type]  # values of `kinds`


def _selected(
    session: Session, model: type[Any], names: Sequence[str], order: Sequence[str]
) -> Iterator[Row]:
    columns = [getattr(model, name) for name in names]
    query = sa.select(*columns).order_by(*(getattr(model, name) for name in order))
    if model is ZonalStatistic:
        query = query.where(ZonalStatistic.zone_kind == "commune")  # type: ignore[arg-type]  # a column at run time
    for row in session.execute(query):
        yield [json.dumps(cell) if isinstance(cell, dict | list) else cell for cell in row]


def _nouns(session: Session, sets: dict[str, DataSet]) -> Iterator[Distribution]:
    for noun, model, titles in (
        ("organisation", Organisation, ("Tổ chức", "Organisations")),
        ("product", Product, ("Sản phẩm", "Products")),
        ("certificate", Certificate, ("Chứng nhận và mã số", "Certificates and codes")),
    ):
        keys = [key for key in session.exec(select(model.data_set_key).distinct()).all() if key]
        names = tuple(name for name in PUBLIC_COLUMNS[noun] if name in model.model_fields)
        columns = tuple(_column(model, name) for name in names)
        order = getattr(model, names[0])
        if keys:
            yield _offer(
                sets, keys, f"{noun}s.csv", titles, columns,
                partial(_attributes, session, model, names, order),
            )  # fmt: skip


def _land_use(session: Session) -> Iterator[Distribution]:
    """Offer land use summed over communes: single farms stay in the house."""
    columns = (
        Column("admin_unit_code", "string", "commune"),
        Column("land_use", "string", "land use"),
        Column("fields", "integer", "number of fields"),
        Column("area_ha", "number", "area, ha"),
        Column("simulated", "boolean", "whether any of it is simulated"),
    )

    def rows() -> Iterator[Row]:
        query = (
            sa.select(
                col(Parcel.admin_unit_code), col(Parcel.land_use), sa.func.count(),
                sa.func.sum(Parcel.area_ha), sa.func.max(sa.cast(Parcel.simulated, sa.Integer)),
            )
            .group_by(col(Parcel.admin_unit_code), col(Parcel.land_use))
            .order_by(col(Parcel.admin_unit_code), col(Parcel.land_use))
        )  # fmt: skip
        for code, use, count, area, simulated in session.execute(query):
            yield [code, use, count, round(float(area), 2), bool(simulated)]

    if session.exec(select(Parcel.id).limit(1)).first() is not None:
        titles = ("Sử dụng đất theo xã", "Land use by commune")
        simulated = _any_simulated(session, Parcel)
        yield Distribution(
            "land_use_by_commune.csv", *titles, _OWN_LICENCE, simulated, (), columns, rows
        )
