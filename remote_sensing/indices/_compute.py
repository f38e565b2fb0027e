"""Computing an index by name, with the checks that reflectance needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agridata.errors import InputError, UsageError
from remote_sensing.indices._registry import INDICES, SpectralIndex

__all__ = ["IndexInputError", "compute_index"]

MAX_REFLECTANCE = 2.0
"""Median above which numbers cannot be reflectance: clouds and glint reach 1.6, digital
numbers start in the hundreds."""


class IndexInputError(InputError):
    """The bands given do not serve the index."""


def compute_index(name: str, bands: Mapping[str, Any]) -> NDArray[np.float64]:
    """Return the index `name` of reflectance arrays.

    Parameters
    ----------
    name
        A key of `INDICES`.
    bands
        Role (blue, green, red, nir, swir1) → array; all of one shape. Surface reflectance
        (0–1) except for ratios. NaN and masked pixels stay NaN.

    Returns
    -------
    numpy.ndarray
        float64 of the bands' shape, dimensionless; NaN where the formula is undefined
        (0/0, root of a negative) or its value lies outside the index's range.

    Raises
    ------
    UsageError
        If the index is unknown.
    IndexInputError
        If a role is missing, shapes differ, or digital numbers are given to an index that
        needs reflectance.
    """
    index = INDICES.get(name)
    if index is None:
        raise UsageError(
            f"no index {name!r}", field="name", fix=f"choose one of {', '.join(INDICES)}"
        )
    arrays = _arrays(index, bands)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = np.asarray(index.function(*arrays), dtype=np.float64)
    within = np.isfinite(value) & (value >= index.lowest) & (value <= index.highest)
    return np.where(within, value, np.nan)


def _arrays(index: SpectralIndex, bands: Mapping[str, Any]) -> list[NDArray[np.float64]]:
    missing = [role for role in index.roles if role not in bands]
    if missing:
        raise IndexInputError(
            f"{index.name} needs the band {', '.join(missing)}",
            field="bands",
            fix=f"give {', '.join(index.roles)}",
        )
    arrays = [_filled(bands[role]) for role in index.roles]
    if len({array.shape for array in arrays}) > 1:
        raise IndexInputError(
            f"the bands have different shapes {[array.shape for array in arrays]}",
            field="bands",
            fix="resample them to one grid",
        )
    if not index.scale_free:
        _require_reflectance(index, arrays)
    return arrays


def _filled(array: Any) -> NDArray[np.float64]:
    return np.asarray(np.ma.filled(np.ma.asarray(array).astype(np.float64), np.nan))


def _require_reflectance(index: SpectralIndex, arrays: list[NDArray[np.float64]]) -> None:
    """Refuse digital numbers, whose index would be a plausible-looking error."""
    for role, array in zip(index.roles, arrays, strict=True):
        known = array[np.isfinite(array)]
        if known.size and np.median(np.abs(known)) > MAX_REFLECTANCE:
            raise IndexInputError(
                f"{index.name} needs reflectance, {role} looks like digital numbers "
                f"(median {np.median(known):.0f})",
                field=role,
                fix="apply scale and offset first (Sentinel-2: × 0.0001, − 0.1 from 2022-01-25)",
            )
