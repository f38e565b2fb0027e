"""The soil of a commune, from the statistics of soil maps and monthly images over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from sqlmodel import Session, col, select

from agridata.environment._texture import Texture, texture_class
from agridata.observations import Scene, ZonalStatistic
from agridata.vocabulary import Utc, to_utc

__all__ = [
    "BULK_DENSITY",
    "CLAY",
    "ELEVATION",
    "LAND_COVER",
    "LAND_SURFACE_TEMPERATURE",
    "MODEL_ECE",
    "SAND",
    "SOIL_KNOWN",
    "SOIL_MOISTURE",
    "STATIC",
    "Soil",
    "SoilValue",
    "soil_of",
]

STATIC = "static"
"""`Scene.period` of a map that does not change with time."""

SAND, CLAY, BULK_DENSITY = "sand", "clay", "bulk_density"
ELEVATION = "elevation"
SOIL_KNOWN = "soil_known"
"""1 where a soil map knows the soil, 0 over water and gaps; its mean is a share of the area."""

LAND_COVER = "igbp_"
"""Beginning of the bands of land cover: 1 where the class is (``igbp_12``: cropland), else 0."""

LAND_SURFACE_TEMPERATURE, SOIL_MOISTURE, MODEL_ECE = "LST", "SM", "ECE_MODEL"
MONTHLY = (LAND_SURFACE_TEMPERATURE, SOIL_MOISTURE, MODEL_ECE)

MIN_SOIL_SHARE = 0.5
"""Where less of a commune is known to be soil, the few pixels left do not speak for it."""

MAX_IMAGE_AGE = timedelta(days=62)
"""A monthly image describes the ground for two months at most: rice grows a hundred days."""


@dataclass(frozen=True, slots=True)
class SoilValue:
    """One band over one commune; `pixels` is the covered count. `age` is None for a map."""

    band: str
    mean: float
    low: float
    high: float
    pixels: float
    scene_key: str
    data_set_key: str
    time: Utc
    age: timedelta | None
    simulated: bool

    @property
    def fresh(self) -> bool:
        """Tell whether it may still describe the ground."""
        return self.age is None or self.age <= MAX_IMAGE_AGE


@dataclass(frozen=True, slots=True)
class Soil:
    """What is known of the ground of a commune; a band that is not here is unknown.

    `soil_share` is the share of the commune where the soil map knows a soil, None without map.
    `land_cover` are (IGBP class, share of the area), the largest first.
    """

    unit_code: str
    values: Mapping[str, SoilValue] = field(default_factory=dict)
    soil_share: float | None = None
    texture: Texture | None = None
    land_cover: tuple[tuple[int, float], ...] = ()


def soil_of(session: Session, unit_code: str, as_of: Utc) -> Soil:
    """Return the soil of a commune, with the newest monthly images that had ended at `as_of`.

    Maps (`STATIC`) hold at any time. The texture is unknown where sand or clay is, or where
    less than `MIN_SOIL_SHARE` of the commune is known to be soil.
    """
    found: dict[str, SoilValue] = {}
    for scene, row in _rows(session, unit_code):
        value = _value(scene, row, as_of)
        if value is not None:
            found[row.band] = value  # rows come by time: the newest stays
    share = found.pop(SOIL_KNOWN).mean if SOIL_KNOWN in found else None
    cover = {
        int(band.removeprefix(LAND_COVER)): found.pop(band).mean
        for band in list(found)
        if band.startswith(LAND_COVER)
    }
    ranked = sorted(cover.items(), key=lambda pair: (-pair[1], pair[0]))
    return Soil(unit_code, found, share, _texture(found, share), tuple(ranked))


def _rows(session: Session, unit_code: str) -> list[tuple[Scene, ZonalStatistic]]:
    query = (
        select(Scene, ZonalStatistic)
        .join(ZonalStatistic, col(ZonalStatistic.scene_key) == col(Scene.key))
        .where(
            ZonalStatistic.zone_kind == "commune",
            ZonalStatistic.zone == unit_code,
            (col(Scene.period) == STATIC) | col(ZonalStatistic.band).in_(MONTHLY),
        )
        .order_by(col(Scene.time), col(Scene.key))
    )
    return list(session.exec(query).all())


def _value(scene: Scene, row: ZonalStatistic, as_of: Utc) -> SoilValue | None:
    """Return the row as a value; None where nothing was seen, or not yet."""
    if row.mean is None or row.min is None or row.max is None or row.count <= 0:
        return None
    age = None if scene.period == STATIC else as_of - _end(scene)
    if age is not None and age < timedelta(0):
        return None
    return SoilValue(
        row.band, row.mean, row.min, row.max, row.count, scene.key, scene.data_set_key,
        to_utc(scene.time), age, scene.simulated,
    )  # fmt: skip


def _end(scene: Scene) -> Utc:
    """Return when a monthly composite was complete.

    The month is that of the satellite product, which counts in UTC; it counts as complete one
    second before its last midnight in the province, seven hours earlier than in UTC.
    """
    if scene.period != "P1M":
        return to_utc(scene.time)
    following = (scene.time.replace(day=1) + timedelta(days=32)).replace(day=1)
    return Utc(to_utc(following) - timedelta(hours=7, seconds=1))


def _texture(found: Mapping[str, SoilValue], share: float | None) -> Texture | None:
    if SAND not in found or CLAY not in found or (share is not None and share < MIN_SOIL_SHARE):
        return None
    return texture_class(found[SAND].mean, found[CLAY].mean)
