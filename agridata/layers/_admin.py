"""Administrative units that arrive as a layer: polygons for known units, new units otherwise."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session, col, select

from agridata.layers._check import CheckedFeature
from agridata.layers._reasons import NamedFinding, finding
from agridata.layers._report import LayerReport
from agridata.places import Era, level_of_code
from agridata.places.models import AdminUnit
from agridata.storage import bounds_of, geodesic_area_m2
from agridata.vocabulary import REFORM_DATE, search_key

__all__ = ["import_admin_rows"]

AREA_COLUMNS = ("areaKm2", "area_km2")
"""Attributes in which sources publish the area of a unit, km²."""

AREA_TOLERANCE = 0.005
"""Part by which published and geodesic area may differ before it is said: digits and
projections explain 0.1 %, 37 of 227 real communes are beyond 0.5 %."""


def import_admin_rows(
    session: Session,
    features: list[CheckedFeature],
    report: LayerReport,
    key: str,
    era: Era,
) -> None:
    """Apply each feature to the unit of its code in `era`, or add that unit.

    A unit that already has a real polygon from another source keeps it (the row is
    rejected); a schematic one is replaced.
    """
    units = _units(session, era)
    for feature in features:
        code = str(feature.properties.get("code") or "")
        problem = _problem(feature, code, units.get(code))
        if problem is not None:
            report.rejected.append(problem)
            continue
        unit = units.setdefault(code, _new_unit(feature.properties, code, key, era))
        unit.geom = feature.geometry
        unit.geometry_data_set_key = key
        unit.geometry_schematic = bool(feature.properties.get("geometry_schematic"))
        unit.area_km2 = round(geodesic_area_m2(feature.geometry) / 1e6, 4)
        for name, value in bounds_of(feature.geometry).items():
            setattr(unit, name, value)
        session.add(unit)
        report.note(_published_area(feature, unit.area_km2))
        report.imported += 1
    session.flush()


def _units(session: Session, era: Era) -> dict[str, AdminUnit]:
    ended = col(AdminUnit.valid_to)
    side = ended.is_(None) if era == "2025" else ended <= REFORM_DATE
    return {unit.code: unit for unit in session.exec(select(AdminUnit).where(side)).all()}


def _problem(feature: CheckedFeature, code: str, unit: AdminUnit | None) -> NamedFinding | None:
    if level_of_code(code) is None:
        said = f"{code!r} is not a code of 2, 3 or 5 digits, keep leading zeros"
        return finding(
            feature.where, "attribute", said, field="code",
            detail_vi="mã phải có 2, 3 hoặc 5 chữ số, hãy giữ số 0 ở đầu",
        )  # fmt: skip
    if not feature.geometry.geom_type.endswith("Polygon"):
        return finding(feature.where, "not_an_area", f"it is a {feature.geometry.geom_type}")
    if unit is not None and unit.geom is not None and not unit.geometry_schematic:
        source = unit.geometry_data_set_key
        return finding(
            feature.where, "duplicate", f"{code} already has a polygon from {source}", field="code",
            detail_vi=f"{code} đã có ranh giới từ {source}",
        )  # fmt: skip
    return None


def _published_area(feature: CheckedFeature, measured: float) -> list[NamedFinding]:
    """Return a note where the attribute of area and the polygon tell different areas."""
    for column in AREA_COLUMNS:
        value = feature.properties.get(column)
        if not isinstance(value, int | float) or value <= 0:
            continue
        difference = measured / value - 1
        if abs(difference) <= AREA_TOLERANCE:
            return []
        said = f"{value:.2f} km², the polygon has {measured:.2f} ({difference:+.1%})"
        return [finding(feature.where, "published_area", said, field=column)]
    return []


def _new_unit(properties: dict[str, Any], code: str, key: str, era: Era) -> AdminUnit:
    full_name = _first(properties, "full_name", "fullName", "name") or code
    return AdminUnit(
        code=code,
        level=level_of_code(code) or 3,
        parent_code=_first(properties, "parent_code", "parent"),
        name=_first(properties, "name") or full_name,
        full_name=full_name,
        search_key=search_key(full_name),
        valid_from=REFORM_DATE if era == "2025" else None,
        valid_to=None if era == "2025" else REFORM_DATE,
        data_set_key=key,
    )


def _first(properties: dict[str, Any], *names: str) -> str:
    """Return the first of these attributes that has a value, as text."""
    return next((str(properties[name]) for name in names if properties.get(name)), "")
