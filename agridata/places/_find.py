"""Search for units as people type them: without tones, with the usual short forms."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col, select

from agridata.errors import UsageError
from agridata.places._lookup import Era, in_era
from agridata.places.models import AdminUnit
from agridata.vocabulary import search_key

__all__ = ["find"]

_SHORT_FORMS = {
    "tp": "thanh pho", "tx": "thi xa", "tt": "thi tran", "p": "phuong", "x": "xa",
    "h": "huyen", "q": "quan", "t": "tinh",
}  # fmt: skip
_SHORT = re.compile(r"(tp|tx|tt|p|x|h|q|t)(?:\.\s*|\s+)(\S.*)")


_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
"""Combining marks of the five written tones, in NFD."""


class _Candidate(NamedTuple):
    id: int
    code: str
    level: int
    name: str
    full_name: str
    parent_code: str
    search_key: str
    ended: bool


def find(session: Session, text: str, era: Era | None = None, limit: int = 10) -> list[AdminUnit]:
    """Return the units that `text` may mean, best first.

    A code matches exactly. A name matches with or without tone marks and type word
    (``vi thuy``, ``Xã Vị Thủy``, ``tp. can tho``); a comma adds what it lies in
    (``tân an, hậu giang``). First the whole name with its tones, then the whole name,
    the beginning, a word, a part; within each, names with the tones that were typed,
    current units before ended ones, larger before smaller.

    Raises
    ------
    UsageError
        If `text` is empty.
    """
    name, _comma, place = text.partition(",")
    wanted = search_key(name)
    if not wanted:
        raise UsageError(
            "nothing to search for", field="TEXT", fix="give a name or a code",
            problem_vi="chưa có từ cần tìm", fix_vi="hãy gõ tên hoặc mã đơn vị",
        )  # fmt: skip
    candidates = _candidates(session, wanted, era)
    short = _SHORT.fullmatch(wanted)
    if not candidates and short:
        wanted = f"{_SHORT_FORMS[short[1]]} {short[2]}"
        candidates = _candidates(session, wanted, era)
    if search_key(place):
        candidates = _lying_in(session, candidates, search_key(place))
    typed = _Typed(name, wanted)
    ranked = sorted(candidates, key=typed.rank)[:limit]
    found = select(AdminUnit).where(col(AdminUnit.id).in_([one.id for one in ranked]))
    units = {unit.id: unit for unit in session.exec(found).all()}
    return [units[one.id] for one in ranked]


def _candidates(session: Session, wanted: str, era: Era | None) -> list[_Candidate]:
    """Return the matching rows without their polygons, which are heavy."""
    query = sa.select(
        col(AdminUnit.id), col(AdminUnit.code), col(AdminUnit.level), col(AdminUnit.name),
        col(AdminUnit.full_name), col(AdminUnit.parent_code), col(AdminUnit.search_key),
        col(AdminUnit.valid_to).is_not(None),
    ).where(
        sa.or_(
            col(AdminUnit.code) == wanted,
            col(AdminUnit.search_key).contains(wanted, autoescape=True),
        )
    )  # fmt: skip
    if era is not None:
        query = query.where(in_era(era))
    return [_Candidate(*row) for row in session.execute(query)]


def _lying_in(session: Session, candidates: list[_Candidate], place: str) -> list[_Candidate]:
    """Keep the candidates whose district or province is called `place` (or begins so)."""
    query = sa.select(
        col(AdminUnit.code), col(AdminUnit.parent_code), col(AdminUnit.valid_to).is_not(None),
        col(AdminUnit.search_key), col(AdminUnit.name),
    ).where(col(AdminUnit.level) < 3)  # fmt: skip
    above = {
        (code, ended): (parent, key, search_key(name))
        for code, parent, ended, key, name in session.execute(query)
    }

    def lies_in(one: _Candidate) -> bool:
        code = one.parent_code
        while code and (code, one.ended) in above:
            code, key, bare = above[code, one.ended]
            if bare.startswith(place) or key.startswith(place):
                return True
        return False

    return [one for one in candidates if lies_in(one)]


class _Typed:
    """What was typed, and how well a unit answers it."""

    def __init__(self, text: str, wanted: str) -> None:
        self.wanted = wanted
        self.tones = _toned(text)
        self.has_tones = self.tones != _toned(search_key(text))

    def rank(self, unit: _Candidate) -> tuple[int, bool, bool, int, str]:
        """Return the sort key of a unit, best first."""
        wanted, bare = self.wanted, search_key(unit.name)
        names = (_toned(unit.name), _toned(unit.full_name))
        marks = (
            unit.code == wanted,
            self.tones in names,
            wanted in (bare, unit.search_key),
            bare.startswith(wanted),
            f" {wanted} " in f" {unit.search_key} ",
            f" {wanted}" in f" {unit.search_key}",
        )
        tier = next((place for place, hit in enumerate(marks) if hit), len(marks))
        other_tones = self.has_tones and self.tones not in names[1]
        return (tier, other_tones, unit.ended, unit.level, unit.code)


def _toned(text: str) -> str:
    """Return the letters of each word and then its tones: ``Thuỷ`` and ``Thủy`` are one."""
    words = []
    for word in unicodedata.normalize("NFD", text.casefold()).split():
        tones = "".join(sorted(char for char in word if char in _TONES))
        letters = "".join(char for char in word if char not in _TONES)
        words.append(unicodedata.normalize("NFC", letters) + tones)
    return " ".join(words)
