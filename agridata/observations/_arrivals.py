"""What a batch of messages leaves in the database: readings, rejections, who was seen."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from agridata.errors import Finding
from agridata.observations._devices import KEY
from agridata.observations._neighbours import AHEAD_SECONDS, STALE_HOURS
from agridata.observations._payloads import printable
from agridata.observations.models import Device
from agridata.storage import DataSet
from agridata.vocabulary import Utc

if TYPE_CHECKING:
    from agridata.observations._messages import Message, Outcome

__all__ = [
    "NETWORK",
    "active_stations",
    "data_set_key",
    "device_presence",
    "forget_ids",
    "insert_new",
    "reject",
    "reject_message",
    "seen",
    "store",
    "suspicion",
]

NETWORK = "observing_network"
"""Data set of what devices sent; stations that are simulated have their own."""

KEPT_REJECTIONS = 20_000
"""Rows of ``rejected_message``; the oldest go, so that a broken device cannot fill the disk."""

KEPT_IDS = timedelta(days=100)
"""Message ids are kept a little longer than the oldest reading that is taken in."""

EXCERPT = 400
"""Characters of a rejected payload that are kept: enough to see what the device does."""

Key = tuple[int, str, Any]


def data_set_key(*, simulated: bool) -> str:
    """Return the data set that readings of a station belong to."""
    return f"{NETWORK}_simulated" if simulated else NETWORK


def suspicion(time: Utc, received: Utc, names: tuple[str, str]) -> str:
    """Return what the moment of arrival alone says: ahead of the clock, stale, or nothing."""
    ahead, stale = names
    if (time - received).total_seconds() > AHEAD_SECONDS:
        return ahead
    return stale if received - time > timedelta(hours=STALE_HOURS) else ""


def store(session: Session, rows: Sequence[tuple[Outcome, dict[str, Any]]]) -> None:
    """Insert the rows that are new and count them in their outcomes."""
    new: dict[Key, tuple[Outcome, dict[str, Any]]] = {}
    again: list[tuple[Outcome, dict[str, Any]]] = []
    for outcome, row in rows:
        key = _key(row)
        if key in new:
            again.append((outcome, row))
        else:
            new[key] = (outcome, row)
    ordered = [new[key][1] for key in sorted(new)]  # two writers lock keys in the same order
    _ensure_data_sets(session, ordered)
    inserted = insert_new(session, ordered)
    counts: dict[str, int] = {}
    for key, (outcome, row) in new.items():
        if key in inserted:
            outcome.stored += 1
            counts[row["data_set_key"]] = counts.get(row["data_set_key"], 0) + 1
        else:
            again.append((outcome, row))
    _judge_repeats(session, again)
    _count(session, counts)


def insert_new(session: Session, rows: Sequence[Mapping[str, Any]]) -> set[Key]:
    """Insert readings whose station, variable and time are not stored yet; return their keys."""
    if not rows:
        return set()
    reading = SQLModel.metadata.tables["reading"]
    columns = reading.c
    statement = (
        _upserting(session, reading)
        .on_conflict_do_nothing()
        .returning(columns.station_id, columns.variable, columns.time)
    )
    plain = [{name: row[name] for name in row if not name.startswith("_")} for row in rows]
    return {(station, variable, time) for station, variable, time in session.execute(
        statement, plain
    )}  # fmt: skip


def seen(session: Session, messages: Sequence[Message], devices: Mapping[str, Device]) -> None:
    """Note when each active device was last heard."""
    newest: dict[str, Utc] = {}
    for message in messages:
        newest[message.device] = max(
            newest.get(message.device, message.received_at), message.received_at
        )
    for key, moment in newest.items():
        device = devices.get(key)
        if device is None or device.revoked_at is not None:
            continue
        if device.last_seen is None or device.last_seen < moment:
            device.last_seen = moment
        if device.online is False:  # whoever sends is there, whatever its last will said
            device.online, device.online_at = True, moment
        session.add(device)
    session.flush()


def device_presence(session: Session, messages: Sequence[Message]) -> None:
    """Note which devices came (payload ``online``) and went (``offline``, their last will)."""
    states = {b"online": True, b"offline": False}
    told = {
        one.device: one for one in messages if one.payload in states and KEY.fullmatch(one.device)
    }
    for device in session.exec(select(Device).where(col(Device.key).in_(told))):
        message = told[device.key]
        if device.online is not states[message.payload]:
            device.online, device.online_at = states[message.payload], message.received_at
            session.add(device)
    session.flush()


def active_stations(session: Session, since: Utc) -> list[int]:
    """Return the stations whose devices were heard at or after `since`."""
    query = select(Device.station_id).where(col(Device.last_seen) >= since).distinct()
    return sorted(session.exec(query))


def reject_message(session: Session, message: Message, reason: str, finding: Finding) -> None:
    """Keep one message that could not even be judged; no commit."""
    from agridata.observations._messages import Outcome

    reject(session, [message], [Outcome(rejected=[(reason, finding)])])


def reject(session: Session, messages: Sequence[Message], outcomes: Sequence[Outcome]) -> None:
    """Keep every rejection; the same content again only counts up."""
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    for message, outcome in zip(messages, outcomes, strict=True):
        digest = hashlib.sha256(message.payload).hexdigest() if outcome.rejected else ""
        for reason, finding in outcome.rejected:
            row = _rejection(message, digest, reason, finding)
            key = (row["device_key"], digest, row["where"])
            if key in rows:
                rows[key]["times"] += 1
            else:
                rows[key] = row
    if rows:
        _upsert(session, list(rows.values()))
        _prune(session)


def forget_ids(session: Session, now: Utc) -> None:
    """Drop message ids that are older than any reading still taken in."""
    seen_ids = SQLModel.metadata.tables["device_message"]
    session.execute(sa.delete(seen_ids).where(seen_ids.c.received_at < now - KEPT_IDS))


def _key(row: Mapping[str, Any]) -> Key:
    return row["station_id"], row["variable"], row["time"]


def _judge_repeats(session: Session, again: Sequence[tuple[Outcome, dict[str, Any]]]) -> None:
    """Tell repetitions (the same number again) from contradictions (another number)."""
    if not again:
        return
    stored = _stored(session, {_key(row) for _, row in again})
    for outcome, row in again:
        known = stored.get(_key(row))
        if known is not None and math.isclose(known, row["value"], rel_tol=1e-9, abs_tol=1e-9):
            outcome.duplicates += 1
            continue
        finding = Finding(
            row["_where"], row["variable"], "another value is stored for this moment",
            "the first one stays; send each moment once",
            "thời điểm này đã có giá trị khác", "giá trị đầu tiên được giữ",
        )  # fmt: skip
        outcome.rejected.append(("conflict", finding))


def _stored(session: Session, keys: set[Key]) -> dict[Key, float]:
    """Return the values of readings that are stored already."""
    reading = SQLModel.metadata.tables["reading"].c
    by_series: dict[tuple[int, str], list[Any]] = {}
    for station, variable, time in keys:
        by_series.setdefault((station, variable), []).append(time)
    found: dict[Key, float] = {}
    for (station, variable), times in by_series.items():
        query = sa.select(reading.time, reading.value).where(
            reading.station_id == station, reading.variable == variable,
            reading.statistic == "point", reading.time.between(min(times), max(times)),
        )  # fmt: skip
        for time, value in session.execute(query):
            found[station, variable, time] = value
    return found


def _upserting(session: Session, table: sa.Table) -> Any:
    """Return an INSERT of the session's own dialect, which knows ON CONFLICT."""
    if session.get_bind().dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as sqlite_insert

        return sqlite_insert(table)
    from sqlalchemy.dialects.postgresql import insert as postgresql_insert

    return postgresql_insert(table)


def _ensure_data_sets(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    first = {row["data_set_key"]: row["received_at"] for row in rows}
    table = SQLModel.metadata.tables["data_set"]
    for key in sorted(first):
        if session.get(DataSet, key) is not None:
            continue
        simulated = key != NETWORK
        session.execute(
            _upserting(session, table).on_conflict_do_nothing(),
            {
                "key": key, "kind": "readings", "simulated": simulated,
                "title_vi": "Số đo của mạng quan trắc" + " (mô phỏng)" * simulated,
                "title_en": "Readings of the observing network" + " (simulated)" * simulated,
                "source": "devices of the observing network", "licence": "none stated",
                "as_of": None, "loaded_at": first[key], "sha256": "",
                "rows_in_file": 0, "rows_stored": 0, "rows_rejected": 0,
            },
        )  # fmt: skip


def _count(session: Session, counts: Mapping[str, int]) -> None:
    table = SQLModel.metadata.tables["data_set"]
    for key, number in counts.items():
        session.execute(
            sa.update(table)
            .where(table.c.key == key)
            .values(
                rows_stored=table.c.rows_stored + number,
                rows_in_file=table.c.rows_in_file + number,
            )
        )


def _rejection(message: Message, digest: str, reason: str, finding: Finding) -> dict[str, Any]:
    return {
        "device_key": printable(message.device)[:80],
        "channel": message.channel,
        "reason": reason,
        "where": printable(finding.where)[:120],
        "field": printable(finding.field)[:120],
        "problem": printable(finding.problem)[:300],
        "fix": printable(finding.fix)[:300],
        "excerpt": printable(message.payload[: EXCERPT * 4].decode("utf-8", "replace"))[:EXCERPT],
        "content_hash": digest,
        "first_at": message.received_at,
        "last_at": message.received_at,
        "times": 1,
    }


def _upsert(session: Session, rows: list[dict[str, Any]]) -> None:
    table = SQLModel.metadata.tables["rejected_message"]
    statement = _upserting(session, table)
    statement = statement.on_conflict_do_update(
        index_elements=["device_key", "content_hash", "where"],
        set_={
            "times": table.c.times + statement.excluded.times,
            "last_at": statement.excluded.last_at,
            "reason": statement.excluded.reason,
            "problem": statement.excluded.problem,
        },
    )
    session.execute(statement, rows)


def _prune(session: Session) -> None:
    table = SQLModel.metadata.tables["rejected_message"]
    total = session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
    if total > KEPT_REJECTIONS * 1.1:
        old = sa.select(table.c.id).order_by(table.c.last_at).limit(total - KEPT_REJECTIONS)
        session.execute(sa.delete(table).where(table.c.id.in_(old)))
