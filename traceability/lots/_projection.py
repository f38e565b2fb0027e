"""From events to lots: which lots an event touches, and the tables projected from that.

A lot is a function of the events that touch it, whatever the order in which they were captured:
capturing one by one and rebuilding from the store give the same tables.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import fsum
from typing import Any, Literal

import sqlalchemy as sa
from sqlmodel import Session, col, select

from traceability.errors import IdentifierError
from traceability.events.models import TraceEvent
from traceability.identifiers import new_short_code, parse_digital_link
from traceability.lots.models import EventLot, Lot

__all__ = [
    "LotRef",
    "Touch",
    "bare_word",
    "event_document",
    "index_event",
    "neighbours",
    "rebuild_lots",
    "touches",
]

Role = Literal["produced", "consumed", "observed"]

_STATUS_OF_DISPOSITION = {"recalled": "recalled", "non_sellable_other": "held", "active": "active"}
"""CBV 2.0 dispositions by which a lot is recalled, held and released."""

_WORD_URI = re.compile(
    r"(?:https://ref\.gs1\.org/cbv/\w+-|cbv:\w+-|urn:epcglobal:cbv:\w+:)(?P<word>\w+)"
)


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


def bare_word(text: object) -> str:
    """Return a CBV 2.0 word without the URI that it may be written as (``packing``)."""
    found = _WORD_URI.fullmatch(str(text))
    return found["word"] if found else str(text)


def touches(event: Mapping[str, Any]) -> list[Touch]:
    """Return every lot that an EPCIS event touches, once per role.

    Inputs of a TransformationEvent are consumed and its outputs produced; an ObjectEvent
    with action ADD produces; everything else observes. A lot listed twice in one role counts
    with its sum, or with None if one of the masses is not in kilograms.
    """
    if event["type"] == "TransformationEvent":
        listed = [
            *_listed(event.get("inputQuantityList"), "consumed"),
            *_listed(event.get("outputQuantityList"), "produced"),
        ]
    else:
        adds = event["type"] == "ObjectEvent" and event.get("action") == "ADD"
        listed = [
            *_listed(event.get("quantityList"), "produced" if adds else "observed"),
            *_listed(event.get("childQuantityList"), "observed"),
        ]
    merged: dict[tuple[LotRef, Role], Touch] = {}
    for touch in listed:
        before = merged.get((touch.ref, touch.role))
        merged[touch.ref, touch.role] = touch if before is None else _joined(before, touch)
    return list(merged.values())


def _joined(one: Touch, other: Touch) -> Touch:
    if one.quantity_kg is None or other.quantity_kg is None:
        return Touch(one.ref, one.role, None)
    return Touch(one.ref, one.role, one.quantity_kg + other.quantity_kg)


def _listed(quantities: Iterable[Mapping[str, Any]] | None, role: Role) -> Iterator[Touch]:
    for quantity in quantities or ():
        ref = _lot_of(str(quantity["epcClass"]))
        if ref is not None:
            in_kg = quantity.get("uom") == "KGM" and "quantity" in quantity
            yield Touch(ref, role, float(quantity["quantity"]) if in_kg else None)


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
    touched = _index(session, row, event)
    _project(session, touched)


def _index(session: Session, row: TraceEvent, event: Mapping[str, Any]) -> list[LotRef]:
    session.flush()
    assert row.id is not None
    found = touches(event)
    for touch in found:
        session.add(
            EventLot(
                event_row=row.id, gtin=touch.ref.gtin, lot=touch.ref.lot,
                role=touch.role, quantity_kg=touch.quantity_kg,
            )
        )  # fmt: skip
    session.flush()
    return [touch.ref for touch in found]


def _project(session: Session, refs: Iterable[LotRef]) -> None:
    """Bring lots up to date, and what was made of them for as long as its parcels change."""
    waiting = dict.fromkeys(refs)
    while waiting:
        ref = next(iter(waiting))
        del waiting[ref]
        if _refresh(session, ref):
            waiting |= dict.fromkeys(neighbours(session, ref, "consumed", "produced"))
    session.flush()


def _refresh(session: Session, ref: LotRef) -> bool:
    """Recompute one lot from its events; return whether its parcels changed."""
    touching = session.exec(
        select(EventLot, TraceEvent)
        .join(TraceEvent, col(TraceEvent.id) == EventLot.event_row)
        .where(EventLot.gtin == ref.gtin, EventLot.lot == ref.lot)
        .order_by(col(TraceEvent.event_time), col(TraceEvent.id))
    ).all()
    made = [(touch, row) for touch, row in touching if touch.role == "produced"]
    if not made:
        return False
    lot = _find(session, ref)
    if lot is None:
        lot = Lot(
            gtin=ref.gtin, lot=ref.lot, short_code=new_short_code(ref.gtin, ref.lot),
            organisation_code="",
        )  # fmt: skip
    lot.organisation_code = made[0][1].organisation_code
    lot.quantity_kg = fsum(touch.quantity_kg or 0.0 for touch, _ in made) or None
    lot.packed_at = max(
        (row.event_time for _, row in made if row.biz_step == "packing"), default=None
    )
    lot.status = _status([row for touch, row in touching if touch.role == "observed"])
    before, lot.parcel_codes = lot.parcel_codes, ",".join(sorted(_parcels(session, ref, made)))
    session.add(lot)
    session.flush()
    return lot.parcel_codes != before


def _find(session: Session, ref: LotRef) -> Lot | None:
    return session.exec(select(Lot).where(Lot.gtin == ref.gtin, Lot.lot == ref.lot)).first()


def _status(observed: Iterable[TraceEvent]) -> str:
    """Return what the last event says that holds, recalls or releases."""
    words = (bare_word(event_document(row).get("disposition", "")) for row in observed)
    said = [_STATUS_OF_DISPOSITION[word] for word in words if word in _STATUS_OF_DISPOSITION]
    return said[-1] if said else "active"


def _parcels(
    session: Session, ref: LotRef, made: Iterable[tuple[EventLot, TraceEvent]]
) -> set[str]:
    parcels = {str(code) for _, row in made for code in event_document(row).get("agd:parcel", ())}
    for source in neighbours(session, ref, "produced", "consumed"):
        known = _find(session, source)
        parcels.update(code for code in (known.parcel_codes if known else "").split(",") if code)
    return parcels


def neighbours(session: Session, ref: LotRef, own: Role, other: Role) -> list[LotRef]:
    """Return the lots in role `other` of the events where `ref` stands in role `own`."""
    rows = select(EventLot.event_row).where(
        EventLot.gtin == ref.gtin, EventLot.lot == ref.lot, EventLot.role == own
    )
    found = session.exec(
        select(EventLot).where(col(EventLot.event_row).in_(rows), EventLot.role == other)
    ).all()
    return sorted({LotRef(one.gtin, one.lot) for one in found})


def rebuild_lots(session: Session) -> int:
    """Drop both projections and rebuild them from the event store; return the number of lots."""
    session.execute(sa.delete(EventLot))
    session.execute(sa.delete(Lot))
    rows = session.exec(select(TraceEvent).order_by(col(TraceEvent.id))).all()
    touched = [ref for row in rows for ref in _index(session, row, event_document(row))]
    _project(session, touched)
    return int(session.scalar(sa.select(sa.func.count()).select_from(Lot)) or 0)
