"""Pixels onto communes and parcels, and what the resulting series say."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from agridata.errors import UsageError
from agridata.evidence import HarvestWindow
from agridata.observations.models import Scene, ZonalStatistic
from agridata.storage import Workspace
from agridata.vocabulary import Utc, local_date
from apps.scenes._catalogue import scene_path

if TYPE_CHECKING:
    from agridata.places.models import AdminUnit
    from agridata.registry.models import Parcel

__all__ = [
    "StoredStatistics",
    "observed_harvest",
    "store_commune_statistics",
    "store_parcel_statistics",
    "zone_series",
]

SEASON_REACH_DAYS = 120
"""Before a harvest lie 90–105 days of crop; the same after it belongs to the next."""

DELETE_CODES = 10_000
"""Zone codes per statement: SQLite binds at most 32,766 values."""


@dataclass(frozen=True, slots=True)
class StoredStatistics:
    """What was stored of one scene: rows, zones, and zones that have no geometry to ask with."""

    rows: int
    zones: int
    without_geometry: tuple[str, ...]


def store_commune_statistics(
    session: Session,
    workspace: Workspace,
    scene_key: str,
    units: Iterable[AdminUnit],
    bands: Sequence[str] | None = None,
) -> StoredStatistics:
    """Compute and store the statistics of a scene over administrative units; no commit.

    Earlier rows of the same scene, units and bands are replaced.

    Raises
    ------
    NotFoundError, RasterError, UsageError
        No such scene; its file is damaged; one code twice.
    """
    zones = [(unit.code, unit.geom) for unit in units]
    return _store(session, workspace, scene_key, "commune", zones, bands)


def store_parcel_statistics(
    session: Session,
    workspace: Workspace,
    scene_key: str,
    parcels: Iterable[Parcel],
    bands: Sequence[str] | None = None,
) -> StoredStatistics:
    """Compute and store the statistics of a scene over parcels, as `store_commune_statistics`."""
    zones = [(parcel.code, parcel.geom) for parcel in parcels]
    return _store(session, workspace, scene_key, "parcel", zones, bands)


def _store(
    session: Session, workspace: Workspace, scene_key: str, kind: str,
    zones: list[tuple[str, Any]], bands: Sequence[str] | None,
) -> StoredStatistics:  # fmt: skip
    import geopandas as gpd

    from remote_sensing.zonal import zonal_statistics

    path = scene_path(session, workspace, scene_key)
    bare = tuple(code for code, geometry in zones if geometry is None)
    drawn = [(code, geometry) for code, geometry in zones if geometry is not None]
    codes = [code for code, _ in drawn]
    if len(set(codes)) < len(codes):
        raise UsageError(
            "a zone code occurs twice", field=kind, fix="choose the units of one era only"
        )
    if not drawn:
        return StoredStatistics(0, 0, bare)
    frame = gpd.GeoDataFrame(
        {"zone": codes}, geometry=[geometry for _, geometry in drawn], crs="EPSG:4326"
    )
    stats = ("count", "mean", "stdev", "min", "max")
    table = zonal_statistics(frame, "zone", path, bands, stats)
    _delete_earlier(session, scene_key, kind, codes, sorted(set(table["band"])))
    rows = [
        {"scene_key": scene_key, "zone_kind": kind, "zone": row["zone"], "band": row["band"]}
        | {name: _number(row[name]) for name in stats}
        for row in table.to_dict("records")
    ]
    session.execute(sa.insert(ZonalStatistic), rows)
    session.flush()
    return StoredStatistics(len(rows), len(drawn), bare)


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _delete_earlier(
    session: Session, scene_key: str, kind: str, codes: list[str], bands: list[str]
) -> None:
    for start in range(0, len(codes), DELETE_CODES):
        session.execute(
            sa.delete(ZonalStatistic).where(
                col(ZonalStatistic.scene_key) == scene_key,
                col(ZonalStatistic.zone_kind) == kind,
                col(ZonalStatistic.zone).in_(codes[start : start + DELETE_CODES]),
                col(ZonalStatistic.band).in_(bands),
            )
        )


def zone_series(
    session: Session, zone_kind: str, zone: str, band: str, until: Utc | None = None
) -> list[tuple[date, float | None, float, bool]]:
    """Return (local day, mean, covered pixels, simulated) of one zone and band, by time.

    The mean is None where the scene shows nothing of the zone: no data is a state, and it
    is listed. Scenes later than `until` are left out.
    """
    query = (
        select(Scene.time, ZonalStatistic.mean, ZonalStatistic.count, Scene.simulated)
        .join(ZonalStatistic, col(ZonalStatistic.scene_key) == col(Scene.key))
        .where(
            ZonalStatistic.zone_kind == zone_kind,
            ZonalStatistic.zone == zone,
            ZonalStatistic.band == band,
        )
        .order_by(col(Scene.time))
    )
    if until is not None:
        query = query.where(col(Scene.time) <= until)
    return [
        (local_date(time), mean, count, simulated)
        for time, mean, count, simulated in session.exec(query).all()
    ]


def observed_harvest(
    session: Session,
    parcel_code: str,
    *,
    until: Utc,
    around: date | None = None,
    band: str = "NDVI",
) -> HarvestWindow | None:
    """Return between which pictures a parcel was harvested, as evidence for plausibility.

    None where no clear cycle was seen up to `until`: it means "not observed", never
    "not harvested".

    Parameters
    ----------
    around
        Look only at pictures within `SEASON_REACH_DAYS` of this day, so that a field with
        several seasons is asked about one; None looks at all.
    """
    from remote_sensing.series import harvest_window

    series = zone_series(session, "parcel", parcel_code, band, until)
    if around is not None:
        series = [one for one in series if abs((one[0] - around).days) <= SEASON_REACH_DAYS]
    seen = harvest_window(
        [day for day, *_ in series],
        [float("nan") if mean is None else mean for _, mean, *_ in series],
    )
    if seen is None:
        return None
    simulated = any(flag for *_, flag in series)
    source = f"{band}, {len(series)} scenes, {series[0][0]} – {series[-1][0]}"
    return HarvestWindow(seen.first_day, seen.last_day, source, simulated)
