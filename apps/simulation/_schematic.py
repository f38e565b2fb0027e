"""Schematic shapes of the 28 communes that now cover former Hậu Giang.

Not boundaries: each cell is what lies nearer to one commune's approximate centre than
to any other's, inside the hull of all centres, widened until the whole has the
province's published area.
"""

from __future__ import annotations

from dataclasses import dataclass

from shapely import get_coordinates, voronoi_polygons
from shapely.geometry import MultiPoint, Point, Polygon
from shapely.geometry.base import BaseGeometry

from ._fields import to_degrees, to_metres
from ._models import Commune

__all__ = [
    "CAN_THO_CODE",
    "FORMER_HAU_GIANG",
    "LibraryUnit",
    "library_units",
    "schematic_communes",
]

CAN_THO_CODE = "92"

FORMER_HAU_GIANG = range(31318, 31499)
"""GSO commune codes of old province 93: new communes kept a code of theirs."""

_AREA_M2 = 1_622e6
"""Official area of Hậu Giang until 2025 (vietnam.md §4)."""

# Centres rounded to 0.01° (about 1 km) after thanglequoc/vietnamese-provinces-database (MIT).
_CENTRES = {
    "31321": (105.46, 9.76), "31333": (105.46, 9.79), "31338": (105.41, 9.72),
    "31340": (105.83, 9.80), "31342": (105.61, 9.92), "31348": (105.58, 9.95),
    "31360": (105.70, 9.94), "31366": (105.87, 9.94), "31369": (105.76, 9.93),
    "31378": (105.84, 9.90), "31393": (105.63, 9.79), "31396": (105.74, 9.76),
    "31399": (105.64, 9.86), "31408": (105.73, 9.87), "31411": (105.81, 9.84),
    "31420": (105.72, 9.82), "31426": (105.70, 9.71), "31432": (105.81, 9.75),
    "31441": (105.55, 9.76), "31453": (105.49, 9.72), "31459": (105.58, 9.81),
    "31465": (105.55, 9.86), "31471": (105.62, 9.69), "31473": (105.59, 9.73),
    "31480": (105.65, 9.66), "31489": (105.42, 9.67), "31492": (105.43, 9.63),
    "31495": (105.52, 9.63),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LibraryUnit:
    """A unit of the library `vietnam-provinces`; `parent` is "" for a province."""

    level: int
    code: str
    parent: str
    name: str
    full_name: str
    kind: str


_KINDS = ("Thành phố", "Phường", "Xã", "Đặc khu")


def _unit(level: int, code: str, parent: str, text: str) -> LibraryUnit:
    full = " ".join(text.split())
    kind = next((one for one in _KINDS if full.startswith(f"{one} ")), "Tỉnh")
    name = full.removeprefix(f"{kind} ")
    return LibraryUnit(level, code, parent, name, full if name != full else f"Tỉnh {full}", kind)


def library_units(province_code: str = CAN_THO_CODE) -> list[LibraryUnit]:
    """Return all provinces and the communes of one, from `vietnam-provinces` (GPL-3.0-or-later).

    Level 1 codes have two digits, level 3 codes five; sorted by level and code.
    """
    from vietnam_provinces import Province, ProvinceCode, Ward

    provinces = [_unit(1, f"{int(one.code):02d}", "", one.name) for one in Province.iter_all()]
    communes = [
        _unit(3, f"{int(one.code):05d}", province_code, one.name)
        for one in Ward.iter_by_province(ProvinceCode(int(province_code)))
    ]
    return sorted(provinces + communes, key=lambda unit: (unit.level, unit.code))


def _outline(centres: MultiPoint) -> BaseGeometry:
    """Widen the hull of `centres` until its area is the province's (to a metre)."""
    hull = centres.convex_hull
    low, high = 0.0, 20_000.0
    for _ in range(24):
        middle = (low + high) / 2
        low, high = (middle, high) if hull.buffer(middle).area < _AREA_M2 else (low, middle)
    return hull.buffer(high)


def schematic_communes() -> list[Commune]:
    """Return the 28 communes with schematic cells, EPSG:4326, ordered by code.

    The cells do not overlap, each holds its centre, and together they have the
    published 1,622 km² within 0.5 %.
    """
    names = {
        unit.code: unit.full_name
        for unit in library_units()
        if unit.level == 3 and int(unit.code) in FORMER_HAU_GIANG
    }
    spots = {code: to_metres(Point(_CENTRES[code])) for code in sorted(names)}
    points = MultiPoint(list(spots.values()))
    outline = _outline(points)
    cells = list(voronoi_polygons(points, extend_to=outline).geoms)
    communes = []
    for code, spot in spots.items():
        cell = next(one for one in cells if one.contains(spot)).intersection(outline)
        ring = get_coordinates(to_degrees(cell.simplify(20)))
        communes.append(Commune(code, names[code], Polygon(ring)))
    return communes
