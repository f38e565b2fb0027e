"""Lots and scenes of one season tell one story, except the two lots that lie."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
import rasterio
from pyproj import Transformer

from agridata.vocabulary import Utc, local_date, parse_as_of
from apps.simulation import (
    SAMPLE_AS_OF,
    SAMPLE_SCENE_DATES,
    SAMPLE_SEASON_YEAR,
    SAMPLE_SEED,
    SCENE_CRS,
    LotPlan,
    SimulatedRegistry,
    SimulatedScene,
    simulate_lots,
    simulate_scene_series,
    write_scene,
)

NODATA = -32768


@pytest.fixture(scope="module")
def lots(registry: SimulatedRegistry) -> list[LotPlan]:
    return lots_at(registry, SAMPLE_AS_OF)


@pytest.fixture(scope="module")
def scenes(registry: SimulatedRegistry) -> list[SimulatedScene]:
    return simulate_scene_series(registry, SAMPLE_SCENE_DATES, seed=SAMPLE_SEED)


def lots_at(registry: SimulatedRegistry, as_of: Utc, seed: int = SAMPLE_SEED) -> list[LotPlan]:
    return simulate_lots(registry, season_year=SAMPLE_SEASON_YEAR, as_of=as_of, seed=seed)


def ndvi_at(scene: SimulatedScene, registry: SimulatedRegistry, code: str) -> float | None:
    """NDVI of the pixel at a field's centre; None under cloud."""
    parcel = next(one for one in registry.parcels if one.code == code)
    to_utm = Transformer.from_crs("EPSG:4326", SCENE_CRS, always_xy=True)
    x, y = to_utm.transform(parcel.polygon.centroid.x, parcel.polygon.centroid.y)
    value = scene.values[int((scene.top_m - y) // 20), int((x - scene.left_m) // 20)]
    return None if value == NODATA else float(value) * 1e-4


def test_eight_lots_two_of_which_lie(lots: list[LotPlan]) -> None:
    assert Counter(lot.story for lot in lots) == {"plausible": 6, "too_much": 1, "too_early": 1}
    assert Counter(lot.crop for lot in lots) == {"rice": 6, "pineapple": 1, "pomelo": 1}
    numbers = [lot.lot for lot in lots] + [one.lot for lot in lots for one in lot.harvests]
    assert len(set(numbers)) == len(numbers)
    # AI 10: up to 20 characters of the invariant set
    assert all(len(number) <= 20 and number.isascii() for number in numbers)


def test_lots_are_the_same_for_the_same_seed(registry: SimulatedRegistry) -> None:
    assert lots_at(registry, SAMPLE_AS_OF) == lots_at(registry, SAMPLE_AS_OF)
    assert lots_at(registry, SAMPLE_AS_OF, 1) != lots_at(registry, SAMPLE_AS_OF, 2)


@pytest.mark.parametrize("seed", range(6))
def test_steps_follow_each_other_and_mass_is_kept(registry: SimulatedRegistry, seed: int) -> None:
    lots = lots_at(registry, SAMPLE_AS_OF, seed)
    spent = [code for lot in lots for one in lot.harvests for code in one.parcel_codes]
    assert len(spent) == len(set(spent))
    products = {one.gtin: one for one in registry.products}
    for lot in lots:
        inputs = {one.lot: one.quantity_kg for one in lot.harvests}
        assert dict(lot.packing.inputs_kg) == inputs
        ratio = lot.packing.output_kg / sum(inputs.values())
        low, high = (0.62, 0.68) if lot.crop == "rice" else (0.9, 0.97)
        assert low - 0.01 <= ratio <= high
        weight = products[lot.gtin].net_weight_kg
        assert weight
        assert lot.packing.output_kg == lot.packing.packs * weight
        times = [max(one.harvested_at for one in lot.harvests), lot.packing.packed_at]
        if lot.shipping:
            times.append(lot.shipping.shipped_at)
            assert lot.shipping.quantity_kg == lot.packing.output_kg
        if lot.receiving:
            assert lot.shipping
            times.append(lot.receiving.received_at)
        assert times == sorted(times)
        assert all(moment.utcoffset() == timedelta(0) for moment in times)
        assert times[-1] <= SAMPLE_AS_OF


def test_claims_against_the_truth(registry: SimulatedRegistry, lots: list[LotPlan]) -> None:
    plantings = {one.parcel_code: one for one in registry.plantings}
    areas = {one.code: one.area for one in registry.parcels}
    for lot in lots:
        for one in lot.harvests:
            grown = [plantings[code] for code in one.parcel_codes]
            per_hectare = one.quantity_kg / 1000 / sum(areas[code] for code in one.parcel_codes)
            assert one.planted_area == pytest.approx(
                sum(areas[code] for code in one.parcel_codes), abs=0.006
            )
            day = local_date(one.harvested_at)
            if lot.story == "too_much":
                assert per_hectare == pytest.approx(12, abs=0.01)
            elif lot.story == "too_early":
                assert (day - grown[0].sown_on).days == 45
                assert grown[0].harvested_on > local_date(SAMPLE_AS_OF)
            else:
                assert per_hectare < max(field.true_yield for field in grown)
                assert all(0 <= (day - field.harvested_on).days <= 3 for field in grown)


def test_earlier_moments_know_less(registry: SimulatedRegistry) -> None:
    assert lots_at(registry, parse_as_of("2025-12-01")) == []
    early = lots_at(registry, parse_as_of("2026-02-13"))
    assert 0 < len(early) < 8
    late = parse_as_of("2026-02-13T06:00")
    assert all(lot.packing.packed_at <= late for lot in lots_at(registry, late))


def test_scenes_show_the_harvest(registry: SimulatedRegistry, scenes: list[SimulatedScene]) -> None:
    green, bare = [], []
    for planting in registry.plantings:
        if planting.crop != "rice":
            continue
        for scene in scenes:
            value = ndvi_at(scene, registry, planting.parcel_code)
            age = (scene.day - planting.sown_on).days
            if value is None:
                continue
            if 55 <= age <= 70:
                green.append(value)
            elif scene.day > planting.harvested_on or age < 5:
                bare.append(value)
    assert len(green) > 50
    assert len(bare) > 50
    assert np.percentile(green, 5) > 0.65
    assert np.percentile(bare, 95) < 0.35


def test_the_field_of_the_early_claim_was_green(
    registry: SimulatedRegistry, scenes: list[SimulatedScene], lots: list[LotPlan]
) -> None:
    (lot,) = (one for one in lots if one.story == "too_early")
    (harvest,) = lot.harvests
    later = [
        ndvi_at(scene, registry, code)
        for code in harvest.parcel_codes
        for scene in scenes
        if scene.day > local_date(harvest.harvested_at)
    ]
    seen = [value for value in later if value is not None]
    assert len(seen) >= 2
    assert min(seen) > 0.4


def test_scene_file(scenes: list[SimulatedScene], tmp_path: Path) -> None:
    path = write_scene(scenes[0], tmp_path)
    assert path.name == "ndvi_20251210.tif"
    assert path.read_bytes() == write_scene(scenes[0], tmp_path).read_bytes()
    with rasterio.open(path) as source:
        assert source.crs.to_epsg() == 32648
        assert source.res == (20, 20)
        assert source.dtypes == ("int16",)
        assert source.nodata == NODATA
        assert source.scales == (1e-4,)
        assert source.descriptions == ("NDVI",)
        tags = source.tags()
        assert tags["SIMULATED"] == "yes"
        assert tags["ACQUIRED"] == "2025-12-10T03:20:00Z"
        values = source.read(1)
    np.testing.assert_array_equal(values, scenes[0].values)


def test_scenes_cover_every_field_and_have_clouds(
    registry: SimulatedRegistry, scenes: list[SimulatedScene]
) -> None:
    for scene in scenes:
        clear = scene.values[scene.values != NODATA]
        assert clear.min() * 1e-4 >= -0.2
        assert clear.max() * 1e-4 <= 1
        assert scene.values.shape == scenes[0].values.shape
    shares = [scene.cloud_share for scene in scenes]
    assert max(shares) > 0.3
    assert min(shares) < 0.1
    for parcel in registry.parcels:
        ndvi_at(scenes[0], registry, parcel.code)  # inside the grid, or IndexError
    assert date(2026, 3, 18) == scenes[-1].day < local_date(SAMPLE_AS_OF)
