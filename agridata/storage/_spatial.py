"""The spatial index of both databases behind one filter."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

__all__ = ["GEOMETRY_TABLES", "create_spatial_index", "drop_spatial_index", "within_bounds"]

GEOMETRY_TABLES = ("admin_unit", "parcel", "pond", "herd", "station", "layer_feature")
"""Tables with columns `id, geom, min_lon, min_lat, max_lon, max_lat`."""


def create_spatial_index(connection: sa.Connection, table: str) -> None:
    """Create GiST (PostgreSQL) or an R*Tree kept by triggers (SQLite) for `table`.

    The triggers read the bounding-box columns, so bulk inserts that bypass the ORM
    are indexed as well.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"CREATE INDEX ix_{table}_geom ON {table} USING gist (geom)")
        return
    tree = f"{table}_rtree"
    connection.exec_driver_sql(
        f"CREATE VIRTUAL TABLE {tree} USING rtree(id, min_lon, max_lon, min_lat, max_lat)"
    )
    box = "NEW.id, NEW.min_lon, NEW.max_lon, NEW.min_lat, NEW.max_lat"
    forget = f"DELETE FROM {tree} WHERE id = OLD.id;"
    remember = f"INSERT INTO {tree} SELECT {box} WHERE NEW.min_lon IS NOT NULL;"
    for event, body in (("insert", remember), ("update", forget + remember), ("delete", forget)):
        connection.exec_driver_sql(
            f"CREATE TRIGGER {tree}_{event} AFTER {event} ON {table} BEGIN {body} END"
        )


def drop_spatial_index(connection: sa.Connection, table: str) -> None:
    """Undo `create_spatial_index`."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"DROP INDEX IF EXISTS ix_{table}_geom")
        return
    for event in ("insert", "update", "delete"):
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_rtree_{event}")
    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table}_rtree")


def within_bounds(
    model: type[Any],
    bounds: tuple[float, float, float, float],
    dialect_name: str,
) -> sa.ColumnElement[bool]:
    """Return a filter for rows of `model` whose box touches `bounds`, through the index.

    Parameters
    ----------
    model
        A table model listed in `GEOMETRY_TABLES`.
    bounds
        ``(min_lon, min_lat, max_lon, max_lat)`` in degrees, EPSG:4326.
    dialect_name
        ``session.get_bind().dialect.name``.
    """
    table = model.__tablename__
    keys = ("q_min_lon", "q_min_lat", "q_max_lon", "q_max_lat")
    values = [
        sa.bindparam(key, float(value), sa.Float, unique=True)
        for key, value in zip(keys, bounds, strict=True)
    ]
    if dialect_name == "postgresql":
        condition = (
            f"{table}.geom && ST_MakeEnvelope(:q_min_lon, :q_min_lat, :q_max_lon, :q_max_lat, 4326)"
        )
    else:
        condition = (
            f"{table}.id IN (SELECT id FROM {table}_rtree WHERE min_lon <= :q_max_lon AND "
            "max_lon >= :q_min_lon AND min_lat <= :q_max_lat AND max_lat >= :q_min_lat)"
        )
    return sa.text(condition).bindparams(*values)  # type: ignore[return-value]  # text() is a valid WHERE clause
