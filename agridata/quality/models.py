"""The four quality figures as they were measured: one row per run and data set (or unit)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from agridata.storage import UtcDateTime

__all__ = ["QualityMeasure"]


class QualityMeasure(SQLModel, table=True):
    """Correct, complete, clean, live of one data set or unit at one moment.

    `scope` is ``data_set`` (key of the data set) or ``unit`` (GSO code: five digits a
    commune, two a province). A figure is 0–1, or None where nothing could be checked:
    no data is never "passed". `counts` maps rule → ``{checked, failing, examples}``.
    `as_of` is the moment of which freshness is judged, `measured_at` the clock.
    """

    __tablename__ = "quality_measure"
    __table_args__ = (sa.UniqueConstraint("as_of", "scope", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    as_of: datetime = Field(sa_type=UtcDateTime, index=True)
    measured_at: datetime = Field(sa_type=UtcDateTime)
    scope: str
    key: str = Field(index=True)
    title_vi: str
    title_en: str
    simulated: bool
    row_count: int
    correct: float | None = None
    complete: float | None = None
    clean: float | None = None
    live: float | None = None
    counts: dict[str, Any] = Field(sa_type=sa.JSON)
