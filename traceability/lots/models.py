"""Lots as projected from the event store, and the short codes printed under the QR."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from agridata.storage import UtcDateTime

__all__ = ["Lot"]


class Lot(SQLModel, table=True):
    """A batch of one product; rebuilt from events, never edited.

    `status` is active, held or recalled. `packed_at` is the packing event's time.
    `parcel_codes` lists, comma separated, the parcels its harvest events name.
    """

    __tablename__ = "lot"
    __table_args__ = (UniqueConstraint("gtin", "lot"),)

    id: int | None = Field(default=None, primary_key=True)
    gtin: str = Field(index=True)
    lot: str = Field(index=True)
    short_code: str = Field(unique=True)
    organisation_code: str
    quantity_kg: float | None = None
    packed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    parcel_codes: str = ""
    status: str = "active"


class EventLot(SQLModel, table=True):
    """Which lot an event touches and how: the index that genealogy walks.

    `role` is ``produced`` (the lot comes into being), ``consumed`` (it goes into another)
    or ``observed`` (shipped, received, held …). Rebuilt from the event store.
    """

    __tablename__ = "event_lot"
    __table_args__ = (UniqueConstraint("event_row", "gtin", "lot", "role"),)

    id: int | None = Field(default=None, primary_key=True)
    event_row: int = Field(foreign_key="trace_event.id", index=True)
    gtin: str = Field(index=True)
    lot: str = Field(index=True)
    role: str
    quantity_kg: float | None = None
