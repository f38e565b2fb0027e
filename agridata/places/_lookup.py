"""One unit by code, by address in a URL, or by position; the communes of old Hậu Giang."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlmodel import Session, col, select

from agridata.errors import InputError, NotFoundError
from agridata.places.models import AdminUnit
from agridata.storage import within_bounds
from agridata.vocabulary import REFORM_DATE, LonLat, search_key

__all__ = [
    "LAST_DAY_BEFORE_REFORM",
    "AmbiguousPlaceError",
    "Era",
    "day_of_era",
    "former_province_note",
    "get_unit",
    "hau_giang_communes",
    "in_era",
    "level_of_code",
    "resolve_slug",
    "slug",
    "unit_at",
    "units_at",
    "valid_on",
]

Era = Literal["pre2025", "2025"]

LAST_DAY_BEFORE_REFORM = REFORM_DATE - timedelta(days=1)
HAU_GIANG = "93"
"""GSO code of the former province of Hậu Giang (2004 to 30 June 2025)."""

_LEVEL_BY_DIGITS = {2: 1, 3: 2, 5: 3}


class AmbiguousPlaceError(InputError):
    """Several units carry the name; `candidates` lists their codes."""

    def __init__(self, text: str, candidates: Sequence[AdminUnit]) -> None:
        self.candidates = tuple(unit.code for unit in candidates)
        named = ", ".join(f"{unit.full_name} {unit.code}" for unit in candidates[:5])
        super().__init__(
            f"{len(candidates)} units are called {text!r}: {named}",
            field="place",
            fix="give the code",
            problem_vi=f"có {len(candidates)} đơn vị tên {text!r}: {named}",
            fix_vi="hãy dùng mã đơn vị",
        )


def level_of_code(code: str) -> int | None:
    """Return 1 (province), 2 (district) or 3 (commune) by the length of a GSO code.

    None means that `code` is not two, three or five digits.
    """
    return _LEVEL_BY_DIGITS.get(len(code)) if code.isascii() and code.isdigit() else None


def valid_on(day: date) -> sa.ColumnElement[bool]:
    """Return a filter for units that existed on `day`."""
    return sa.and_(
        sa.or_(col(AdminUnit.valid_from).is_(None), col(AdminUnit.valid_from) <= day),
        sa.or_(col(AdminUnit.valid_to).is_(None), col(AdminUnit.valid_to) > day),
    )


def in_era(era: Era) -> sa.ColumnElement[bool]:
    """Return a filter for units that existed at some time in `era`."""
    if era == "2025":
        return sa.or_(col(AdminUnit.valid_to).is_(None), col(AdminUnit.valid_to) > REFORM_DATE)
    return sa.or_(col(AdminUnit.valid_from).is_(None), col(AdminUnit.valid_from) < REFORM_DATE)


def day_of_era(era: Era, today: date) -> date:
    """Return a day on which the units of `era` are meant: `today` if it lies in the era.

    Else the last day before the reform, or the day of the reform.
    """
    if era == "2025":
        return max(today, REFORM_DATE)
    return min(today, LAST_DAY_BEFORE_REFORM)


def get_unit(session: Session, code: str, level: int = 3, on: date | None = None) -> AdminUnit:
    """Return the unit with `code` at `level`.

    Parameters
    ----------
    on
        The day at which it must exist; None takes the current unit, else the one that
        ended last (old labels resolve for ever).

    Raises
    ------
    NotFoundError
        If no unit of that code and level existed (on that day).
    """
    query = select(AdminUnit).where(AdminUnit.code == code, AdminUnit.level == level)
    if on is not None:
        query = query.where(valid_on(on))
    units = session.exec(query).all()
    if units:
        return max(units, key=lambda unit: unit.valid_to or date.max)
    when = f" on {on}" if on else ""
    raise NotFoundError(
        f"no administrative unit {code!r} of level {level}{when}",
        field="code",
        fix="look it up with `agridata places find`",
        problem_vi=f"không có đơn vị hành chính mã {code!r}",
        fix_vi="hãy tìm bằng `agridata places find`",
    )


def slug(name: str) -> str:
    """Return `name` as it stands in a URL: ``slug("Vị Thanh 1") == "vi-thanh-1"``."""
    plain = search_key(search_key(name))  # letters such as 𝔍 become J first, and j then
    kept = "".join(char if char.isalnum() else " " for char in plain)
    return "-".join(kept.split())


def resolve_slug(session: Session, text: str, on: date | None = None) -> AdminUnit:
    """Return the commune that a URL names by code or by toneless-hyphen name.

    ``on`` None means the current communes for a name, any era for a code.

    Raises
    ------
    NotFoundError
        If no commune matches.
    AmbiguousPlaceError
        If several communes carry the name.
    """
    if level_of_code(text) is not None:
        return get_unit(session, text, on=on)
    words = search_key(text.replace("-", " "))
    existed = col(AdminUnit.valid_to).is_(None) if on is None else valid_on(on)
    query = select(AdminUnit).where(
        AdminUnit.level == 3, existed, col(AdminUnit.search_key).contains(words, autoescape=True)
    )
    wanted = slug(words)
    units = [u for u in session.exec(query).all() if wanted in (slug(u.name), slug(u.full_name))]
    if len(units) > 1:
        raise AmbiguousPlaceError(text, units)
    return units[0] if units else get_unit(session, text, on=on)


def unit_at(session: Session, position: LonLat, on: date) -> AdminUnit | None:
    """Return the smallest unit known to contain `position` on the day `on`.

    A commune if one with a polygon does, else a district or province; None where no
    polygon reaches. A unit that ended leaves a hole until its heir's polygon is known.
    """
    from shapely.geometry import Point

    point = Point(position.lon, position.lat)
    query = (
        select(AdminUnit)
        .where(within_bounds(AdminUnit, point.bounds, session.get_bind().dialect.name))
        .where(valid_on(on))
        .order_by(col(AdminUnit.level).desc(), col(AdminUnit.code))
    )
    units = (unit for unit in session.exec(query) if unit.geom is not None)
    return next((unit for unit in units if unit.geom.covers(point)), None)  # type: ignore[union-attr]  # filtered above


def units_at(session: Session, position: LonLat, on: date) -> list[AdminUnit]:
    """Return the smallest unit known to contain `position` on the day `on`, then its parents.

    Parents are told by their codes, not by their polygons: those of provinces are
    simplified and would contradict the communes along the border.
    """
    unit = unit_at(session, position, on)
    chain = [] if unit is None else [unit]
    while chain and chain[-1].parent_code:
        code = chain[-1].parent_code
        query = select(AdminUnit).where(
            AdminUnit.code == code, AdminUnit.level == (level_of_code(code) or 0), valid_on(on)
        )
        parent = session.exec(query).first()
        if parent is None or parent.level >= chain[-1].level:
            break
        chain.append(parent)
    return chain


def former_province_note(code: str) -> str:
    """Return how the note of a current commune names the old province of its main part."""
    return f"former province {code}"


def hau_giang_communes(session: Session, era: Era) -> list[AdminUnit]:
    """Return the communes of the former province of Hậu Giang, by code.

    Parameters
    ----------
    era
        ``"2025"``: current communes whose main part (more than half of the area) lies in
        the polygon of old province 93, as measured when polygons were loaded (schematic
        samples state it instead); ``"pre2025"``: its communes on the last day before the
        reform.
    """
    query = select(AdminUnit).where(AdminUnit.level == 3).order_by(col(AdminUnit.code))
    if era == "2025":
        belongs = col(AdminUnit.note).startswith(former_province_note(HAU_GIANG))
        return list(session.exec(query.where(col(AdminUnit.valid_to).is_(None), belongs)).all())
    districts = select(AdminUnit.code).where(
        AdminUnit.level == 2, AdminUnit.parent_code == HAU_GIANG
    )
    query = query.where(col(AdminUnit.parent_code).in_(districts))
    return list(session.exec(query.where(valid_on(LAST_DAY_BEFORE_REFORM))).all())
