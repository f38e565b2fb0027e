"""Yield forecasts with interval and baselines."""
