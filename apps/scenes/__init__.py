"""From raster files to rows: scenes into the catalogue, pixels onto communes and parcels.

`remote_sensing` reads arrays and knows no database; `agridata` keeps rows and reads no
raster. Here the two meet.
"""

from apps.scenes._catalogue import add_scene, add_scenes, list_scenes, scene_path, scene_row
from apps.scenes._statistics import (
    StoredStatistics,
    observed_harvest,
    store_commune_statistics,
    store_parcel_statistics,
    zone_series,
)

__all__ = [
    "StoredStatistics",
    "add_scene",
    "add_scenes",
    "list_scenes",
    "observed_harvest",
    "scene_path",
    "scene_row",
    "store_commune_statistics",
    "store_parcel_statistics",
    "zone_series",
]
