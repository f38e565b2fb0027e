"""Capture, genealogy and projection of lots."""
