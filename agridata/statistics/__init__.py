"""Published tables of area, yield and production."""

from agridata.statistics._figures import (
    IDENTITY_TOLERANCE_T_HA,
    SEASONS,
    Figure,
    identity_flag,
    unit_slip,
)
from agridata.statistics._intake import PRESETS, import_rice_panel, import_statistics
from agridata.statistics._panel import panel_frame
from agridata.statistics.models import CropStatistic

__all__ = [
    "IDENTITY_TOLERANCE_T_HA",
    "PRESETS",
    "SEASONS",
    "CropStatistic",
    "Figure",
    "identity_flag",
    "import_rice_panel",
    "import_statistics",
    "panel_frame",
    "unit_slip",
]
