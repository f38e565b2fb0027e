"""What the columns of a file of readings mean; presets for the files beside the project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agridata.vocabulary import LonLat

__all__ = ["PRESETS", "ReadingSpec", "SpecialStation", "ValueColumn"]

LOCAL = "Asia/Ho_Chi_Minh"


@dataclass(frozen=True, slots=True)
class ValueColumn:
    """One column of values: which variable and statistic, and the unit it is written in."""

    column: str
    variable: str
    unit: str
    statistic: str = "point"


@dataclass(frozen=True, slots=True)
class SpecialStation:
    """A station that a preset brings along because its file names none."""

    key: str
    name: str
    river: str = ""
    place_text: str = ""
    position: LonLat | None = None
    coordinate_source: str = ""


@dataclass(frozen=True, slots=True)
class ReadingSpec:
    """How to read a file of readings.

    Exactly one of `station_column` (station keys), `station` (one key, or a name that
    only one station has) and `special` names where the values were measured. `zone` is
    the clock of times that carry no offset. Salinity read as conductivity needs the
    water's temperature in °C: a column, or one number (25 for a meter that compensates).
    """

    time_column: str
    values: tuple[ValueColumn, ...]
    station_column: str | None = None
    station: str | None = None
    special: SpecialStation | None = None
    zone: str = LOCAL
    temperature_column: str | None = None
    temperature_c: float | None = None


KRATIE = SpecialStation("kratie", "Kratie", "Mekong", "Kratie, Cambodia (Mekong River Commission)")
ERA5_POINT = SpecialStation(
    "era5_10.75N_106.25E", "ERA5 10.75° N 106.25° E", "", "grid point of the ERA5 reanalysis",
    LonLat(106.25, 10.75), "grid point named by the file",
)  # fmt: skip

PRESETS: Mapping[str, ReadingSpec] = {
    "salinity_bihourly": ReadingSpec(
        "time", (ValueColumn("salinity_gl", "water_salinity", "g/L"),), "station"
    ),
    "salinity_daily": ReadingSpec(
        "date",
        (
            ValueColumn("salinity_max_gl", "water_salinity", "g/L", "daily_max"),
            ValueColumn("salinity_min_gl", "water_salinity", "g/L", "daily_min"),
        ),
        "station",
    ),
    "water_level": ReadingSpec("time", (ValueColumn("level_cm", "water_level", "cm"),), "station"),
    "kratie": ReadingSpec(
        "date", (ValueColumn("discharge_m3s", "discharge", "m3/s", "daily_mean"),), special=KRATIE
    ),
    "era5": ReadingSpec(
        "time",
        (
            ValueColumn("u10", "wind_u", "m/s"),
            ValueColumn("v10", "wind_v", "m/s"),
            ValueColumn("t2m", "air_temperature", "K"),
            ValueColumn("tp", "rain", "m"),  # fallen in the hour that ends at `time`
        ),
        special=ERA5_POINT,
        zone="UTC",
    ),
}
"""Preset of the contract → how its file is read. Times without zone are local but in ERA5."""
