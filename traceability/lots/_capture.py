"""Taking an event in: validated, stored, indexed and queued for the log in one transaction."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlmodel import Session, col, select

from agridata.vocabulary import Utc, to_utc
from traceability.errors import DuplicateEventError, EventError, IdentityConflictError
from traceability.events import canonical_bytes, event_hash, validate_event
from traceability.events.models import TraceEvent
from traceability.lots._projection import bare_word, index_event, touches

if TYPE_CHECKING:
    from traceability.ledger import Ledger

__all__ = ["capture", "sequence"]

LEAP_SECOND = re.compile(r":60(?=[.Z+-])")


def capture(
    session: Session,
    ledger: Ledger,
    organisation_code: str,
    event: Mapping[str, Any],
    *,
    now: Utc,
    known_personal: Collection[str] = (),
) -> TraceEvent:
    """Validate `event`, store it and queue its signed statement, in the caller's transaction.

    Parameters
    ----------
    session
        The caller commits; leaving without commit stores nothing.
    event
        A bare EPCIS 2.0 event. Without an `eventID` it gets its own CBV hash as one.
    known_personal
        Personal values on file (names, phones); none of them may occur in the event.

    Returns
    -------
    TraceEvent
        The stored row; `log_index` is None until `sequence` has run.

    Raises
    ------
    EventError
        If the event is not valid or holds personal data (one finding per fault).
    DuplicateEventError
        If the same event (by CBV hash) is already stored.
    IdentityConflictError
        If the eventID is already used by an event of other content.
    """
    findings = validate_event(event, known_personal=known_personal)
    if findings:
        raise EventError.of(findings)
    identity = event_hash(event)
    complete = {"eventID": identity, **event}
    _refuse_known(session, identity, str(complete["eventID"]))
    document = canonical_bytes(complete)
    return _store(session, ledger, organisation_code, complete, document, identity, now)


def _refuse_known(session: Session, identity: str, event_id: str) -> None:
    same = session.exec(select(TraceEvent).where(TraceEvent.cbv_hash == identity)).first()
    if same is not None:
        raise DuplicateEventError(
            "this event is already stored", where=same.event_id, field="eventID",
            fix="nothing to do: the stored event stands",
            problem_vi="sự kiện này đã được ghi", fix_vi="không cần làm gì thêm",
        )  # fmt: skip
    if session.exec(select(TraceEvent).where(TraceEvent.event_id == event_id)).first():
        raise IdentityConflictError(
            "this eventID belongs to an event of other content", where=event_id, field="eventID",
            fix="give the new event its own eventID; correct an old one by an error declaration",
            problem_vi="eventID này đã thuộc về một sự kiện có nội dung khác",
            fix_vi="hãy dùng eventID mới; muốn đính chính thì khai báo lỗi",
        )  # fmt: skip


def _moment(text: str) -> Utc:
    """Return an RFC 3339 time; a leap second counts as the second before it."""
    try:
        return to_utc(datetime.fromisoformat(LEAP_SECOND.sub(":59", text.upper())))
    except (ValueError, OverflowError) as error:
        raise EventError(
            f"the time {text!r} cannot be stored", where="$.eventTime", field="eventTime",
            fix="write it like 2026-03-20T06:00:00+07:00",
            problem_vi=f"không lưu được thời điểm {text!r}",
            fix_vi="hãy viết dạng 2026-03-20T06:00:00+07:00",
        ) from error  # fmt: skip


def _store(
    session: Session,
    ledger: Ledger,
    organisation_code: str,
    event: Mapping[str, Any],
    document: bytes,
    identity: str,
    now: Utc,
) -> TraceEvent:
    row = TraceEvent(
        event_id=str(event["eventID"]),
        cbv_hash=identity,
        jcs_sha256=hashlib.sha256(document).hexdigest(),
        event_type=str(event["type"]),
        biz_step=bare_word(event.get("bizStep", "")),
        event_time=_moment(str(event["eventTime"])),
        recorded_at=now,
        organisation_code=organisation_code,
        document=document.decode("utf-8"),
        statement_hash=ledger.submit_event(
            session,
            organisation_code=organisation_code,
            event_bytes=document,
            cbv_hash=identity,
            event_id=str(event["eventID"]),
            about={"gtin": sorted({touch.ref.gtin for touch in touches(event)})},
            now=now,
        ),
    )
    session.add(row)
    index_event(session, row, event)
    return row


def sequence(session: Session, ledger: Ledger) -> int:
    """Move the queued statements into the log and note each event's index; commits.

    An event whose statement reached the log in a run that ended before the note is noted too.

    Returns
    -------
    int
        How many statements were sequenced.
    """
    session.commit()
    sequenced = dict(ledger.sequence())
    for row in session.exec(select(TraceEvent).where(col(TraceEvent.log_index).is_(None))).all():
        index = sequenced.get(row.statement_hash)
        row.log_index = ledger.index_of(row.statement_hash) if index is None else index
        session.add(row)
    session.commit()
    return len(sequenced)
