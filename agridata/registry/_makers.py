"""From a row of each registry file to its noun: what must be there and what cannot be."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from sqlmodel import SQLModel

from agridata.errors import InputError
from agridata.observations import Row
from agridata.registry._certificates import certificate_from_row
from agridata.registry._code_rules import CERTIFICATE_KINDS, CODE_KINDS
from agridata.registry._gs1 import gtin_14, is_gln
from agridata.registry._known import Known
from agridata.registry._local_units import Measured, parse_area
from agridata.registry._parcels import geodesic_area, polygon_of
from agridata.registry._tax_code import parse_tax_code
from agridata.registry.models import (
    Certificate,
    Herd,
    Member,
    Organisation,
    Parcel,
    Planting,
    Pond,
    Product,
)
from agridata.statistics import SEASONS
from agridata.storage import bounds_of

__all__ = ["FILES", "RegistryFile"]

PLANTING_YEARS = (1990, 2100)
ORCHARD_YEARS = (1900, 2100)
"""Old coconut and mango orchards stand a lifetime."""
DATED = {"valid_from": ("valid_from",), "valid_to": ("valid_to",)}
ENTERED = ("area_entered", "area_factor_m2")
VOLUME_SPECIES = ("eel",)
"""Species counted in m³ of tank: a yield per hectare of eel is an error."""


@dataclass(frozen=True, slots=True)
class RegistryFile:
    """One file of the registry folder: its noun, its columns, how a row becomes a noun.

    Parameters
    ----------
    columns
        That the file must have.
    may_have
        Further column of the file → columns of the noun that it fills. A file without
        it says nothing of them: what is stored stays.
    ends_unlisted
        A noun that a newer file no longer lists ends. Certificates do not: only their
        issuer ends them, by date or status.
    """

    name: str
    model: type[SQLModel]
    key: tuple[str, ...]
    columns: tuple[str, ...]
    make: Callable[[Row, Known, Any], SQLModel]
    title_vi: str
    title_en: str
    may_have: Mapping[str, tuple[str, ...]]
    ends_unlisted: bool = True


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
        admin_unit_code=row.optional("admin_unit_code"), tax_code=_tax_code(row),
        postcode=_postcode(row), **_validity(row), simulated=row.truth("simulated"),
        data_set_key="",
    )  # fmt: skip


def _tax_code(row: Row) -> str | None:
    text = row.optional("tax_code")
    if not text:
        return None
    if re.fullmatch(r"[0-9]{12}", text):
        raise row.rejected(
            "tax_code", "has 12 digits: that is the identity number of a person",
            "leave it blank here; a person's numbers are stored apart",
            "12 chữ số là số định danh cá nhân", "hãy bỏ trống: dữ liệu cá nhân được giữ riêng",
        )  # fmt: skip
    digits = parse_tax_code(text)
    if digits is None:
        raise row.rejected(
            "tax_code", f"{text!r} is not a tax code (10 digits, the last one the check digit; "
            "13 of a branch)", "copy it from the registration certificate",
            f"{text!r} không phải mã số thuế hoặc sai số kiểm tra",
            "hãy chép từ giấy đăng ký kinh doanh",
        )  # fmt: skip
    return digits


def _postcode(row: Row) -> str | None:
    text = row.optional("postcode")
    if text and not re.fullmatch(r"[0-9]{5}", text):
        raise row.rejected(
            "postcode", f"{text!r} is not a postcode (5 digits)",
            "look it up in the national list; keep leading zeros",
            f"{text!r} không phải mã bưu chính 5 chữ số", "hãy tra mã bưu chính quốc gia",
        )  # fmt: skip
    return text or None


def _validity(row: Row) -> dict[str, Any]:
    first, last = row.day("valid_from"), row.day("valid_to")
    if first and last and last < first:
        raise row.rejected(
            "valid_to", f"{last} is before {first}", "correct one of the two dates",
            "ngày kết thúc trước ngày bắt đầu", "hãy sửa lại ngày",
        )  # fmt: skip
    return {"valid_from": first, "valid_to": last}


def _local_area(row: Row, field: str) -> Measured | None:
    """Return an area in a unit of speech (``3 công``); None where blank."""
    text = row.optional(field)
    if not text:
        return None
    try:
        return parse_area(text)
    except InputError as error:
        one = error.findings[0]
        raise row.rejected(field, one.problem, one.fix, one.problem_vi, one.fix_vi) from None


def _member(row: Row, known: Known, _geometry: Any) -> Member:
    row.text("name")
    return Member(
        subject=row.text("subject"),
        organisation_code=row.known(
            "organisation_code", known.organisations, "organisation", needed=True
        ) or "",
        role=row.text("role"), **_validity(row), simulated=row.truth("simulated"),
        data_set_key="",
    )  # fmt: skip


def _parcel(row: Row, known: Known, raw_geometry: Any) -> Parcel:
    geometry = polygon_of(row, raw_geometry)
    area = geodesic_area(geometry)
    if area <= 0:
        raise row.rejected("geometry", "has no area", "draw the parcel again")
    declared = _local_area(row, "declared_area")
    return Parcel(
        code=row.text("code"), organisation_code=_owner(row, known),
        subject=row.known("subject", known.members, "member", needed=False),
        admin_unit_code=row.optional("admin_unit_code"), land_use=row.text("land_use"),
        area_ha=round(area, 6), declared_ha=declared.value if declared else None,
        **_entered(declared), geom=geometry, **_box(geometry), **_validity(row),
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
    planted, trees = _orchard(row, sown, year)
    return Planting(
        parcel_code=row.known("parcel_code", known.parcels, "parcel", needed=True) or "",
        crop=row.text("crop"), variety=row.optional("variety"),
        season=row.choice("season", SEASONS), year=year, sown_on=sown,
        expected_harvest_on=harvest, planted_year=planted, trees=trees, **_validity(row),
        simulated=row.truth("simulated"), data_set_key="",
    )  # fmt: skip


def _orchard(row: Row, sown: date | None, year: int) -> tuple[int | None, int | None]:
    """Return year of planting and number of trees of a perennial crop."""
    planted = row.year("planted_year", *ORCHARD_YEARS) if row.optional("planted_year") else None
    trees = row.count("trees")
    if sown and (planted or trees):
        raise row.rejected(
            "planted_year", f"is given beside a sowing on {sown}",
            "an orchard has planted_year and trees, a field crop sown_on",
            "vừa có ngày sạ vừa có năm trồng", "vườn cây ghi năm trồng, ruộng ghi ngày sạ",
        )  # fmt: skip
    if planted and planted > year:
        raise row.rejected(
            "planted_year", f"{planted} is after the season of {year}", "correct the year",
            "năm trồng sau năm của vụ", "hãy sửa lại năm",
        )  # fmt: skip
    return planted, trees


def _herd(row: Row, known: Known, _geometry: Any) -> Herd:
    heads = row.count("heads")
    if heads is None:
        raise row.rejected("heads", "is blank", "count the animals", "bị bỏ trống", "hãy điền số")
    point = row.point()
    return Herd(
        code=row.text("code"), organisation_code=_owner(row, known),
        admin_unit_code=row.optional("admin_unit_code"), species=row.text("species"),
        heads=heads, geom=point, **_box(point), **_validity(row), simulated=row.truth("simulated"),
        data_set_key="",
    )  # fmt: skip


def _pond(row: Row, known: Known, _geometry: Any) -> Pond:
    species, volume = row.text("species"), row.amount("volume_m3")
    area, cages = row.amount("area_ha"), row.count("cages")
    local = _local_area(row, "area")
    if local and area is not None:
        raise row.rejected(
            "area", "is given beside area_ha", "give one of the two",
            "ghi diện tích hai lần", "hãy chỉ ghi một ô",
        )  # fmt: skip
    area = local.value if local else area
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
        volume_m3=volume, cages=cages, **_entered(local), geom=point, **_box(point),
        **_validity(row), simulated=row.truth("simulated"), data_set_key="",
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
        net_weight_kg=weight, standards=row.optional("standards"), **_validity(row),
        simulated=row.truth("simulated"), data_set_key="",
    )  # fmt: skip


def _owner(row: Row, known: Known) -> str | None:
    return row.known("organisation_code", known.organisations, "organisation", needed=False)


def _entered(area: Measured | None) -> dict[str, Any]:
    return {
        "area_entered": area.entered if area else None,
        "area_factor_m2": area.factor if area else None,
    }


def _certificate(row: Row, known: Known, _geometry: Any, kinds: tuple[str, ...]) -> Certificate:
    return certificate_from_row(row, known, kinds)


def _box(geometry: Any) -> Mapping[str, Any]:
    return bounds_of(geometry)


CERTIFICATE_COLUMNS = ("kind", "number", "issuer", "valid_from", "valid_to")
CERTIFICATE_MORE = {
    name: (name,)
    for name in ("organisation_code", "parcel_codes", "product_gtin", "pond_code", "reason",
                 "stars", "decision_number", "document_sha256", "verified_by")
} | {"status": ("status", "status_changed_at")}  # fmt: skip

FILES: tuple[RegistryFile, ...] = (
    RegistryFile(
        "organisations.csv", Organisation, ("code",),
        ("code", "name", "kind", "gln", "location_code", "address", "admin_unit_code", "simulated"),
        _organisation, "Tổ chức", "Organisations",
        {**DATED, "tax_code": ("tax_code",), "postcode": ("postcode",)},
    ),
    RegistryFile(
        "members.csv", Member, ("subject",),
        ("subject", "organisation_code", "role", "name", "phone", "simulated"),
        _member, "Thành viên", "Members", DATED,
    ),
    RegistryFile("parcels.geojson", Parcel, ("code",), (), _parcel, "Thửa đất", "Parcels",
                 {**DATED, "declared_area": ("declared_ha", *ENTERED)}),
    RegistryFile(
        "plantings.csv", Planting, ("parcel_code", "season", "year"),
        ("parcel_code", "crop", "variety", "season", "year", "sown_on", "expected_harvest_on",
         "simulated"),
        _planting, "Vụ trồng", "Plantings",
        {**DATED, "planted_year": ("planted_year",), "trees": ("trees",)},
    ),
    RegistryFile(
        "herds.csv", Herd, ("code",),
        ("code", "organisation_code", "admin_unit_code", "species", "heads", "lon", "lat",
         "simulated"),
        _herd, "Đàn vật nuôi", "Herds", DATED,
    ),
    RegistryFile(
        "ponds.csv", Pond, ("code",),
        ("code", "organisation_code", "admin_unit_code", "species", "area_ha", "volume_m3",
         "cages", "lon", "lat", "simulated"),
        _pond, "Ao, bể, lồng nuôi", "Ponds", {**DATED, "area": ENTERED},
    ),
    RegistryFile(
        "products.csv", Product, ("gtin",),
        ("gtin", "organisation_code", "name_vi", "name_en", "brand", "crop", "net_weight_kg",
         "standards", "simulated"),
        _product, "Sản phẩm", "Products", DATED,
    ),
    RegistryFile(
        "certificates.csv", Certificate, ("code",), CERTIFICATE_COLUMNS,
        partial(_certificate, kinds=CERTIFICATE_KINDS), "Chứng nhận", "Certificates",
        CERTIFICATE_MORE, ends_unlisted=False,
    ),
    RegistryFile(
        "codes.csv", Certificate, ("code",), CERTIFICATE_COLUMNS,
        partial(_certificate, kinds=CODE_KINDS), "Mã số vùng trồng, đóng gói, ao nuôi",
        "Growing-area, packing-house and pond codes", CERTIFICATE_MORE, ends_unlisted=False,
    ),
)  # fmt: skip
"""The registry folder, in the order in which files refer to each other."""
