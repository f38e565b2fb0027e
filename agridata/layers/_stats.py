"""Features and hectares of a layer by administrative unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, select

from agridata.errors import UsageError
from agridata.layers._catalogue import find_layer
from agridata.layers._units import units_of
from agridata.places.models import AdminUnit
from agridata.storage import geodesic_area_m2
from agridata.vocabulary import REFORM_DATE

__all__ = ["UnitShare", "layer_statistics"]

LEVELS = {"province": 1, "district": 2, "commune": 3}


@dataclass(frozen=True, slots=True)
class UnitShare:
    """Features whose inner point lies in the unit; code "" gathers those in no known unit."""

    code: str
    name: str
    features: int
    area_ha: float | None


def layer_statistics(session: Session, name: str, by: str, on: date) -> list[UnitShare]:
    """Return features and geodesic hectares of a layer per unit, largest first.

    Parameters
    ----------
    by
        ``province``, ``district`` (only for days before the reform) or ``commune``.
    on
        Day whose units are meant.

    Notes
    -----
    A feature counts as a whole where a point inside it lies; shapes that cross a border
    are not cut.

    Raises
    ------
    NotFoundError
        If there is no such layer.
    UsageError
        If `by` is unknown, or districts are asked for on a day that has none.
    """
    _refuse(by, on)
    layer = find_layer(session, name)
    rows = session.exec(select(layer.model).where(layer.rows)).all()
    shapes = [row.geom for row in rows]
    sums: dict[str, UnitShare] = {}
    for shape, unit in zip(shapes, units_of(session, shapes, LEVELS[by], on), strict=True):
        code = unit.code if unit else ""
        before = sums.get(code, UnitShare(code, _name(unit), 0, None))
        area = geodesic_area_m2(shape) / 10_000 or None
        total = before.area_ha if area is None else (before.area_ha or 0.0) + area
        sums[code] = UnitShare(code, before.name, before.features + 1, total)
    return sorted(sums.values(), key=lambda one: (-(one.area_ha or 0), -one.features, one.code))


def _name(unit: AdminUnit | None) -> str:
    return unit.full_name if unit else "in no unit with a polygon"


def _refuse(by: str, on: date) -> None:
    if by not in LEVELS:
        raise UsageError(
            f"{by!r} is not a level", field="--by", fix=f"use one of {', '.join(LEVELS)}",
            problem_vi=f"{by!r} không phải là cấp hành chính",
            fix_vi="hãy dùng province, district hoặc commune",
        )  # fmt: skip
    if by == "district" and on >= REFORM_DATE:
        raise UsageError(
            "there is no district level since 1 July 2025", field="--by",
            fix="use commune, or a day before the reform: --as-of 2025-06-30",
            problem_vi="từ 1/7/2025 không còn cấp huyện",
            fix_vi="hãy dùng commune, hoặc --as-of 2025-06-30",
        )  # fmt: skip
