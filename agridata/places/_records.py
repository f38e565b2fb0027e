"""Units while they are put together from several files, before anything is stored."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from agridata.errors import Finding
from agridata.storage import ImportReport, bounds_of, geodesic_area_m2
from agridata.vocabulary import REFORM_DATE, nfc, search_key

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

__all__ = ["Catalogue", "FileRows", "UnitRecord", "bare_name"]

Side = Literal["old", "new"]

TYPE_WORDS = (
    "Thành phố", "Thị trấn", "Thị xã", "Đặc khu", "Phường", "Huyện", "Quận", "Tỉnh", "Xã",
)  # fmt: skip


def bare_name(full_name: str) -> tuple[str, str]:
    """Return ``(type word, name)``: ``("Phường", "1")`` for ``"Phường 1"``.

    The type word is empty where the name begins with none.
    """
    for word in TYPE_WORDS:
        if full_name.casefold().startswith(f"{word.casefold()} "):
            return word, full_name[len(word) + 1 :].strip()
    return "", full_name


@dataclass(slots=True)
class UnitRecord:
    """A row of `admin_unit` in the making (same fields, see there)."""

    code: str
    level: int
    parent_code: str
    name: str
    full_name: str
    data_set_key: str
    full_name_en: str = ""
    kind: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    note: str = ""
    area_km2: float | None = None
    geom: BaseGeometry | None = None
    geometry_schematic: bool = False
    geometry_data_set_key: str | None = None

    @property
    def side(self) -> Side:
        """Which side of the reform the unit belongs to."""
        return "old" if self.valid_to is not None and self.valid_to <= REFORM_DATE else "new"

    def as_row(self) -> dict[str, Any]:
        """Return the values of the table's columns."""
        row = {one.name: getattr(self, one.name) for one in fields(self)}
        for key in ("name", "full_name", "full_name_en", "note"):
            row[key] = nfc(row[key])
        return row | {"search_key": search_key(self.full_name)} | bounds_of(self.geom)


@dataclass(slots=True)
class FileRows:
    """One source file: how many rows it holds and why some were not applied."""

    name: str
    rows: int = 0
    rejected: list[Finding] = field(default_factory=list)

    def reject(self, row: int | str, column: str, problem: str, fix: str) -> None:
        """Note that a row is not stored."""
        self.rejected.append(Finding(f"{self.name}:{row}", column, problem, fix))

    def report(self) -> ImportReport:
        """Return rows, imported and rejected of this file."""
        return ImportReport(self.rows, self.rows - len(self.rejected), self.rejected)


class Catalogue:
    """All units of a load by side of the reform, level and code."""

    def __init__(self) -> None:
        self._units: dict[tuple[Side, int, str], UnitRecord] = {}

    def add(self, record: UnitRecord) -> bool:
        """Add a unit; False if this side of the reform already has it."""
        key = (record.side, record.level, record.code)
        if key in self._units:
            return False
        self._units[key] = record
        return True

    def get(self, side: Side, level: int, code: str) -> UnitRecord | None:
        """Return a unit, or None."""
        return self._units.get((side, level, code))

    def all(self) -> list[UnitRecord]:
        """Return every unit in the order in which the files gave them."""
        return list(self._units.values())

    def with_polygon(self, side: Side, level: int) -> list[UnitRecord]:
        """Return the units of one side and level whose polygon is known."""
        return [
            unit for unit in self._units.values()
            if unit.side == side and unit.level == level and unit.geom is not None
        ]  # fmt: skip


def give_polygon(
    unit: UnitRecord, geometry: BaseGeometry, data_set_key: str, published_km2: float | None
) -> None:
    """Attach a polygon (EPSG:4326), with the published area or else the geodesic one."""
    unit.geom = geometry
    unit.geometry_data_set_key = data_set_key
    unit.area_km2 = published_km2 or round(geodesic_area_m2(geometry) / 1e6, 4)
