"""Vegetation, water and soil-salinity indices, each with formula and source."""
