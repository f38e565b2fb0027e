"""Yield forecasts that use earlier years only, with interval, backtest and baselines."""

from remote_sensing.yields._backtest import backtest_yield
from remote_sensing.yields._fields import forecast_fields
from remote_sensing.yields._forecast import FORECAST_COLUMNS, forecast_yield
from remote_sensing.yields._panel import PanelError

__all__ = [
    "FORECAST_COLUMNS",
    "PanelError",
    "backtest_yield",
    "forecast_fields",
    "forecast_yield",
]
