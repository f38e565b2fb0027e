"""A workspace with two organisations that may sign, and short ways to say events."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, select

from agridata.registry.models import Organisation, Product
from agridata.storage import DataSet, Workspace
from agridata.vocabulary import Utc, parse_as_of, to_utc
from traceability.events import (
    LotQuantity,
    harvest_event,
    location_uri,
    packing_event,
    receiving_event,
    shipping_event,
)
from traceability.ledger import Ledger
from traceability.lots import LotRef
from traceability.lots.models import EventLot, Lot

NOW = parse_as_of("2026-03-20T06:00")
FARM, SHOP = "htx-thu", "cua-hang-thu"
PADDY, RICE, BRAN = "09521234567882", "09521234567899", "09521234567905"
GLN = {FARM: "9521234000013", SHOP: "9521234000020"}
OPERATOR = "A" * 43


def build_ledger(workspace: Workspace) -> Ledger:
    """Register organisations, products and keys; commit."""
    ledger = Ledger.open(workspace)
    ledger.ensure_log_key("agridata.example/lots", now=NOW)
    with workspace.session() as session:
        session.add(DataSet(
            key="lots", kind="registry", title_vi="Thử", title_en="Test", source="tests",
            licence="", simulated=True, as_of=None, loaded_at=NOW, sha256="", rows_in_file=0,
            rows_stored=0, rows_rejected=0,
        ))  # fmt: skip
        session.flush()
        for code in (FARM, SHOP):
            session.add(Organisation(
                code=code, name=f"Tổ chức {code}", kind="cooperative", gln=GLN[code],
                location_code=GLN[code], simulated=True, data_set_key="lots",
            ))  # fmt: skip
        session.flush()
        for gtin in (PADDY, RICE, BRAN):
            session.add(Product(
                gtin=gtin, organisation_code=FARM, name_vi="Gạo thử", name_en="Test rice",
                crop="rice", simulated=True, data_set_key="lots",
            ))  # fmt: skip
        session.commit()
    for code in (FARM, SHOP):
        ledger.organisation_key(code, registrar=SHOP, now=NOW)
    return ledger


def at(hours: float) -> Utc:
    """Return a moment so many hours after the start of the story."""
    return to_utc(datetime.fromisoformat("2026-03-01T08:00:00+07:00") + timedelta(hours=hours))


def harvest(lot: str, kg: float | None = 1000, hours: float = 0, **more: Any) -> dict[str, Any]:
    standard: dict[str, Any] = {"parcels": ["P-1"], "operator": OPERATOR, "simulated": True}
    return harvest_event(
        harvested=LotQuantity(PADDY, lot, kg), at=at(hours), location=location_uri(GLN[FARM]),
        **{**standard, **more},
    )  # fmt: skip


def pack(
    inputs: dict[LotRef, float | None], outputs: dict[LotRef, float | None], hours: float = 24
) -> dict[str, Any]:
    def listed(lots: dict[LotRef, float | None]) -> list[LotQuantity]:
        return [LotQuantity(ref.gtin, ref.lot, kg) for ref, kg in lots.items()]

    return packing_event(
        inputs=listed(inputs), outputs=listed(outputs), at=at(hours),
        location=location_uri(GLN[FARM]), simulated=True,
    )  # fmt: skip


def ship(ref: LotRef, kg: float | None, hours: float = 48, by: str = FARM) -> dict[str, Any]:
    return shipping_event(
        shipped=[LotQuantity(ref.gtin, ref.lot, kg)], at=at(hours), location=location_uri(GLN[by]),
        simulated=True,
    )  # fmt: skip


def receive(ref: LotRef, kg: float | None, hours: float = 50) -> dict[str, Any]:
    return receiving_event(
        received=[LotQuantity(ref.gtin, ref.lot, kg)], at=at(hours),
        location=location_uri(GLN[SHOP]), simulated=True,
    )  # fmt: skip


def inspect(ref: LotRef, disposition: str, hours: float = 60) -> dict[str, Any]:
    """An observation that holds, recalls or releases."""
    event = ship(ref, None, hours)
    event |= {"bizStep": "inspecting", "disposition": disposition}
    del event["eventID"]
    return event


def paddy(lot: str) -> LotRef:
    return LotRef(PADDY, lot)


def rice(lot: str) -> LotRef:
    return LotRef(RICE, lot)


Snapshot = tuple[list[dict[str, Any]], list[dict[str, Any]]]


def snapshot(session: Session) -> Snapshot:
    """Return both projections without their row numbers, in a fixed order."""
    lots = [row.model_dump(exclude={"id"}) for row in session.exec(select(Lot)).all()]
    touched = [row.model_dump(exclude={"id"}) for row in session.exec(select(EventLot)).all()]
    return sorted(lots, key=str), sorted(touched, key=str)
