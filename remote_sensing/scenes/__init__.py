"""Rasters: description, COG, STAC item, xarray cube."""
