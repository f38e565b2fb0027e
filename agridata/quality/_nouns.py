"""What is read once for all rules: rows of the registry, stations, units; the moment of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, select

import agridata.layers.models
import agridata.observations.models
import agridata.places.models
import agridata.registry.models
import agridata.statistics.models  # noqa: F401  the five declare the tables that are checked
from agridata.places import level_of_code
from agridata.storage import DataSet
from agridata.vocabulary import Utc, local_date, to_utc

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

__all__ = ["BY_HAND", "NOUNS", "Known", "Noun", "Thing", "UnitSpan"]

BY_HAND = "entered_by_hand"
"""Stands for the data set of nouns that were typed in and came in no file."""


@dataclass(frozen=True, slots=True)
class Noun:
    """A table of things: how they are named, what each must have.

    `required` holds columns of which one must be filled in: ``"a|b"`` means a or b.
    """

    key: tuple[str, ...]
    required: tuple[str, ...]
    texts: tuple[str, ...]
    placed: bool = False


NOUNS: Mapping[str, Noun] = {
    "organisation": Noun(
        ("code",), ("name", "kind", "location_code", "address", "admin_unit_code"),
        ("code", "name", "address", "location_code"),
    ),
    "member": Noun(("subject",), ("organisation_code", "role"), ("subject", "role")),
    "parcel": Noun(
        ("code",), ("admin_unit_code", "land_use", "organisation_code|subject"),
        ("code", "land_use"), placed=True,
    ),
    "planting": Noun(
        ("parcel_code", "season", "year"), ("crop", "variety", "sown_on|planted_year"),
        ("crop", "variety"),
    ),
    "herd": Noun(
        ("code",), ("admin_unit_code", "species", "organisation_code", "geom"),
        ("code", "species"), placed=True,
    ),
    "pond": Noun(
        ("code",),
        ("admin_unit_code", "species", "organisation_code", "geom", "area_ha|volume_m3|cages"),
        ("code", "species"), placed=True,
    ),
    "product": Noun(
        ("gtin",), ("name_vi", "name_en", "crop"), ("name_vi", "name_en", "brand", "standards"),
    ),
    "certificate": Noun(("code",), ("issuer", "number"), ("number", "issuer", "market")),
    "station": Noun(("key",), ("name", "geom"), ("key", "name", "river"), placed=True),
    "layer_feature": Noun(("layer", "source_id"), (), ("layer", "source_id"), placed=True),
}  # fmt: skip
"""Tables whose rows are things in the field or on paper. Readings and statistics are counted
apart."""


@dataclass(frozen=True, slots=True)
class Thing:
    """One row of a noun's table: its values, key, data set and commune."""

    values: Mapping[str, Any]
    key: str
    data_set: str
    unit: str

    def filled(self, column: str) -> bool:
        """Tell whether any of the columns ``a|b`` has a value."""
        found = (self.values.get(name) for name in column.split("|"))
        return any(value is not None and value != "" for value in found)


@dataclass(frozen=True, slots=True)
class UnitSpan:
    """One validity of an administrative code, with its name."""

    valid_from: date | None
    valid_to: date | None
    name: str

    def valid_on(self, day: date) -> bool:
        """Tell whether the unit existed on `day` (`valid_to` is its heirs' first day)."""
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.valid_to is None or day < self.valid_to)


class Known:
    """Everything that rules share, read at first use.

    Parameters
    ----------
    session
        Not written to.
    now
        Wall clock, and the moment of data sets that name none.
    as_of
        Moment that overrides every data set's own; None overrides nothing.
    """

    def __init__(self, session: Session, *, now: Utc, as_of: Utc | None) -> None:
        self.session = session
        self.now = now
        self.as_of = as_of
        self.province_names: dict[str, tuple[str, str]] = {}
        self._things: dict[str, list[Thing]] = {}

    @cached_property
    def data_sets(self) -> dict[str, DataSet]:
        """Loaded sources by key."""
        return {one.key: one for one in self.session.exec(select(DataSet)).all()}

    def moment(self, data_set: str) -> Utc:
        """Return the moment of which a data set is judged."""
        if self.as_of is not None:
            return self.as_of
        known = self.data_sets.get(data_set)
        return to_utc(known.as_of) if known and known.as_of else self.now

    def day(self, data_set: str) -> date:
        """Return the local day of `moment`."""
        return local_date(self.moment(data_set))

    @cached_property
    def units(self) -> dict[str, list[UnitSpan]]:
        """Administrative codes with their validities, oldest first."""
        table = SQLModel.metadata.tables["admin_unit"]
        rows = self.session.execute(
            sa.select(table.c.code, table.c.valid_from, table.c.valid_to, table.c.full_name)
        )
        spans: dict[str, list[UnitSpan]] = {}
        for code, start, end, name in rows:
            spans.setdefault(code, []).append(UnitSpan(start, end, name))
        for found in spans.values():
            found.sort(key=lambda one: one.valid_to or date.max)
        return spans

    def polygons(self, codes: Sequence[str]) -> dict[str, BaseGeometry]:
        """Return the polygons of current communes; schematic ones too: positions were put there."""
        table = SQLModel.metadata.tables["admin_unit"]
        query = sa.select(table.c.code, table.c.geom).where(
            table.c.code.in_(codes), table.c.valid_to.is_(None), table.c.geom.is_not(None)
        )
        return {str(row.code): row.geom for row in self.session.execute(query)}

    def things(self, noun: str) -> list[Thing]:
        """Return the rows of a noun that are in force: what has ended is history."""
        if noun not in self._things:
            self._things[noun] = list(self._read(noun))
        return self._things[noun]

    def _read(self, noun: str) -> list[Thing]:
        table, spec = SQLModel.metadata.tables[noun], NOUNS[noun]
        left_out = {"properties", "min_lon", "min_lat", "max_lon", "max_lat"}
        columns = [column for column in table.c if column.name not in left_out]
        order = [table.c[name] for name in spec.key]
        found = []
        for mapping in self.session.execute(sa.select(*columns).order_by(*order)).mappings():
            row = {str(name): value for name, value in mapping.items()}
            data_set = row.get("data_set_key") or BY_HAND
            ends = row.get("valid_to")
            if noun != "certificate" and ends is not None and ends < self.day(data_set):
                continue
            key = "/".join(str(row[name]) for name in spec.key)
            found.append(Thing(row, key, data_set, self._unit_of(noun, row)))
        return found

    def _unit_of(self, noun: str, row: Mapping[str, Any]) -> str:
        """Return the commune a row belongs to, "" where none is known."""
        if noun == "planting":
            return self._unit_by_parcel.get(row["parcel_code"], "")
        code = row.get("admin_unit_code") or ""
        return code if level_of_code(code) is not None and code in self.units else ""

    @cached_property
    def _unit_by_parcel(self) -> dict[str, str]:
        return {one.key: one.unit for one in self.things("parcel")}
