"""The order of the walk, and what it reports."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from agridata.forecasts.models import Advice
from agridata.observations.models import Reading, Scene, Station, ZonalStatistic
from agridata.places.models import AdminUnit
from agridata.quality import measure, record
from agridata.registry.models import Herd, Parcel, Pond
from agridata.storage import DataSet, Workspace
from agridata.vocabulary import Utc
from apps.demo._environment import load_environment
from apps.demo._foresee import Foreseen, foresee
from apps.demo._load import Tell, load_published
from apps.demo._moments import Moments, choose_moments
from apps.demo._observe import observe
from apps.demo._people import SIMULATED, load_people_and_land
from apps.demo._publish import publish
from apps.demo._sources import find_sources
from apps.demo._trade import Traded, trade
from apps.evidence import judge_lot
from traceability.events.models import TraceEvent
from traceability.identifiers import escape_path
from traceability.lots.models import Lot

__all__ = ["DemoReport", "run_demo"]


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What the walk stored and proved; `as_dict` is the contract's JSON document."""

    admin_units: int
    parcels: int
    ponds: int
    herds: int
    stations: int
    readings: int
    scenes: int
    zonal_rows: int
    forecasts: dict[str, int]
    lots: int
    events: int
    ledger: dict[str, Any]
    labels: dict[str, int]
    recall_drill_seconds: float
    plausibility: dict[str, str]
    advice: dict[str, Any]
    as_of: dict[str, str]
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    addresses: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON document."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


def run_demo(
    workspace: Workspace,
    folder: Path,
    *,
    as_of: Utc | None,
    seed: int,
    now: Utc,
    public_url: str,
    tell: Tell,
) -> DemoReport:
    """Take an empty (or already built) workspace through the whole main job.

    Parameters
    ----------
    folder
        Samples, or real data laid out like them.
    as_of
        Moment to replay; None takes the one recorded with (or derived from) each data set.
    seed
        Of the simulation that fills in what no source holds.
    now
        The wall clock, for the records of what was loaded when.
    public_url
        Address that the printed codes lead to.
    tell
        Receives one line per step, for people.

    Raises
    ------
    AgridataError
        If a source is missing or broken; the workspace is left as it was.
    """
    sources = find_sources(folder)
    with workspace.session() as session:
        with _all_or_nothing(session, workspace):
            load_published(session, folder, sources, now=now, tell=tell)
            moments = choose_moments(session, sources, as_of)
            registry = load_people_and_land(
                session, workspace, folder, moments, seed=seed, now=now, tell=tell
            )
            observe(session, workspace, sources, moments, now=now, tell=tell)
            load_environment(session, workspace, sources, moments, now=now, tell=tell)
            foreseen = foresee(session, moments, tell=tell)
        traded = trade(
            session, workspace, registry, moments.trade,
            seed=seed, public_url=public_url, tell=tell,
        )  # fmt: skip
        measured = record(session, measure(session, now=now, as_of=as_of))
        session.commit()
        tell(f"quality: {measured} figures measured")
        publish(session, workspace, now=now, tell=tell)
        return _report(session, moments, foreseen, traded)


@contextmanager
def _all_or_nothing(session: Session, workspace: Workspace) -> Iterator[None]:
    """Commit at the end; if a source was refused, take rows and files of this run back.

    The commit also lets the database go: the log's writers take the lock themselves.
    """
    before = _files(workspace)
    try:
        yield
        session.commit()
    except BaseException:
        session.rollback()
        for path in _files(workspace) - before:
            path.unlink()
        raise


def _files(workspace: Workspace) -> set[Path]:
    folders = (workspace.scenes_dir, workspace.home / SIMULATED)
    return {path for folder in folders for path in folder.glob("*") if path.is_file()}


def _report(session: Session, moments: Moments, foreseen: Foreseen, traded: Traded) -> DemoReport:
    lots = session.exec(
        select(Lot).where(col(Lot.packed_at).is_not(None)).order_by(col(Lot.lot))
    ).all()
    verdicts: dict[str, str] = {
        lot.lot: judge_lot(session, lot, moments.trade).status for lot in lots
    }
    checkpoint = traded.checkpoint
    return DemoReport(
        admin_units=_count(session, AdminUnit),
        parcels=_count(session, Parcel),
        ponds=_count(session, Pond),
        herds=_count(session, Herd),
        stations=_count(session, Station),
        readings=_count(session, Reading),
        scenes=_count(session, Scene),
        zonal_rows=_count(session, ZonalStatistic),
        forecasts={"salinity": foreseen.salinity, "yield": foreseen.yields},
        lots=_count(session, Lot),
        events=_count(session, TraceEvent),
        ledger={
            "size": checkpoint.size,
            "root": base64.b64encode(checkpoint.root).decode(),
            "checkpoint": checkpoint.note,
        },
        labels={"printed": traded.printed, "decoded": traded.decoded},
        recall_drill_seconds=round(traded.recall_drill_seconds, 4),
        plausibility=verdicts,
        advice={"place": foreseen.place, **_advice_counts(session, moments)},
        as_of=moments.as_dict(),
        sources=_sources(session),
        addresses=_addresses(session, lots, verdicts, foreseen.place),
    )


def _count(session: Session, model: type[SQLModel]) -> int:
    return int(session.scalar(sa.select(sa.func.count()).select_from(model)) or 0)


def _advice_counts(session: Session, moments: Moments) -> dict[str, int]:
    rows = session.exec(select(Advice.status).where(Advice.as_of == moments.water)).all()
    return {status: rows.count(status) for status in ("advice", "unknown")}


def _sources(session: Session) -> dict[str, dict[str, Any]]:
    """Return per data set: rows in the file = stored + rejected, and whether it is simulated."""
    return {
        one.key: {
            "rows": one.rows_in_file,
            "stored": one.rows_stored,
            "rejected": one.rows_rejected,
            "simulated": one.simulated,
        }
        for one in session.exec(select(DataSet).order_by(DataSet.key)).all()
    }


def _addresses(
    session: Session, lots: Sequence[Lot], verdicts: dict[str, str], place: str | None
) -> list[str]:
    """Return paths that answer once served: a product page first, the best of each kind."""
    best = sorted(lots, key=lambda lot: (verdicts[lot.lot] != "plausible", lot.lot))
    paths = ["/"]
    paths += [f"/01/{lot.gtin}/10/{escape_path(lot.lot)}" for lot in best]
    paths += [f"/t/{lot.short_code}" for lot in best[:1]]
    paths += ["/vi/man", *([f"/vi/man/{place}", f"/en/man/{place}"] if place else [])]
    field_code = next((code for lot in best for code in lot.parcel_codes.split(",") if code), None)
    if field_code is None:
        field_code = session.exec(select(Parcel.code).order_by(Parcel.code)).first()
    paths += [f"/vi/ruong/{field_code}"] if field_code else []
    paths += [f"/vi/thoi-tiet/{place}"] if place else []
    return [*paths, "/vi/chat-luong", "/opendata", "/checkpoint", "/health", "/app"]
