"""Streamlit screen of the farmer: may I take water, and at which hours."""

from apps.farmer._screen import render

__all__ = ["render"]
