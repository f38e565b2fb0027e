"""Geospatial layers in and out, with a reason for every rejected feature."""
