"""Variables, their unit in storage, the units people send, and what cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agridata.errors import InputError, UsageError

__all__ = ["STATISTICS", "VARIABLES", "Conversion", "Variable", "conversion", "variable_named"]

STATISTICS = ("point", "daily_max", "daily_min", "daily_mean")
"""How a value stands for its time; the daily ones stand for the local day."""

CONDUCTIVITY_UNITS = frozenset({"ds/m", "ms/cm", "us/cm", "s/m", "ms/m"})


@dataclass(frozen=True, slots=True)
class Conversion:
    """``stored = factor × sent + offset``; `unit` is the name kept as raw unit."""

    unit: str
    factor: float
    offset: float = 0.0


@dataclass(frozen=True, slots=True)
class Variable:
    """A measured quantity: unit in storage, plausible range in that unit, accepted units.

    A value outside ``low … high`` is stored with the flag "range": `reason` says why it
    cannot be.
    """

    name: str
    label_vi: str
    unit: str
    low: float
    high: float
    reason: str
    units: Mapping[str, tuple[float, float]]


def _variable(
    name: str,
    label_vi: str,
    unit: str,
    limits: tuple[float, float],
    reason: str,
    units: Mapping[str, float | tuple[float, float]],
) -> Variable:
    pairs = {
        key: value if isinstance(value, tuple) else (float(value), 0.0)
        for key, value in units.items()
    }
    return Variable(name, label_vi, unit, *limits, reason, pairs)


_SPEED: Mapping[str, float] = {"m/s": 1, "km/h": 1 / 3.6, "kn": 0.514444}
_TEMPERATURE: Mapping[str, float | tuple[float, float]] = {
    "k": 1, "°c": (1, 273.15), "c": (1, 273.15), "cel": (1, 273.15), "degc": (1, 273.15),
}  # fmt: skip

VARIABLES: Mapping[str, Variable] = {
    one.name: one
    for one in (
        _variable(
            "water_salinity", "độ mặn", "g/L", (0, 45),
            "sea water is about 35 g/L; above 45 g/L is a typing error",
            # in bulletins and the official sheets per mille and g/L are the same number
            {"g/l": 1, "‰": 1, "ppt": 1, "kg/m3": 1, "mg/l": 1e-3},
        ),
        _variable(
            "water_level", "mực nước", "m", (-10, 10),
            "tide and flood in the delta stay within ±10 m of the datum",
            {"m": 1, "cm": 0.01, "mm": 0.001},
        ),
        _variable(
            "discharge", "lưu lượng", "m3/s", (0, 100_000),
            "the largest flood known at Kratie is below 80,000 m3/s",
            {"m3/s": 1, "m³/s": 1, "l/s": 1e-3},
        ),
        _variable(
            "rain", "lượng mưa", "mm", (0, 2000),
            "the wettest day on record anywhere had 1,825 mm (La Réunion, 1966)",
            {"mm": 1, "cm": 10, "m": 1000},
        ),
        _variable("wind_u", "gió hướng đông", "m/s", (-75, 75), "a category 5 typhoon", _SPEED),
        _variable("wind_v", "gió hướng bắc", "m/s", (-75, 75), "a category 5 typhoon", _SPEED),
        _variable(
            "air_temperature", "nhiệt độ không khí", "K", (255, 325),
            "air in Vietnam stays between -18 and 52 °C", _TEMPERATURE,
        ),
        _variable(
            "water_temperature", "nhiệt độ nước", "K", (270, 320),
            "open water stays between -3 and 47 °C", _TEMPERATURE,
        ),
        _variable(
            "relative_humidity", "độ ẩm không khí", "%", (0, 100.5),
            "a share cannot exceed 100 %", {"%": 1, "1": 100},
        ),
        _variable(
            "pm25", "bụi mịn PM2.5", "ug/m3", (0, 2000),
            "the range of common sensors ends at 1,000-2,000 µg/m3",
            {"ug/m3": 1, "µg/m3": 1, "µg/m³": 1, "mg/m3": 1000},
        ),
    )
}  # fmt: skip
"""Variable of the contract → what is known of it. Units are matched without case."""


def variable_named(name: str) -> Variable:
    """Return the variable of the contract called `name`.

    Raises
    ------
    UsageError
        If there is none.
    """
    if name in VARIABLES:
        return VARIABLES[name]
    raise UsageError(
        f"no variable is called {name!r}",
        field="--variable",
        fix=f"use one of {', '.join(VARIABLES)}",
        problem_vi=f"không có đại lượng {name!r}",
        fix_vi=f"hãy dùng một trong {', '.join(VARIABLES)}",
    )


def conversion(variable: Variable, unit: str) -> Conversion:
    """Return how `unit` becomes the storage unit of `variable`.

    Raises
    ------
    InputError
        If the unit does not measure the variable. Conductivity is refused for salinity:
        4 g/L of diluted sea water is 7.28 dS/m at 25 °C, not 6.25, so it needs PSS-78
        and the temperature.
    """
    key = unit.strip().lower().replace("μ", "µ")  # Greek mu → micro sign
    if key in variable.units:
        return Conversion(unit.strip(), *variable.units[key])
    if variable.name == "water_salinity" and key.replace("µ", "u") in CONDUCTIVITY_UNITS:
        raise InputError(
            f"{unit!r} measures conductivity, not salinity",
            field="--unit",
            fix="convert it first with remote_sensing.salinity.salinity_from_conductivity "
            "(PSS-78, at the water's temperature) and give g/L",
            problem_vi=f"{unit!r} là độ dẫn điện, không phải độ mặn",
            fix_vi="hãy đổi sang g/L theo PSS-78 với nhiệt độ nước trước",
        )
    raise InputError(
        f"{unit!r} is not a unit of {variable.name}",
        field="--unit",
        fix=f"use one of {', '.join(variable.units)} (stored in {variable.unit})",
        problem_vi=f"{unit!r} không phải đơn vị của {variable.label_vi}",
        fix_vi=f"hãy dùng một trong {', '.join(variable.units)}",
    )
