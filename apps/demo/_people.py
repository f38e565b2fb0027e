"""People and land: simulated, over sample or real communes, and labelled so."""

from __future__ import annotations

import os
from pathlib import Path

from sqlmodel import Session

from agridata.errors import NotFoundError
from agridata.places import hau_giang_communes
from agridata.registry import load_registry
from agridata.storage import SourceInfo, Workspace
from agridata.vocabulary import Utc
from apps.demo._load import Tell
from apps.demo._moments import Moments, record_kind
from apps.simulation import (
    SAMPLE_COMMUNES,
    SAMPLE_SEASON_YEAR,
    SAMPLE_SEED,
    Commune,
    SimulatedRegistry,
    schematic_communes,
    simulate_registry,
    write_registry,
)

__all__ = ["SIMULATED", "load_people_and_land"]

SIMULATED = "simulated_registry"
"""Folder in the workspace that keeps what was simulated, as it was loaded."""


def load_people_and_land(
    session: Session,
    workspace: Workspace,
    folder: Path,
    moments: Moments,
    *,
    seed: int,
    now: Utc,
    tell: Tell,
) -> SimulatedRegistry:
    """Load the registry of the samples, or simulate one over the real communes.

    Returns
    -------
    SimulatedRegistry
        The simulated world behind the registry, from which the season's trade is told.
    """
    source = folder / "registry"
    if source.is_dir():  # made beforehand, from the samples' own seed and season
        seed = SAMPLE_SEED
        registry = simulate_registry(_schematic(), season_year=SAMPLE_SEASON_YEAR, seed=seed)
    else:
        source = workspace.home / SIMULATED
        registry = simulate_registry(_real(session), season_year=moments.season_year, seed=seed)
        source.mkdir(exist_ok=True)
        write_registry(registry, source)
    info = SourceInfo(
        key="registry", kind="registry", title_vi="mô phỏng", title_en="simulated",
        source=f"apps.simulation, seed {seed} (simulated)", licence="GPL-3.0-or-later",
        simulated=True, as_of=moments.trade,
    )  # fmt: skip
    reports = load_registry(session, source, info, now, lambda: os.urandom(16))
    record_kind(session, "registry", moments.trade)
    for name, report in reports.items():
        tell(f"{name}: {report.imported} rows stored, {len(report.rejected)} rejected (simulated)")
    return registry


def _schematic() -> list[Commune]:
    return [one for one in schematic_communes() if one.code in SAMPLE_COMMUNES]


def _real(session: Session) -> list[Commune]:
    found = [
        Commune(unit.code, unit.full_name, unit.geom)
        for unit in hau_giang_communes(session, "2025")
        if unit.geom is not None and unit.code in SAMPLE_COMMUNES
    ]
    if not found:
        raise NotFoundError(
            "none of the communes that carry the simulated fields has a polygon",
            where="admin", fix="give admin/92_can_tho_2025_communes.gpkg",
            problem_vi="không có ranh giới của các xã mang ruộng mô phỏng",
            fix_vi="cần tệp admin/92_can_tho_2025_communes.gpkg",
        )  # fmt: skip
    return found
