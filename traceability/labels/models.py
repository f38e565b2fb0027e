"""The print ledger: which labels exist, on which sheet, and what became of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from agridata.storage import UtcDateTime

__all__ = ["Label", "LabelSheet"]


class LabelSheet(SQLModel, table=True):
    """One printed PDF; `sha256` is of the file as handed out after it decoded."""

    __tablename__ = "label_sheet"

    id: int | None = Field(default=None, primary_key=True)
    gtin: str = Field(foreign_key="product.gtin")
    lot: str
    stock: str
    layout_version: int
    printed_at: datetime = Field(sa_type=UtcDateTime)
    path: str
    sha256: str
    symbols: int
    decoded: int


class Label(SQLModel, table=True):
    """One symbol on a sheet; `serial` is "" for a lot-level label."""

    __tablename__ = "label"
    __table_args__ = (UniqueConstraint("gtin", "lot", "serial", "sheet_id", "slot"),)

    id: int | None = Field(default=None, primary_key=True)
    sheet_id: int = Field(foreign_key="label_sheet.id", index=True)
    slot: int
    gtin: str
    lot: str
    serial: str = ""
    uri: str
    status: str = "printed"
