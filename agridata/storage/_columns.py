"""SQLAlchemy column types that mean the same on SQLite and on PostgreSQL + PostGIS."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

from agridata.errors import UsageError

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry
    from sqlalchemy.engine import Dialect

__all__ = ["GeometryColumn", "UtcDateTime", "bounds_of"]

SRID = 4326
"""Every stored geometry is WGS 84, longitude first, two-dimensional."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment: `timestamptz` on PostgreSQL, naive UTC text on SQLite.

    Binding a naive datetime is refused, so that no time without a zone is stored.
    """

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise UsageError(f"{value!r} has no time zone", fix="pass an aware datetime")
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002  SQLAlchemy's signature
    ) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class _PostgisGeometry(UserDefinedType[str]):
    """PostGIS `geometry(Geometry, 4326)`, exchanged as hexadecimal EWKB.

    GeoAlchemy2's own type adds and removes columns in table events, which breaks inside
    an Alembic migration; two lines of DDL are all we need of it.
    """

    cache_ok = True

    def get_col_spec(self, **_options: Any) -> str:
        return f"geometry(Geometry, {SRID})"


class GeometryColumn(TypeDecorator["BaseGeometry"]):
    """A shapely geometry in EPSG:4326: WKB on SQLite, PostGIS `geometry` on PostgreSQL.

    The spatial index is an R*Tree fed by triggers from the bounding-box columns
    (SQLite, see `agridata.storage._spatial`) or GiST (PostgreSQL).
    """

    impl = sa.LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        impl = _PostgisGeometry() if dialect.name == "postgresql" else sa.LargeBinary()
        return dialect.type_descriptor(impl)

    def process_bind_param(self, value: BaseGeometry | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        import shapely

        flat = shapely.force_2d(value)
        if dialect.name == "postgresql":
            return shapely.to_wkb(shapely.set_srid(flat, SRID), hex=True, include_srid=True)
        return shapely.to_wkb(flat)

    def process_result_value(
        self,
        value: Any,
        dialect: Dialect,  # noqa: ARG002  SQLAlchemy's signature
    ) -> BaseGeometry | None:
        if value is None:
            return None
        import shapely

        geometry: BaseGeometry = shapely.from_wkb(value)
        return geometry


def bounds_of(geometry: BaseGeometry | None) -> dict[str, float | None]:
    """Return the four bounding-box column values that every geometry row carries.

    Returns
    -------
    dict
        ``min_lon, min_lat, max_lon, max_lat`` in degrees; all None without geometry.
    """
    keys = ("min_lon", "min_lat", "max_lon", "max_lat")
    values = (None,) * 4 if geometry is None or geometry.is_empty else geometry.bounds
    return dict(zip(keys, values, strict=True))
