"""Sample salinity stations, and the published readings that the simulator must hit.

The names are those of the readings in the press; the positions are schematic: a spot
inside the commune that the name suggests. No official coordinates are known.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from agridata.vocabulary import GramsPerLitre, LonLat

__all__ = [
    "PUBLISHED_RANGES",
    "PUBLISHED_READINGS",
    "SALINITY_STATIONS",
    "PublishedRange",
    "PublishedReading",
    "WaterStation",
]


@dataclass(frozen=True, slots=True)
class WaterStation:
    """A place in the canals, as the simulator sees it.

    Parameters
    ----------
    distance_km
        Effective distance from the mouth of the Cái Lớn along the way of the salt.
    tide_m
        Half the mean range of the local tide, m.
    lag_hours
        Delay of the tide against the mouth.
    behind_sluice
        Whether the gates and seasonal dams keep salt from it when closed.
    """

    key: str
    name: str
    river: str
    position: LonLat
    place: str
    admin_unit_code: str
    distance_km: float
    tide_m: float
    lag_hours: float
    behind_sluice: bool


@dataclass(frozen=True, slots=True)
class PublishedReading:
    """A reading as the press printed it; `hour` (local) is None where only the day is known."""

    station_key: str
    day: date
    hour: int | None
    salinity: GramsPerLitre
    source: str


@dataclass(frozen=True, slots=True)
class PublishedRange:
    """A range over several places and days, as printed; `station_key` "" means all places."""

    station_key: str
    first_day: date
    last_day: date
    low: GramsPerLitre | None
    high: GramsPerLitre
    source: str


_VI_THANH, _LONG_MY = "Vị Thanh", "Long Mỹ"

SALINITY_STATIONS: tuple[WaterStation, ...] = (
    WaterStation(
        "nuoc_trong", "Ngã ba Nước Trong", "Nước Trong", LonLat(105.405, 9.675),
        _LONG_MY, "31489", 44.0, 0.34, 2.0, False,
    ),
    WaterStation(
        "hoc_po", "Hóc Pó", "Kênh Hóc Pó", LonLat(105.437, 9.622),
        _LONG_MY, "31492", 45.0, 0.30, 2.5, False,
    ),
    WaterStation(
        "luong_nghia", "Lương Nghĩa", "Cái Lớn", LonLat(105.420, 9.630),
        _LONG_MY, "31492", 44.5, 0.30, 2.5, False,
    ),
    WaterStation(
        "ngan_dua", "Ngan Dừa", "Kênh Ngan Dừa", LonLat(105.505, 9.622),
        _LONG_MY, "31495", 44.5, 0.26, 3.0, False,
    ),
    WaterStation(
        "kenh_lau", "Kênh Lầu", "Kênh Lầu", LonLat(105.402, 9.722),
        _VI_THANH, "31338", 43.5, 0.28, 2.5, False,
    ),
    WaterStation(
        "kenh_nam", "Kênh Năm", "Kênh Năm", LonLat(105.455, 9.757),
        _VI_THANH, "31321", 46.0, 0.24, 3.5, True,
    ),
    WaterStation(
        "kenh_moi", "Kênh Mới", "Kênh Mới", LonLat(105.462, 9.795),
        _VI_THANH, "31333", 50.0, 0.26, 4.0, True,
    ),
    WaterStation(
        "ba_co", "Kênh Ba Cô", "Kênh Ba Cô", LonLat(105.412, 9.728),
        _VI_THANH, "31338", 48.0, 0.24, 3.0, True,
    ),
)  # fmt: skip

_2024 = "danviet.vn 2024-04-27"
_2020 = "press, 2020-02-04 08:00 (salinity.md §9)"
_VOV = "vov.vn, 2024 (salinity.md §9)"


def _april(key: str, salinity: float) -> PublishedReading:
    return PublishedReading(key, date(2024, 4, 22), None, GramsPerLitre(salinity), _2024)


PUBLISHED_READINGS: tuple[PublishedReading, ...] = (
    _april("nuoc_trong", 13.3),
    _april("hoc_po", 10.7),
    _april("luong_nghia", 10.6),
    _april("ngan_dua", 10.2),
    _april("kenh_lau", 12.6),
    _april("kenh_nam", 9.2),
    _april("kenh_moi", 6.6),
    PublishedReading("kenh_lau", date(2020, 2, 4), 8, GramsPerLitre(5.6), _2020),
    PublishedReading("ba_co", date(2020, 2, 4), 8, GramsPerLitre(3.1), _2020),
)
"""Single readings; without an hour they are taken as the day's maximum."""

PUBLISHED_RANGES: tuple[PublishedRange, ...] = (
    PublishedRange(
        "", date(2024, 2, 15), date(2024, 3, 31), GramsPerLitre(5.0), GramsPerLitre(8.0), _VOV
    ),
    PublishedRange("hoc_po", date(2024, 2, 15), date(2024, 3, 31), None, GramsPerLitre(9.5), _VOV),
)
"""Ranges: "5–8" at the places measured, and the maximum at Hóc Pó."""
