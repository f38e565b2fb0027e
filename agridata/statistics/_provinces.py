"""Provinces through the splits and mergers of 1997, 2004, 2008 and 2025.

A *version* is a province with one extent: ``92@2004-01-01`` is Cần Thơ from 2004 to 30 June
2025, without Hậu Giang and Sóc Trăng. Codes are the GSO codes of Decision 124/2004/QĐ-TTg; an
older extent carries the code of the province that kept its name.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from agridata.vocabulary import search_key

__all__ = [
    "AFTER_END", "BEFORE_START", "Part", "ProvinceVersion", "province_versions", "version_by_key",
    "version_named", "version_on", "year_end",
]  # fmt: skip

BEFORE_START = "before_unit_existed"
"""Flag of a figure of a year before the unit existed: the publisher calculated it back."""

AFTER_END = "after_unit_ended"
"""Flag of a figure of a year at whose end the unit was gone."""

ALIASES: Mapping[str, str] = {
    "hue": "thua thien hue", "tp ho chi minh": "ho chi minh", "tphcm": "ho chi minh",
    "ho chi minh city": "ho chi minh", "vung tau ba ria": "ba ria vung tau",
}  # fmt: skip
"""Other spellings of tables → the toneless name in `provinces.csv`."""

_TYPE_WORDS = re.compile(r"^(tinh|thanh pho|tp)\s+(?=\S)")


@dataclass(frozen=True, slots=True)
class Part:
    """What a version was made of; `whole` is False where only a part of it went in."""

    version: str
    whole: bool


@dataclass(frozen=True, slots=True)
class ProvinceVersion:
    """A province with one extent, valid on ``valid_from <= day < valid_to`` (None is open)."""

    code: str
    name: str
    name_vi: str
    valid_from: date | None
    valid_to: date | None
    made_of: tuple[Part, ...]
    act: str

    @property
    def key(self) -> str:
        """Return ``code@first day``; nothing after @ where it is older than the tables."""
        return f"{self.code}@{self.valid_from or ''}"

    def valid_on(self, day: date) -> bool:
        """Tell whether the version existed on `day`."""
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.valid_to is None or day < self.valid_to)


def year_end(year: int) -> date:
    """Return the day whose units the tables of `year` follow."""
    return date(year, 12, 31)


@cache
def province_versions() -> tuple[ProvinceVersion, ...]:
    """Return every version, by code and first day."""
    path = Path(__file__).with_name("provinces.csv")
    with path.open(encoding="utf-8", newline="") as stream:
        return tuple(_version(row) for row in csv.DictReader(stream))


def _version(row: Mapping[str, str]) -> ProvinceVersion:
    begins, ends = (
        date.fromisoformat(row[key]) if row[key] else None for key in ("valid_from", "valid_to")
    )
    parts = tuple(
        Part(text.removesuffix("*"), not text.endswith("*")) for text in row["made_of"].split()
    )
    return ProvinceVersion(
        row["code"], row["name"], row["name_vi"], begins, ends, parts, row["act"]
    )


@cache
def _by_key() -> dict[str, ProvinceVersion]:
    return {one.key: one for one in province_versions()}


@cache
def _by_name() -> dict[str, tuple[ProvinceVersion, ...]]:
    names: dict[str, list[ProvinceVersion]] = {}
    for one in province_versions():
        names.setdefault(_plain(one.name), []).append(one)
    ordered = {
        name: sorted(versions, key=lambda one: one.valid_from or date.min)
        for name, versions in names.items()
    }
    return {name: tuple(versions) for name, versions in ordered.items()}


def _plain(name: str) -> str:
    key = " ".join(re.sub(r"[^a-z0-9]+", " ", search_key(name)).split())
    key = _TYPE_WORDS.sub("", key)
    return ALIASES.get(key, key)


def version_by_key(key: str) -> ProvinceVersion | None:
    """Return the version ``code@day``, None if there is none."""
    return _by_key().get(key)


def version_named(name: str) -> tuple[ProvinceVersion, ...]:
    """Return the versions of a name (with or without tone marks and type word), oldest first."""
    return _by_name().get(_plain(name), ())


def version_on(name: str, day: date) -> tuple[ProvinceVersion | None, str]:
    """Return the version that `name` meant on `day`, and a flag where it did not exist then.

    Returns
    -------
    tuple
        ``(None, "")`` for a name that is no province; the nearest version with
        `BEFORE_START` or `AFTER_END` where the day lies outside every version's validity.
    """
    versions = version_named(name)
    if not versions:
        return None, ""
    valid = next((one for one in versions if one.valid_on(day)), None)
    if valid is not None:
        return valid, ""
    first = versions[0]
    if first.valid_from is not None and day < first.valid_from:
        return first, BEFORE_START
    ended = [one for one in versions if one.valid_to is not None and one.valid_to <= day]
    return ended[-1], AFTER_END
