"""Where data came from: one row per loaded data set, one per rejected row."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from agridata.storage._columns import UtcDateTime

__all__ = ["DataSet", "RejectedRow"]


class DataSet(SQLModel, table=True):
    """A loaded source: what it is, whose it is, whether it is simulated, how it went in.

    ``rows_in_file = rows_stored + rows_rejected`` holds for every tabular source.
    `as_of` is the moment as of which screens replay this set; None means the clock.
    """

    __tablename__ = "data_set"

    key: str = Field(primary_key=True)
    kind: str = Field(index=True)
    title_vi: str
    title_en: str
    source: str
    licence: str
    simulated: bool
    as_of: datetime | None = Field(default=None, sa_type=UtcDateTime)
    loaded_at: datetime = Field(sa_type=UtcDateTime)
    sha256: str
    rows_in_file: int
    rows_stored: int
    rows_rejected: int


class RejectedRow(SQLModel, table=True):
    """A row that was not stored, with the contract's reason."""

    __tablename__ = "rejected_row"

    id: int | None = Field(default=None, primary_key=True)
    data_set_key: str = Field(foreign_key="data_set.key", index=True)
    where: str
    field: str
    problem: str
    fix: str
