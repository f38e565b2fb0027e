"""Scores, and predictive distributions from errors that true forecasts made before."""

from remote_sensing.evaluation._errors import LEVELS, ErrorModel, fit_error_model
from remote_sensing.evaluation._scores import brier, coverage, nash_sutcliffe, rmse, skill

__all__ = [
    "LEVELS",
    "ErrorModel",
    "brier",
    "coverage",
    "fit_error_model",
    "nash_sutcliffe",
    "rmse",
    "skill",
]
