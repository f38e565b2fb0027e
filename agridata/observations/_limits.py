"""How fast and how still a variable can be: limits of the quality checks, with their source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["LIMITS", "NEAR_HOURS", "Limits"]

NEAR_HOURS = 3.0
"""Two readings further apart than this are not compared: half a tide lies between them."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What two or three neighbouring readings of one sensor may show, in the storage unit.

    Attributes
    ----------
    step
        Largest change between neighbours that stays; more is flagged "step".
    spike
        Largest excess of one reading over both neighbours; more is flagged "spike".
    flat_hours
        A value above `flat_above` that stands still at least this long is "flat_line".
    source
        Where the numbers come from.
    """

    step: float
    spike: float
    flat_hours: float | None
    flat_above: float
    source: str


_SHEETS = "two-hourly sheets of the Southern Regional Hydromet Centre, 2020-2022"
_WMO = "WMO guidelines on quality control of automatic stations (Zahumenský 2004), widened to 3 h"
_ERA5 = "ERA5 2020-2025 at 10.75° N 106.25° E"

LIMITS: Mapping[str, Limits] = {
    "water_salinity": Limits(
        10.0, 7.0, 48.0, 0.45,
        f"{_SHEETS}: of 88,739 changes in two hours the largest true one is 9.3 g/L, the largest "
        "excess over both neighbours 6.6 g/L; fresh water up to 0.4 g/L stands still for weeks",
    ),
    "conductivity": Limits(
        17.0, 12.0, 48.0, 1.0, "the limits of salinity through PSS-78 at 25 °C"
    ),
    "conductivity_25": Limits(
        17.0, 12.0, 48.0, 1.0, "the limits of salinity through PSS-78 at 25 °C"
    ),
    "water_level": Limits(
        2.5, 1.5, 24.0, float("-inf"),
        f"{_SHEETS}: of 39,451 changes in two hours 99.99 % are below 2.3 m, of the excesses "
        "1.2 m; the longest true standstill is 10 h",
    ),
    "air_temperature": Limits(
        12.0, 8.0, 24.0, float("-inf"), f"{_ERA5}: largest hourly change 5.6 K; {_WMO}"
    ),
    "water_temperature": Limits(
        5.0, 4.0, 72.0, float("-inf"), "water warms by at most 4 K a day in shallow canals"
    ),
    "soil_temperature": Limits(10.0, 8.0, 72.0, float("-inf"), _WMO),
    "relative_humidity": Limits(60.0, 50.0, 24.0, float("-inf"), _WMO),
    "air_pressure": Limits(10.0, 8.0, 24.0, float("-inf"), _WMO),
    "wind_u": Limits(20.0, 15.0, None, 0.0, f"{_ERA5}: largest hourly change 3.5 m/s; {_WMO}"),
    "wind_v": Limits(20.0, 15.0, None, 0.0, f"{_ERA5}: largest hourly change 3.3 m/s; {_WMO}"),
    "wind_speed": Limits(20.0, 15.0, None, 0.0, _WMO),
    "soil_moisture": Limits(
        0.4, 0.3, None, 0.0, "from wilting point to saturation of clay is about 0.4 m3/m3"
    ),
    "pm25": Limits(
        500.0, 400.0, 24.0, 0.0, "straw burning raises PM2.5 by hundreds of µg/m3 within hours"
    ),
}  # fmt: skip
"""Variable → limits. Rain and discharge have none: a dry month is flat, a cloudburst a spike."""
