"""Stations that share a name: their readings are joined by key, never by name."""

from __future__ import annotations

import re

from sqlmodel import Session, select

from agridata.observations.models import Station
from agridata.vocabulary import search_key

__all__ = ["homonym_ids", "homonyms"]

QUALIFIER = re.compile(r"\s*\([^)]*\)\s*$")
"""What an editor added to tell two apart: "Thạnh Phú (Long An)" is still a Thạnh Phú."""


def homonyms(session: Session) -> dict[str, tuple[str, ...]]:
    """Return the names that several stations bear (tones and a "(…)" ignored), with their keys."""
    return {
        name: tuple(key for key, _ in stations)
        for name, stations in _by_name(session).items()
        if len(stations) > 1
    }


def homonym_ids(session: Session) -> set[int]:
    """Return the ids of all stations whose name another one bears too."""
    return {
        number
        for stations in _by_name(session).values()
        if len(stations) > 1
        for _, number in stations
    }


def _by_name(session: Session) -> dict[str, list[tuple[str, int]]]:
    found: dict[str, list[tuple[str, int]]] = {}
    query = select(Station.key, Station.name, Station.id).order_by(Station.key)
    for key, name, number in session.exec(query):
        assert number is not None
        found.setdefault(search_key(QUALIFIER.sub("", name)), []).append((key, number))
    return found
