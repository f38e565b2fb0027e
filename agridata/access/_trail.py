"""The access trail: who signed in, who failed, who changed whose role, which token was used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlmodel import Session, col, select

from agridata.access.models import AccessRecord
from agridata.vocabulary import Utc

__all__ = ["COMMAND_LINE", "Trail", "note", "trail", "writing"]

COMMAND_LINE = "command line"
"""Actor of what somebody did at the machine itself."""

Trail = list[AccessRecord]


@contextmanager
def writing(engine: sa.Engine) -> Iterator[Session]:
    """Open a session that reads and then writes: SQLite's write lock is taken first.

    The caller commits; leaving the block without it rolls back.
    """
    with Session(engine.execution_options(immediate=True)) as session:
        yield session


def note(
    session: Session,
    kind: str,
    *,
    now: Utc,
    account: str = "",
    actor: str = "",
    address: str = "",
    detail: str = "",
) -> None:
    """Append one line to the trail; the caller commits.

    Parameters
    ----------
    kind
        ``login``, ``login_failed``, ``logout``, ``role_changed``, ``token_used`` …
    account, actor
        Names of existing accounts, never what somebody typed.
    detail
        What changed; never a password, token or cookie.
    """
    session.add(
        AccessRecord(
            at=now, kind=kind, account=account, actor=actor or account, address=address,
            detail=detail,
        )
    )  # fmt: skip


def trail(session: Session, *, limit: int, account: str = "") -> Trail:
    """Return the newest lines, newest first; of one account if named."""
    query = select(AccessRecord).order_by(col(AccessRecord.id).desc()).limit(limit)
    if account:
        query = query.where(AccessRecord.account == account)
    return list(session.exec(query).all())
