"""Salinity (g/L) and electrical conductivity (dS/m) of river water diluted from the sea.

"g/L" and "‰" of bulletins and official sheets are taken as practical salinity
(PSS-78, UNESCO 1981), extended below 2 by Hill, Dauphinee & Woods (1986), both as in
the TEOS-10 toolbox `gsw`. The salt mass per litre differs from it by under 0.5 %.
Dividing conductivity by 0.64 or 0.8, which holds for irrigation water, would be wrong
here by up to 45 %: 4 g/L of diluted sea water is 7.28 dS/m, not 6.25 or 5.0.
"""

from __future__ import annotations

from typing import overload

import numpy as np
from numpy.typing import NDArray

from agridata.errors import InputError

__all__ = ["MAX_SALINITY_GL", "conductivity_from_salinity", "salinity_from_conductivity"]

Floats = NDArray[np.float64]

MAX_SALINITY_GL = 45.0
"""Above this no water of the delta is believable (the open sea is about 35)."""

MAX_CONDUCTIVITY_DSM = 90.0
"""About 45 g/L at 40 °C."""

TEMPERATURE_RANGE_C = (-2.0, 45.0)
"""PSS-78 is defined for −2 to 35 °C; shallow canals reach a little more."""


@overload
def salinity_from_conductivity(ec_dS_m: float, temperature_c: float = 25.0) -> float: ...
@overload
def salinity_from_conductivity(ec_dS_m: Floats, temperature_c: float | Floats = 25.0) -> Floats: ...
def salinity_from_conductivity(
    ec_dS_m: float | Floats, temperature_c: float | Floats = 25.0
) -> float | Floats:
    """Return salinity in g/L (‰) of water whose conductivity was read in dS/m.

    Parameters
    ----------
    ec_dS_m
        Conductivity, dS/m (= mS/cm), scalar or array of any shape; NaN stays NaN.
    temperature_c
        25 for a meter that compensates to 25 °C; else the water temperature, °C.

    Raises
    ------
    InputError
        If a value is negative or beyond 90 dS/m, or the temperature outside −2…45 °C.
    """
    import gsw

    _check(ec_dS_m, 0.0, MAX_CONDUCTIVITY_DSM, "ec_dS_m", "dS/m")
    _check(temperature_c, *TEMPERATURE_RANGE_C, "temperature_c", "°C")
    salinity = gsw.SP_from_C(ec_dS_m, temperature_c, 0.0)
    return _like(ec_dS_m, np.maximum(salinity, 0.0))


@overload
def conductivity_from_salinity(salinity_gl: float, temperature_c: float = 25.0) -> float: ...
@overload
def conductivity_from_salinity(
    salinity_gl: Floats, temperature_c: float | Floats = 25.0
) -> Floats: ...
def conductivity_from_salinity(
    salinity_gl: float | Floats, temperature_c: float | Floats = 25.0
) -> float | Floats:
    """Return conductivity in dS/m of diluted sea water at `temperature_c`.

    The inverse of `salinity_from_conductivity`.

    Raises
    ------
    InputError
        If a salinity is negative or above 45 g/L, or the temperature outside −2…45 °C.
    """
    import gsw

    _check(salinity_gl, 0.0, MAX_SALINITY_GL, "salinity_gl", "g/L")
    _check(temperature_c, *TEMPERATURE_RANGE_C, "temperature_c", "°C")
    return _like(salinity_gl, gsw.C_from_SP(salinity_gl, temperature_c, 0.0))


def _like(given: float | Floats, result: Floats) -> float | Floats:
    return float(result) if np.ndim(given) == 0 else np.asarray(result, dtype=np.float64)


def _check(values: float | Floats, low: float, high: float, field: str, unit: str) -> None:
    array = np.asarray(values, dtype=np.float64)
    wrong = (array < low) | (array > high)
    if bool(wrong.any()):
        worst = float(array[wrong].flat[0])
        raise InputError(
            f"{worst:g} {unit} is outside {low:g} to {high:g}",
            field=field,
            fix="check the unit: salinity in g/L (‰), conductivity in dS/m (1 dS/m = 1000 µS/cm)",
            problem_vi=f"{worst:g} {unit} nằm ngoài khoảng {low:g} đến {high:g}",
            fix_vi="kiểm tra đơn vị: độ mặn g/L (‰), độ dẫn điện dS/m (1 dS/m = 1000 µS/cm)",
        )
