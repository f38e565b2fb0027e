"""Streamlit screen of the officer: sources, network, change, forecasts, the log."""

from apps.officer._screen import render

__all__ = ["render"]
