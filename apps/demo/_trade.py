"""Grow → claim → prove: the season's trade as signed events in the log, labels, a recall drill."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from time import perf_counter
from typing import Any

from sqlmodel import Session, col, select

from agridata.places import get_unit
from agridata.registry import personal_values
from agridata.registry.models import Organisation, PersonalValue
from agridata.storage import Workspace
from agridata.vocabulary import REFORM_DATE, Utc, local_date
from apps.demo._load import Tell
from apps.simulation import HarvestPlan, LotPlan, SimulatedRegistry, simulate_lots
from traceability.errors import DuplicateEventError
from traceability.events import (
    AdminUnitThen,
    LotQuantity,
    harvest_event,
    location_uri,
    packing_event,
    party_uri,
    receiving_event,
    shipping_event,
)
from traceability.labels import print_labels, sheet_path, sheets_of
from traceability.ledger import Checkpoint, Ledger
from traceability.lots import capture, sequence, trace_forward
from traceability.lots.models import Lot

__all__ = ["Traded", "trade"]

LABELS_PER_LOT = 21
"""One A4 sheet of L7160."""

LABEL_STOCK = "L7160"


@dataclass(frozen=True, slots=True)
class Traded:
    """What the trade left in the log and on paper."""

    checkpoint: Checkpoint
    printed: int
    decoded: int
    recall_drill_seconds: float


@dataclass(frozen=True, slots=True)
class _Statement:
    """An event and the organisation that signs it."""

    organisation_code: str
    event: dict[str, Any]


def trade(
    session: Session,
    workspace: Workspace,
    registry: SimulatedRegistry,
    as_of: Utc,
    *,
    seed: int,
    public_url: str,
    tell: Tell,
) -> Traded:
    """Capture, sequence and publish the season's events, print labels, drill a recall; commits."""
    plans = simulate_lots(registry, season_year=registry.season_year, as_of=as_of, seed=seed)
    ledger = _ledger(workspace, registry, as_of)
    captured = _capture_all(session, ledger, plans, as_of)
    checkpoint = ledger.publish(as_of)
    tell(f"log: {captured} new events, {checkpoint.size} entries under a signed checkpoint")
    printed, decoded = _labels(session, workspace, as_of, public_url)
    tell(f"labels: {printed} printed, {decoded} decoded back")
    return Traded(checkpoint, printed, decoded, _recall_drill(session, plans))


def _ledger(workspace: Workspace, registry: SimulatedRegistry, as_of: Utc) -> Ledger:
    """Open the log; every organisation has a key, added by the authority as registrar."""
    ledger = Ledger.open(workspace)
    ledger.ensure_log_key(now=as_of)
    registrar = registry.organisation_of("authority").code
    for organisation in registry.organisations:
        ledger.organisation_key(organisation.code, registrar=registrar, now=as_of)
    return ledger


def _capture_all(session: Session, ledger: Ledger, plans: list[LotPlan], as_of: Utc) -> int:
    personal = personal_values(session)
    organisations = {one.code: one for one in session.exec(select(Organisation)).all()}
    statements = [
        statement for plan in plans for statement in _statements(session, plan, organisations)
    ]
    session.rollback()  # only read so far: SQLite grants the write lock to a fresh transaction
    captured = 0
    with ledger.session() as writing:
        for statement in sorted(statements, key=lambda one: str(one.event["eventTime"])):
            try:
                capture(
                    writing, ledger, statement.organisation_code, statement.event,
                    now=as_of, known_personal=personal,
                )  # fmt: skip
                captured += 1
            except DuplicateEventError:
                continue  # a second demo on the same workspace tells the same story
        sequence(writing, ledger)
    session.expire_all()
    return captured


def _statements(
    session: Session, plan: LotPlan, organisations: dict[str, Organisation]
) -> Iterator[_Statement]:
    for harvest in plan.harvests:
        yield _Statement(harvest.organisation_code, _harvest(session, harvest, organisations))
    packing = plan.packing
    gtins = {harvest.lot: harvest.gtin for harvest in plan.harvests}
    yield _Statement(
        packing.organisation_code,
        packing_event(
            inputs=[LotQuantity(gtins[lot], lot, kg) for lot, kg in packing.inputs_kg],
            outputs=[LotQuantity(plan.gtin, plan.lot, packing.output_kg)],
            at=packing.packed_at,
            location=_location(organisations[packing.organisation_code]),
            simulated=True,
        ),
    )
    yield from _movements(plan, organisations)


def _movements(plan: LotPlan, organisations: dict[str, Organisation]) -> Iterator[_Statement]:
    shipping, receiving = plan.shipping, plan.receiving
    if shipping is not None:
        sender = organisations[shipping.organisation_code]
        receiver = organisations[shipping.to_organisation_code]
        yield _Statement(
            shipping.organisation_code,
            shipping_event(
                shipped=[LotQuantity(plan.gtin, plan.lot, shipping.quantity_kg)],
                at=shipping.shipped_at,
                location=_location(sender),
                sender=_party(sender),
                receiver=_party(receiver),
                destination=_location(receiver),
                simulated=True,
            ),
        )
    if shipping is not None and receiving is not None:
        receiver = organisations[receiving.organisation_code]
        yield _Statement(
            receiving.organisation_code,
            receiving_event(
                received=[LotQuantity(plan.gtin, plan.lot, receiving.quantity_kg)],
                at=receiving.received_at,
                location=_location(receiver),
                sender=_party(organisations[shipping.organisation_code]),
                receiver=_party(receiver),
                simulated=True,
            ),
        )


def _harvest(
    session: Session, plan: HarvestPlan, organisations: dict[str, Organisation]
) -> dict[str, Any]:
    return harvest_event(
        harvested=LotQuantity(plan.gtin, plan.lot, plan.quantity_kg),
        at=plan.harvested_at,
        location=_location(organisations[plan.organisation_code]),
        parcels=plan.parcel_codes,
        operator=_commitment(session, plan.operators[0]),
        planted_area_ha=plan.planted_area,
        admin_unit=_unit_then(session, plan.admin_unit_code, local_date(plan.harvested_at)),
        variety=plan.variety,
        simulated=True,
    )


def _commitment(session: Session, subject: str) -> str | None:
    """Return the salted commitment of a person's name: the only trace of a person in an event."""
    return session.exec(
        select(PersonalValue.commitment).where(
            PersonalValue.subject == subject, PersonalValue.kind == "name"
        )
    ).first()


def _unit_then(session: Session, code: str, on: date) -> AdminUnitThen:
    unit = get_unit(session, code, on=on)
    return AdminUnitThen(unit.code, unit.full_name, "2025" if on >= REFORM_DATE else "pre2025")


def _location(organisation: Organisation) -> str:
    return location_uri(organisation.gln, organisation.location_code)


def _party(organisation: Organisation) -> str | None:
    return party_uri(organisation.gln) if organisation.gln else None


def _labels(session: Session, workspace: Workspace, as_of: Utc, public_url: str) -> tuple[int, int]:
    """Print one sheet for every packed lot that has none; return symbols printed and decoded."""
    printed = decoded = 0
    lots = session.exec(
        select(Lot).where(col(Lot.packed_at).is_not(None)).order_by(col(Lot.gtin), col(Lot.lot))
    ).all()
    for lot in lots:
        done = sheets_of(session, lot.gtin, lot.lot)
        if not done and lot.status == "active":
            out = sheet_path(workspace.labels_dir, session, lot)
            sheet, _ = print_labels(
                session, lot, count=LABELS_PER_LOT, stock=LABEL_STOCK, domain=public_url,
                out=out, now=as_of,
            )  # fmt: skip
            done = [sheet]
        printed += sum(sheet.symbols for sheet in done)
        decoded += sum(sheet.decoded for sheet in done)
    session.commit()
    return printed, decoded


def _recall_drill(session: Session, plans: list[LotPlan]) -> float:
    """Time a mock recall: from one harvest lot to every lot, event and label that it reached."""
    if not plans:
        return 0.0  # nothing was ripe yet at that moment
    harvest = plans[0].harvests[0]
    start = perf_counter()
    reached = trace_forward(session, harvest.gtin, harvest.lot)
    for ref in reached.lots:
        sheets_of(session, ref.gtin, ref.lot)
    return perf_counter() - start
