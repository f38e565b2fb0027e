"""When a scene was taken, read from its tags or its file name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from agridata.vocabulary import Utc

__all__ = ["SceneTime", "scene_time", "times_since"]

TIME_TAGS = ("datetime", "DATETIME", "ACQUIRED", "ACQUISITION_DATETIME", "TIFFTAG_DATETIME")
MONTH_TAGS = ("month", "MONTH")

_DAY = re.compile(
    r"(?<!\d)(?P<y>(?:19|20)\d\d)[-_]?(?P<m>0[1-9]|1[0-2])[-_]?(?P<d>0[1-9]|[12]\d|3[01])"
    r"(?:T(?P<t>[0-2]\d[0-5]\d[0-5]\d))?(?!\d)"
)
_MONTH = re.compile(r"(?<!\d)(?P<y>(?:19|20)\d\d)[-_](?P<m>0[1-9]|1[0-2])(?!\d)")
_SINCE = re.compile(r"(?P<unit>second|minute|hour|day)s? since (?P<start>.+)")
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


@dataclass(frozen=True, slots=True)
class SceneTime:
    """Start of a scene in UTC; `period` is "" for an instant, "P1M" for a month's composite."""

    start: Utc
    period: str = ""


def _utc(moment: datetime) -> Utc:
    """Satellite products give UTC; a naive time in a tag is taken as that."""
    return Utc(moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC))


def _parsed(text: str) -> Utc | None:
    for read in (datetime.fromisoformat, lambda t: datetime.strptime(t, "%Y:%m:%d %H:%M:%S")):  # noqa: DTZ007  `_utc` adds the zone
        try:
            return _utc(read(text.strip()))
        except ValueError:
            continue
    return None


def _from_name(name: str) -> SceneTime | None:
    for found in _DAY.finditer(name):
        text = f"{found['y']}{found['m']}{found['d']}T{found['t'] or '000000'}"
        start = _parsed(text)
        if start is not None:
            return SceneTime(start)
    month = _MONTH.search(name)
    return None if month is None else _month(f"{month['y']}-{month['m']}")


def _month(text: str) -> SceneTime | None:
    start = _parsed(f"{text.strip()}-01")
    return None if start is None else SceneTime(start, "P1M")


def scene_time(tags: Mapping[str, str], name: str) -> SceneTime | None:
    """Return when a scene was taken: from tags, else from ``YYYYMMDD`` or ``YYYY_MM`` in `name`.

    Parameters
    ----------
    tags
        Metadata of the raster (``datetime``, ``TIFFTAG_DATETIME``, ``month`` …).
    name
        File name.

    Returns
    -------
    SceneTime or None
        None where neither tells; a date without hour is midnight UTC, which is the same
        calendar day in the province.
    """
    for key in TIME_TAGS:
        start = _parsed(tags[key]) if key in tags else None
        if start is not None:
            return SceneTime(start)
    for key in MONTH_TAGS:
        month = _month(tags[key]) if key in tags else None
        if month is not None:
            return month
    return _from_name(name)


def times_since(units: str, values: list[float]) -> list[Utc] | None:
    """Decode CF time ``values`` in ``units`` like ``days since 2022-01-05 00:00:00``.

    Returns
    -------
    list of datetime or None
        UTC; None where the units are not of that form (CF conventions 1.11, section 4.4,
        proleptic Gregorian calendar).
    """
    found = _SINCE.fullmatch(units.strip())
    start = _parsed(found["start"]) if found else None
    if found is None or start is None:
        return None
    scale = _SECONDS[found["unit"]]
    return [Utc(datetime.fromtimestamp(start.timestamp() + value * scale, UTC)) for value in values]
