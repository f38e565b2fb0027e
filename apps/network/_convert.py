"""The converter that intake is given: PSS-78."""

from __future__ import annotations

__all__ = ["convert_salinity"]


def convert_salinity(conductivity_ds_m: float, temperature_c: float) -> float:
    """Return salinity in g/L of water read in dS/m at a temperature in °C (PSS-78 + Hill).

    Raises
    ------
    InputError
        If the conductivity or the temperature cannot be.
    """
    from remote_sensing.salinity import salinity_from_conductivity

    return float(salinity_from_conductivity(conductivity_ds_m, temperature_c))
