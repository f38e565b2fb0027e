"""One figure triple (area, yield, production): its units, its identity, what cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = [
    "AREA_COLUMNS",
    "IDENTITY_TOLERANCE_T_HA",
    "PRODUCTION_COLUMNS",
    "SEASONS",
    "UNIT_LEVELS",
    "YIELD_COLUMNS",
    "Figure",
    "identity_flag",
    "unit_slip",
    "yield_ceiling",
]

SEASONS = ("winter_spring", "summer_autumn", "autumn_winter", "main_season", "year")
"""Đông Xuân, Hè Thu, Thu Đông, Mùa; "year" is a figure of the whole year."""

UNIT_LEVELS = ("country", "region", "province", "district", "commune")

AREA_COLUMNS: Mapping[str, float] = {"area_ha": 1.0, "area_1000ha": 1000.0}
YIELD_COLUMNS: Mapping[str, float] = {
    "yield_t_ha": 1.0, "yield_quintal_ha": 0.1, "yield_kg_ha": 0.001,
}  # fmt: skip
PRODUCTION_COLUMNS: Mapping[str, float] = {"production_t": 1.0, "production_1000t": 1000.0}
"""Column of the long form → factor to ha, t/ha, t: the unit stands in the column's name."""

IDENTITY_TOLERANCE_T_HA = 0.1
"""Allowed gap between production ÷ area and yield: 1 quintal/ha.

Published tables round area and production to 0.1 thousand and yield to 0.1 quintal/ha;
none of the 842 season figures 1995–2019 of the delta differs by more than 0.5 quintal/ha.
"""

YIELD_CEILING_T_HA: Mapping[str, float] = {
    "rice": 20.0,  # the best trial plots of hybrid rice reached 18 t/ha in one season
    "maize": 40.0,  # the record of a contest field is below 39 t/ha
    "sugarcane": 300.0,  # best fields of Hậu Giang 180–200 t/ha
}
OTHER_CEILING_T_HA = 300.0

SLIP_SHARE = 0.05
"""How near a yield read in another unit must be to production ÷ area to be that unit's."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Area in ha, yield in t/ha, production in t of one unit, crop, season and year."""

    area_ha: float
    yield_t_ha: float
    production_t: float


def identity_flag(figure: Figure) -> str:
    """Return ``production_not_area_times_yield`` where the three disagree, else ""."""
    if figure.area_ha <= 0:
        return "production_not_area_times_yield"
    gap = abs(figure.production_t / figure.area_ha - figure.yield_t_ha)
    return "production_not_area_times_yield" if gap > IDENTITY_TOLERANCE_T_HA else ""


def unit_slip(written: float, column: str, implied: float | None, crop: str) -> str:
    """Return the column that the yield was probably meant for, "" where nothing is odd.

    Parameters
    ----------
    written
        The number in the table.
    column
        One of `YIELD_COLUMNS`, under which it stands.
    implied
        Production ÷ area in t/ha, None where one of them is not published.
    crop
        Tells how much a field can bear where nothing is implied.

    Examples
    --------
    >>> unit_slip(60.0, "yield_t_ha", 6.0, "rice")
    'yield_quintal_ha'
    """
    rate = written * YIELD_COLUMNS[column]
    ceiling = yield_ceiling(crop)
    others = {name: written * factor for name, factor in YIELD_COLUMNS.items() if name != column}
    if rate > ceiling:
        return next((name for name, other in others.items() if other <= ceiling), "")
    if not implied or abs(rate - implied) <= max(IDENTITY_TOLERANCE_T_HA, SLIP_SHARE * implied):
        return ""
    near = [name for name, other in others.items() if abs(other / implied - 1) <= SLIP_SHARE]
    return near[0] if near else ""


def yield_ceiling(crop: str) -> float:
    """Return the yield, t/ha and season, that no field of `crop` exceeds."""
    return YIELD_CEILING_T_HA.get(crop, OTHER_CEILING_T_HA)
