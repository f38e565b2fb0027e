"""One lot back to the fields it came from and forward to where it went."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import fsum

from sqlmodel import Session, col, select

from agridata.errors import NotFoundError
from traceability.errors import IdentifierError
from traceability.events.models import TraceEvent
from traceability.identifiers import normalise_short_code
from traceability.lots._projection import LotRef, neighbours
from traceability.lots.models import EventLot, Lot

__all__ = ["Balance", "Genealogy", "balance", "find_lot", "trace_back", "trace_forward"]

SCALE_STEP_KG = 1e-6
"""Below a milligram a difference is rounding of sums, not goods."""

GTIN_DIGITS = 14
"""A GTIN of 8, 12 or 13 digits is stored with leading zeros."""


@dataclass(frozen=True, slots=True)
class Genealogy:
    """The lots reached from `root`, the links between them, and every event that touches them.

    `links` are (input lot, output lot) pairs; `events` are ordered by event time.
    """

    root: LotRef
    lots: tuple[LotRef, ...]
    links: tuple[tuple[LotRef, LotRef], ...]
    events: tuple[TraceEvent, ...]


@dataclass(frozen=True, slots=True)
class Balance:
    """Mass balance of one lot, kilograms.

    `produced_kg` is None where not every mass is stated. `shipped_kg` is the most that one
    organisation shipped of it: a lot that changes hands twice is not twice as heavy.
    """

    produced_kg: float | None
    consumed_kg: float
    shipped_kg: float
    overdrawn: bool


def find_lot(session: Session, text: str) -> Lot:
    """Return the lot written as ``GTIN/LOT``, as a lot number that is unique, or as a short code.

    A lot number may hold slashes itself; a short code may be typed as on the label, in groups.

    Raises
    ------
    NotFoundError
        If no lot, or more than one, answers to `text`.
    """
    asked = text.strip()
    gtin, _, number = asked.partition("/")
    found = session.exec(
        select(Lot).where(
            (Lot.lot == asked)
            | (Lot.short_code == _typed_code(asked))
            | ((Lot.gtin == gtin.zfill(GTIN_DIGITS)) & (Lot.lot == number))
        )
    ).all()
    if len(found) == 1:
        return found[0]
    raise NotFoundError(
        "no such lot" if not found else f"{len(found)} products have a lot of this number",
        where=text, field="LOT",
        fix="write GTIN/LOT; `agridata trace lots` lists them",
        problem_vi="không có lô này" if not found else "nhiều sản phẩm có cùng số lô này",
        fix_vi="hãy viết GTIN/SỐ-LÔ; xem danh sách bằng `agridata trace lots`",
    )  # fmt: skip


def _typed_code(text: str) -> str:
    """Return a short code as stored, however it was typed; the text itself if it is none."""
    try:
        return normalise_short_code(text)
    except IdentifierError:
        return text


def trace_back(session: Session, gtin: str, lot: str) -> Genealogy:
    """Walk from a lot to everything it was made of (one step back, repeated to the field)."""
    return _walk(session, LotRef(gtin, lot), _sources)


def trace_forward(session: Session, gtin: str, lot: str) -> Genealogy:
    """Walk from a lot to everything made of it, with the events that moved each on."""
    return _walk(session, LotRef(gtin, lot), _products)


def _walk(
    session: Session, root: LotRef, step: Callable[[Session, LotRef], list[LotRef]]
) -> Genealogy:
    seen: dict[LotRef, None] = {root: None}
    links: list[tuple[LotRef, LotRef]] = []
    waiting = [root]
    while waiting:
        current = waiting.pop()
        for neighbour in step(session, current):
            pair = (neighbour, current) if step is _sources else (current, neighbour)
            links.append(pair)
            if neighbour not in seen:
                seen[neighbour] = None
                waiting.append(neighbour)
    events = _events_of(session, list(seen), backward=step is _sources)
    return Genealogy(root, tuple(seen), tuple(sorted(set(links))), tuple(events))


def _sources(session: Session, ref: LotRef) -> list[LotRef]:
    return neighbours(session, ref, "produced", "consumed")


def _products(session: Session, ref: LotRef) -> list[LotRef]:
    return neighbours(session, ref, "consumed", "produced")


def _events_of(session: Session, refs: list[LotRef], *, backward: bool) -> list[TraceEvent]:
    """Return the events of the lots; going back, a source's other products are left out."""
    rows: set[int] = set()
    wanted = set(refs)
    for ref in refs:
        for one in session.exec(
            select(EventLot).where(EventLot.gtin == ref.gtin, EventLot.lot == ref.lot)
        ):
            if one.role != "consumed" or not backward or _feeds(session, one.event_row, wanted):
                rows.add(one.event_row)
    return list(
        session.exec(
            select(TraceEvent)
            .where(col(TraceEvent.id).in_(rows))
            .order_by(col(TraceEvent.event_time), col(TraceEvent.id))
        ).all()
    )


def _feeds(session: Session, event_row: int, wanted: set[LotRef]) -> bool:
    outputs = session.exec(
        select(EventLot).where(EventLot.event_row == event_row, EventLot.role == "produced")
    ).all()
    return any(LotRef(one.gtin, one.lot) in wanted for one in outputs)


def balance(session: Session, gtin: str, lot: str) -> Balance:
    """Compare what was produced of a lot with what left it (used up or shipped), in kg."""
    touched = session.exec(
        select(EventLot, TraceEvent)
        .join(TraceEvent, col(TraceEvent.id) == EventLot.event_row)
        .where(EventLot.gtin == gtin, EventLot.lot == lot)
    ).all()
    produced = [one.quantity_kg for one, _ in touched if one.role == "produced"]
    stated = [kg for kg in produced if kg is not None]
    consumed = fsum(one.quantity_kg or 0.0 for one, _ in touched if one.role == "consumed")
    shipped: dict[str, float] = {}
    for one, row in touched:
        if one.role == "observed" and row.biz_step == "shipping":
            sent = shipped.get(row.organisation_code, 0.0)
            shipped[row.organisation_code] = sent + (one.quantity_kg or 0.0)
    total = fsum(stated) if stated and len(stated) == len(produced) else None
    most = max(shipped.values(), default=0.0)
    over = total is not None and max(consumed, most) > total + SCALE_STEP_KG
    return Balance(total, consumed, most, over)
