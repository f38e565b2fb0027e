"""From events to lots: which lots an event touches, and the tables rebuilt from that."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlmodel import Session, col, select

from traceability.errors import IdentifierError
from traceability.events.models import TraceEvent
from traceability.identifiers import new_short_code, parse_digital_link
from traceability.lots.models import EventLot, Lot

__all__ = ["LotRef", "Touch", "event_document", "index_event", "rebuild_lots", "touches"]

Role = Literal["produced", "consumed", "observed"]

_STATUS_OF_DISPOSITION = {"recalled": "recalled", "non_sellable_other": "held", "active": "active"}
"""CBV 2.0 dispositions by which a lot is recalled, held and released."""


@dataclass(frozen=True, order=True, slots=True)
class LotRef:
    """A batch of a trade item: GTIN-14 and lot (AI 01 and 10)."""

    gtin: str
    lot: str

    def __str__(self) -> str:
        return f"{self.gtin}/{self.lot}"


@dataclass(frozen=True, slots=True)
class Touch:
    """One lot in one event; `quantity_kg` is None where the event counts something else."""

    ref: LotRef
    role: Role
    quantity_kg: float | None


def event_document(row: TraceEvent) -> dict[str, Any]:
    """Return the event of a stored row as an object."""
    document: dict[str, Any] = json.loads(row.document)
    return document


def touches(event: Mapping[str, Any]) -> list[Touch]:
    """Return every lot that an EPCIS event touches.

    Inputs of a TransformationEvent are consumed and its outputs produced; an ObjectEvent
    with action ADD produces; everything else observes.
    """
    if event["type"] == "TransformationEvent":
        return [
            *_listed(event.get("inputQuantityList"), "consumed"),
            *_listed(event.get("outputQuantityList"), "produced"),
        ]
    role: Role = "produced" if event.get("action") == "ADD" else "observed"
    return _listed(event.get("quantityList"), role)


def _listed(quantities: Iterable[Mapping[str, Any]] | None, role: Role) -> list[Touch]:
    found = []
    for quantity in quantities or ():
        ref = _lot_of(str(quantity["epcClass"]))
        if ref is not None:
            in_kg = quantity.get("uom") == "KGM" and "quantity" in quantity
            found.append(Touch(ref, role, float(quantity["quantity"]) if in_kg else None))
    return found


def _lot_of(epc_class: str) -> LotRef | None:
    try:
        elements = parse_digital_link(epc_class)
    except IdentifierError:
        return None
    if "01" not in elements or "10" not in elements:
        return None
    return LotRef(elements["01"], elements["10"])


def index_event(session: Session, row: TraceEvent, event: Mapping[str, Any]) -> None:
    """Write the lot index of one stored event and bring the lots it touches up to date."""
    session.flush()
    assert row.id is not None
    for touch in touches(event):
        session.add(
            EventLot(
                event_row=row.id, gtin=touch.ref.gtin, lot=touch.ref.lot,
                role=touch.role, quantity_kg=touch.quantity_kg,
            )
        )  # fmt: skip
        if touch.role == "produced":
            _produce(session, row, event, touch)
        elif touch.role == "observed":
            _observe(session, event, touch.ref)
    session.flush()


def _find(session: Session, ref: LotRef) -> Lot | None:
    return session.exec(select(Lot).where(Lot.gtin == ref.gtin, Lot.lot == ref.lot)).first()


def _produce(session: Session, row: TraceEvent, event: Mapping[str, Any], touch: Touch) -> None:
    lot = _find(session, touch.ref) or Lot(
        gtin=touch.ref.gtin, lot=touch.ref.lot,
        short_code=new_short_code(touch.ref.gtin, touch.ref.lot),
        organisation_code=row.organisation_code,
    )  # fmt: skip
    lot.quantity_kg = (lot.quantity_kg or 0.0) + (touch.quantity_kg or 0.0) or None
    if row.biz_step == "packing":
        lot.packed_at = row.event_time
    lot.parcel_codes = ",".join(sorted(_parcels_of(session, event)))
    session.add(lot)
    session.flush()


def _parcels_of(session: Session, event: Mapping[str, Any]) -> set[str]:
    parcels = {str(code) for code in event.get("agd:parcel", ())}
    for touch in touches(event):
        source = _find(session, touch.ref) if touch.role == "consumed" else None
        parcels.update(code for code in (source.parcel_codes if source else "").split(",") if code)
    return parcels


def _observe(session: Session, event: Mapping[str, Any], ref: LotRef) -> None:
    status = _STATUS_OF_DISPOSITION.get(str(event.get("disposition", "")))
    lot = _find(session, ref) if status else None
    if lot is not None and status:
        lot.status = status
        session.add(lot)


def rebuild_lots(session: Session) -> int:
    """Drop both projections and rebuild them from the event store; return the number of lots."""
    session.execute(sa.delete(EventLot))
    session.execute(sa.delete(Lot))
    rows = session.exec(
        select(TraceEvent).order_by(col(TraceEvent.event_time), col(TraceEvent.id))
    ).all()
    for row in rows:
        index_event(session, row, event_document(row))
    return len(session.exec(select(Lot.id)).all())
