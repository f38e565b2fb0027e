"""NDVI scenes in which every simulated field lives through its own season.

Rice curve by days after sowing: flooded paddy 0.12, tillering, peak about 0.85 near
day 62, ripening to about 0.5, then the fall to stubble 0.2 on the day of harvest.
Around the fields lies a mosaic of nameless paddies of the same waves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from agridata.vocabulary import Utc, to_utc

from ._calendar import winter_spring_waves
from ._fields import to_metres
from ._models import SimulatedParcel, SimulatedPlanting, SimulatedRegistry, stream

__all__ = ["SCENE_CRS", "SimulatedScene", "simulate_scene_series", "write_scene"]

SCENE_CRS = "EPSG:32648"
NODATA = -32768
SCALE = 1e-4

_PIXEL_M, _FINE_M = 20, 5
"""Fields are drawn at 5 m and averaged to 20 m, so edge pixels are honestly mixed."""

_MARGIN_M, _BLOCK_M = 200, 100

_STEP = 0.005
"""NDVI is stored in these steps: finer ones would only store the simulator's noise."""

_OVERPASS = time(10, 20)
"""Local time of a morning overpass."""

_PERENNIAL_NDVI = {"pomelo": 0.72, "pineapple": 0.50, "sugarcane": 0.62}

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SimulatedScene:
    """One NDVI scene.

    Parameters
    ----------
    values
        int16, shape (y, x), north up; NDVI = value × 1e-4, -32768 is cloud.
    left_m, top_m
        Outer corner of the first pixel, EPSG:32648; pixels are 20 m.
    """

    day: date
    values: npt.NDArray[np.int16] = field(repr=False)
    left_m: float
    top_m: float

    @property
    def taken_at(self) -> Utc:
        """Moment of the (invented) overpass."""
        return to_utc(datetime.combine(self.day, _OVERPASS))

    @property
    def cloud_share(self) -> float:
        """Share of pixels without data, 0–1."""
        return float((self.values == NODATA).mean())


@dataclass(frozen=True, slots=True)
class _Canvas:
    """Grid of all scenes: index of the field (0: none) and of the mosaic block per 5 m cell."""

    left_m: float
    top_m: float
    shape: tuple[int, int]
    fields: npt.NDArray[np.int32] = field(repr=False)
    block_rows: npt.NDArray[np.int64] = field(repr=False)
    block_columns: npt.NDArray[np.int64] = field(repr=False)


def simulate_scene_series(
    registry: SimulatedRegistry, dates: Sequence[date], *, seed: int
) -> list[SimulatedScene]:
    """Return one NDVI scene per date over all fields of the registry and 200 m around.

    Parameters
    ----------
    registry
        From `simulate_registry`; true harvest days decide when a field falls bare.
    dates
        Local days of the overpasses.
    seed
        Mosaic, pixel noise and clouds.

    Returns
    -------
    list of SimulatedScene
        All on one grid, in the order of `dates`; about every fourth one is half clouded.
    """
    canvas = _canvas(registry.parcels)
    plantings = {one.parcel_code: one for one in registry.plantings}
    ordered = [plantings[parcel.code] for parcel in registry.parcels]
    mosaic = _mosaic(canvas, registry.season_year, seed)
    return [
        SimulatedScene(day, _paint(canvas, ordered, mosaic, day, seed), canvas.left_m, canvas.top_m)
        for day in dates
    ]


def write_scene(scene: SimulatedScene, folder: Path) -> Path:
    """Write ``ndvi_YYYYMMDD.tif`` (int16, tags SIMULATED and ACQUIRED); return its path."""
    import rasterio
    from rasterio import Affine

    path = folder / f"ndvi_{scene.day:%Y%m%d}.tif"
    profile: dict[str, Any] = {
        "driver": "GTiff", "dtype": "int16", "count": 1, "crs": SCENE_CRS, "nodata": NODATA,
        "height": scene.values.shape[0], "width": scene.values.shape[1],
        "transform": Affine(_PIXEL_M, 0, scene.left_m, 0, -_PIXEL_M, scene.top_m),
        "tiled": True, "blockxsize": 256, "blockysize": 256,
        "compress": "deflate", "predictor": 2, "zlevel": 9,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as target:
        target.write(scene.values, 1)
        target.set_band_description(1, "NDVI")
        target.scales, target.offsets = (SCALE,), (0.0,)
        target.update_tags(
            SIMULATED="yes",
            ACQUIRED=f"{scene.taken_at:%Y-%m-%dT%H:%M:%SZ}",
            TIFFTAG_DATETIME=f"{scene.taken_at:%Y:%m:%d %H:%M:%S}",
            TIFFTAG_IMAGEDESCRIPTION="Simulated NDVI over simulated fields; not a satellite image",
        )
    return path


def rice_ndvi(days_after_sowing: Floats, days_to_harvest: Floats) -> Floats:
    """Return NDVI of a rice field; the second argument is negative after the harvest."""
    rise = 1 / (1 + np.exp(-(days_after_sowing - 30) / 7.5))
    ripening = np.clip((24 - days_to_harvest) / 24, 0, 1)
    standing = 0.12 + 0.73 * rise - 0.34 * ripening**1.5
    stubble = 0.20 + 0.04 * np.clip(-days_to_harvest / 30, 0, 1)
    return np.where(days_to_harvest > 0, standing, stubble)


def _canvas(parcels: Sequence[SimulatedParcel]) -> _Canvas:
    from rasterio import Affine
    from rasterio.features import rasterize

    shapes = [to_metres(parcel.polygon) for parcel in parcels]
    boxes = np.array([shape.bounds for shape in shapes])
    left, bottom = np.floor((boxes[:, :2].min(axis=0) - _MARGIN_M) / _BLOCK_M) * _BLOCK_M
    right, top = np.ceil((boxes[:, 2:].max(axis=0) + _MARGIN_M) / _BLOCK_M) * _BLOCK_M
    rows, columns = int((top - bottom) / _FINE_M), int((right - left) / _FINE_M)
    fields = rasterize(
        ((shape, number) for number, shape in enumerate(shapes, start=1)),
        out_shape=(rows, columns), transform=Affine(_FINE_M, 0, left, 0, -_FINE_M, top),
        fill=0, dtype="int32",
    )  # fmt: skip
    step = _BLOCK_M // _FINE_M
    ratio = _PIXEL_M // _FINE_M
    return _Canvas(
        float(left), float(top), (rows // ratio, columns // ratio), fields,
        np.arange(rows) // step, np.arange(columns) // step,
    )  # fmt: skip


def _mosaic(canvas: _Canvas, season_year: int, seed: int) -> tuple[Floats, Floats]:
    """Return sowing day and harvest day (ordinals) of each 100 m block around the fields."""
    shape = (int(canvas.block_rows[-1]) + 1, int(canvas.block_columns[-1]) + 1)
    rng = stream(seed, "mosaic")
    waves = winter_spring_waves(season_year)
    which = rng.choice(len(waves), size=shape, p=[wave.share for wave in waves])
    starts = np.array([wave.first_day.toordinal() for wave in waves], dtype=np.float64)
    sown = starts[which] + rng.integers(0, 7, shape)
    return sown, sown + rng.integers(95, 106, shape)


def _field_ndvi(planting: SimulatedPlanting, day: date, seed: int) -> float:
    own = stream(seed, "field", planting.parcel_code)
    level, wobble = own.normal(1, 0.03), stream(seed, "look", planting.parcel_code, str(day))
    if planting.sown_on is None or planting.harvested_on is None:
        value = _PERENNIAL_NDVI[planting.crop]
    else:
        after = np.array(float((day - planting.sown_on).days))
        left = np.array(float((planting.harvested_on - day).days))
        value = float(rice_ndvi(after, left))
    return float(value * level + wobble.normal(0, 0.012))


def _clouds(canvas: _Canvas, day: date, seed: int) -> npt.NDArray[np.bool_]:
    """Return a mask of round clouds: few on most days, half the scene on about every fourth."""
    rng = stream(seed, "clouds", str(day))
    rows, columns = canvas.shape
    y, x = np.mgrid[0:rows, 0:columns]
    mask = np.zeros(canvas.shape, dtype=bool)
    wanted = rng.uniform(0.3, 0.5) if rng.random() < 0.25 else rng.uniform(0, 0.12)
    while mask.mean() < wanted:
        centre_y, centre_x, radius = (
            rng.uniform(0, rows),
            rng.uniform(0, columns),
            rng.uniform(6, 35),
        )
        mask |= (y - centre_y) ** 2 + (x - centre_x) ** 2 < radius**2
    return mask


def _paint(
    canvas: _Canvas,
    plantings: Sequence[SimulatedPlanting],
    mosaic: tuple[Floats, Floats],
    day: date,
    seed: int,
) -> npt.NDArray[np.int16]:
    sown, cut = mosaic
    blocks = rice_ndvi(day.toordinal() - sown, cut - day.toordinal())
    values = np.array([0.0, *(_field_ndvi(planting, day, seed) for planting in plantings)])
    fine = blocks[canvas.block_rows[:, None], canvas.block_columns[None, :]]
    fine = np.where(canvas.fields > 0, values[canvas.fields], fine)
    rows, columns = canvas.shape
    ratio = _PIXEL_M // _FINE_M
    coarse = fine.reshape(rows, ratio, columns, ratio).mean(axis=(1, 3))
    coarse += stream(seed, "pixels", str(day)).normal(0, 0.008, canvas.shape)
    stored = np.round(np.clip(coarse, -0.2, 1.0) / _STEP) * round(_STEP / SCALE)
    return np.where(_clouds(canvas, day, seed), NODATA, stored).astype(np.int16)
