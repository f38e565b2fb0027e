"""Organisations, people (by pseudonym), land, crops, animals, products; certificates; changes.

Nouns are never deleted. `valid_from` and `valid_to` are the first and the **last** day on
which one holds, as a certificate prints them; None is open. (`AdminUnit.valid_to` is the
first day of the successor instead: units follow each other without a gap.)
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from shapely.geometry.base import BaseGeometry
from sqlalchemy import JSON, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from agridata.storage import GeometryColumn, UtcDateTime

__all__ = [
    "Certificate",
    "ChangeRecord",
    "Herd",
    "Member",
    "Organisation",
    "Parcel",
    "PersonalValue",
    "Planting",
    "Pond",
    "Product",
]


class Organisation(SQLModel, table=True):
    """A cooperative, packer, carrier, shop or authority.

    `gln` is a GS1 GLN or None; `location_code` is our own code, printed where no GLN
    exists. A public postal address of the organisation is not personal data. `tax_code`
    is the MST, 10 digits, or 13 of a branch; `postcode` the 5 digits of its digital address.
    """

    __tablename__ = "organisation"

    code: str = Field(primary_key=True)
    name: str
    kind: str = Field(index=True)
    gln: str | None = None
    location_code: str
    address: str = ""
    admin_unit_code: str = ""
    tax_code: str | None = None
    postcode: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    simulated: bool
    data_set_key: str = Field(foreign_key="data_set.key")


class Member(SQLModel, table=True):
    """A person who belongs to an organisation, known here by pseudonym only."""

    __tablename__ = "member"

    subject: str = Field(primary_key=True)
    organisation_code: str = Field(foreign_key="organisation.code", index=True)
    role: str
    valid_from: date | None = None
    valid_to: date | None = None
    simulated: bool
    data_set_key: str = Field(foreign_key="data_set.key")


class PersonalValue(SQLModel, table=True):
    """A personal value and the salt that opens its commitment; erasable.

    ``commitment = base64url(SHA-256(salt || UTF-8 NFC value))`` without padding; the
    salt is 16 random bytes. Only the commitment may enter a ledger leaf.
    """

    __tablename__ = "personal_value"
    __table_args__ = (UniqueConstraint("subject", "kind"),)

    id: int | None = Field(default=None, primary_key=True)
    subject: str = Field(foreign_key="member.subject", index=True)
    kind: str
    value: str
    salt: bytes
    commitment: str = Field(index=True)


class Parcel(SQLModel, table=True):
    """A piece of land in one hand; the database holds the one true geometry (EPSG:4326).

    `area_ha` is geodesic, computed from `geom`. What the holder or the land book says
    stands beside it: `declared_ha`, from `area_entered` ("3 công") at `area_factor_m2`
    square metres per entered unit.
    """

    __tablename__ = "parcel"
    model_config = {"arbitrary_types_allowed": True}

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    organisation_code: str | None = Field(default=None, foreign_key="organisation.code")
    subject: str | None = Field(default=None, foreign_key="member.subject")
    admin_unit_code: str = Field(default="", index=True)
    land_use: str
    area_ha: float
    declared_ha: float | None = None
    area_entered: str | None = None
    area_factor_m2: float | None = None
    geom: BaseGeometry = Field(sa_type=GeometryColumn)
    geometry_schematic: bool = False
    min_lon: float | None = None
    min_lat: float | None = None
    max_lon: float | None = None
    max_lat: float | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    simulated: bool
    data_set_key: str = Field(foreign_key="data_set.key", index=True)


class Planting(SQLModel, table=True):
    """One crop on one parcel in one season (`season` is winter_spring, summer_autumn …).

    An orchard is not sown: it has `planted_year` and `trees`, season ``year``, and stands
    until `valid_to`.
    """

    __tablename__ = "planting"
    __table_args__ = (UniqueConstraint("parcel_code", "season", "year"),)

    id: int | None = Field(default=None, primary_key=True)
    parcel_code: str = Field(foreign_key="parcel.code", index=True)
    crop: str
    variety: str
    season: str
    year: int
    sown_on: date | None = None
    expected_harvest_on: date | None = None
    planted_year: int | None = None
    trees: int | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    simulated: bool
    data_set_key: str = Field(foreign_key="data_set.key")


class Herd(SQLModel, table=True):
    """Animals of one species at one place, counted in heads."""

    __tablename__ = "herd"
    model_config = {"arbitrary_types_allowed": True}

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    organisation_code: str | None = Field(default=None, foreign_key="organisation.code")
    admin_unit_code: str = Field(default="", index=True)
    species: str
    heads: int
    geom: BaseGeometry | None = Field(default=None, sa_type=GeometryColumn)
    min_lon: float | None = None
    min_lat: float | None = None
    max_lon: float | None = None
    max_lat: float | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    simulated: bool
    data_set_key: str = Field(foreign_key="data_set.key")


class Pond(SQLModel, table=True):
    """A pond, tank or group of cages; eel is counted in m³, so three extents side by side.

    `area_entered` and `area_factor_m2` keep an area as it was said, in a local unit.
    """

    __tablename__ = "pond"
    model_config = {"arbitrary_types_allowed": True}

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    organisation_code: str | None = Field(default=None, foreign_key="organisation.code")
    admin_unit_code: str = Field(default="", index=True)
    species: str
    area_ha: float | None = None
    volume_m3: float | None = None
    cages: int | None = None
    area_entered: str | None = None
    area_factor_m2: float | None = None
    geom: BaseGeometry | None = Field(default=None, sa_type=GeometryColumn)
    min_lon: float | None = None
    min_lat: float | None = None
    max_lon: float | None = None
    max_lat: float | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    simulated: bool
    data_set_key: str = Field(foreign_key="data_set.key")


class Product(SQLModel, table=True):
    """A trade item by GTIN-14 (sample ones carry GS1's demonstration prefix 952)."""

    __tablename__ = "product"

    gtin: str = Field(primary_key=True)
    organisation_code: str = Field(foreign_key="organisation.code")
    name_vi: str
    name_en: str
    brand: str = ""
    crop: str
    net_weight_kg: float | None = None
    standards: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    simulated: bool
    data_set_key: str = Field(foreign_key="data_set.key")


class Certificate(SQLModel, table=True):
    """A certificate or an official code: a dated record, for one market, of one scope.

    `kind` is one of `agridata.registry.CERTIFICATE_KINDS` or `CODE_KINDS`; `code` is
    ``kind:number[:market]@valid_from``. What of `organisation_code`, `parcel_codes`,
    `product_gtin`, `pond_code` is given limits the scope. `status` (active, suspended,
    revoked) holds from `status_changed_at`; what held before stands in the audit trail.
    `document_sha256` is of the paper that was shown; `verified_by` the third party that
    confirmed it, "" where nobody did. `data_set_key` is None where it was typed in.
    """

    __tablename__ = "certificate"

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    kind: str = Field(index=True)
    number: str = Field(index=True)
    issuer: str
    organisation_code: str | None = Field(default=None, foreign_key="organisation.code", index=True)
    parcel_codes: list[str] = Field(default_factory=list, sa_type=JSON)
    product_gtin: str | None = Field(default=None, foreign_key="product.gtin", index=True)
    pond_code: str | None = Field(default=None, index=True)
    market: str = ""
    valid_from: date
    valid_to: date | None = None
    status: str = "active"
    status_changed_at: datetime = Field(sa_type=UtcDateTime)
    reason: str = ""
    stars: int | None = None
    decision_number: str = ""
    document_sha256: str = ""
    verified_by: str = ""
    simulated: bool = False
    data_set_key: str | None = Field(default=None, foreign_key="data_set.key", index=True)


class ChangeRecord(SQLModel, table=True):
    """One change of one noun: who, when, before, after; never updated, never deleted.

    `id` runs from 1 without gaps in the order of commit. Values are JSON (times ISO in
    UTC, geometry GeoJSON); personal values never stand here, only their commitments.
    """

    __tablename__ = "change_record"
    __table_args__ = (Index("ix_change_record_noun_key", "noun", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    actor: str
    noun: str
    key: str
    action: str
    before: dict[str, Any] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    after: dict[str, Any] | None = Field(default=None, sa_type=JSON(none_as_null=True))
