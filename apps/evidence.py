"""The link: what a lot claims, and what was observed of its parcels, as plain values.

The only place where both sides meet: claims come from the event store, evidence from the registry,
the zonal statistics of scenes and the issued yield forecasts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sqlmodel import Session, select

from agridata.evidence import ParcelEvidence, YieldRange
from agridata.forecasts.models import YieldForecast
from agridata.registry.models import Parcel, Planting
from agridata.vocabulary import Hectare, TonnesPerHectare, Utc, local_date
from apps.scenes import observed_harvest
from traceability.events.models import TraceEvent
from traceability.lots import Genealogy, event_document, touches, trace_back
from traceability.lots.models import Lot
from traceability.plausibility import HarvestClaim, LotClaim, Verdict, judge

__all__ = ["STATISTICS_UNIT", "claim_of", "evidence_for", "judge_lot"]

SEASON_DAYS = 60
"""Harvest events of one parcel closer together than this belong to one season."""

STATISTICS_UNIT = "Hau Giang"
"""Name, in the published tables, of the former province whose parcels are registered here."""


def judge_lot(session: Session, lot: Lot, as_of: Utc) -> Verdict:
    """Return the plausibility verdict of a lot with what is known at `as_of`."""
    genealogy = trace_back(session, lot.gtin, lot.lot)
    claim = claim_of(session, lot, genealogy)
    harvests = {code: one.harvested_on for one in claim.harvests for code in one.parcel_codes}
    evidence = [
        found
        for code, day in sorted(harvests.items())
        if (found := evidence_for(session, code, day, as_of)) is not None
    ]
    return judge(claim, evidence)


def claim_of(session: Session, lot: Lot, genealogy: Genealogy) -> LotClaim:
    """Read a lot's claims from its events: harvests, and mass through its last process (kg)."""
    harvests = []
    taken = given = None
    for row in genealogy.events:
        event = event_document(row)
        if event.get("agd:parcel"):
            harvests.append(_harvest(session, row))
        produced = [one for one in touches(event) if one.role == "produced"]
        if row.event_type == "TransformationEvent" and any(
            one.ref == genealogy.root for one in produced
        ):
            taken = _total(event_masses(row, "consumed"))
            given = _total(event_masses(row, "produced"))
    return LotClaim(lot.gtin, lot.lot, tuple(harvests), taken, given)


def event_masses(row: TraceEvent, role: str) -> list[float | None]:
    """Return the mass (kg) of every lot that stands in `role` in an event."""
    return [one.quantity_kg for one in touches(event_document(row)) if one.role == role]


def _total(masses: Sequence[float | None]) -> float | None:
    known = [mass for mass in masses if mass is not None]
    return sum(known) if known and len(known) == len(masses) else None


def _harvest(session: Session, row: TraceEvent) -> HarvestClaim:
    event = event_document(row)
    parcels = tuple(str(code) for code in event.get("agd:parcel", ()))
    quantity = _total(event_masses(row, "produced"))
    names = [one.ref.lot for one in touches(event) if one.role == "produced"]
    return HarvestClaim(
        lot=names[0] if names else "",
        parcel_codes=parcels,
        quantity_t=None if quantity is None else quantity / 1000,
        harvested_on=local_date(row.event_time),
        parcel_total_t=_season_total_t(session, parcels, row),
    )


def _season_total_t(session: Session, parcels: Sequence[str], row: TraceEvent) -> float | None:
    """Return tonnes claimed from any of `parcels` by all harvests of that season."""
    span = timedelta(days=SEASON_DAYS)
    nearby = session.exec(
        select(TraceEvent).where(
            TraceEvent.biz_step == row.biz_step,
            TraceEvent.event_time >= row.event_time - span,
            TraceEvent.event_time <= row.event_time + span,
        )
    ).all()
    masses: list[float | None] = []
    for other in nearby:
        if set(parcels) & {str(code) for code in event_document(other).get("agd:parcel", ())}:
            masses += event_masses(other, "produced")
    total = _total(masses)
    return None if total is None else total / 1000


def evidence_for(
    session: Session, parcel_code: str, harvested_on: date, as_of: Utc
) -> ParcelEvidence | None:
    """Return what is known of a parcel around a claimed harvest day; None if unregistered."""
    parcel = session.exec(select(Parcel).where(Parcel.code == parcel_code)).first()
    if parcel is None:
        return None
    planting = _planting(session, parcel_code, harvested_on)
    return ParcelEvidence(
        parcel_code=parcel_code,
        area=Hectare(parcel.area_ha),
        area_source="parcel geometry, geodesic",
        area_simulated=parcel.simulated,
        crop=planting.crop if planting else "",
        sown_on=planting.sown_on if planting else None,
        harvest=observed_harvest(session, parcel_code, until=as_of, around=harvested_on),
        yield_range=_yield_range(session, planting) if planting else None,
        as_of=as_of,
    )


def _planting(session: Session, parcel_code: str, harvested_on: date) -> Planting | None:
    """Return the planting whose expected harvest is nearest the claimed day, within a season."""
    plantings = session.exec(select(Planting).where(Planting.parcel_code == parcel_code)).all()
    dated = [
        (abs((one.expected_harvest_on - harvested_on).days), one)
        for one in plantings
        if one.expected_harvest_on is not None
    ]
    nearest = min(dated, key=lambda pair: pair[0], default=None)
    return nearest[1] if nearest and nearest[0] <= SEASON_DAYS else None


def _yield_range(session: Session, planting: Planting) -> YieldRange | None:
    issued = session.exec(
        select(YieldForecast).where(
            YieldForecast.unit_name == STATISTICS_UNIT,
            YieldForecast.crop == planting.crop,
            YieldForecast.season == planting.season,
            YieldForecast.year == planting.year,
        )
    ).first()
    if issued is None:
        return None
    return YieldRange(
        p05=TonnesPerHectare(issued.p05),
        p50=TonnesPerHectare(issued.p50),
        p95=TonnesPerHectare(issued.p95),
        method=issued.method,
        source=f"{STATISTICS_UNIT} {issued.season} {issued.year}, "
        f"figures to {issued.last_known_year}",
        simulated=issued.simulated,
    )
