"""What a farmer's pages say: water at a place, one field. Read from tables, computed nowhere."""

from apps.views.farmer._field import FieldPage, field_page
from apps.views.farmer._places import PlaceLink, PlacesPage, places_page
from apps.views.farmer._water import THRESHOLDS_GL, ForecastDay, WaterPage, water_page

__all__ = [
    "THRESHOLDS_GL",
    "FieldPage",
    "ForecastDay",
    "PlaceLink",
    "PlacesPage",
    "WaterPage",
    "field_page",
    "places_page",
    "water_page",
]
