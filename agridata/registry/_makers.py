"""From a row of each registry file to its noun: what must be there and what cannot be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import SQLModel

from agridata.observations import Row
from agridata.registry._gs1 import gtin_14, is_gln
from agridata.registry._parcels import geodesic_area, polygon_of
from agridata.registry.models import Herd, Member, Organisation, Parcel, Planting, Pond, Product
from agridata.statistics import SEASONS
from agridata.storage import bounds_of

__all__ = ["FILES", "Known", "RegistryFile"]

PLANTING_YEARS = (1990, 2100)
VOLUME_SPECIES = ("eel",)
"""Species counted in m³ of tank: a yield per hectare of eel is an error."""


@dataclass(slots=True)
class Known:
    """Codes that rows may refer to, filled file by file."""

    organisations: set[str] = field(default_factory=set)
    members: set[str] = field(default_factory=set)
    parcels: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class RegistryFile:
    """One file of the registry folder: its noun, its columns, how a row becomes a noun."""

    name: str
    model: type[SQLModel]
    key: tuple[str, ...]
    columns: tuple[str, ...]
    make: Callable[[Row, Known, Any], SQLModel]
    title_vi: str
    title_en: str


def _organisation(row: Row, _known: Known, _geometry: Any) -> Organisation:
    gln = row.optional("gln") or None
    if gln is not None and not is_gln(gln):
        raise row.rejected(
            "gln", f"{gln!r} is not a GLN (13 digits, last one the check digit)",
            "copy it from the GS1 certificate, or leave it blank",
            f"{gln!r} không phải mã GLN", "hãy chép từ giấy chứng nhận GS1 hoặc bỏ trống",
        )  # fmt: skip
    return Organisation(
        code=row.text("code"), name=row.text("name"), kind=row.text("kind"),
        gln=gln, location_code=row.text("location_code"), address=row.optional("address"),
        admin_unit_code=row.optional("admin_unit_code"), simulated=row.truth("simulated"),
        data_set_key="",
    )  # fmt: skip


def _member(row: Row, known: Known, _geometry: Any) -> Member:
    row.text("name")
    return Member(
        subject=row.text("subject"),
        organisation_code=row.known(
            "organisation_code", known.organisations, "organisation", needed=True
        ) or "",
        role=row.text("role"), simulated=row.truth("simulated"), data_set_key="",
    )  # fmt: skip


def _parcel(row: Row, known: Known, raw_geometry: Any) -> Parcel:
    geometry = polygon_of(row, raw_geometry)
    area = geodesic_area(geometry)
    if area <= 0:
        raise row.rejected("geometry", "has no area", "draw the parcel again")
    return Parcel(
        code=row.text("code"), organisation_code=_owner(row, known),
        subject=row.known("subject", known.members, "member", needed=False),
        admin_unit_code=row.optional("admin_unit_code"), land_use=row.text("land_use"),
        area_ha=round(area, 6), geom=geometry, **_box(geometry),
        geometry_schematic=row.truth("geometry_schematic"), simulated=row.truth("simulated"),
        data_set_key="",
    )  # fmt: skip


def _planting(row: Row, known: Known, _geometry: Any) -> Planting:
    sown, harvest = row.day("sown_on"), row.day("expected_harvest_on")
    if sown and harvest and harvest <= sown:
        raise row.rejected(
            "expected_harvest_on", f"{harvest} is not after the sowing on {sown}",
            "correct one of the two dates", "ngày thu hoạch không sau ngày sạ", "hãy sửa lại ngày",
        )  # fmt: skip
    year = row.year("year", *PLANTING_YEARS)
    return Planting(
        parcel_code=row.known("parcel_code", known.parcels, "parcel", needed=True) or "",
        crop=row.text("crop"), variety=row.optional("variety"),
        season=row.choice("season", SEASONS), year=year, sown_on=sown,
        expected_harvest_on=harvest, simulated=row.truth("simulated"), data_set_key="",
    )  # fmt: skip


def _herd(row: Row, known: Known, _geometry: Any) -> Herd:
    heads = row.count("heads")
    if heads is None:
        raise row.rejected("heads", "is blank", "count the animals", "bị bỏ trống", "hãy điền số")
    point = row.point()
    return Herd(
        code=row.text("code"), organisation_code=_owner(row, known),
        admin_unit_code=row.optional("admin_unit_code"), species=row.text("species"),
        heads=heads, geom=point, **_box(point), simulated=row.truth("simulated"),
        data_set_key="",
    )  # fmt: skip


def _pond(row: Row, known: Known, _geometry: Any) -> Pond:
    species, volume = row.text("species"), row.amount("volume_m3")
    area, cages = row.amount("area_ha"), row.count("cages")
    if any(word in species.lower().split("_") for word in VOLUME_SPECIES) and not volume:
        raise row.rejected(
            "volume_m3", f"{species} is counted in m³ and no volume is given",
            "give the volume of the tanks", "lươn tính theo m³ mà thiếu thể tích",
            "hãy ghi thể tích bể",
        )  # fmt: skip
    if not (area or volume or cages):
        raise row.rejected(
            "area_ha", "no extent is given", "give area_ha, volume_m3 or cages",
            "thiếu quy mô", "hãy ghi diện tích, thể tích hoặc số lồng",
        )  # fmt: skip
    point = row.point()
    return Pond(
        code=row.text("code"), organisation_code=_owner(row, known),
        admin_unit_code=row.optional("admin_unit_code"), species=species, area_ha=area,
        volume_m3=volume, cages=cages, geom=point, **_box(point),
        simulated=row.truth("simulated"), data_set_key="",
    )  # fmt: skip


def _product(row: Row, known: Known, _geometry: Any) -> Product:
    gtin = gtin_14(row.text("gtin"))
    if gtin is None:
        raise row.rejected(
            "gtin", f"{row.text('gtin')!r} is not a GTIN (8, 12, 13 or 14 digits, last one the "
            "check digit)", "copy it from the GS1 certificate",
            "không phải mã GTIN hoặc sai số kiểm tra", "hãy chép từ giấy chứng nhận GS1",
        )  # fmt: skip
    weight = row.amount("net_weight_kg")
    if weight == 0:
        raise row.rejected("net_weight_kg", "is 0", "give the weight, or leave it blank")
    owner = row.known("organisation_code", known.organisations, "organisation", needed=True)
    return Product(
        gtin=gtin, organisation_code=owner or "", name_vi=row.text("name_vi"),
        name_en=row.text("name_en"), brand=row.optional("brand"), crop=row.text("crop"),
        net_weight_kg=weight, standards=row.optional("standards"),
        simulated=row.truth("simulated"), data_set_key="",
    )  # fmt: skip


def _owner(row: Row, known: Known) -> str | None:
    return row.known("organisation_code", known.organisations, "organisation", needed=False)


def _box(geometry: Any) -> Mapping[str, Any]:
    return bounds_of(geometry)


FILES: tuple[RegistryFile, ...] = (
    RegistryFile(
        "organisations.csv", Organisation, ("code",),
        ("code", "name", "kind", "gln", "location_code", "address", "admin_unit_code", "simulated"),
        _organisation, "Tổ chức", "Organisations",
    ),
    RegistryFile(
        "members.csv", Member, ("subject",),
        ("subject", "organisation_code", "role", "name", "phone", "simulated"),
        _member, "Thành viên", "Members",
    ),
    RegistryFile("parcels.geojson", Parcel, ("code",), (), _parcel, "Thửa đất", "Parcels"),
    RegistryFile(
        "plantings.csv", Planting, ("parcel_code", "season", "year"),
        ("parcel_code", "crop", "variety", "season", "year", "sown_on", "expected_harvest_on",
         "simulated"),
        _planting, "Vụ trồng", "Plantings",
    ),
    RegistryFile(
        "herds.csv", Herd, ("code",),
        ("code", "organisation_code", "admin_unit_code", "species", "heads", "lon", "lat",
         "simulated"),
        _herd, "Đàn vật nuôi", "Herds",
    ),
    RegistryFile(
        "ponds.csv", Pond, ("code",),
        ("code", "organisation_code", "admin_unit_code", "species", "area_ha", "volume_m3",
         "cages", "lon", "lat", "simulated"),
        _pond, "Ao, bể, lồng nuôi", "Ponds",
    ),
    RegistryFile(
        "products.csv", Product, ("gtin",),
        ("gtin", "organisation_code", "name_vi", "name_en", "brand", "crop", "net_weight_kg",
         "standards", "simulated"),
        _product, "Sản phẩm", "Products",
    ),
)  # fmt: skip
"""The registry folder, in the order in which files refer to each other."""
