"""Salinity: units, forecast of the daily maximum, intake windows, advice."""

from remote_sensing.salinity._advice import (
    AdviceResult,
    advise_station,
    advise_without_station,
    known_readings,
    latest_reading,
)
from remote_sensing.salinity._backtest import backtest_salinity, score_forecasts, shown_method
from remote_sensing.salinity._daily import MIN_READINGS_PER_DAY, daily_maximum, daily_mean
from remote_sensing.salinity._features import BASELINES
from remote_sensing.salinity._forecast import (
    COLUMNS,
    MAX_LEAD_DAYS,
    MODEL,
    SalinityForecaster,
    forecast_salinity,
)
from remote_sensing.salinity._panel import Drivers
from remote_sensing.salinity._sentences import (
    LastReading,
    Sentence,
    advice_sentence,
    no_station_sentence,
    stale_sentence,
    window_sentence,
)
from remote_sensing.salinity._units import (
    MAX_SALINITY_GL,
    conductivity_from_salinity,
    salinity_from_conductivity,
)
from remote_sensing.salinity._windows import (
    MAX_READING_AGE_HOURS,
    SAFE_PROBABILITY,
    IntakeWindow,
    daily_windows,
    intake_windows,
    slot_probabilities,
)

__all__ = [
    "BASELINES",
    "COLUMNS",
    "MAX_LEAD_DAYS",
    "MAX_READING_AGE_HOURS",
    "MAX_SALINITY_GL",
    "MIN_READINGS_PER_DAY",
    "MODEL",
    "SAFE_PROBABILITY",
    "AdviceResult",
    "Drivers",
    "IntakeWindow",
    "LastReading",
    "SalinityForecaster",
    "Sentence",
    "advice_sentence",
    "advise_station",
    "advise_without_station",
    "backtest_salinity",
    "conductivity_from_salinity",
    "daily_maximum",
    "daily_mean",
    "daily_windows",
    "forecast_salinity",
    "intake_windows",
    "known_readings",
    "latest_reading",
    "no_station_sentence",
    "salinity_from_conductivity",
    "score_forecasts",
    "shown_method",
    "slot_probabilities",
    "stale_sentence",
    "window_sentence",
]
