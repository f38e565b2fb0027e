"""Published sources into the workspace: places, stations, readings, statistics."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlmodel import Session

from agridata.observations import PRESETS, import_readings, import_stations
from agridata.places import load_real_admin, load_sample_admin, unit_at
from agridata.statistics import import_gso, import_rice_panel
from agridata.vocabulary import LonLat, Utc, local_date
from apps.demo._sources import SourceFile

__all__ = ["Tell", "load_published"]

Tell = Callable[[str], None]

READING_ROLES = ("salinity_bihourly", "salinity_daily", "water_level", "kratie", "era5")
"""Roles that are presets of `agridata.observations`, in the order they are loaded."""


def load_published(
    session: Session,
    folder: Path,
    sources: dict[str, list[SourceFile]],
    *,
    now: Utc,
    tell: Tell,
) -> None:
    """Load what was published (or simulated as if it had been); the caller commits."""
    _places(session, folder, now, tell)
    today = local_date(now)

    def locate(position: LonLat) -> str | None:
        found = unit_at(session, position, today)
        return found.code if found is not None and found.level == 3 else None

    for source in sources.get("stations", ()):
        report = import_stations(session, source.path, source.info, now, locate=locate)
        _done(tell, source, report.imported, len(report.rejected))
    for role in READING_ROLES:
        for source in sources.get(role, ()):
            report = import_readings(session, source.path, PRESETS[role], source.info, now)
            _done(tell, source, report.imported, len(report.rejected))
    for role, load in (("rice_panel", import_rice_panel), ("gso", import_gso)):
        for source in sources.get(role, ()):
            report = load(session, source.path, source.info, now)
            _done(tell, source, report.imported, len(report.rejected))


def _places(session: Session, folder: Path, now: Utc, tell: Tell) -> None:
    sample = (folder / "admin" / "communes_schematic.geojson").is_file()
    reports = (
        load_sample_admin(session, folder, now)
        if sample
        else load_real_admin(session, folder / "admin", now)
    )
    for name, report in reports.items():
        tell(f"{name}: {report.imported} rows stored, {len(report.rejected)} rejected")


def _done(tell: Tell, source: SourceFile, stored: int, rejected: int) -> None:
    tell(f"{source.path.name}: {stored} rows stored, {rejected} rejected")
