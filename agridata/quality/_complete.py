"""đủ: what should be there is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import sqlalchemy as sa
from sqlmodel import SQLModel

from agridata.quality._nouns import NOUNS, Known
from agridata.quality._rules import EXAMPLES_KEPT, Check, Tally, tallied

__all__ = ["complete_checks"]

NOT_LOST = ("not grown or province did not exist",)
"""Beginnings of reasons for which a row is rightly left out: nothing is missing."""


def complete_checks(known: Known) -> Iterator[Check]:
    """Count blanks, rows that were sent back, and stations without readings."""
    yield from _rows_stored(known)
    yield from tallied("required_fields", _required(known))
    yield from tallied("station_reports", _reporting(known))


def _rows_stored(known: Known) -> Iterator[Check]:
    table = SQLModel.metadata.tables["rejected_row"]
    rejected: Counter[str] = Counter()
    examples: dict[str, list[str]] = {}
    for key, where, problem in known.session.execute(
        sa.select(table.c.data_set_key, table.c.where, table.c.problem).order_by(table.c.id)
    ):
        if not str(problem).startswith(NOT_LOST):
            rejected[key] += 1
            if rejected[key] <= EXAMPLES_KEPT:
                examples.setdefault(key, []).append(where)
    for key, data_set in known.data_sets.items():
        checked = max(data_set.rows_stored, 0) + rejected[key]
        if checked:
            tally = Tally(checked, rejected[key], examples.get(key, []))
            yield Check("rows_stored", key, "", tally)


def _required(known: Known) -> Iterator[tuple[str, str, bool, str]]:
    for noun, spec in NOUNS.items():
        for thing in known.things(noun):
            for column in spec.required:
                yield thing.data_set, thing.unit, thing.filled(column), f"{thing.key}: {column}"


def _reporting(known: Known) -> Iterator[tuple[str, str, bool, str]]:
    reading = SQLModel.metadata.tables["reading"]
    reporting = set(known.session.scalars(sa.select(reading.c.station_id).distinct()))
    for station in known.things("station"):
        passed = station.values["id"] in reporting
        yield station.data_set, station.unit, passed, station.key
