"""Search for units as people type them: without tones, with the usual short forms."""

from __future__ import annotations

import re
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col, select

from agridata.errors import UsageError
from agridata.places._lookup import Era, in_era
from agridata.places.models import AdminUnit
from agridata.vocabulary import nfc, search_key

__all__ = ["find"]

_SHORT_FORMS = {
    "tp": "thanh pho", "tx": "thi xa", "tt": "thi tran", "p": "phuong", "x": "xa",
    "h": "huyen", "q": "quan", "t": "tinh",
}  # fmt: skip
_SHORT = re.compile(r"(tp|tx|tt|p|x|h|q|t)(?:\.\s*|\s+)(\S.*)")


class _Candidate(NamedTuple):
    id: int
    code: str
    level: int
    name: str
    search_key: str
    ended: bool


def find(session: Session, text: str, era: Era | None = None, limit: int = 10) -> list[AdminUnit]:
    """Return the units that `text` may mean, best first.

    A code matches exactly. A name matches with or without tone marks and type word
    (``vi thuy``, ``Xã Vị Thủy``, ``tp. can tho``): same letters and tones first, then the
    whole name, the beginning, a word of it, a part of it; current units before ended
    ones, larger before smaller.

    Raises
    ------
    UsageError
        If `text` is empty.
    """
    wanted = search_key(text)
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
    typed = nfc(text).casefold().strip()
    ranked = sorted(candidates, key=lambda one: _rank(one, wanted, typed))[:limit]
    found = select(AdminUnit).where(col(AdminUnit.id).in_([one.id for one in ranked]))
    units = {unit.id: unit for unit in session.exec(found).all()}
    return [units[one.id] for one in ranked]


def _candidates(session: Session, wanted: str, era: Era | None) -> list[_Candidate]:
    """Return the matching rows without their polygons, which are heavy."""
    query = sa.select(
        col(AdminUnit.id), col(AdminUnit.code), col(AdminUnit.level), col(AdminUnit.name),
        col(AdminUnit.search_key), col(AdminUnit.valid_to).is_not(None),
    ).where(
        sa.or_(
            col(AdminUnit.code) == wanted,
            col(AdminUnit.search_key).contains(wanted, autoescape=True),
        )
    )  # fmt: skip
    if era is not None:
        query = query.where(in_era(era))
    return [_Candidate(*row) for row in session.execute(query)]


def _rank(unit: _Candidate, wanted: str, typed: str) -> tuple[int, bool, int, str]:
    bare = search_key(unit.name)
    marks = (
        unit.code == wanted,
        unit.name.casefold() == typed,
        wanted in (bare, unit.search_key),
        bare.startswith(wanted),
        f" {wanted} " in f" {unit.search_key} ",
        f" {wanted}" in f" {unit.search_key}",
    )
    return (
        next((place for place, hit in enumerate(marks) if hit), len(marks)),
        unit.ended,
        unit.level,
        unit.code,
    )
