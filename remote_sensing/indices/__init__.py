"""Vegetation, water and soil-salinity indices, each with formula, range and reference."""

from remote_sensing.indices._compute import IndexInputError, compute_index
from remote_sensing.indices._registry import INDICES, SpectralIndex

__all__ = ["INDICES", "IndexInputError", "SpectralIndex", "compute_index"]
