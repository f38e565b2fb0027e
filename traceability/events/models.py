"""The event store: the one source from which lots are rebuilt."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from agridata.storage import UtcDateTime

__all__ = ["TraceEvent"]


class TraceEvent(SQLModel, table=True):
    """One captured EPCIS 2.0 event and where its signed statement stands in the log.

    `document` is the exact RFC 8785 text of the event; `jcs_sha256` (hex) and
    `cbv_hash` are what the statement commits to. `log_index` is None until sequenced.
    """

    __tablename__ = "trace_event"

    id: int | None = Field(default=None, primary_key=True)
    event_id: str = Field(unique=True)
    cbv_hash: str = Field(unique=True)
    jcs_sha256: str
    event_type: str
    biz_step: str = ""
    event_time: datetime = Field(sa_type=UtcDateTime)
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    organisation_code: str = Field(foreign_key="organisation.code", index=True)
    document: str
    statement_hash: str = Field(sa_type=sa.String, index=True)
    log_index: int | None = Field(default=None, unique=True)
