"""From the air: scenes into the catalogue, and their statistics over communes and fields."""

from __future__ import annotations

from dataclasses import replace

from sqlmodel import Session, col, select

from agridata.observations.models import Scene, ZonalStatistic
from agridata.places import hau_giang_communes
from agridata.registry.models import Parcel
from agridata.storage import Workspace
from agridata.vocabulary import Utc
from apps.demo._load import Tell
from apps.demo._moments import Moments, record_kind
from apps.demo._sources import SourceFile
from apps.scenes import add_scene, store_commune_statistics, store_parcel_statistics

__all__ = ["observe"]

FINEST_PERIOD = ""
"""Scenes of an instant see single fields; monthly 1 km composites do not."""


def observe(
    session: Session,
    workspace: Workspace,
    sources: dict[str, list[SourceFile]],
    moments: Moments,
    *,
    now: Utc,
    tell: Tell,
) -> None:
    """Add every scene and store its zonal statistics; what is stored already is left."""
    communes = hau_giang_communes(session, "2025")
    fields = session.exec(select(Parcel).order_by(col(Parcel.code))).all()
    for source in sources.get("scene", ()):
        scene = add_scene(
            session, workspace, source.path, now=now,
            info=replace(source.info, kind="scene"), simulated=source.info.simulated,
        )  # fmt: skip
        if _has_statistics(session, scene):
            continue
        stored = store_commune_statistics(session, workspace, scene.key, communes).rows
        if scene.period == FINEST_PERIOD:
            stored += store_parcel_statistics(session, workspace, scene.key, fields).rows
        tell(f"{source.path.name}: {stored} zonal rows")
    record_kind(session, "scene", moments.air)


def _has_statistics(session: Session, scene: Scene) -> bool:
    query = select(ZonalStatistic.id).where(ZonalStatistic.scene_key == scene.key).limit(1)
    return session.exec(query).first() is not None
