"""Streamlit screen of the consumer: from a typed code to the page that checks itself."""

from apps.consumer._screen import render

__all__ = ["render"]
