"""The change feed: a follower that reads only this ends with the same public data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlmodel import Session

from agridata.opendata._public import PUBLIC_COLUMNS, public_part
from agridata.registry.changes import changes_since

__all__ = ["Change", "public_changes"]


@dataclass(frozen=True, slots=True)
class Change:
    """One public change; `state` is the whole public state after it, None once it is gone.

    `number` only grows; gaps are changes of nouns that are not public.
    """

    number: int
    at: str
    noun: str
    key: str
    action: str
    state: dict[str, Any] | None

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object of the feed."""
        return asdict(self)


def public_changes(session: Session, since: int, limit: int = 500) -> tuple[list[Change], int]:
    """Return public changes after `since` and the number to ask for next.

    Returns
    -------
    tuple
        Changes in order, and the last number looked at: equal to `since` when nothing is
        newer, larger even where everything new is not public.
    """
    records = changes_since(session, since, limit)
    changes = [
        Change(
            number=one.id or 0,
            at=one.at.isoformat(),
            noun=one.noun,
            key=one.key,
            action=one.action,
            state=public_part(one.noun, one.after),
        )
        for one in records
        if one.noun in PUBLIC_COLUMNS
    ]
    return changes, (records[-1].id or since) if records else since
