"""What weather and soil mean for a crop: one finding per item, with its rule and where it is from.

A rule without a checked source says so; a value that is too old, too far or missing gives no
finding at all ("unknown"), never advice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from agridata.environment._latest import LastMonth
from agridata.environment._normals import MonthlyNormal
from agridata.environment._soil import (
    BULK_DENSITY,
    LAND_COVER,
    MODEL_ECE,
    SAND,
    SOIL_MOISTURE,
    Soil,
)

__all__ = [
    "RULES",
    "Finding",
    "Mark",
    "Rule",
    "bulk_density_finding",
    "cold_finding",
    "cover_finding",
    "flowering_season",
    "heat_finding",
    "humidity_finding",
    "model_salinity_finding",
    "moisture_finding",
    "month_rain_finding",
    "normal_rain_finding",
    "rain_day_finding",
    "sunshine_finding",
    "texture_finding",
    "usual_cold_finding",
    "usual_heat_finding",
]

Mark = Literal["measured", "definition", "secondary", "unverified"]
"""How far a rule was checked: on these data; true by definition; in a secondary source; not."""

Level = Literal["fine", "watch"]

KELVIN = 273.15
PARTICLE_DENSITY = 2.65
"""Density of soil minerals (quartz, clays), g/cm³; the usual value for porosity."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Where a threshold comes from."""

    key: str
    source: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class Finding:
    """What one item means: the name of a sentence, its figures, and whether to watch out."""

    key: str
    rule: Rule
    level: Level = "fine"
    values: Mapping[str, float] = field(default_factory=dict)


HEAT_C, COLD_C = 35.0, 20.0

TEMPERATURE_MARGIN_K = 2.0
"""A day's extreme read elsewhere is off by this much: of the daily highest temperature, the ERA5
cell and modelled towns of the delta differ by 1.7-2.5 K (RMSE, 533 days 2020-2021). Measured."""

HEAVY_RAIN_MM, VERY_HEAVY_RAIN_MM = 50.0, 100.0
DRY_MONTH_MM = 60.0
BLAST_HUMIDITY = 90.0
RICE_ECE_DS_M, RICE_ECE_SLOPE = 3.0, 12.0
HEAVY_CLAY_G_KG, SANDY_G_KG = 400.0, 700.0
SOAKED_SHARE, DRY_SHARE = 0.85, 0.5

RULES: Mapping[str, Rule] = {
    one.key: one
    for one in (
        Rule("heat", "Yoshida 1981, Fundamentals of Rice Crop Science, IRRI: 35 °C", "unverified"),
        Rule("cold", "Yoshida 1981, Fundamentals of Rice Crop Science, IRRI: 20 °C", "unverified"),
        Rule(
            "calendar",
            "lịch xuống giống Hậu Giang 2020, 2023-24 (baohaugiang.com.vn, vtv.vn); +60-75 d",
            "secondary",
        ),
        Rule("rain_day", "Tổng cục KTTV: 51-100 mm/24 h, > 100 mm/24 h", "secondary"),
        Rule("rain_month", "10-90 % of the same series", "measured"),
        Rule("dry_month", "Köppen: < 60 mm", "definition"),
        Rule("humidity", "rice blast, relative humidity ≥ 90 %", "unverified"),
        Rule("sunshine", "Yoshida 1981: light from flowering to ripeness", "unverified"),
        Rule("texture", "USDA Handbook 18 (2017), clay ≥ 40 %", "unverified"),
        Rule("bulk", "USDA-NRCS, bulk density and root growth", "secondary"),
        Rule("cover", "MODIS MCD12Q1, IGBP, 1 km", "definition"),
        Rule("elevation", "Minderhoud 2019, doi:10.1038/s41467-019-11602-1", "secondary"),
        Rule("moisture", "1 − bulk density / 2.65 g/cm³", "definition"),
        Rule("surface", "5-95 %: 292-298 K", "measured"),
        Rule("salinity", "Maas-Hoffman 1977, FAO 29: 3.0 dS/m, 12 %/(dS/m)", "secondary"),
    )
}
"""Every rule that a page may name."""

SOWING = {"winter_spring": ((11, 21), (1, 23)), "summer_autumn": ((3, 15), (5, 30))}
"""First and last sowing day (month, day) of former Hậu Giang."""

FLOWERING_AFTER = (timedelta(days=60), timedelta(days=75))
"""Varieties of 90-105 days flower about 30 days before harvest."""


def flowering_season(day: date) -> str | None:
    """Return the rice season whose fields flower on a day by the sowing calendar, else None."""
    for season, (first, last) in SOWING.items():
        for year in (day.year - 1, day.year):
            begin = date(year, *first)
            end = date(year + (last < first), *last)
            if begin + FLOWERING_AFTER[0] <= day <= end + FLOWERING_AFTER[1]:
                return season
    return None


def heat_finding(highest_k: float, day: date) -> Finding:
    """Judge the day's highest temperature (K) for rice that may be in flower.

    Within `TEMPERATURE_MARGIN_K` of the limit nothing is called harmless.
    """
    over = highest_k - KELVIN - HEAT_C
    values = {"limit": HEAT_C, "margin": TEMPERATURE_MARGIN_K}
    if over < -TEMPERATURE_MARGIN_K:
        return Finding("heat_below", RULES["heat"], values=values)
    if flowering_season(day) is None:
        return Finding("heat_no_flower", RULES["calendar"], values=values)
    return Finding("heat_above" if over >= 0 else "heat_near", RULES["heat"], "watch", values)


def cold_finding(lowest_k: float) -> Finding:
    """Judge the night's lowest temperature (K) for rice that forms its panicles."""
    over = lowest_k - KELVIN - COLD_C
    values = {"limit": COLD_C, "margin": TEMPERATURE_MARGIN_K}
    if over >= TEMPERATURE_MARGIN_K:
        return Finding("cold_above", RULES["cold"], values=values)
    return Finding("cold_below" if over < 0 else "cold_near", RULES["cold"], "watch", values)


def usual_heat_finding(mean_highest_k: float) -> Finding:
    """Judge the mean of a month's daily highest temperatures (K): single days are hotter."""
    hot = mean_highest_k - KELVIN >= HEAT_C - TEMPERATURE_MARGIN_K
    return Finding(
        "heat_usual_near" if hot else "heat_usual_below", RULES["heat"], "watch" if hot else "fine",
        {"limit": HEAT_C},
    )  # fmt: skip


def usual_cold_finding(mean_lowest_k: float) -> Finding:
    """Judge the mean of a month's daily lowest temperatures (K): single nights are colder."""
    cold = mean_lowest_k - KELVIN < COLD_C + TEMPERATURE_MARGIN_K
    return Finding(
        "cold_usual_near" if cold else "cold_usual_above", RULES["cold"],
        "watch" if cold else "fine", {"limit": COLD_C},
    )  # fmt: skip


def rain_day_finding(millimetres: float) -> Finding:
    """Judge a day's rain by the national classes."""
    rule = RULES["rain_day"]
    if millimetres > VERY_HEAVY_RAIN_MM:
        return Finding("rain_very_heavy", rule, "watch", {"limit": VERY_HEAVY_RAIN_MM})
    if millimetres > HEAVY_RAIN_MM:
        return Finding("rain_heavy", rule, "watch", {"limit": HEAVY_RAIN_MM})
    return Finding("rain_light", rule, values={"limit": HEAVY_RAIN_MM})


def month_rain_finding(month: LastMonth) -> Finding | None:
    """Judge the last month's rain against the same series; None where that is unknown."""
    if month.standing == "unknown" or month.normal is None:
        return None
    level: Level = "fine" if month.standing == "within" else "watch"
    values = {"low": month.normal.p10, "high": month.normal.p90}
    return Finding(f"month_{month.standing}", RULES["rain_month"], level, values)


def normal_rain_finding(normal: MonthlyNormal) -> Finding:
    """Tell whether a month is usually too dry to grow rice on rain."""
    dry = normal.mean < DRY_MONTH_MM
    return Finding(
        "month_dry" if dry else "month_wet", RULES["dry_month"], "watch" if dry else "fine",
        {"limit": DRY_MONTH_MM},
    )  # fmt: skip


def humidity_finding(percent: float) -> Finding:
    """Judge relative humidity for leaf diseases of rice."""
    damp = percent >= BLAST_HUMIDITY
    return Finding(
        "humid" if damp else "not_humid", RULES["humidity"], "watch" if damp else "fine",
        {"limit": BLAST_HUMIDITY},
    )  # fmt: skip


def sunshine_finding() -> Finding:
    """Tell what sunshine is for."""
    return Finding("sunshine", RULES["sunshine"])


def texture_finding(soil: Soil) -> Finding | None:
    """Tell how the soil holds water; None where its texture is unknown."""
    if soil.texture is None:
        return None
    clay, sand = soil.values["clay"].mean, soil.values[SAND].mean
    if clay >= HEAVY_CLAY_G_KG:
        return Finding("texture_heavy", RULES["texture"])
    return Finding("texture_light" if sand >= SANDY_G_KG else "texture_medium", RULES["texture"])


def bulk_density_finding(soil: Soil) -> Finding | None:
    """Judge bulk density (cg/cm³ in the map) by texture; None where either is unknown."""
    value = soil.values.get(BULK_DENSITY)
    if value is None or soil.texture is None:
        return None
    ideal, tight = _root_limits(soil)
    density = value.mean / 100
    values = {"ideal": ideal, "limit": tight}
    if density > tight:
        return Finding("bulk_tight", RULES["bulk"], "watch", values)
    return Finding("bulk_loose" if density < ideal else "bulk_firm", RULES["bulk"], values=values)


def _root_limits(soil: Soil) -> tuple[float, float]:
    """Return bulk densities (g/cm³) that are ideal for, and that restrict, roots."""
    if soil.texture in ("clay", "silty_clay", "sandy_clay", "clay_loam", "silty_clay_loam"):
        return 1.10, 1.47
    return (1.40, 1.65) if soil.texture in ("silt", "silt_loam", "loam") else (1.60, 1.80)


def moisture_finding(soil: Soil) -> Finding | None:
    """Tell how full of water the pores are; None where moisture or density is unknown or old."""
    moisture, density = soil.values.get(SOIL_MOISTURE), soil.values.get(BULK_DENSITY)
    if moisture is None or density is None or not moisture.fresh:
        return None
    porosity = 1 - density.mean / 100 / PARTICLE_DENSITY
    share = min(1.0, moisture.mean / porosity)
    key = "soil_soaked" if share >= SOAKED_SHARE else "soil_moist"
    key = "soil_dry" if share < DRY_SHARE else key
    return Finding(key, RULES["moisture"], "fine", {"share": 100 * share})


def cover_finding(soil: Soil, cropland: tuple[int, ...]) -> Finding | None:
    """Tell how much of the commune a 1 km map sees as cropland; None without map."""
    if not soil.land_cover:
        return None
    share = sum(part for number, part in soil.land_cover if number in cropland)
    return Finding(f"{LAND_COVER}share", RULES["cover"], values={"share": 100 * share})


def model_salinity_finding(soil: Soil) -> Finding | None:
    """Hold modelled soil salinity (dS/m) beside the threshold of rice; None where unknown or old.

    Never advice: it is a model's output, and the figures it was trained on agree with the
    salinity of river water in g/L, so that its unit is in doubt.
    """
    value = soil.values.get(MODEL_ECE)
    if value is None or not value.fresh:
        return None
    key = "model_above" if value.mean > RICE_ECE_DS_M else "model_below"
    return Finding(key, RULES["salinity"], "fine", {"limit": RICE_ECE_DS_M})
