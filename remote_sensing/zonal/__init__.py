"""Raster to zones with exact fractional coverage."""
