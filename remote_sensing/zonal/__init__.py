"""From pixels to parcels: exact coverage, once through the raster or from stored weights."""

from remote_sensing.zonal._reading import (
    checked_output,
    default_id_column,
    read_zones,
    write_table,
)
from remote_sensing.zonal._statistics import STATISTICS, zonal_statistics
from remote_sensing.zonal._weights import CoverageWeights, WeightsError
from remote_sensing.zonal._zones import ZonesError

__all__ = [
    "STATISTICS",
    "CoverageWeights",
    "WeightsError",
    "ZonesError",
    "checked_output",
    "default_id_column",
    "read_zones",
    "write_table",
    "zonal_statistics",
]
