"""A season's trade as plans: what was harvested, packed, shipped and received, and when.

Nothing here is an event yet; the demo turns plans into EPCIS events and has them
signed. Six lots are honest; one claims more paddy than its field can carry and one a
harvest that no rice can have reached, so that plausibility has something to find.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import groupby

import numpy as np

from agridata.vocabulary import Hectare, Utc, local_date, search_key, to_utc

from ._models import SimulatedParcel, SimulatedPlanting, SimulatedRegistry, stream
from ._plans import HarvestPlan, LotPlan, PackingPlan, ReceivingPlan, ShippingPlan, Story

__all__ = ["simulate_lots"]


MILLING_YIELD = (0.62, 0.68)
"""White rice from paddy by weight; commercial mills reach 0.60–0.68 (simulator's choice)."""

CLAIMED_TOO_MUCH_T_HA = 12.0
"""Paddy claimed by the implausible lot; the published record season of the province is 7.7."""

CLAIMED_TOO_EARLY_DAYS = 45
"""Days from sowing to the claimed harvest of the other; varieties need 90–105."""

_RICE_LOTS = 4
_FIELDS_PER_HARVEST = 3
_FRUIT = ("pineapple", "pomelo")


def simulate_lots(
    registry: SimulatedRegistry, *, season_year: int, as_of: Utc, seed: int
) -> list[LotPlan]:
    """Invent the packed lots of a season as far as they exist at `as_of`.

    Parameters
    ----------
    registry
        From `simulate_registry`; its fields' true harvest days and yields drive the
        honest lots, so scenes and lots tell one story.
    season_year
        Winter-spring season; only its plantings (and perennials) are used.
    as_of
        Nothing later exists. Steps that would be later are None.
    seed
        The same arguments give the same plans.

    Returns
    -------
    list of LotPlan
        Up to eight, ordered by lot: four of rice, one pineapple, one pomelo, one
        ``too_much``, one ``too_early``; fewer where too little is ripe at `as_of`.
        No field gives to two harvest lots.
    """
    book = _Book(registry, season_year, as_of, seed)
    plans = [*book.rice_lots(), *book.fruit_lots(), *book.false_lots()]
    return sorted(plans, key=lambda plan: plan.lot)


def _at(day: date, rng: np.random.Generator, first_hour: int, last_hour: int) -> Utc:
    """Return a local time of `day` between two hours, to five minutes, in UTC."""
    minutes = int(rng.integers(first_hour * 12, last_hour * 12)) * 5
    return to_utc(datetime.combine(day, time()) + timedelta(minutes=minutes))


def _mark(variety: str) -> str:
    """Return up to eight letters and digits of a variety, fit for a lot number (AI 10)."""
    return search_key(variety).replace(" ", "").upper()[:8]


class _Book:
    """Fields by code, which of them are spent, and the numbers that lots use up."""

    def __init__(
        self, registry: SimulatedRegistry, season_year: int, as_of: Utc, seed: int
    ) -> None:
        self.registry = registry
        self.as_of = as_of
        self.rng = stream(seed, "lots", str(season_year))
        self.parcels = {parcel.code: parcel for parcel in registry.parcels}
        self.plantings = [one for one in registry.plantings if one.year == season_year]
        self.spent: set[str] = set()
        self.number = 0

    def _parcel(self, planting: SimulatedPlanting) -> SimulatedParcel:
        return self.parcels[planting.parcel_code]

    def _ripe(self, crop: str, before: timedelta) -> list[SimulatedPlanting]:
        last = (self.as_of - before).date()
        return [
            one
            for one in self.plantings
            if one.crop == crop
            and one.parcel_code not in self.spent
            and one.harvested_on is not None
            and one.harvested_on <= last
        ]

    # harvest -------------------------------------------------------------------------

    def _harvest(
        self, plantings: Sequence[SimulatedPlanting], quantity_kg: float, day: date
    ) -> HarvestPlan:
        parcels = [self._parcel(one) for one in plantings]
        self.spent.update(parcel.code for parcel in parcels)
        self.number += 1
        first = plantings[0]
        home = parcels[0].organisation_code
        return HarvestPlan(
            lot=f"H{day:%y%m%d}-{self.number:02d}",
            gtin=self._gtin(home, first.crop, first.variety),
            organisation_code=home,
            operators=tuple(sorted({parcel.subject for parcel in parcels})),
            parcel_codes=tuple(sorted(parcel.code for parcel in parcels)),
            admin_unit_code=parcels[0].admin_unit_code,
            crop=first.crop,
            variety=first.variety,
            planted_area=Hectare(round(sum(parcel.area for parcel in parcels), 2)),
            quantity_kg=float(round(quantity_kg)),
            harvested_at=_at(day, self.rng, 7, 11),
        )

    def _honest(self, plantings: Sequence[SimulatedPlanting]) -> HarvestPlan:
        """Weigh nearly all of what grew (92–99 %: harvester and bag losses)."""
        grown_kg = sum(self._parcel(one).area * one.true_yield * 1000 for one in plantings)
        last_day = max(one.harvested_on for one in plantings if one.harvested_on)
        return self._harvest(plantings, grown_kg * float(self.rng.uniform(0.92, 0.99)), last_day)

    def _gtin(self, organisation: str, crop: str, variety: str) -> str:
        fitting = [
            one
            for one in self.registry.products
            if one.organisation_code == organisation and one.crop == crop
        ]
        named = [one for one in fitting if variety in one.name_vi]
        return (named or fitting)[0].gtin

    def _batches(self, ripe: Iterable[SimulatedPlanting]) -> list[list[SimulatedPlanting]]:
        """Group ripe fields of one commune and variety, cut within three days of each other."""

        def key(one: SimulatedPlanting) -> tuple[str, str]:
            return self._parcel(one).admin_unit_code, one.variety

        batches: list[list[SimulatedPlanting]] = []
        for _, group in groupby(
            sorted(ripe, key=lambda one: (*key(one), str(one.harvested_on), one.parcel_code)), key
        ):
            batch: list[SimulatedPlanting] = []
            for one in group:
                if batch and (len(batch) == _FIELDS_PER_HARVEST or _days(batch[0], one) > 3):
                    batches.append(batch)
                    batch = []
                batch.append(one)
            batches.append(batch)
        return batches

    # lots ----------------------------------------------------------------------------

    def rice_lots(self) -> list[LotPlan]:
        """Return the honest rice lots, spread over communes, the later ones from two harvests."""
        batches = self._batches(self._ripe("rice", timedelta(days=3)))
        order = self.rng.permutation(len(batches))
        chosen: list[list[list[SimulatedPlanting]]] = []
        used: set[int] = set()
        for place in order:
            if len(chosen) == _RICE_LOTS or int(place) in used:
                continue
            used.add(int(place))
            lot = [batches[int(place)]]
            if len(chosen) % 2:
                lot += self._partner(batches, lot[0], used)
            chosen.append(lot)
        return [self._packed([self._honest(batch) for batch in lot]) for lot in chosen]

    def _partner(
        self,
        batches: list[list[SimulatedPlanting]],
        batch: list[SimulatedPlanting],
        used: set[int],
    ) -> list[list[SimulatedPlanting]]:
        for place, other in enumerate(batches):
            fits = other[0].variety == batch[0].variety and _days(batch[0], other[0]) <= 7
            if place not in used and fits:
                used.add(place)
                return [other]
        return []

    def fruit_lots(self) -> list[LotPlan]:
        """Return one lot of each fruit, picked from one orchard."""
        plans = []
        for crop in _FRUIT:
            ripe = self._ripe(crop, timedelta(days=2))
            if ripe:
                picked = ripe[int(self.rng.integers(len(ripe)))]
                # a picking round takes a part of the year's fruit
                share = float(self.rng.uniform(0.1, 0.2))
                round_ = replace(picked, true_yield=type(picked.true_yield)(
                    picked.true_yield * share))  # fmt: skip
                plans.append(self._packed([self._honest([round_])]))
        return plans

    def false_lots(self) -> list[LotPlan]:
        """Return the lot that claims too much and the one that claims too early a harvest."""
        plans = []
        ripe = self._ripe("rice", timedelta(days=3))
        if ripe:
            field = min(ripe, key=lambda one: (abs(self._parcel(one).area - 1.0), one.parcel_code))
            claimed_kg = self._parcel(field).area * CLAIMED_TOO_MUCH_T_HA * 1000
            day = field.harvested_on
            assert day is not None  # _ripe keeps dated ones only
            plans.append(self._packed([self._harvest([field], claimed_kg, day)], "too_much"))
        early = self._green()
        if early:
            field = early[0]
            assert field.sown_on is not None  # _green keeps sown ones only
            day = field.sown_on + timedelta(days=CLAIMED_TOO_EARLY_DAYS)
            quantity = self._parcel(field).area * field.true_yield * 950
            plans.append(self._packed([self._harvest([field], quantity, day)], "too_early"))
        return plans

    def _green(self) -> list[SimulatedPlanting]:
        """Return fields that still stood green at `as_of`, sown long enough ago to lie about."""
        today = self.as_of.date()
        latest_sowing = today - timedelta(days=CLAIMED_TOO_EARLY_DAYS + 7)
        standing = [
            one
            for one in self.plantings
            if one.parcel_code not in self.spent
            and one.sown_on is not None
            and one.harvested_on is not None
            and one.sown_on <= latest_sowing
            and one.harvested_on > today
        ]
        return sorted(standing, key=lambda one: (-self._parcel(one).area, one.parcel_code))

    # packing and after ---------------------------------------------------------------

    def _packed(self, harvests: list[HarvestPlan], story: Story = "plausible") -> LotPlan:
        packer = self.registry.organisation_of("packer").code
        first = harvests[0]
        product = next(
            one
            for one in self.registry.products
            if one.gtin == self._gtin(packer, first.crop, first.variety)
        )
        low, high = MILLING_YIELD if first.crop == "rice" else (0.92, 0.97)
        input_kg = sum(one.quantity_kg for one in harvests)
        pack_kg = product.net_weight_kg or 1.0
        packs = max(1, int(input_kg * float(self.rng.uniform(low, high)) / pack_kg))
        day = max(one.harvested_at for one in harvests) + timedelta(days=1)
        packed_at = _at(local_date(day), self.rng, 13, 17)
        lot = f"{_mark(first.variety)}-{packed_at:%y%m%d}-{self.number:02d}"
        packing = PackingPlan(
            organisation_code=packer,
            inputs_kg=tuple((one.lot, one.quantity_kg) for one in harvests),
            output_kg=packs * pack_kg,
            packs=packs,
            packed_at=packed_at,
            document=f"PDG-{packed_at:%Y}-{self.number:04d}",
        )
        return LotPlan(
            lot, product.gtin, product.name_vi, first.crop, tuple(harvests), packing,
            *self._sent(packing), story,
        )  # fmt: skip

    def _sent(self, packing: PackingPlan) -> tuple[ShippingPlan | None, ReceivingPlan | None]:
        shop = self.registry.organisation_of("shop").code
        carrier = self.registry.organisation_of("carrier").code
        shipped_at = _at(local_date(packing.packed_at + timedelta(days=1)), self.rng, 5, 8)
        received_at = _at(local_date(shipped_at), self.rng, 11, 16)
        note = f"PVC-{shipped_at:%Y}-{self.number:04d}"
        kg = packing.output_kg
        shipping = ShippingPlan(packing.organisation_code, carrier, shop, kg, shipped_at, note)
        receiving = ReceivingPlan(shop, kg, received_at, note)
        return (
            shipping if shipped_at <= self.as_of else None,
            receiving if received_at <= self.as_of else None,
        )


def _days(one: SimulatedPlanting, other: SimulatedPlanting) -> int:
    if one.harvested_on is None or other.harvested_on is None:
        return 0
    return abs((other.harvested_on - one.harvested_on).days)
