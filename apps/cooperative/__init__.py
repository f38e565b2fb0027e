"""Streamlit screen of the cooperative: our lots, what they still lack, their labels."""

from apps.cooperative._screen import render

__all__ = ["render"]
