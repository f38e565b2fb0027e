"""The nouns of a simulated province: frozen, a unit in the name of each quantity.

Everything here is invented. `simulated` is therefore no field but a fact of the
type: the writers print it in every row, feature and tag.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import numpy as np
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from agridata.vocabulary import Hectare, LonLat, TonnesPerHectare

__all__ = [
    "Commune",
    "LandUse",
    "SimulatedHerd",
    "SimulatedMember",
    "SimulatedOrganisation",
    "SimulatedParcel",
    "SimulatedPlanting",
    "SimulatedPond",
    "SimulatedProduct",
    "SimulatedRegistry",
    "stream",
]

LandUse = Literal["rice", "fruit", "sugarcane"]


def stream(seed: int, *labels: str) -> np.random.Generator:
    """Return the random stream of one purpose, so that adding one moves no other.

    The same `seed` and `labels` give the same numbers on every machine (PCG64).
    """
    return np.random.default_rng([seed, *(zlib.crc32(label.encode()) for label in labels)])


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune by its GSO code, with its (possibly schematic) polygon in EPSG:4326."""

    code: str
    name: str
    polygon: BaseGeometry = field(repr=False)


@dataclass(frozen=True, slots=True)
class SimulatedOrganisation:
    """An organisation; its GLN carries GS1's demonstration prefix 952."""

    code: str
    name: str
    kind: str
    gln: str
    location_code: str
    address: str
    admin_unit_code: str


@dataclass(frozen=True, slots=True)
class SimulatedMember:
    """A person who does not exist, with a telephone number that cannot exist."""

    subject: str
    organisation_code: str
    role: str
    name: str = field(repr=False)
    phone: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SimulatedParcel:
    """A field, strip or orchard; `area` is geodesic, `polygon` in EPSG:4326."""

    code: str
    organisation_code: str
    subject: str
    admin_unit_code: str
    land_use: LandUse
    polygon: Polygon = field(repr=False)
    area: Hectare


@dataclass(frozen=True, slots=True)
class SimulatedPlanting:
    """A crop on a parcel.

    `harvested_on` and `true_yield` are what happens in the simulated world. They feed
    the scenes and the honest lots and are never written to the registry files, as
    nobody writes the truth into a register. Perennial crops stand under season "year" and
    have no sowing; their `harvested_on` is one picking round.
    """

    parcel_code: str
    crop: str
    variety: str
    season: str
    year: int
    sown_on: date | None
    expected_harvest_on: date | None
    harvested_on: date | None
    true_yield: TonnesPerHectare


@dataclass(frozen=True, slots=True)
class SimulatedHerd:
    """Animals of one species at one place, counted in heads."""

    code: str
    organisation_code: str
    admin_unit_code: str
    species: str
    heads: int
    position: LonLat


@dataclass(frozen=True, slots=True)
class SimulatedPond:
    """A pond (ha), eel tanks (m³) or cages: exactly the extent its species is counted in."""

    code: str
    organisation_code: str
    admin_unit_code: str
    species: str
    area: Hectare | None
    volume_m3: float | None
    cages: int | None
    position: LonLat


@dataclass(frozen=True, slots=True)
class SimulatedProduct:
    """A trade item with a GTIN-14 of GS1's demonstration prefix 952.

    `net_weight_kg` is None for goods that are weighed (paddy off the field).
    """

    gtin: str
    organisation_code: str
    name_vi: str
    name_en: str
    brand: str
    crop: str
    net_weight_kg: float | None
    standards: str


@dataclass(frozen=True, slots=True)
class SimulatedRegistry:
    """A whole simulated registry of one season; every tuple is ordered by its code."""

    season_year: int
    seed: int
    organisations: tuple[SimulatedOrganisation, ...]
    members: tuple[SimulatedMember, ...]
    parcels: tuple[SimulatedParcel, ...]
    plantings: tuple[SimulatedPlanting, ...]
    herds: tuple[SimulatedHerd, ...]
    ponds: tuple[SimulatedPond, ...]
    products: tuple[SimulatedProduct, ...]

    def __repr__(self) -> str:
        return (
            f"<SimulatedRegistry season={self.season_year} seed={self.seed} "
            f"parcels={len(self.parcels)}>"
        )

    def organisation_of(self, kind: str) -> SimulatedOrganisation:
        """Return the first organisation of a `kind` (packer, carrier, shop, authority)."""
        return next(one for one in self.organisations if one.kind == kind)
