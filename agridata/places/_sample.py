"""Load the administrative units of the sample province, with schematic polygons."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from sqlmodel import Session

from agridata.errors import InputError
from agridata.places._lookup import former_province_note, level_of_code
from agridata.places._read import read_features, read_rows
from agridata.places._records import Catalogue, UnitRecord, give_polygon
from agridata.places._store import Loaded, already_loaded, store
from agridata.storage import ImportReport, SourceInfo
from agridata.vocabulary import Utc

__all__ = ["load_sample_admin"]

UNITS = "units.csv"
POLYGONS = "communes_schematic.geojson"

SIMULATED = {UNITS: False, POLYGONS: True}
"""Codes and names are real, shapes are not."""


def load_sample_admin(session: Session, samples_dir: Path, now: Utc) -> dict[str, ImportReport]:
    """Load ``admin/units.csv`` and ``admin/communes_schematic.geojson``; the caller commits.

    Codes and names are real, geometry is schematic and says so (`geometry_schematic`). A
    feature's property ``former_province`` (``"93"``) stands in for the overlap with old
    province polygons, which the sample does not have: it becomes the unit's note
    ``former province 93``, by which `hau_giang_communes` finds it.

    Returns
    -------
    dict
        File name → report, as `load_real_admin`.

    Raises
    ------
    InputError
        If a file is missing or broken; nothing is stored then.
    """
    files = {name: samples_dir / "admin" / name for name in SIMULATED}
    loaded = [Loaded(path, _info(samples_dir, name)) for name, path in files.items()]
    known = already_loaded(session, loaded)
    if known is not None:
        return known
    catalogue = Catalogue()
    _read_units(loaded[0], catalogue)
    _read_polygons(loaded[1], catalogue)
    return store(session, loaded, catalogue.all(), [], now)


def _info(samples_dir: Path, name: str) -> SourceInfo:
    """Return what ``SOURCES.csv`` beside the folder says of a file, else the file's name."""
    said = {"title_vi": name, "title_en": name, "source": "data_samples", "licence": "not stated"}
    listing = samples_dir / "SOURCES.csv"
    if listing.is_file():
        columns = frozenset({"file", *said})
        rows = {row["file"]: row for _number, row in read_rows(listing, columns)}
        said |= {key: rows.get(f"admin/{name}", {}).get(key) or said[key] for key in said}
    key = f"sample_admin_{name.split('.', maxsplit=1)[0]}"
    return SourceInfo(
        key, "admin", said["title_vi"], said["title_en"], said["source"], said["licence"],
        simulated=SIMULATED[name],
    )  # fmt: skip


def _read_units(source: Loaded, catalogue: Catalogue) -> None:
    columns = frozenset(
        {"code", "parent", "name", "full_name", "full_name_en", "type", "valid_from", "valid_to"}
    )
    for number, row in read_rows(source.path, columns):
        source.rows.rows += 1
        level = level_of_code(row["code"])
        if level is None or not row["name"]:
            source.rows.reject(number, "code", "no code or name", "give both")
            continue
        record = UnitRecord(
            row["code"], level, row["parent"], row["name"], row["full_name"], source.info.key,
            row["full_name_en"], row["type"],
            _day(row["valid_from"], source, number), _day(row["valid_to"], source, number),
        )  # fmt: skip
        if not catalogue.add(record):
            source.rows.reject(number, "code", f"{row['code']} stands twice", "remove one")


def _day(text: str, source: Loaded, number: int) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise InputError(
            f"{text!r} is not a date", where=f"{source.path.name}:{number}",
            field="valid_from, valid_to", fix="write 2025-07-01",
            problem_vi=f"{text!r} không phải là ngày", fix_vi="hãy viết 2025-07-01",
        ) from error  # fmt: skip


def _read_polygons(source: Loaded, catalogue: Catalogue) -> None:
    for feature in read_features(source.path):
        source.rows.rows += 1
        code = str(feature.properties.get("code"))
        level = level_of_code(code) or 0
        unit = catalogue.get("new", level, code) or catalogue.get("old", level, code)
        if unit is None or feature.geometry is None or not feature.geometry.is_valid:
            source.rows.reject(feature.where, "code", f"no unit or polygon {code}", "check it")
            continue
        give_polygon(unit, feature.geometry, source.info.key, None)
        unit.area_km2 = None  # a schematic shape has no true area
        unit.geometry_schematic = True
        unit.note = _note(feature.properties)


def _note(properties: dict[str, Any]) -> str:
    former = properties.get("former_province")
    return former_province_note(str(former)) if former else ""
