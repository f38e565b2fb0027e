"""Spectral indices with formula, roles of bands, range and reference.

Names follow the papers except where two papers use one name for two things: the salinity
index NDSI is ``NDSI_sal`` here (NDSI elsewhere is snow), and S1–S3 are ``sal_s1``–``sal_s3``
(S1 elsewhere is a satellite). In saline soils of rice land these indices carry weak signal:
they are inputs for a model or a map to look at, never a salinity measurement.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["INDICES", "SpectralIndex"]

Array = NDArray[np.float64]
Kind = Literal["vegetation", "water", "salinity"]

INFINITE = float("inf")

KHAN = "Khan et al. 2005, Agricultural Water Management 77:96-109"
DOUAOUI = "Douaoui, Nicolas and Walter 2006, Geoderma 134:217-230"
ABBAS = "Abbas and Khan 2007, MODSIM 2007, 2632-2638"


@dataclass(frozen=True, slots=True)
class SpectralIndex:
    """One index: how it is computed, from which bands, and who says so.

    Attributes
    ----------
    roles
        Band roles in the order of the function's arguments: blue, green, red, nir, swir1.
    lowest, highest
        Range for reflectance 0–1; a value beyond it comes from bad input.
    scale_free
        True for ratios, which stay the same when all bands carry one factor. The others
        need surface reflectance.
    """

    name: str
    kind: Kind
    formula: str
    roles: tuple[str, ...]
    function: Callable[..., Array]
    lowest: float
    highest: float
    scale_free: bool
    reference: str

    def __repr__(self) -> str:
        return f"<SpectralIndex {self.name} = {self.formula}>"


def _difference(a: Array, b: Array) -> Array:
    return (a - b) / (a + b)


def _evi(nir: Array, red: Array, blue: Array) -> Array:
    return 2.5 * (nir - red) / (nir + 6 * red - 7.5 * blue + 1)


def _savi(nir: Array, red: Array) -> Array:
    return 1.5 * (nir - red) / (nir + red + 0.5)


def _mean_root(a: Array, b: Array) -> Array:
    root: Array = np.sqrt(a * b)
    return root


def _norm(*bands: Array) -> Array:
    root: Array = np.sqrt(sum(band**2 for band in bands))
    return root


def _ratio(a: Array, b: Array) -> Array:
    return a / b


def _green_red_over_blue(green: Array, red: Array, blue: Array) -> Array:
    return green * red / blue


def _vssi(green: Array, red: Array, nir: Array) -> Array:
    return 2 * green - 5 * (red + nir)


_ALL = (
    SpectralIndex(
        "NDVI", "vegetation", "(nir - red) / (nir + red)", ("nir", "red"), _difference,
        -1, 1, True, "Rouse et al. 1974, NASA SP-351, 309-317",
    ),
    SpectralIndex(
        "EVI", "vegetation", "2.5 (nir - red) / (nir + 6 red - 7.5 blue + 1)",
        ("nir", "red", "blue"), _evi, -INFINITE, INFINITE, False,
        "Huete et al. 2002, Remote Sensing of Environment 83:195-213",
    ),
    SpectralIndex(
        "SAVI", "vegetation", "1.5 (nir - red) / (nir + red + 0.5)", ("nir", "red"), _savi,
        -1.5, 1.5, False, "Huete 1988, Remote Sensing of Environment 25:295-309",
    ),
    SpectralIndex(
        "LSWI", "water", "(nir - swir1) / (nir + swir1)", ("nir", "swir1"), _difference,
        -1, 1, True, "Xiao et al. 2005, Remote Sensing of Environment 95:480-492",
    ),
    SpectralIndex(
        "NDWI", "water", "(green - nir) / (green + nir)", ("green", "nir"), _difference,
        -1, 1, True, "McFeeters 1996, International Journal of Remote Sensing 17:1425-1432",
    ),
    SpectralIndex(
        "NDSI_sal", "salinity", "(red - nir) / (red + nir)", ("red", "nir"), _difference,
        -1, 1, True, f"{KHAN}; equals -NDVI",
    ),
    SpectralIndex(
        "SI", "salinity", "sqrt(blue · red)", ("blue", "red"), _mean_root, 0, 1, False, KHAN
    ),
    SpectralIndex(
        "SI1", "salinity", "sqrt(green · red)", ("green", "red"), _mean_root,
        0, 1, False, DOUAOUI,
    ),
    SpectralIndex(
        "SI2", "salinity", "sqrt(green² + red² + nir²)", ("green", "red", "nir"), _norm,
        0, 3**0.5, False, DOUAOUI,
    ),
    SpectralIndex(
        "SI3", "salinity", "sqrt(green² + red²)", ("green", "red"), _norm,
        0, 2**0.5, False, DOUAOUI,
    ),
    SpectralIndex(
        "sal_s1", "salinity", "blue / red", ("blue", "red"), _ratio, 0, INFINITE, True, ABBAS
    ),
    SpectralIndex(
        "sal_s2", "salinity", "(blue - red) / (blue + red)", ("blue", "red"), _difference,
        -1, 1, True, ABBAS,
    ),
    SpectralIndex(
        "sal_s3", "salinity", "green · red / blue", ("green", "red", "blue"),
        _green_red_over_blue, 0, INFINITE, False, ABBAS,
    ),
    SpectralIndex(
        "VSSI", "salinity", "2 green - 5 (red + nir)", ("green", "red", "nir"), _vssi,
        -10, 2, False, "Dehni and Lounis 2012, Procedia Engineering 33:188-198",
    ),
)  # fmt: skip

INDICES: dict[str, SpectralIndex] = {index.name: index for index in _ALL}
"""Every known index by its name."""
