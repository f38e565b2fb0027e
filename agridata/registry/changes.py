"""The audit trail: who changed which noun when, before and after; nothing is forgotten.

`record_change` writes one line; `recording` writes one for every registry noun that a
session flushes, so that a service cannot forget to. Numbers run without gaps in the
order of commit: a reader that remembers the last number it saw misses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from agridata.errors import UsageError
from agridata.registry._states import NOUN_KEYS, State, key_of, loaded_state, state_of
from agridata.registry.models import ChangeRecord
from agridata.vocabulary import Utc

__all__ = [
    "ChangeRecord",
    "changes_since",
    "history",
    "key_of_noun",
    "record_change",
    "recording",
    "replay",
]

ACTIONS = ("insert", "update", "end")

MOST_CHANGES = 1_000
"""Records that one reading of the trail returns at most: about a megabyte of JSON."""

PERSONAL_FIELDS = {"personal_value": ("value", "salt"), "member": ("name", "phone")}
"""Fields that never enter the trail; the commitment of a personal value does."""

LOCK_KEY = 0x61676463
"""PostgreSQL advisory lock ("agdc") that lets one transaction at a time number changes."""

_CONTEXT = "agridata.registry.recording"


def record_change(
    session: Session,
    *,
    actor: str,
    now: Utc,
    noun: str,
    key: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    action: str | None = None,
) -> int | None:
    """Write one change in the caller's transaction; the caller commits.

    Parameters
    ----------
    actor
        Account, command or import that made the change; never a person's name.
    noun, key
        Table name and business key (``parcel``, ``P31333-001``).
    before, after
        The noun's columns as JSON values; None before an insert, or after it is gone.
    action
        ``insert``, ``update`` or ``end``; None derives it: no `before` is an insert, no
        `after` or a `valid_to` that came or moved forward is an end.

    Returns
    -------
    int or None
        Number of the record; None (nothing written) where `before` equals `after`.

    Raises
    ------
    UsageError
        If nobody is named, or both states are missing.
    """
    old, new = _public(noun, before), _public(noun, after)
    if old is None and new is None:
        raise UsageError("a change has a state before or after it", field="before")
    if old == new:
        return None
    row = _row(actor, now, noun, key, old, new)
    if action is not None:
        row["action"] = _known_action(action)
    return _write(session, [row])


def changes_since(session: Session, number: int, limit: int = MOST_CHANGES) -> list[ChangeRecord]:
    """Return the records numbered above `number`, oldest first, at most `limit`.

    A reader starts at 0 and goes on with the last number it got, until nothing comes.
    """
    query = select(ChangeRecord).where(col(ChangeRecord.id) > number)
    bounded = min(max(limit, 1), MOST_CHANGES)
    return list(session.exec(query.order_by(col(ChangeRecord.id)).limit(bounded)).all())


def history(session: Session, noun: str, key: str) -> list[ChangeRecord]:
    """Return every recorded change of one noun, oldest first."""
    query = select(ChangeRecord).where(ChangeRecord.noun == noun, ChangeRecord.key == key)
    return list(session.exec(query.order_by(col(ChangeRecord.id))).all())


def replay(records: Iterable[ChangeRecord]) -> dict[tuple[str, str], State]:
    """Return the state that a reader of nothing but `records` arrives at.

    Parameters
    ----------
    records
        From the first on, in order.

    Returns
    -------
    dict
        (noun, key) → last `after`; nouns whose last `after` is None are gone.
    """
    states: dict[tuple[str, str], State] = {}
    for one in records:
        if one.after is None:
            states.pop((one.noun, one.key), None)
        else:
            states[one.noun, one.key] = dict(one.after)
    return states


def key_of_noun(noun: SQLModel) -> str:
    """Return the business key under which the changes of `noun` stand."""
    return key_of(_noun(noun), state_of(noun))


@contextmanager
def recording(session: Session, *, actor: str, now: Utc) -> Iterator[None]:
    """Record what `session` flushes of registry nouns within the block.

    Leaving the block flushes. Inside another block the outer one's actor stands.

    Raises
    ------
    UsageError
        If nobody is named, or a noun is deleted inside: its validity is ended instead
        (a personal value may go: its record then says that its commitment ended).
    """
    if _CONTEXT in session.info:
        yield
        session.flush()
        return
    session.flush()  # what came before the block is not its author's
    session.info[_CONTEXT] = (_named(actor), now)
    sa.event.listen(session, "before_flush", _capture)
    try:
        yield
        session.flush()
    finally:
        sa.event.remove(session, "before_flush", _capture)
        del session.info[_CONTEXT]


def _capture(session: Session, _context: Any, _instances: Any) -> None:
    """Write a record per changed noun, before the flush writes the nouns themselves."""
    actor, now = session.info[_CONTEXT]
    changed = [one for one in session.dirty if _is_noun(one) and session.is_modified(one)]
    states = [
        *((one, None, state_of(one)) for one in session.new if _is_noun(one)),
        *_updates(session, changed),
        *((one, _gone(one), None) for one in session.deleted if _is_noun(one)),
    ]
    rows = [
        _row(actor, now, noun, key_of(noun, before or after or {}), before, after)
        for one, before, after in states
        if before != after
        for noun in [_noun(one)]
    ]
    if rows:
        _write(session, rows)


def _updates(
    session: Session, nouns: Sequence[SQLModel]
) -> Iterator[tuple[SQLModel, State | None, State | None]]:
    """Return each noun with its stored state and the state it is about to have."""
    by_table: dict[str, list[SQLModel]] = {}
    for one in nouns:
        by_table.setdefault(_noun(one), []).append(one)
    for noun, group in by_table.items():
        stored = loaded_state(session, noun, group)
        for one in group:
            before = stored[sa.inspect(one).identity]
            yield one, before, state_of(one, before)


def _gone(noun: SQLModel) -> State:
    if _noun(noun) != "personal_value":
        raise UsageError(
            f"a {_noun(noun)} is never deleted", field="delete",
            fix="end its validity: agridata.registry.end_validity",
        )  # fmt: skip
    return state_of(noun)


def _is_noun(one: Any) -> bool:
    return getattr(one, "__tablename__", "") in NOUN_KEYS


def _noun(one: SQLModel) -> str:
    return str(one.__tablename__)


def _public(noun: str, state: Mapping[str, Any] | None) -> State | None:
    if state is None:
        return None
    hidden = PERSONAL_FIELDS.get(noun, ())
    return {name: value for name, value in state.items() if name not in hidden}


def _named(actor: str) -> str:
    if actor.strip():
        return actor.strip()
    raise UsageError("a change has an author", field="actor", fix="say who makes the change")


def _known_action(action: str) -> str:
    if action in ACTIONS:
        return action
    raise UsageError(f"{action!r} is not an action", fix=f"use one of {', '.join(ACTIONS)}")


def _row(
    actor: str, now: Utc, noun: str, key: str, before: State | None, after: State | None
) -> dict[str, Any]:
    return {
        "at": now, "actor": _named(actor), "noun": noun, "key": key,
        "action": _action(before, after), "before": before, "after": after,
    }  # fmt: skip


def _action(before: State | None, after: State | None) -> str:
    if before is None:
        return "insert"
    if after is None:
        return "end"
    was, becomes = before.get("valid_to"), after.get("valid_to")
    return "end" if becomes is not None and (was is None or becomes < was) else "update"


def _write(session: Session, rows: Sequence[dict[str, Any]]) -> int:
    """Number and insert `rows`; other writers of the trail wait until this one commits."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK_KEY)))
    last = connection.scalar(sa.select(sa.func.max(col(ChangeRecord.id)))) or 0
    numbered = [{"id": last + place, **row} for place, row in enumerate(rows, start=1)]
    connection.execute(sa.insert(ChangeRecord), numbered)
    return int(last + len(rows))
