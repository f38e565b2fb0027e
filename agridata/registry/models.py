"""Organisations, people (by pseudonym), land, plantings, herds, ponds, products."""

from __future__ import annotations

from datetime import date

from shapely.geometry.base import BaseGeometry
from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from agridata.storage import GeometryColumn

__all__ = [
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
    exists. A public postal address of the organisation is not personal data.
    """

    __tablename__ = "organisation"

    code: str = Field(primary_key=True)
    name: str
    kind: str = Field(index=True)
    gln: str | None = None
    location_code: str
    address: str = ""
    admin_unit_code: str = ""
    simulated: bool
    data_set_key: str = Field(foreign_key="data_set.key")


class Member(SQLModel, table=True):
    """A person who belongs to an organisation, known here by pseudonym only."""

    __tablename__ = "member"

    subject: str = Field(primary_key=True)
    organisation_code: str = Field(foreign_key="organisation.code", index=True)
    role: str
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

    `area_ha` is geodesic, computed from `geom`.
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
    geom: BaseGeometry = Field(sa_type=GeometryColumn)
    geometry_schematic: bool = False
    min_lon: float | None = None
    min_lat: float | None = None
    max_lon: float | None = None
    max_lat: float | None = None
    simulated: bool
    data_set_key: str = Field(foreign_key="data_set.key", index=True)


class Planting(SQLModel, table=True):
    """One crop on one parcel in one season (`season` is winter_spring, summer_autumn …)."""

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
    simulated: bool
    data_set_key: str = Field(foreign_key="data_set.key")


class Pond(SQLModel, table=True):
    """A pond, tank or group of cages; eel is counted in m³, so three extents side by side."""

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
    geom: BaseGeometry | None = Field(default=None, sa_type=GeometryColumn)
    min_lon: float | None = None
    min_lat: float | None = None
    max_lon: float | None = None
    max_lat: float | None = None
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
    simulated: bool
    data_set_key: str = Field(foreign_key="data_set.key")
