"""A noun as JSON values: what the audit trail keeps of a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

__all__ = ["NOUN_KEYS", "State", "key_of", "loaded_state", "state_of"]

State = dict[str, Any]

NOUN_KEYS: Mapping[str, tuple[str, ...]] = {
    "organisation": ("code",),
    "member": ("subject",),
    "personal_value": ("subject", "kind"),
    "parcel": ("code",),
    "planting": ("parcel_code", "season", "year"),
    "herd": ("code",),
    "pond": ("code",),
    "product": ("gtin",),
    "certificate": ("code",),
}
"""Table of each registry noun → the columns by which people name one."""

LEFT_OUT = frozenset({"id", "min_lon", "min_lat", "max_lon", "max_lat", "value", "salt"})
"""Surrogate numbers, boxes that follow from `geom`, and what is personal."""

BATCH = 500
"""Rows read back per query: well under the 32,766 variables of one SQLite statement."""


def key_of(noun: str, state: Mapping[str, Any]) -> str:
    """Return the business key of a state, ``P1/winter_spring/2026`` where it has parts."""
    return "/".join(str(state[name]) for name in NOUN_KEYS[noun])


def state_of(noun: SQLModel, before: State | None = None) -> State:
    """Return the columns of a noun as JSON values, as they stand in memory.

    Parameters
    ----------
    before
        Its stored state: columns not touched since are taken from there, unread.
    """
    attributes = sa.inspect(noun).attrs
    return {
        name: _plain(getattr(noun, name))
        if before is None or attributes[name].history.has_changes()
        else before[name]
        for name in _columns(str(noun.__tablename__))
    }


def loaded_state(
    session: Session, noun: str, rows: Sequence[SQLModel]
) -> dict[tuple[Any, ...], State]:
    """Return the states in the database of persistent `rows`, by primary key."""
    table = SQLModel.metadata.tables[noun]
    (primary,) = table.primary_key.columns
    names = _columns(noun)
    wanted = [sa.inspect(row).identity[0] for row in rows]
    query = sa.select(primary, *(table.c[name] for name in names))
    return {
        (first,): {name: _plain(cell) for name, cell in zip(names, cells, strict=True)}
        for start in range(0, len(wanted), BATCH)
        for first, *cells in session.connection().execute(
            query.where(primary.in_(wanted[start : start + BATCH]))
        )
    }


def _columns(noun: str) -> list[str]:
    return [one.name for one in SQLModel.metadata.tables[noun].columns if one.name not in LEFT_OUT]


def _plain(value: Any) -> Any:
    """Return `value` as JSON has it: ISO times in UTC, geometry as GeoJSON."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "geom_type"):
        return _geojson(value)
    return value


def _geojson(geometry: BaseGeometry) -> State:
    """Return GeoJSON of a shape; floats keep every digit, so that it can be read back."""
    import shapely

    told = shapely.geometry.mapping(shapely.force_2d(geometry))
    return {"type": told["type"], "coordinates": _lists(told.get("coordinates", ()))}


def _lists(nested: Any) -> Any:
    return [_lists(one) for one in nested] if isinstance(nested, tuple | list) else float(nested)
