"""Soil texture: sand, silt and clay to one of the twelve classes of the USDA triangle."""

from __future__ import annotations

import math
from typing import Literal, get_args

from agridata.errors import InputError

__all__ = ["TEXTURES", "Texture", "texture_class"]

Texture = Literal[
    "sand", "loamy_sand", "sandy_loam", "loam", "silt_loam", "silt", "sandy_clay_loam",
    "clay_loam", "silty_clay_loam", "sandy_clay", "silty_clay", "clay",
]  # fmt: skip

TEXTURES: tuple[Texture, ...] = get_args(Texture)

WHOLE_G_KG = 1000.0


def texture_class(sand: float, clay: float) -> Texture:
    """Return the USDA texture class of a soil.

    Parameters
    ----------
    sand, clay
        Mass fractions of the fine earth in g/kg; silt is the rest to 1,000.

    Returns
    -------
    Texture
        Exactly one class for every possible soil.

    Raises
    ------
    InputError
        If a fraction is negative or no number, or both exceed the whole.

    References
    ----------
    Soil Science Division Staff (2017), Soil Survey Manual, USDA Handbook 18, chapter 3.
    """
    if not (sand >= 0 and clay >= 0 and sand + clay <= WHOLE_G_KG) or math.isinf(sand + clay):
        raise InputError(
            f"sand {sand} and clay {clay} g/kg are no parts of a soil", field="sand,clay",
            fix="give fractions ≥ 0 that add up to at most 1,000 g/kg",
            problem_vi=f"cát {sand} và sét {clay} g/kg không hợp lệ",
            fix_vi="hãy cho hai phần không âm, cộng lại không quá 1.000 g/kg",
        )  # fmt: skip
    sand, clay = sand / 10, clay / 10
    silt = max(0.0, 100 - sand - clay)
    return _sandy(sand, silt, clay) or _loamy(sand, silt, clay) or _clayey(sand, silt)


def _sandy(sand: float, silt: float, clay: float) -> Texture | None:
    if silt + 1.5 * clay < 15:
        return "sand"
    if silt + 2 * clay < 30:
        return "loamy_sand"
    if (clay < 20 and sand > 52) or (clay < 7 and silt < 50):
        return "sandy_loam"
    return None


def _loamy(sand: float, silt: float, clay: float) -> Texture | None:
    if clay < 27 and silt >= 50:
        return "silt" if silt >= 80 and clay < 12 else "silt_loam"
    if clay < 27 and silt >= 28 and sand <= 52:
        return "loam"
    if clay < 35 and silt < 28 and sand > 45:
        return "sandy_clay_loam"
    if clay < 40 and sand <= 45:
        return "silty_clay_loam" if sand <= 20 else "clay_loam"
    return None


def _clayey(sand: float, silt: float) -> Texture:
    if sand > 45:
        return "sandy_clay"
    return "silty_clay" if silt >= 40 else "clay"
