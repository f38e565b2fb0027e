"""Baselines, backtests without leakage, conformal intervals."""
