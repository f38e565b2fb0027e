"""Nouns of this room: a band, and what a raster says of itself."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agridata.vocabulary import Utc

__all__ = ["Band", "SceneDescription"]

SIMULATED_TAG = "SIMULATED"
"""TIFF tag by which our own sample rasters say that no satellite took them."""


@dataclass(frozen=True, slots=True)
class Band:
    """One band; a value is ``stored * scale + offset`` where stored is not `nodata`."""

    name: str
    dtype: str
    scale: float
    offset: float
    nodata: float | None

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object of the contract; a NaN nodata is the text ``"nan"``."""
        unordered = self.nodata is not None and math.isnan(self.nodata)
        nodata = "nan" if unordered else self.nodata
        return {"name": self.name, "scale": self.scale, "offset": self.offset, "nodata": nodata}


@dataclass(frozen=True, slots=True)
class SceneDescription:
    """Metadata of a raster file.

    Attributes
    ----------
    crs
        ``EPSG:…`` where the authority is known, else WKT.
    crs_wkt
        Always WKT 2.
    shape
        (rows, columns).
    transform
        Affine coefficients a, b, c, d, e, f: ``x = a·col + b·row + c``, ``y = d·col + e·row + f``
        in units of the CRS, (0, 0) being the outer corner of the first pixel.
    bbox
        West, south, east, north in degrees (EPSG:4326).
    times
        UTC; several for a NetCDF stack, none where nothing tells.
    period
        "" for instants, "P1M" for a monthly composite.
    """

    path: Path
    driver: str
    crs: str
    crs_wkt: str
    shape: tuple[int, int]
    transform: tuple[float, float, float, float, float, float]
    bbox: tuple[float, float, float, float]
    bands: tuple[Band, ...]
    times: tuple[Utc, ...]
    period: str
    simulated: bool

    @property
    def time(self) -> Utc | None:
        """First acquisition, or None."""
        return self.times[0] if self.times else None

    def __repr__(self) -> str:
        return f"<SceneDescription {self.path.name} {self.shape} {self.crs[:12]}>"
