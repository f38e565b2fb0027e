"""The audit of a whole workspace: the log, and every captured event against it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import sqlalchemy as sa

from agridata.storage import Workspace
from traceability.errors import EventError
from traceability.ledger._audit import EventDocument, audit
from traceability.ledger._database import reading
from traceability.ledger._report import AuditReport
from traceability.ledger._schema import raw_bytes

__all__ = ["audit_workspace"]


def audit_workspace(workspace: Workspace, *, log_vkey: str | None = None) -> AuditReport:
    """Audit the log of a workspace with the events of its event store.

    Every event statement must have its event, byte for byte, and every captured event its
    statement; the CBV hash is computed again. Events that wait in the inbox are left out.

    Raises
    ------
    LedgerError
        If there is no log.
    """
    with reading(workspace.engine) as connection:
        documents = list(_documents(connection))
    return audit(workspace, documents, cbv_hash=_cbv_hash, log_vkey=log_vkey)


def _documents(connection: sa.Connection) -> Iterator[EventDocument]:
    waiting = {raw_bytes(digest).hex() for digest in _column(connection, "log_inbox")}
    indices = _indices_of_unplaced(connection)
    for event_id, index, statement_hash, sha256, cbv_hash, document in connection.exec_driver_sql(
        "SELECT event_id, log_index, statement_hash, jcs_sha256, cbv_hash, document "
        "FROM trace_event ORDER BY id"
    ):
        place = indices.get(statement_hash) if index is None else index
        if place is not None or statement_hash not in waiting:
            yield EventDocument(
                place, str(event_id), raw_bytes(document), sha256, cbv_hash, statement_hash
            )


def _indices_of_unplaced(connection: sa.Connection) -> dict[str, int]:
    """Return statement hash → index of events that were sequenced but not marked so yet."""
    unplaced = {
        row[0]
        for row in connection.exec_driver_sql(
            "SELECT statement_hash FROM trace_event WHERE log_index IS NULL"
        )
    }
    if not unplaced:
        return {}
    rows = connection.exec_driver_sql("SELECT stmt_hash, idx FROM log_entry")
    found = ((raw_bytes(digest).hex(), index) for digest, index in rows)
    return {digest: index for digest, index in found if digest in unplaced}


def _column(connection: sa.Connection, table: str) -> list[object]:
    rows = connection.exec_driver_sql(f"SELECT stmt_hash FROM {table}")  # noqa: S608  our own name
    return [row[0] for row in rows]


def _cbv_hash(document: bytes) -> str:
    from traceability.events import event_hash

    try:
        return event_hash(json.loads(document))
    except (ValueError, TypeError, RecursionError) as error:
        raise EventError("the document is no event", fix="restore it") from error
