"""Engine, sessions, workspace, migrations and the column types of both databases."""

from agridata.storage._columns import GeometryColumn, UtcDateTime, bounds_of
from agridata.storage._datasets import DataSet, RejectedRow
from agridata.storage._geodesy import geodesic_area_m2
from agridata.storage._imports import (
    ImportReport,
    SourceInfo,
    is_loaded,
    record_data_set,
    sha256_of,
    stored_report,
)
from agridata.storage._spatial import within_bounds
from agridata.storage._workspace import Workspace, open_engine

__all__ = [
    "DataSet",
    "GeometryColumn",
    "ImportReport",
    "RejectedRow",
    "SourceInfo",
    "UtcDateTime",
    "Workspace",
    "bounds_of",
    "geodesic_area_m2",
    "is_loaded",
    "open_engine",
    "record_data_set",
    "sha256_of",
    "stored_report",
    "within_bounds",
]
