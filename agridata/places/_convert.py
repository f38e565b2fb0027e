"""From a unit of one era to the units of the other, with the share of area where measured."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from sqlmodel import Session, col, select

from agridata.errors import NotFoundError
from agridata.places._lookup import level_of_code
from agridata.places._overlap import SLIVER_SHARE
from agridata.places.models import AdminCrosswalk, AdminUnit
from agridata.storage import geodesic_area_m2
from agridata.vocabulary import REFORM_DATE

__all__ = ["Conversion", "convert"]

NO_POLYGONS = "no polygons of both units in the workspace: the link is only published"

OTHER_EXTENT = "less than 1 % in common: one polygon shows another state than the published link"

SPECIAL_ZONE = "Đặc khu"
"""Type word of the island units since the reform; several were districts without communes."""

ISLAND_DISTRICT = (
    "it was an island district without communes, so the lists of communes hold nothing before it",
    "trước đây là huyện đảo không có xã",
)
NO_STORED_LINK = (
    "no row of the crosswalk names it with codes that exist, and polygons of one era lack",
    "bảng chuyển đổi không có dòng nào dùng được và thiếu ranh giới của một thời kỳ",
)


@dataclass(frozen=True, slots=True)
class Conversion:
    """One unit of the other era that takes part of (or the whole of) the given unit.

    `share_of_area` is the share of the **given** unit's area that lies in `code` (0–1);
    None with a `reason` where it was not measured.
    """

    code: str
    name: str
    share_of_area: float | None
    source: str
    reason: str = ""


class _Link(NamedTuple):
    given: AdminUnit
    target: AdminUnit
    overlap_m2: float | None
    source: str


def convert(session: Session, code: str, to: date | Literal["2025", "pre2025"]) -> list[Conversion]:
    """Return the units that cover the unit `code` in another era, largest share first.

    Parameters
    ----------
    code
        GSO code; its number of digits says the level. A commune gives communes, a
        district gives current communes, a province gives provinces. A code that exists
        in both eras is read as the unit of the era it is converted from.
    to
        ``"2025"``, ``"pre2025"`` (whatever existed before the reform, also units that
        ended earlier) or a day (only units that existed on it).

    Raises
    ------
    NotFoundError
        If `code` is not a GSO code, the unit is unknown, or no source links it to the other era.

    Notes
    -----
    Shares of communes are measured by overlap of polygons on the ellipsoid when units are
    loaded; parts below 1 % of the old unit are left out as differences between the maps,
    so shares of one unit add up to slightly less than 1.
    """
    level = level_of_code(code)
    if level is None:
        raise NotFoundError(
            f"{code!r} is not an administrative code", field="CODE",
            fix="give two digits (province), three (old district) or five (commune)",
            problem_vi=f"{code!r} không phải là mã đơn vị hành chính",
            fix_vi="mã tỉnh có 2 chữ số, mã huyện cũ 3, mã xã 5",
        )  # fmt: skip
    forward = to == "2025" or (isinstance(to, date) and to >= REFORM_DATE)
    given = _units(session, code, level)
    start, same = (given["old"], given["new"]) if forward else (given["new"], given["old"])
    if start is None:
        return [_itself(same, code, to)]
    communes = _communes_of(session, start)
    links = _links(session, communes, forward=forward)
    if isinstance(to, date):
        links = [link for link in links if _existed(link.target, to)]
    if not links:
        raise _unlinked(start, to)
    return _summed(session, start, communes, links)


def _units(session: Session, code: str, level: int) -> dict[str, AdminUnit | None]:
    found = session.exec(
        select(AdminUnit).where(AdminUnit.code == code, AdminUnit.level == level)
    ).all()
    if not found:
        raise NotFoundError(
            f"no administrative unit {code!r}", field="CODE",
            fix="look it up with `agridata places find`",
            problem_vi=f"không có đơn vị hành chính mã {code!r}",
            fix_vi="hãy tìm bằng `agridata places find`",
        )  # fmt: skip
    return {
        "old": next((unit for unit in found if _is_old(unit)), None),
        "new": next((unit for unit in found if not _is_old(unit)), None),
    }


def _is_old(unit: AdminUnit) -> bool:
    return unit.valid_to is not None and unit.valid_to <= REFORM_DATE


def _existed(unit: AdminUnit, day: date) -> bool:
    begun = unit.valid_from is None or unit.valid_from <= day
    return begun and (unit.valid_to is None or day < unit.valid_to)


def _itself(unit: AdminUnit | None, code: str, to: date | str) -> Conversion:
    """Return a unit that already belongs to the era asked for."""
    if unit is not None and (not isinstance(to, date) or _existed(unit, to)):
        return Conversion(
            code, unit.full_name, 1.0, unit.data_set_key, "the unit itself existed then"
        )
    raise NotFoundError(
        f"{code} did not exist on {to}" + (f" ({unit.note})" if unit and unit.note else ""),
        field="CODE", fix="no source links units within one era; ask for another day",
        problem_vi=f"{code} không tồn tại vào ngày {to}",
        fix_vi="hãy chọn ngày khác",
    )  # fmt: skip


def _unlinked(unit: AdminUnit, to: date | str) -> NotFoundError:
    """Say why a unit leads nowhere: never linked, or of a kind that has nothing to link to."""
    island = unit.kind == SPECIAL_ZONE
    why, why_vi = ISLAND_DISTRICT if island else NO_STORED_LINK
    return NotFoundError(
        f"no source links {unit.full_name} ({unit.code}) to a unit of {to}: {why}",
        field="CODE",
        fix="load polygons of both eras, or a crosswalk that names it",
        problem_vi=f"chưa có nguồn nào nối {unit.full_name} ({unit.code}) sang {to}: {why_vi}",
        fix_vi="hãy nạp bản đồ của cả hai thời kỳ",
    )


def _communes_of(session: Session, unit: AdminUnit) -> list[AdminUnit]:
    """Return the communes that make up `unit` in its own era (itself for a commune)."""
    if unit.level == 3:
        return [unit]
    parents = {unit.code}
    if unit.level == 1 and _is_old(unit):
        inner = select(AdminUnit.code).where(
            AdminUnit.level == 2, AdminUnit.parent_code == unit.code
        )
        parents = set(session.exec(inner).all())
    query = select(AdminUnit).where(AdminUnit.level == 3, col(AdminUnit.parent_code).in_(parents))
    return [one for one in session.exec(query).all() if _is_old(one) == _is_old(unit)]


def _links(session: Session, given: Iterable[AdminUnit], *, forward: bool) -> list[_Link]:
    start = {unit.code: unit for unit in given}
    key = col(AdminCrosswalk.old_code if forward else AdminCrosswalk.new_code)
    rows = session.exec(select(AdminCrosswalk).where(key.in_(start))).all()
    other = {row.new_code if forward else row.old_code for row in rows}
    query = select(AdminUnit).where(AdminUnit.level == 3, col(AdminUnit.code).in_(other))
    ends = {unit.code: unit for unit in session.exec(query).all() if _is_old(unit) != forward}
    links = []
    for row in rows:
        codes = (row.old_code, row.new_code) if forward else (row.new_code, row.old_code)
        if codes[0] in start and codes[1] in ends:
            unit, target = start[codes[0]], ends[codes[1]]
            links.append(_link(row, unit, target, old=unit if forward else target))
    return links


def _link(row: AdminCrosswalk, given: AdminUnit, target: AdminUnit, old: AdminUnit) -> _Link:
    if row.share_of_area is None or old.geom is None:
        return _Link(given, target, None, f"published: {row.data_set_key}")
    maps = f"{given.geometry_data_set_key} × {target.geometry_data_set_key}"
    overlap = row.share_of_area * geodesic_area_m2(old.geom)
    return _Link(given, target, overlap, f"measured: polygon overlap of {maps}")


def _summed(
    session: Session, start: AdminUnit, communes: list[AdminUnit], links: list[_Link]
) -> list[Conversion]:
    """Add links up per target: the commune, or its province when a province was asked for."""
    provinces = _provinces(session, links) if start.level == 1 else {}
    groups: dict[str, list[_Link]] = {}
    for link in links:
        code = provinces.get(link.target.parent_code, link.target.code)
        groups.setdefault(code, []).append(link)
    targets = {code: parts[0].target for code, parts in groups.items()}
    if provinces:
        targets = _province_units(session, groups, old=_is_old(links[0].target))
    area = _area_m2(communes)
    made = [
        _by_links(targets[code], parts, area) or _by_polygons(start, targets[code], parts)
        for code, parts in groups.items()
    ]
    return sorted(made, key=lambda one: (-(one.share_of_area or 0), one.code))


def _area_m2(communes: list[AdminUnit]) -> float | None:
    areas = [geodesic_area_m2(unit.geom) for unit in communes if unit.geom is not None]
    return sum(areas) if areas and len(areas) == len(communes) else None


def _by_links(target: AdminUnit, parts: list[_Link], area: float | None) -> Conversion | None:
    """Sum the measured overlaps of communes; None unless every one was measured."""
    overlaps = [part.overlap_m2 for part in parts if part.overlap_m2 is not None]
    if area is None or len(overlaps) < len(parts):
        return None
    ended = target.note if target.valid_to and target.valid_to < REFORM_DATE else ""
    share = round(min(1.0, sum(overlaps) / area), 6)
    return Conversion(target.code, target.full_name, share, parts[0].source, ended)


def _by_polygons(start: AdminUnit, target: AdminUnit, parts: list[_Link]) -> Conversion:
    """Measure a district or province as a whole where its communes were not."""
    code, name, ours, theirs = target.code, target.full_name, start.geom, target.geom
    if start.level == 3 or ours is None or theirs is None or start.geometry_schematic:
        return Conversion(code, name, None, parts[0].source, NO_POLYGONS)
    share = round(geodesic_area_m2(ours.intersection(theirs)) / geodesic_area_m2(ours), 6)
    if share < SLIVER_SHARE:
        return Conversion(code, name, None, parts[0].source, OTHER_EXTENT)
    maps = f"{start.geometry_data_set_key} × {target.geometry_data_set_key}"
    return Conversion(code, name, share, f"measured: polygon overlap of {maps}")


def _provinces(session: Session, links: list[_Link]) -> dict[str, str]:
    """Return parent code of a target commune → code of its province."""
    parents = {link.target.parent_code for link in links}
    found = {code: code for code in parents if level_of_code(code) == 1}
    query = select(AdminUnit).where(
        AdminUnit.level == 2, col(AdminUnit.code).in_(parents - found.keys())
    )
    return found | {unit.code: unit.parent_code for unit in session.exec(query).all()}


def _province_units(session: Session, codes: Iterable[str], *, old: bool) -> dict[str, AdminUnit]:
    query = select(AdminUnit).where(AdminUnit.level == 1, col(AdminUnit.code).in_(list(codes)))
    return {unit.code: unit for unit in session.exec(query).all() if _is_old(unit) == old}
