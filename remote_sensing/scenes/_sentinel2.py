"""Sentinel-2 Level-2A: reflectance scale, the offset of 2022, the scene classification.

Sources: ESA Sentinel-2 Products Specification (processing baseline 04.00, in use from
2022-01-25: BOA_ADD_OFFSET = -1000, QUANTIFICATION_VALUE = 10000) and the Level-2A
Algorithm Theoretical Basis for the classes of SCL. The open extracts over An Giang show
it: the median clear blue value jumps from 340 to 1754 across that date.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from agridata.vocabulary import Utc
from remote_sensing.scenes._types import Band, SceneDescription

__all__ = [
    "CLEAR_CLASSES",
    "SCL",
    "clear_mask",
    "cloud_share",
    "is_sentinel2_l2a",
    "needs_scaling",
    "reflectance_scaling",
]

SCL = "SCL"
"""Name of the scene classification band; it is categorical and is never scaled or averaged."""

NODATA_CLASS = 0
CLEAR_CLASSES = (4, 5, 6, 7, 11)
"""Vegetation, bare, water, unclassified, snow. Not clear: 1 saturated, 2 dark (terrain or
cloud shadow), 3 cloud shadow, 8–9 cloud, 10 cirrus."""

DILATION_PIXELS = 2
"""SCL misses the thin rim of clouds: masked areas grow by two pixels before use."""

QUANTIFICATION = 1e-4
BOA_OFFSET_SINCE = datetime(2022, 1, 25, tzinfo=UTC)
BOA_OFFSET = -1000


def is_sentinel2_l2a(bands: tuple[Band, ...]) -> bool:
    """Tell a raw L2A stack: an SCL band among uint16 bands that carry no scale of their own."""
    raw = all(band.dtype == "uint16" and band.scale == 1 and band.offset == 0 for band in bands)
    return raw and any(band.name.upper() == SCL for band in bands)


def needs_scaling(scene: SceneDescription) -> bool:
    """Tell whether the stored numbers of a scene are not yet reflectance."""
    return is_sentinel2_l2a(scene.bands)


def reflectance_scaling(tags: Mapping[str, str], time: Utc) -> tuple[float, float]:
    """Return (scale, offset) that turn digital numbers into surface reflectance.

    The tag ``BOA_ADD_OFFSET`` decides where it is given, else the acquisition time.
    """
    stated = tags.get("BOA_ADD_OFFSET")
    added = float(stated) if stated else (BOA_OFFSET if time >= BOA_OFFSET_SINCE else 0)
    return QUANTIFICATION, added * QUANTIFICATION


def cloud_share(scl: NDArray[np.integer]) -> float | None:
    """Return the share (0–1) of observed pixels that are not clear; None if none was observed."""
    observed = scl != NODATA_CLASS
    if not observed.any():
        return None
    return float(1 - np.isin(scl[observed], CLEAR_CLASSES).mean())


def clear_mask(scl: NDArray[np.integer], dilation: int = DILATION_PIXELS) -> NDArray[np.bool_]:
    """Return where a pixel may be used: clear, and not within `dilation` pixels of a masked one.

    Parameters
    ----------
    scl
        Scene classification (rows, columns). Missing pixels (class 0) are unusable but
        are not grown: the edge of a swath is no cloud.
    dilation
        Growth of cloud and shadow in pixels (8-neighbourhood).
    """
    from scipy.ndimage import binary_dilation

    clear = np.isin(scl, CLEAR_CLASSES)
    cloudy = ~clear & (scl != NODATA_CLASS)
    if dilation:
        cloudy = binary_dilation(cloudy, structure=np.ones((3, 3)), iterations=dilation)
    usable: NDArray[np.bool_] = clear & ~cloudy
    return usable
