"""Stations, sensors and readings; scenes and their zonal statistics."""

from agridata.observations._intake import import_readings
from agridata.observations._rows import Row, RowRejectedError
from agridata.observations._series import readings_frame, series, write_series
from agridata.observations._specs import PRESETS, ReadingSpec, SpecialStation, ValueColumn
from agridata.observations._stations import (
    Locate,
    find_station,
    import_stations,
    locate_stations,
)
from agridata.observations._stored import unchanged_report
from agridata.observations._tables import (
    SUFFIXES,
    Table,
    file_stem,
    read_table,
    require_columns,
    require_rows,
)
from agridata.observations._units import STATISTICS, VARIABLES, Variable, variable_named
from agridata.observations.models import Reading, Scene, Station, ZonalStatistic

__all__ = [
    "PRESETS",
    "STATISTICS",
    "SUFFIXES",
    "VARIABLES",
    "Locate",
    "Reading",
    "ReadingSpec",
    "Row",
    "RowRejectedError",
    "Scene",
    "SpecialStation",
    "Station",
    "Table",
    "ValueColumn",
    "Variable",
    "ZonalStatistic",
    "file_stem",
    "find_station",
    "import_readings",
    "import_stations",
    "locate_stations",
    "read_table",
    "readings_frame",
    "require_columns",
    "require_rows",
    "series",
    "unchanged_report",
    "variable_named",
    "write_series",
]
