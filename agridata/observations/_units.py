"""Variables, their CF names and UCUM units, the units people send, and what cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agridata.errors import InputError, UsageError

__all__ = [
    "STATISTICS",
    "VARIABLES",
    "Conversion",
    "Variable",
    "conversion",
    "measures_conductivity",
    "variable_named",
]

STATISTICS = (
    "point", "daily_max", "daily_min", "daily_mean", "daily_sum",
    "monthly_mean", "monthly_mean_max", "monthly_mean_min", "monthly_sum",
)  # fmt: skip
"""How a value stands for its time: the daily ones for the local day, the monthly ones for the
calendar month (`monthly_mean_max` is the mean of the days' highest values)."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """``stored = factor × sent + offset``; `unit` is the name kept as raw unit."""

    unit: str
    factor: float
    offset: float = 0.0


@dataclass(frozen=True, slots=True)
class Variable:
    """A measured quantity: unit in storage, plausible range in that unit, accepted units.

    `unit` is the UCUM code of the unit in storage; `cf_standard_name` is the name in the
    CF standard name table (the canonical unit of that table may be another multiple). A
    value outside ``low … high`` is stored with the flag "range": `reason` says why it
    cannot be, or who published the limit.
    """

    name: str
    label_vi: str
    unit: str
    low: float
    high: float
    reason: str
    units: Mapping[str, tuple[float, float]]
    cf_standard_name: str

    @property
    def ucum(self) -> str:
        """The unit in storage as a code of the Unified Code for Units of Measure."""
        return self.unit


def _variable(
    name: str,
    label_vi: str,
    cf_standard_name: str,
    unit: str,
    limits: tuple[float, float],
    reason: str,
    units: Mapping[str, float | tuple[float, float]],
) -> Variable:
    pairs = {
        key: value if isinstance(value, tuple) else (float(value), 0.0)
        for key, value in units.items()
    }
    return Variable(name, label_vi, unit, *limits, reason, pairs, cf_standard_name)


_SPEED: Mapping[str, float] = {"m/s": 1, "km/h": 1 / 3.6, "kn": 0.514444}
_TEMPERATURE: Mapping[str, float | tuple[float, float]] = {
    "k": 1, "°c": (1, 273.15), "c": (1, 273.15), "cel": (1, 273.15), "degc": (1, 273.15),
}  # fmt: skip
_CONDUCTIVITY: Mapping[str, float] = {
    "ds/m": 1, "ms/cm": 1, "us/cm": 1e-3, "µs/cm": 1e-3, "s/m": 10, "ms/m": 1e-2,
}  # fmt: skip
_SHARE: Mapping[str, float] = {"%": 1, "%rh": 1, "/100": 1, "1": 100, "/": 100}
"""``%RH``, ``/`` and ``/100`` are the units of SenML (RFC 8428, RFC 8798)."""

VARIABLES: Mapping[str, Variable] = {
    one.name: one
    for one in (
        _variable(
            "water_salinity", "độ mặn", "sea_water_salinity", "g/L", (0, 45),
            "sea water is about 35 g/L; above 45 g/L is a typing error",
            # in bulletins and the official sheets per mille and g/L are the same number
            {"g/l": 1, "‰": 1, "ppt": 1, "kg/m3": 1, "mg/l": 1e-3, "/1000": 1},
        ),
        _variable(
            "conductivity", "độ dẫn điện của nước", "sea_water_electrical_conductivity",
            "dS/m", (0, 85),
            "sea water of 45 g/L at 35 °C conducts 80 dS/m (PSS-78)", _CONDUCTIVITY,
        ),
        _variable(
            "conductivity_25", "độ dẫn điện quy về 25 °C",
            "sea_water_electrical_conductivity_at_reference_temperature", "dS/m", (0, 70),
            "sea water of 45 g/L conducts 66 dS/m at 25 °C (PSS-78)", _CONDUCTIVITY,
        ),
        _variable(
            "water_level", "mực nước", "water_surface_height_above_reference_datum",
            "m", (-10, 10),
            "tide and flood in the delta stay within ±10 m of the datum",
            {"m": 1, "cm": 0.01, "mm": 0.001},
        ),
        _variable(
            "discharge", "lưu lượng", "water_volume_transport_in_river_channel",
            "m3/s", (0, 100_000),
            "the largest flood known at Kratie is below 80,000 m3/s",
            {"m3/s": 1, "m³/s": 1, "l/s": 1e-3},
        ),
        _variable(
            "rain", "lượng mưa", "thickness_of_rainfall_amount", "mm", (0, 2000),
            "the wettest day on record anywhere had 1,825 mm (La Réunion, 1966)",
            {"mm": 1, "cm": 10, "m": 1000},
        ),
        _variable(
            "wind_u", "gió hướng đông", "eastward_wind", "m/s", (-75, 75),
            "a category 5 typhoon", _SPEED,
        ),
        _variable(
            "wind_v", "gió hướng bắc", "northward_wind", "m/s", (-75, 75),
            "a category 5 typhoon", _SPEED,
        ),
        _variable(
            "wind_speed", "tốc độ gió", "wind_speed", "m/s", (0, 75),
            "a category 5 typhoon", _SPEED,
        ),
        _variable(
            "air_temperature", "nhiệt độ không khí", "air_temperature", "K", (255, 325),
            "air in Vietnam stays between -18 and 52 °C", _TEMPERATURE,
        ),
        _variable(
            "water_temperature", "nhiệt độ nước", "sea_water_temperature", "K", (270, 320),
            "open water stays between -3 and 47 °C", _TEMPERATURE,
        ),
        _variable(
            "soil_temperature", "nhiệt độ đất", "soil_temperature", "K", (265, 345),
            "bare soil in the tropics stays below 72 °C", _TEMPERATURE,
        ),
        _variable(
            "relative_humidity", "độ ẩm không khí", "relative_humidity", "%", (0, 100.5),
            "a share cannot exceed 100 %", _SHARE,
        ),
        _variable(
            "absolute_humidity", "hơi nước trong không khí",
            "mass_concentration_of_water_vapor_in_air", "g/m3", (0, 60),
            "air saturated at 43 °C holds 60 g/m3", {"g/m3": 1, "g/m³": 1, "kg/m3": 1000},
        ),
        _variable(
            "sunshine_duration", "số giờ nắng", "duration_of_sunshine", "h", (0, 422),
            "the longest day at 23° N has 13.6 h: 31 of them have 422 h", {"h": 1, "s": 1 / 3600},
        ),
        _variable(
            "air_pressure", "khí áp", "air_pressure", "hPa", (500, 1090),
            "highest 1,085 hPa on record; 500 hPa is 5.5 km above the sea",
            {"hpa": 1, "mbar": 1, "kpa": 10, "pa": 0.01},
        ),
        _variable(
            "soil_moisture", "độ ẩm đất", "volume_fraction_of_condensed_water_in_soil",
            "m3/m3", (0, 0.95), "water cannot fill more than the pores; peat has 95 %",
            {"m3/m3": 1, "m³/m³": 1, "1": 1, "/": 1, "%": 0.01, "/100": 0.01},
        ),
        _variable(
            "pm25", "bụi mịn PM2.5",
            "mass_concentration_of_pm2p5_ambient_aerosol_particles_in_air", "ug/m3", (0, 2000),
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


def measures_conductivity(unit: str) -> bool:
    """Tell whether `unit` is one of conductivity (dS/m, mS/cm, µS/cm, S/m, mS/m)."""
    return _unit_key(unit) in _CONDUCTIVITY


def _unit_key(unit: str) -> str:
    return unit.strip().lower().replace("μ", "µ")  # Greek mu → micro sign


def conversion(variable: Variable, unit: str) -> Conversion:
    """Return how `unit` becomes the storage unit of `variable`.

    Raises
    ------
    InputError
        If the unit does not measure the variable. Conductivity is refused for salinity:
        4 g/L of diluted sea water is 7.28 dS/m at 25 °C, not 6.25, so it needs PSS-78
        and the temperature.
    """
    key = _unit_key(unit)
    if key in variable.units:
        return Conversion(unit.strip(), *variable.units[key])
    if variable.name == "water_salinity" and measures_conductivity(unit):
        raise InputError(
            f"{unit!r} measures conductivity, not salinity",
            field="--unit",
            fix="give the water's temperature too (--temperature-col COL, or --temperature 25 "
            "for a meter that compensates to 25 °C): it is converted by PSS-78",
            problem_vi=f"{unit!r} là độ dẫn điện, không phải độ mặn",
            fix_vi="hãy cho thêm nhiệt độ nước (--temperature-col, hoặc --temperature 25 nếu "
            "máy đã quy về 25 °C) để đổi theo PSS-78",
        )
    raise InputError(
        f"{unit!r} is not a unit of {variable.name}",
        field="--unit",
        fix=f"use one of {', '.join(variable.units)} (stored in {variable.unit})",
        problem_vi=f"{unit!r} không phải đơn vị của {variable.label_vi}",
        fix_vi=f"hãy dùng một trong {', '.join(variable.units)}",
    )
