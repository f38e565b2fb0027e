"""Weather tables and soil maps into the workspace; days and months computed once."""

from __future__ import annotations

from sqlmodel import Session

from agridata.environment import import_weather, import_weather_stations
from agridata.storage import Workspace
from agridata.vocabulary import Utc
from apps.demo._load import Tell
from apps.demo._moments import Moments, record_kind
from apps.demo._sources import SourceFile
from apps.environment import add_soil_map, derive_all, store_ground

__all__ = ["load_environment"]

WEATHER_ROLES = ("imhen_monthly", "wwo_daily")
"""Roles that are layouts of `agridata.environment`: stations first, then what they measured."""


def load_environment(
    session: Session,
    workspace: Workspace,
    sources: dict[str, list[SourceFile]],
    moments: Moments,
    *,
    now: Utc,
    tell: Tell,
) -> None:
    """Load what a folder has of weather and soil; the caller commits.

    Shown as of the last scene's month, as the fields are: the ground is seen from the air.
    """
    for source in sources.get("weather_stations", ()):
        report = import_weather_stations(session, source.path, source.info, now)
        tell(f"{source.path.name}: {report.imported} stations, {len(report.rejected)} rejected")
    for role in WEATHER_ROLES:
        for source in sources.get(role, ()):
            report = import_weather(session, source.path, role, source.info, now)
            tell(
                f"{source.path.name}: {report.imported} rows stored, "
                f"{len(report.rejected)} rejected"
            )
    for key, count in derive_all(session, now).items():
        tell(f"{key}: {count} values computed")
    for source in sources.get("soil_map", ()):
        _, rows = add_soil_map(session, workspace, source.path, now=now, info=source.info)
        tell(f"{source.path.name}: {rows} zonal rows")
    ground = store_ground(session, workspace)
    if ground:
        tell(f"monthly images: {ground} zonal rows of the ground")
    for kind in ("climate", "weather_stations", "soil"):
        record_kind(session, kind, moments.air)
