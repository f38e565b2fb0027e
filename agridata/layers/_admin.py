"""Administrative units that arrive as a layer: polygons for known units, new units otherwise."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session, col, select

from agridata.errors import Finding
from agridata.layers._check import CheckedFeature
from agridata.places import Era, level_of_code
from agridata.places.models import AdminUnit
from agridata.storage import ImportReport, bounds_of, geodesic_area_m2
from agridata.vocabulary import REFORM_DATE, search_key

__all__ = ["import_admin_rows"]


def import_admin_rows(
    session: Session,
    features: list[CheckedFeature],
    report: ImportReport,
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
        finding = _problem(feature, code, units.get(code))
        if finding is not None:
            report.rejected.append(finding)
            continue
        unit = units.setdefault(code, _new_unit(feature.properties, code, key, era))
        unit.geom = feature.geometry
        unit.geometry_data_set_key = key
        unit.geometry_schematic = bool(feature.properties.get("geometry_schematic"))
        unit.area_km2 = round(geodesic_area_m2(feature.geometry) / 1e6, 4)
        for name, value in bounds_of(feature.geometry).items():
            setattr(unit, name, value)
        session.add(unit)
        report.imported += 1
    session.flush()


def _units(session: Session, era: Era) -> dict[str, AdminUnit]:
    ended = col(AdminUnit.valid_to)
    side = ended.is_(None) if era == "2025" else ended <= REFORM_DATE
    return {unit.code: unit for unit in session.exec(select(AdminUnit).where(side)).all()}


def _problem(feature: CheckedFeature, code: str, unit: AdminUnit | None) -> Finding | None:
    if level_of_code(code) is None:
        return Finding(
            feature.where, "code", f"{code!r} is not a code of 2, 3 or 5 digits",
            "keep leading zeros", "mã không phải 2, 3 hoặc 5 chữ số", "hãy giữ số 0 ở đầu",
        )  # fmt: skip
    if not feature.geometry.geom_type.endswith("Polygon"):
        return Finding(
            feature.where, "geometry", f"is a {feature.geometry.geom_type}, not an area",
            "draw the boundary", "không phải là vùng", "hãy vẽ ranh giới",
        )  # fmt: skip
    if unit is not None and unit.geom is not None and not unit.geometry_schematic:
        source = unit.geometry_data_set_key
        return Finding(
            feature.where, "code", f"duplicate: {code} already has a polygon from {source}",
            "remove that layer first", f"{code} đã có ranh giới từ {source}",
            "hãy bỏ lớp đó trước",
        )  # fmt: skip
    return None


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
