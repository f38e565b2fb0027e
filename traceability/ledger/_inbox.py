"""From the inbox into the log: reading and writing the statement tables in a transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from agridata.vocabulary import Utc
from traceability.errors import LedgerError
from traceability.ledger._database import DatabaseTiles
from traceability.ledger._log import append_to_log
from traceability.ledger._registry import Head, RegisteredKey, Registry
from traceability.ledger._schema import log_entry, log_inbox, log_key
from traceability.ledger._statement import Statement, parse_statement
from traceability.ledger._tree import Entry

__all__ = [
    "SEQUENCE_BATCH",
    "enqueue",
    "head_of",
    "move_batch",
    "pending_key_adds",
    "registered_keys",
    "registry_of",
]

SEQUENCE_BATCH = 10_000
"""Statements moved in one transaction: bounds how long other writers wait."""


def registered_keys(connection: sa.Connection) -> list[RegisteredKey]:
    """Return the keys of `log_key`, in the order of their entries."""
    rows = connection.execute(sa.select(log_key).order_by(log_key.c.valid_from_idx))
    return [
        RegisteredKey(
            row.kid, row.organisation, bytes(row.public_key), row.valid_from_idx, row.valid_to_idx
        )
        for row in rows
    ]


def pending_key_adds(connection: sa.Connection) -> Iterator[Statement]:
    """Yield the key-add statements that wait in the inbox, in order."""
    query = sa.select(log_inbox.c.statement).order_by(log_inbox.c.id)
    marker = b'"type":"key-add"'
    for (entry,) in connection.execute(query).all():
        if marker in bytes(entry):
            statement = parse_statement(bytes(entry))
            if statement.kind == "key-add":
                yield statement


def head_of(connection: sa.Connection, kids: Sequence[str], *, pending: bool) -> Head | None:
    """Return the last statement signed with one of `kids`; with `pending`, inbox included."""
    queries = [
        sa.select(log_entry.c.stmt)
        .where(log_entry.c.kid.in_(kids))
        .order_by(log_entry.c.idx.desc())
        .limit(1)
    ]
    if pending:
        queries.insert(
            0,
            sa.select(log_inbox.c.statement)
            .where(log_inbox.c.kid.in_(kids))
            .order_by(log_inbox.c.id.desc())
            .limit(1),
        )
    for query in queries:
        found = connection.execute(query).scalar()
        if found is not None:
            statement = parse_statement(bytes(found))
            return Head(statement.seq, statement.hash)
    return None


def registry_of(connection: sa.Connection, origin: str, *, pending: bool) -> Registry:
    """Return the registry as the database has it; with `pending`, the inbox counted in."""
    keys = {key.kid: key for key in registered_keys(connection)}
    if pending:
        for statement in pending_key_adds(connection):
            claims = statement.claims
            keys[claims["kid"]] = RegisteredKey(
                claims["kid"], claims["organisation"], statement.added_key, 0 if not keys else 1
            )

    def find_head(issuer: str) -> Head | None:
        kids = [key.kid for key in keys.values() if key.organisation == issuer]
        return head_of(connection, kids, pending=pending)

    return Registry(origin, keys.values(), find_head)


def enqueue(connection: sa.Connection, statement: Statement, now: Utc) -> None:
    """Put a checked statement into the inbox; the caller's transaction commits it."""
    connection.execute(
        log_inbox.insert().values(
            statement=statement.entry,
            stmt_hash=statement.hash,
            received_at=now,
            kid=statement.issuer_kid,
        )
    )


def move_batch(connection: sa.Connection, origin: str) -> list[tuple[str, int]]:
    """Move the oldest statements from inbox to log; return (hash in hex, index) of each.

    Raises
    ------
    LedgerError
        If one of them may not stand at its index; nothing is moved then.
    """
    rows = connection.execute(
        sa.select(log_inbox.c.id, log_inbox.c.statement, log_inbox.c.stmt_hash)
        .order_by(log_inbox.c.id)
        .limit(SEQUENCE_BATCH)
    ).all()
    if not rows:
        return []
    store = DatabaseTiles(connection)
    waiting = {bytes(row.stmt_hash): row for row in rows}
    known = store.known(list(waiting))
    fresh = [row for digest, row in waiting.items() if digest not in known]
    admitted = _admitted(connection, origin, store.size(), fresh)
    entries = [Entry(statement.entry, statement.issuer_kid) for statement in admitted]
    indices = dict(
        zip(
            (statement.hash for statement in admitted),
            append_to_log(connection, entries, origin),
            strict=True,
        )
    )
    _record_keys(connection, [(indices[each.hash], each) for each in admitted])
    connection.execute(log_inbox.delete().where(log_inbox.c.id <= rows[-1].id))
    return [(digest.hex(), (indices | known)[digest]) for digest in waiting]


def _admitted(
    connection: sa.Connection, origin: str, first: int, waiting: Sequence[Any]
) -> list[Statement]:
    registry = registry_of(connection, origin, pending=False)
    admitted = []
    for index, row in enumerate(waiting, start=first):
        try:
            statement = parse_statement(bytes(row.statement))
            registry.admit(index, statement)
            if statement.hash != bytes(row.stmt_hash):
                raise LedgerError("stmt_hash is not the hash of the statement")
        except LedgerError as error:
            raise LedgerError(
                f"inbox row {row.id} cannot be sequenced: {error.findings[0].problem}",
                where=f"log_inbox:{row.id}",
                fix="the inbox was changed after its statements were accepted: restore it",
                problem_vi=f"không thể ghi phát biểu {row.id} vào sổ cái",
                fix_vi="hộp thư đến đã bị thay đổi; hãy khôi phục",
            ) from error
        admitted.append(statement)
    return admitted


def _record_keys(connection: sa.Connection, statements: list[tuple[int, Statement]]) -> None:
    rows = [
        {
            "kid": statement.claims["kid"],
            "organisation": statement.claims["organisation"],
            "public_key": statement.added_key,
            "valid_from_idx": index,
        }
        for index, statement in statements
        if statement.kind == "key-add"
    ]
    if rows:
        connection.execute(log_key.insert(), rows)
