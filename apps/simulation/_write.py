"""The registry as the files that `agridata.registry.load_registry` reads.

Every row and feature carries `simulated` = true and every parcel
`geometry_schematic` = true; UTF-8, LF, fixed number formats, so the bytes depend on
the registry alone.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from shapely.geometry import mapping

from ._models import SimulatedRegistry

__all__ = ["write_csv", "write_registry"]

Cell = str | int | float | None


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    return f"{cell:g}" if isinstance(cell, float) else str(cell)


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Path:
    """Write a table in UTF-8 with LF ends; None is an empty cell, floats use ``%g``."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([[_text(cell) for cell in row] for row in rows])
    return path


def write_registry(registry: SimulatedRegistry, folder: Path) -> list[Path]:
    """Write the seven registry files into `folder` (made if missing); return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    return [
        _organisations(registry, folder / "organisations.csv"),
        _members(registry, folder / "members.csv"),
        _parcels(registry, folder / "parcels.geojson"),
        _plantings(registry, folder / "plantings.csv"),
        _herds(registry, folder / "herds.csv"),
        _ponds(registry, folder / "ponds.csv"),
        _products(registry, folder / "products.csv"),
    ]


def _organisations(registry: SimulatedRegistry, path: Path) -> Path:
    columns = (
        "code", "name", "kind", "gln", "location_code", "address", "admin_unit_code", "simulated",
    )  # fmt: skip
    rows = (
        (one.code, one.name, one.kind, one.gln, one.location_code, one.address,
         one.admin_unit_code, "true")
        for one in registry.organisations
    )  # fmt: skip
    return write_csv(path, columns, rows)


def _members(registry: SimulatedRegistry, path: Path) -> Path:
    columns = ("subject", "organisation_code", "role", "name", "phone", "simulated")
    rows = (
        (one.subject, one.organisation_code, one.role, one.name, one.phone, "true")
        for one in registry.members
    )
    return write_csv(path, columns, rows)


def _parcels(registry: SimulatedRegistry, path: Path) -> Path:
    features = [
        {
            "type": "Feature",
            "properties": {
                "code": parcel.code,
                "organisation_code": parcel.organisation_code,
                "subject": parcel.subject,
                "admin_unit_code": parcel.admin_unit_code,
                "land_use": parcel.land_use,
                "simulated": True,
                "geometry_schematic": True,
            },
            "geometry": mapping(parcel.polygon),
        }
        for parcel in registry.parcels
    ]
    lines = ",\n".join(json.dumps(one, ensure_ascii=False) for one in features)
    text = f'{{"type": "FeatureCollection", "name": "parcels", "features": [\n{lines}\n]}}\n'
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def _plantings(registry: SimulatedRegistry, path: Path) -> Path:
    columns = (
        "parcel_code", "crop", "variety", "season", "year", "sown_on", "expected_harvest_on",
        "simulated",
    )  # fmt: skip
    rows = (
        (one.parcel_code, one.crop, one.variety, one.season, one.year,
         str(one.sown_on or ""), str(one.expected_harvest_on or ""), "true")
        for one in registry.plantings
    )  # fmt: skip
    return write_csv(path, columns, rows)


def _herds(registry: SimulatedRegistry, path: Path) -> Path:
    columns = (
        "code", "organisation_code", "admin_unit_code", "species", "heads", "lon", "lat",
        "simulated",
    )  # fmt: skip
    rows = (
        (one.code, one.organisation_code, one.admin_unit_code, one.species, one.heads,
         f"{one.position.lon:.4f}", f"{one.position.lat:.4f}", "true")
        for one in registry.herds
    )  # fmt: skip
    return write_csv(path, columns, rows)


def _ponds(registry: SimulatedRegistry, path: Path) -> Path:
    columns = (
        "code", "organisation_code", "admin_unit_code", "species", "area_ha", "volume_m3", "cages",
        "lon", "lat", "simulated",
    )  # fmt: skip
    rows = (
        (one.code, one.organisation_code, one.admin_unit_code, one.species, one.area,
         one.volume_m3, one.cages, f"{one.position.lon:.4f}", f"{one.position.lat:.4f}", "true")
        for one in registry.ponds
    )  # fmt: skip
    return write_csv(path, columns, rows)


def _products(registry: SimulatedRegistry, path: Path) -> Path:
    columns = (
        "gtin", "organisation_code", "name_vi", "name_en", "brand", "crop", "net_weight_kg",
        "standards", "simulated",
    )  # fmt: skip
    rows = (
        (one.gtin, one.organisation_code, one.name_vi, one.name_en, one.brand, one.crop,
         one.net_weight_kg, one.standards, "true")
        for one in registry.products
    )  # fmt: skip
    return write_csv(path, columns, rows)
