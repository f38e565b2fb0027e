"""A follower of the feed, as a provincial data-sharing platform would be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from agridata.errors import InputError

__all__ = ["Copy", "apply_changes", "follow_feed"]

Copy = dict[str, dict[str, dict[str, Any]]]
"""noun → key → public state."""

Fetch = Callable[[int], Mapping[str, Any]]
"""Gives one page of the feed: ``{"changes": [...], "next": number}``."""


def apply_changes(copy: Copy, changes: Iterable[Mapping[str, Any]]) -> None:
    """Bring a copy up to date, in the order of the feed.

    Raises
    ------
    InputError
        If a change lacks what every change has.
    """
    for change in changes:
        try:
            nouns = copy.setdefault(str(change["noun"]), {})
            key, state = str(change["key"]), change["state"]
        except KeyError as error:
            raise InputError(
                f"a change has no {error}", where="feed", field=str(error),
                fix="ask the feed again from the last number that was applied",
            ) from error  # fmt: skip
        if state is None:
            nouns.pop(key, None)
        else:
            nouns[key] = dict(state)


def follow_feed(copy: Copy, since: int, fetch: Fetch) -> int:
    """Read pages until nothing is newer; return the number to go on from."""
    while True:
        page = fetch(since)
        apply_changes(copy, page["changes"])
        if int(page["next"]) <= since:
            return since
        since = int(page["next"])
