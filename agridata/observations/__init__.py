"""Stations, sensors and readings; scenes and their zonal statistics."""
