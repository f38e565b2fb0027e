"""Salinity: units, forecast of the daily maximum, intake windows, advice."""
