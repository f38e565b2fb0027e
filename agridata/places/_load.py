"""Load the real administrative units of both eras, their polygons and the crosswalk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from sqlmodel import Session

from agridata.errors import InputError
from agridata.places._crosswalk import LinkRecord, Polygons, build_links
from agridata.places._lookup import level_of_code
from agridata.places._overlap import measured_shares, name_former_provinces, reach_of_old
from agridata.places._read import Feature, read_features, read_rows
from agridata.places._records import Catalogue, FileRows, UnitRecord, bare_name, give_polygon
from agridata.places._store import Loaded, already_loaded, store
from agridata.storage import ImportReport, SourceInfo
from agridata.vocabulary import REFORM_DATE, Utc, nfc

__all__ = ["load_real_admin"]

OLD_LIST_DATE = date(2025, 3, 1)
"""State of the list of wards before the reform that we read."""

CURRENT_LIST = "vn_units_2025.csv"
OLD_LIST = "vn_units_pre2025_wards.csv.gz"
CURRENT_POLYGONS = "*_2025_communes.gpkg"
CURRENT_PROVINCES = "vn_provinces_2025_simplified.geojson"
OLD_POLYGONS = "pre2025_provinces_districts.gpkg"
OLD_COMMUNES = "*_pre2025_communes.gpkg"
CROSSWALK = "vn_crosswalk_old_to_new_2025.csv.gz"

_ENDED_NOTE = (
    f"ended before the reform: absent from the list of {OLD_LIST_DATE}; the exact day is not in "
    "the sources"
)

_TITLES = {
    CURRENT_LIST: (
        "Đơn vị hành chính từ 1/7/2025", "Administrative units since 1 July 2025",
        "thanglequoc/vietnamese-provinces-database (GSO codes)", "MIT",
    ),
    OLD_LIST: (
        "Xã, huyện, tỉnh trước 1/7/2025", "Communes, districts, provinces before 1 July 2025",
        "daohoangson/dvhcvn (GSO list of 2025-03-01)", "GPL-3.0",
    ),
    CURRENT_POLYGONS: (
        "Ranh giới xã từ 1/7/2025", "Commune boundaries since 1 July 2025",
        "thanglequoc/vietnamese-provinces-database (gis.chinhphu.vn)", "MIT",
    ),
    CURRENT_PROVINCES: (
        "Ranh giới tỉnh từ 1/7/2025, giản lược", "Province boundaries since 2025, simplified",
        "thanglequoc/vietnamese-provinces-database (gis.chinhphu.vn)", "MIT",
    ),
    OLD_POLYGONS: (
        "Ranh giới tỉnh, huyện trước 1/7/2025", "Province and district boundaries before 2025",
        "daohoangson/dvhcvn (gis.chinhphu.vn)", "GPL-3.0",
    ),
    OLD_COMMUNES: (
        "Ranh giới xã cũ", "Commune boundaries before the reform",
        "holamtruong/s1_ricemap", "none stated",
    ),
    CROSSWALK: (
        "Bảng chuyển đổi xã cũ sang xã mới", "Crosswalk of communes, old to new",
        "Python package vietnamadminunits 1.0.4", "MIT",
    ),
}  # fmt: skip


def load_real_admin(session: Session, admin_dir: Path, now: Utc) -> dict[str, ImportReport]:
    """Load a folder laid out like the real ``admin/`` folder; the caller commits.

    Parameters
    ----------
    admin_dir
        Must hold ``vn_units_2025.csv`` and ``vn_units_pre2025_wards.csv.gz``; polygons and
        crosswalk are used where they are there.
    now
        Moment of loading, for the record.

    Returns
    -------
    dict
        File name → report; ``rows == imported + len(rejected)`` for each. A row counts as
        imported when it was applied: it gave a unit, a polygon to a unit, or a link.

    Raises
    ------
    InputError
        If a needed file is missing or broken; nothing is stored then.

    Notes
    -----
    Loading the same bytes again changes nothing. Other bytes replace what this loader (or
    the sample loader) had stored before.
    """
    files = _files(admin_dir)
    loaded = [Loaded(path, _info(path, pattern)) for pattern, path in files]
    known = already_loaded(session, loaded)
    if known is not None:
        return known
    catalogue = Catalogue()
    by_pattern: dict[str, list[Loaded]] = {}
    for source, (pattern, _path) in zip(loaded, files, strict=True):
        by_pattern.setdefault(pattern, []).append(source)
        if pattern != CROSSWALK:
            _READERS[pattern](source, catalogue)
    polygons = Polygons(
        catalogue,
        measured_shares(catalogue),
        reach_of_old(catalogue, 1),
        reach_of_old(catalogue, 2),
    )
    name_former_provinces(catalogue, polygons.provinces)
    links = _crosswalk_links(by_pattern.get(CROSSWALK, []), polygons)
    return store(session, loaded, catalogue.all(), [asdict(link) for link in links], now)


def _files(folder: Path) -> list[tuple[str, Path]]:
    """Return the files in the order in which they build on each other."""
    found = [(pattern, path) for pattern in _TITLES for path in sorted(folder.glob(pattern))]
    lacking = {CURRENT_LIST, OLD_LIST} - {pattern for pattern, _path in found}
    if lacking:
        raise InputError(
            f"lacks {', '.join(sorted(lacking))}", where=str(folder), field="DIR",
            fix="name a folder laid out like the real admin folder, see docs/data.md",
            problem_vi="thư mục thiếu danh sách đơn vị hành chính",
            fix_vi="hãy chỉ đúng thư mục, xem docs/data.md",
        )  # fmt: skip
    return found


def _info(path: Path, pattern: str) -> SourceInfo:
    title_vi, title_en, source, licence = _TITLES[pattern]
    key = path.name.split(".")[0]
    return SourceInfo(key, "admin", title_vi, title_en, source, licence, simulated=False)


def _read_current(source: Loaded, catalogue: Catalogue) -> None:
    columns = frozenset({"code", "parent", "name", "full_name", "full_name_en", "type"})
    for number, row in read_rows(source.path, columns):
        source.rows.rows += 1
        level = level_of_code(row["code"])
        problem = _name_problem(row["code"], level, row["name"])
        if problem is None and level == 3 and not catalogue.get("new", 1, row["parent"]):
            problem = ("parent", f"no province {row['parent']!r}", "check the code")
        record = UnitRecord(
            row["code"], level or 0, row["parent"], row["name"], row["full_name"],
            source.info.key, row["full_name_en"], row["type"], valid_from=REFORM_DATE,
        )  # fmt: skip
        if problem is None and not catalogue.add(record):
            problem = ("code", f"{row['code']} stands twice", "remove one")
        if problem:
            source.rows.reject(number, *problem)


def _name_problem(code: str, level: int | None, name: str) -> tuple[str, str, str] | None:
    if level not in (1, 3):
        return ("code", f"{code!r} is not a code of 2 or 5 digits", "keep leading zeros")
    return None if name else ("name", "is empty", "give the name")


def _read_old_list(source: Loaded, catalogue: Catalogue) -> None:
    """Read wards; districts and provinces are derived from their columns."""
    columns = frozenset(
        {"province_code", "province", "district_code", "district", "ward_code", "ward"}
    )
    for number, row in read_rows(source.path, columns):
        source.rows.rows += 1
        levels = [
            ("ward_code", "ward", row["district_code"], 3),
            ("district_code", "district", row["province_code"], 2),
            ("province_code", "province", "", 1),
        ]
        problem = next(
            (
                (key, f"{row[key]!r} is not a code with a name", "keep leading zeros")
                for key, name, _parent, level in levels
                if level_of_code(row[key]) != level or not row[name]
            ),
            None,
        )
        if problem is None:
            added = [
                catalogue.add(_old_unit(row[key], level, parent, row[name], source.info.key))
                for key, name, parent, level in levels
            ]
            if not added[0]:
                problem = ("ward_code", f"{row['ward_code']} stands twice", "remove one")
        if problem:
            source.rows.reject(number, *problem)


def _old_unit(code: str, level: int, parent: str, full_name: str, key: str) -> UnitRecord:
    kind, name = bare_name(full_name)
    return UnitRecord(code, level, parent, name, full_name, key, kind=kind, valid_to=REFORM_DATE)


def _read_current_polygons(source: Loaded, catalogue: Catalogue) -> None:
    for feature in _checked_features(source):
        code = str(feature.properties.get("code"))
        unit = catalogue.get("new", level_of_code(code) or 0, code)
        if unit is None:
            source.rows.reject(feature.where, "code", f"no current unit {code}", "check the code")
        elif unit.geom is not None:
            source.rows.reject(
                feature.where, "geometry",
                f"{code} already has the polygon of {unit.geometry_data_set_key}",
                "the more detailed file is kept",
            )  # fmt: skip
        else:
            _apply(feature, unit, source, "areaKm2")


def _read_old_polygons(source: Loaded, catalogue: Catalogue) -> None:
    for feature in _checked_features(source):
        code = str(feature.properties.get("code"))
        unit = catalogue.get("old", level_of_code(code) or 0, code)
        if unit is None:
            source.rows.reject(feature.where, "code", f"no old unit {code}", "check the code")
        else:
            _apply(feature, unit, source, "area_km2")


def _read_old_communes(source: Loaded, catalogue: Catalogue) -> None:
    """Give polygons to old communes; one that the list lacks ended before the list's day."""
    for feature in _checked_features(source):
        code = str(feature.properties.get("code"))
        district = str(feature.properties.get("district_code"))
        unit = catalogue.get("old", 3, code)
        if unit is None and catalogue.get("old", 2, district) and level_of_code(code) == 3:
            unit = _old_unit(code, 3, district, _name(feature), source.info.key)
            unit.valid_to, unit.note = OLD_LIST_DATE, _ENDED_NOTE
            catalogue.add(unit)
        if unit is None:
            source.rows.reject(
                feature.where, "district_code", f"no old district {district!r}", "check the code"
            )
        else:
            _apply(feature, unit, source, "area_km2")


def _name(feature: Feature) -> str:
    return nfc(str(feature.properties.get("tenxa") or feature.properties.get("name") or ""))


def _checked_features(source: Loaded) -> list[Feature]:
    """Return the features with a usable polygon; the others are rejected."""
    usable = []
    for feature in read_features(source.path):
        source.rows.rows += 1
        shape = feature.geometry
        if shape is None or shape.is_empty:
            source.rows.reject(feature.where, "geometry", "is empty", "draw the polygon")
        elif not shape.is_valid or not shape.geom_type.endswith("Polygon"):
            source.rows.reject(
                feature.where, "geometry", "is not a simple polygon", "repair the rings"
            )
        else:
            usable.append(feature)
    return usable


def _apply(feature: Feature, unit: UnitRecord, source: Loaded, area_column: str) -> None:
    assert feature.geometry is not None
    published: Any = feature.properties.get(area_column)
    area = round(float(published), 4) if published else None
    give_polygon(unit, feature.geometry, source.info.key, area)


def _crosswalk_links(sources: list[Loaded], polygons: Polygons) -> list[LinkRecord]:
    columns = frozenset({"old_ward_code", "new_ward_code"})
    rows = read_rows(sources[0].path, columns) if sources else iter(())
    report = sources[0].rows if sources else FileRows("")
    return build_links(rows, sources[0].info.key if sources else "", report, polygons)


_READERS: dict[str, Callable[[Loaded, Catalogue], None]] = {
    CURRENT_LIST: _read_current,
    OLD_LIST: _read_old_list,
    CURRENT_POLYGONS: _read_current_polygons,
    CURRENT_PROVINCES: _read_current_polygons,
    OLD_POLYGONS: _read_old_polygons,
    OLD_COMMUNES: _read_old_communes,
}
