"""Words whose order or unit must not be mixed up: they do not type-check if swapped.

Coordinates are always `LonLat` (EPSG:4326, longitude first); quantities carry
their unit in the type's name. Times are timezone-aware: UTC in storage,
Asia/Ho_Chi_Minh on screens.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import NewType
from zoneinfo import ZoneInfo

from agridata.errors import UsageError

__all__ = [
    "LOCAL_ZONE",
    "REFORM_DATE",
    "GramsPerLitre",
    "Hectare",
    "LonLat",
    "Tonne",
    "TonnesPerHectare",
    "Utc",
    "local_date",
    "local_midnight",
    "nfc",
    "parse_as_of",
    "search_key",
    "to_local",
    "to_utc",
    "utc_now",
]

LOCAL_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
"""Zone of every screen and of every sheet that names none (UTC+7, no summer time)."""

REFORM_DATE = date(2025, 7, 1)
"""First day of the two-tier units (Resolution 202/2025/QH15, 1668/NQ-UBTVQH15)."""

Hectare = NewType("Hectare", float)
Tonne = NewType("Tonne", float)
TonnesPerHectare = NewType("TonnesPerHectare", float)
GramsPerLitre = NewType("GramsPerLitre", float)
Utc = NewType("Utc", datetime)


@dataclass(frozen=True, slots=True)
class LonLat:
    """A WGS 84 position in degrees, longitude first (EPSG:4326 as GeoJSON orders it).

    Raises
    ------
    UsageError
        If longitude is outside ±180 or latitude outside ±90.
    """

    lon: float
    lat: float

    def __post_init__(self) -> None:
        if not (-180 <= self.lon <= 180 and -90 <= self.lat <= 90):
            raise UsageError(
                f"({self.lon}, {self.lat}) is not a longitude and latitude in degrees",
                field="lon,lat",
                fix="give longitude first, in degrees (Cần Thơ is 105.78, 10.03)",
            )


def nfc(text: str) -> str:
    """Return `text` in Unicode NFC: "Thoại Sơn" is 9 code points, never 11."""
    return unicodedata.normalize("NFC", text)


def search_key(text: str) -> str:
    """Return the toneless lower-case key by which people search.

    ``search_key("Thoại Sơn") == "thoai son"`` and ``đ`` counts as ``d`` (NFKD does
    not split it). White space is folded.
    """
    split = unicodedata.normalize("NFKD", text.casefold().replace("đ", "d"))
    plain = "".join(char for char in split if not unicodedata.combining(char))
    return " ".join(plain.split())


def to_utc(moment: datetime, zone: ZoneInfo = LOCAL_ZONE) -> Utc:
    """Return `moment` in UTC; a naive one is taken to be in `zone`."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return Utc(aware.astimezone(UTC))


def to_local(moment: datetime) -> datetime:
    """Return an aware `moment` on the clock of the province."""
    return moment.astimezone(LOCAL_ZONE)


def local_date(moment: datetime) -> date:
    """Return the calendar day of an aware `moment` in the province."""
    return to_local(moment).date()


def local_midnight(day: date) -> Utc:
    """Return the start of the local `day`, in UTC."""
    return to_utc(datetime.combine(day, time.min))


def utc_now() -> Utc:
    """Return the wall clock; call it at the edge only and pass the result inward."""
    return Utc(datetime.now(UTC))


def parse_as_of(text: str) -> Utc:
    """Read the ``--as-of`` of a command: a date (its last second) or a time.

    ``2026-03-20`` means everything known by the end of that day in the province;
    ``2026-03-20T06:00`` is local time; an offset or ``Z`` is honoured.

    Raises
    ------
    UsageError
        If the text is neither.
    """
    try:
        if len(text) == 10:
            return to_utc(datetime.combine(date.fromisoformat(text), time(23, 59, 59)))
        return to_utc(datetime.fromisoformat(text))
    except ValueError as error:
        raise UsageError(
            f"{text!r} is not a date or time",
            field="--as-of",
            fix="write 2026-03-20 or 2026-03-20T06:00",
            problem_vi=f"{text!r} không phải là ngày hay giờ",
            fix_vi="hãy viết 2026-03-20 hoặc 2026-03-20T06:00",
        ) from error
