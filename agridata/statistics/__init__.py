"""Published statistics: crops, livestock, fisheries by unit, season and year.

Figure triples of crops (area, yield, production) start the yield forecasts; every other
published figure stands in one long table with its unit, its source and the administrative
unit it meant in its year. `check_statistics` names what does not add up.
"""

from agridata.statistics._checks import check_frame, check_statistics
from agridata.statistics._compare import Compared
from agridata.statistics._extents import Point, extent_of, series_across
from agridata.statistics._facts import facts_frame
from agridata.statistics._figures import (
    IDENTITY_TOLERANCE_T_HA,
    SEASONS,
    Figure,
    identity_flag,
    unit_slip,
)
from agridata.statistics._gso import NATIONAL_TABLES, PROVINCE_VARIABLES, import_gso
from agridata.statistics._intake import PRESETS, import_rice_panel, import_statistics
from agridata.statistics._issues import CHECKS, Issue, subject_text
from agridata.statistics._long import import_figures
from agridata.statistics._panel import panel_frame
from agridata.statistics._provinces import (
    ProvinceVersion,
    province_versions,
    version_named,
    version_on,
    year_end,
)
from agridata.statistics._subjects import MEASURES, SUBJECTS
from agridata.statistics.models import CropStatistic, Statistic

__all__ = [
    "CHECKS",
    "IDENTITY_TOLERANCE_T_HA",
    "MEASURES",
    "NATIONAL_TABLES",
    "PRESETS",
    "PROVINCE_VARIABLES",
    "SEASONS",
    "SUBJECTS",
    "Compared",
    "CropStatistic",
    "Figure",
    "Issue",
    "Point",
    "ProvinceVersion",
    "Statistic",
    "check_frame",
    "check_statistics",
    "extent_of",
    "facts_frame",
    "identity_flag",
    "import_figures",
    "import_gso",
    "import_rice_panel",
    "import_statistics",
    "panel_frame",
    "province_versions",
    "series_across",
    "subject_text",
    "unit_slip",
    "version_named",
    "version_on",
    "year_end",
]
