"""sống: the data are of today: codes in force, papers in force, the newest edition."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import sqlalchemy as sa
from sqlmodel import SQLModel

from agridata.quality._nouns import NOUNS, Known
from agridata.quality._rules import Check, tallied
from agridata.vocabulary import local_date, to_utc

__all__ = ["live_checks", "review_checks"]

REVIEW_DAYS = 365
"""A list that nobody took from its source for a year is not kept."""

PLANTING_DAYS = 365
"""The delta sows two or three times a year: a year without a planting is a year without notes."""

SCENE_DAYS = 35
"""A month and a few days: monthly composites come with delay."""

Outcome = tuple[str, str, bool, str]


def live_checks(known: Known) -> Iterator[Check]:
    """Count codes, certificates, plantings and images that are not of today."""
    yield from tallied("code_in_force", _codes(known))
    yield from tallied("certificate_in_force", _certificates(known))
    yield from tallied("planting_recent", _plantings(known))
    yield from tallied("scene_recent", _scenes(known))


def review_checks(known: Known, judged: set[str]) -> Iterator[Check]:
    """Judge data sets that no other rule of liveness reaches by when they were loaded."""

    def outcomes() -> Iterator[Outcome]:
        for key, data_set in known.data_sets.items():
            if key not in judged and data_set.rows_stored > 0:
                age = known.moment(key) - to_utc(data_set.loaded_at)
                yield key, "", age <= timedelta(days=REVIEW_DAYS), key

    yield from tallied("reviewed", outcomes())


def _codes(known: Known) -> Iterator[Outcome]:
    """Check that a known code is in force; an unknown one is an orphan, not an old one."""
    for noun in NOUNS:
        for thing in known.things(noun):
            code = thing.values.get("admin_unit_code")
            spans = known.units.get(code) if code else None
            if spans:
                day = known.day(thing.data_set)
                passed = any(span.valid_on(day) for span in spans)
                yield thing.data_set, thing.unit, passed, f"{thing.key}: {code}"


def _certificates(known: Known) -> Iterator[Outcome]:
    """Check papers that claim to be active; what was suspended or revoked claims nothing."""
    for thing in known.things("certificate"):
        if thing.values["status"] == "active":
            last: date | None = thing.values["valid_to"]
            passed = last is None or known.day(thing.data_set) <= last
            yield thing.data_set, thing.unit, passed, thing.key


def _plantings(known: Known) -> Iterator[Outcome]:
    """Check that a parcel that ever had a planting has one of the last twelve months."""
    newest: dict[str, date] = {}
    for planting in known.things("planting"):
        code = planting.values["parcel_code"]
        newest[code] = max(newest.get(code, date.min), _last_day(planting.values))
    for parcel in known.things("parcel"):
        if parcel.key in newest:
            limit = known.day(parcel.data_set) - timedelta(days=PLANTING_DAYS)
            yield parcel.data_set, parcel.unit, newest[parcel.key] >= limit, parcel.key


def _last_day(values: object) -> date:
    """Return the last day on which a planting is known to stand."""
    assert isinstance(values, dict)
    if values["season"] == "year" or values.get("planted_year"):
        return date.max  # an orchard stands until it is ended
    known = [values["sown_on"], values["expected_harvest_on"]]
    days = [day for day in known if day is not None]
    return max(days) if days else date(values["year"], 12, 31)


def _scenes(known: Known) -> Iterator[Outcome]:
    """Check each source's newest image (a series of images has one newest)."""
    table = SQLModel.metadata.tables["scene"]
    kinds = sa.select(table.c.data_set_key, table.c.time, table.c.key, table.c.period)
    newest: dict[str, tuple[date, str, str]] = {}
    for data_set, time, key, period in known.session.execute(kinds):
        family = f"{period}:{key.rstrip('0123456789').rstrip('_-')}"
        day = local_date(to_utc(time)) + timedelta(days=31 if period == "P1M" else 0)
        if family not in newest or newest[family][0] < day:
            newest[family] = (day, key, data_set)
    for day, key, data_set in newest.values():
        limit = known.day(data_set) - timedelta(days=SCENE_DAYS)
        yield data_set, "", day >= limit, key
