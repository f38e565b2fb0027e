"""What a lot went through, as plans with units in their names; times are UTC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from agridata.vocabulary import Hectare, Utc

__all__ = ["HarvestPlan", "LotPlan", "PackingPlan", "ReceivingPlan", "ShippingPlan", "Story"]

Story = Literal["plausible", "too_much", "too_early"]


@dataclass(frozen=True, slots=True)
class HarvestPlan:
    """One harvest lot: `quantity_kg` off `parcel_codes`, as the cooperative claims it.

    `operators` are members' pseudonyms; events carry only salted commitments of them.
    """

    lot: str
    gtin: str
    organisation_code: str
    operators: tuple[str, ...]
    parcel_codes: tuple[str, ...]
    admin_unit_code: str
    crop: str
    variety: str
    planted_area: Hectare
    quantity_kg: float
    harvested_at: Utc


@dataclass(frozen=True, slots=True)
class PackingPlan:
    """Milling or packing: inputs (harvest lot, kg) become `output_kg` of the packed lot."""

    organisation_code: str
    inputs_kg: tuple[tuple[str, float], ...]
    output_kg: float
    packs: int
    packed_at: Utc
    document: str


@dataclass(frozen=True, slots=True)
class ShippingPlan:
    """The packed lot leaves its packer with a carrier."""

    organisation_code: str
    carrier_code: str
    to_organisation_code: str
    quantity_kg: float
    shipped_at: Utc
    document: str


@dataclass(frozen=True, slots=True)
class ReceivingPlan:
    """The shop takes the lot in."""

    organisation_code: str
    quantity_kg: float
    received_at: Utc
    document: str


@dataclass(frozen=True, slots=True)
class LotPlan:
    """One packed lot with its whole past; steps after `as_of` are None.

    `story` says which verdict the simulator expects, for tests; pages never see it.
    """

    lot: str
    gtin: str
    product_name: str
    crop: str
    harvests: tuple[HarvestPlan, ...]
    packing: PackingPlan
    shipping: ShippingPlan | None
    receiving: ReceivingPlan | None
    story: Story
