"""Engine, sessions, workspace, migrations and the column types of both databases."""

from agridata.storage._backup import BackupReport, Facts, Hold, backup
from agridata.storage._columns import GeometryColumn, UtcDateTime, bounds_of
from agridata.storage._datasets import DataSet, RejectedRow
from agridata.storage._doctor import Check, Diagnosis, Health, diagnose
from agridata.storage._geodesy import geodesic_area_m2
from agridata.storage._imports import (
    ImportReport,
    SourceInfo,
    is_loaded,
    record_data_set,
    sha256_of,
    stored_report,
)
from agridata.storage._restore import LedgerVerdict, Reconcile, RestoreReport, restore
from agridata.storage._snapshot import Query, sqlite_path
from agridata.storage._spatial import within_bounds
from agridata.storage._workspace import Workspace, open_engine

__all__ = [
    "BackupReport",
    "Check",
    "DataSet",
    "Diagnosis",
    "Facts",
    "GeometryColumn",
    "Health",
    "Hold",
    "ImportReport",
    "LedgerVerdict",
    "Query",
    "Reconcile",
    "RejectedRow",
    "RestoreReport",
    "SourceInfo",
    "UtcDateTime",
    "Workspace",
    "backup",
    "bounds_of",
    "diagnose",
    "geodesic_area_m2",
    "is_loaded",
    "open_engine",
    "record_data_set",
    "restore",
    "sha256_of",
    "sqlite_path",
    "stored_report",
    "within_bounds",
]
