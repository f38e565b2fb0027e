"""Weather and soil from files to rows: soil maps over communes, days from hours, months from days.

`agridata.environment` knows tables and reads no raster; here its tables are filled.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from agridata.environment import (
    BULK_DENSITY,
    CLAY,
    ELEVATION,
    LAND_COVER,
    LAND_SURFACE_TEMPERATURE,
    MODEL_ECE,
    SAND,
    SOIL_KNOWN,
    SOIL_MOISTURE,
    STATIC,
    derive_days,
    derive_months,
)
from agridata.errors import UsageError
from agridata.observations import Reading, Scene, ZonalStatistic
from agridata.places.models import AdminUnit
from agridata.storage import DataSet, SourceInfo, Workspace
from agridata.vocabulary import Utc
from apps.scenes import add_scene, store_commune_statistics

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Bands = dict[str, npt.NDArray[np.float32]]

__all__ = ["MAPS", "SoilMap", "add_soil_map", "derive_all", "soil_map_of", "store_ground"]

NODATA = -9999.0

MAP_TIME = Utc(datetime(2025, 1, 1, tzinfo=UTC))
"""Start of the stack that the maps belong to; a map itself holds at any time."""

GROUND_BANDS = (LAND_SURFACE_TEMPERATURE, SOIL_MOISTURE)
"""Bands of the monthly composites that describe the ground."""


@dataclass(frozen=True, slots=True)
class SoilMap:
    """How a raster of the ground is read.

    `zero_is_water` masks pixels of 0; `known_band` adds a band that is 1 where the map knows a
    soil; `classes` makes one band per class, 1 where it is; `period` is "" where the file's own
    month counts.
    """

    band: str
    zero_is_water: bool = False
    known_band: str = ""
    classes: bool = False
    period: str = STATIC


MAPS: Mapping[str, SoilMap] = {
    "static_sand": SoilMap(SAND, zero_is_water=True, known_band=SOIL_KNOWN),
    "static_clay": SoilMap(CLAY, zero_is_water=True),
    "static_bulk": SoilMap(BULK_DENSITY, zero_is_water=True),
    "static_dem": SoilMap(ELEVATION),
    "static_lulc": SoilMap(LAND_COVER, classes=True),
    "model_ece_": SoilMap(MODEL_ECE, period=""),
}
"""Beginning of a file name → what it holds: sand, clay g/kg; bulk density cg/cm³; elevation m;
IGBP class; modelled ECe dS/m."""


def soil_map_of(path: Path) -> SoilMap:
    """Return how a raster is read, by its name.

    Raises
    ------
    UsageError
        If its name begins like none of `MAPS`.
    """
    for head, known in MAPS.items():
        if path.name.startswith(head):
            return known
    raise UsageError(
        f"{path.name} is none of the known maps of the ground", where=str(path), field="RASTER",
        fix=f"the name must begin with one of {', '.join(MAPS)}",
        problem_vi="không phải bản đồ đất đã biết",
        fix_vi=f"tên tệp phải bắt đầu bằng {', '.join(MAPS)}",
    )  # fmt: skip


def add_soil_map(
    session: Session, workspace: Workspace, path: Path, *, now: Utc, info: SourceInfo
) -> tuple[Scene, int]:
    """Catalogue a map of the ground and store its statistics over communes; the caller commits.

    The copy in the workspace has named bands and water masked. A second call with the same file
    changes nothing.

    Returns
    -------
    tuple of Scene and int
        The scene, and how many zonal rows were stored now.

    Raises
    ------
    UsageError
        If the file's name is not known.
    RasterError
        If it cannot be read.
    """
    known = soil_map_of(path)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / path.name
        _prepare(path, made, known)
        is_map = known.period == STATIC
        scene = add_scene(
            session, workspace, made, now=now, info=info, simulated=info.simulated,
            cloud_mask="none", time=MAP_TIME if is_map else None,
            period=STATIC if is_map else None,
        )  # fmt: skip
    return scene, _store(session, workspace, scene, None)


def store_ground(session: Session, workspace: Workspace) -> int:
    """Store surface temperature and soil moisture of monthly scenes where communes lack them.

    Returns
    -------
    int
        Zonal rows stored now.
    """
    stored = 0
    for scene in session.exec(select(Scene).where(Scene.period == "P1M").order_by(Scene.key)):
        names = [str(band["name"]) for band in scene.bands if band["name"] in GROUND_BANDS]
        stored += _store(session, workspace, scene, names) if names else 0
    return stored


def derive_all(session: Session, now: Utc) -> dict[str, int]:
    """Compute days from hourly weather and months from days; the caller commits.

    Returns
    -------
    dict
        Key of the derived data set → readings it holds.
    """
    made: dict[str, int] = {}
    for key in _keys(session, "weather"):
        if _has(session, key, "air_temperature", "point"):
            made[f"{key}.daily"] = derive_days(session, key, now)
    for key in _keys(session, "climate"):
        if any(_has(session, key, *one) for one in _DAILY):
            made[f"{key}.monthly"] = derive_months(session, key, now)
    return made


_DAILY = (("air_temperature", "daily_max"), ("rain", "daily_sum"))


def _keys(session: Session, kind: str) -> Sequence[str]:
    query = select(DataSet.key).where(DataSet.kind == kind).order_by(DataSet.key)
    return session.exec(query).all()


def _has(session: Session, key: str, variable: str, statistic: str) -> bool:
    query = select(Reading.id).where(
        Reading.data_set_key == key, Reading.variable == variable, Reading.statistic == statistic
    )
    return session.exec(query.limit(1)).first() is not None


def _store(
    session: Session, workspace: Workspace, scene: Scene, bands: Sequence[str] | None
) -> int:
    """Store the statistics of a scene over the communes it meets and that have none yet."""
    there = select(ZonalStatistic.zone).where(
        ZonalStatistic.scene_key == scene.key, ZonalStatistic.zone_kind == "commune"
    )
    if bands:
        there = there.where(col(ZonalStatistic.band).in_(list(bands)))
    done = set(session.exec(there).all())
    units = [unit for unit in _communes(session, scene) if unit.code not in done]
    if not units:
        return 0
    return store_commune_statistics(session, workspace, scene.key, units, bands).rows


def _communes(session: Session, scene: Scene) -> Sequence[AdminUnit]:
    """Return the present communes with a polygon whose box meets the scene's."""
    west, south, east, north = scene.stac_item["bbox"]
    query = select(AdminUnit).where(
        AdminUnit.level == 3, col(AdminUnit.valid_to).is_(None),
        col(AdminUnit.min_lon) <= east, col(AdminUnit.max_lon) >= west,
        col(AdminUnit.min_lat) <= north, col(AdminUnit.max_lat) >= south,
        sa.not_(col(AdminUnit.geometry_schematic)),
    )  # fmt: skip
    return session.exec(query.order_by(AdminUnit.code)).all()


def _prepare(source: Path, target: Path, known: SoilMap) -> None:
    """Write a raster with named float32 bands, water and gaps as nodata; same bytes every time."""
    import rasterio

    from remote_sensing.scenes import open_raster, require_grid

    with open_raster(source) as dataset:
        require_grid(dataset, source)
        raw = dataset.read(1)
        bands = _bands(raw, _missing(raw, dataset.nodata), known)
        profile = {
            "driver": "GTiff", "dtype": "float32", "count": len(bands), "crs": dataset.crs,
            "transform": dataset.transform, "width": dataset.width, "height": dataset.height,
            "nodata": NODATA, "compress": "deflate",
        }  # fmt: skip
        with rasterio.open(target, "w", **profile) as out:
            for number, (name, values) in enumerate(bands.items(), start=1):
                out.write(values, number)
                out.set_band_description(number, name)


def _missing(raw: npt.NDArray[Any], nodata: float | None) -> npt.NDArray[np.bool_]:
    import numpy as np

    gaps: npt.NDArray[np.bool_] = ~np.isfinite(raw)
    return gaps if nodata is None or np.isnan(nodata) else gaps | (raw == nodata)


def _bands(raw: npt.NDArray[Any], missing: npt.NDArray[np.bool_], known: SoilMap) -> Bands:
    import numpy as np

    if known.classes:
        classes = np.unique(raw[~missing])
        return {
            f"{known.band}{int(one)}": np.where(missing, NODATA, raw == one).astype(np.float32)
            for one in classes
        }
    gaps = missing | (raw == 0) if known.zero_is_water else missing
    bands: Bands = {known.band: np.where(gaps, NODATA, raw).astype(np.float32)}
    if known.known_band:
        bands[known.known_band] = (~gaps).astype(np.float32)
    return bands
