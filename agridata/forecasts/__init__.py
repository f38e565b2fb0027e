"""Forecasts and advice as they were issued."""

from agridata.forecasts._read import advice_for, latest_salinity, yield_for
from agridata.forecasts._store import intake_window, store_advice, store_salinity, store_yield
from agridata.forecasts.models import Advice, SalinityForecast, YieldForecast

__all__ = [
    "Advice",
    "SalinityForecast",
    "YieldForecast",
    "advice_for",
    "intake_window",
    "latest_salinity",
    "store_advice",
    "store_salinity",
    "store_yield",
    "yield_for",
]
