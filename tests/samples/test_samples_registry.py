"""What holds for any simulated registry, whatever the seed and the communes."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import STRtree
from shapely.geometry import Point, Polygon, box

from agridata.errors import InputError, UsageError
from apps.simulation import (
    SAMPLE_COMMUNES,
    Commune,
    SimulatedRegistry,
    geodesic_hectares,
    schematic_communes,
    simulate_registry,
    winter_spring_waves,
    write_registry,
)

COMMUNES = schematic_communes()
FEW = settings(max_examples=12, deadline=None)


def passes_gs1_check(key: str) -> bool:
    """GS1 mod 10, written the other way round: the whole key with its check digit sums to 0."""
    return sum(int(one) * (1, 3)[place % 2] for place, one in enumerate(key[::-1])) % 10 == 0


@st.composite
def registries(draw: st.DrawFn) -> tuple[SimulatedRegistry, dict[str, Polygon]]:
    chosen = draw(st.lists(st.sampled_from(COMMUNES), min_size=1, max_size=3, unique=True))
    registry = simulate_registry(
        chosen,
        season_year=draw(st.integers(2015, 2040)),
        seed=draw(st.integers(0, 2**32 - 1)),
        parcels_per_commune=(8, 14),
    )
    return registry, {commune.code: commune.polygon for commune in chosen}


@FEW
@given(registries())
def test_fields_lie_inside_their_commune_and_never_overlap(
    made: tuple[SimulatedRegistry, dict[str, Polygon]],
) -> None:
    registry, cells = made
    for parcel in registry.parcels:
        assert cells[parcel.admin_unit_code].contains(parcel.polygon)
        assert parcel.polygon.is_valid
        assert 0.3 <= parcel.area <= 2.5
        assert parcel.area == pytest.approx(geodesic_hectares(parcel.polygon))
    shapes = [parcel.polygon for parcel in registry.parcels]
    tree = STRtree(shapes)
    for place, polygon in enumerate(shapes):
        assert list(tree.query(polygon, predicate="intersects")) == [place]


@FEW
@given(registries())
def test_identifiers_are_demonstration_ones_with_right_check_digits(
    made: tuple[SimulatedRegistry, dict[str, Polygon]],
) -> None:
    registry, _ = made
    glns = [one.gln for one in registry.organisations]
    gtins = [one.gtin for one in registry.products]
    assert all(re.fullmatch(r"952\d{10}", gln) and passes_gs1_check(gln) for gln in glns)
    assert all(re.fullmatch(r"0952\d{10}", gtin) and passes_gs1_check(gtin) for gtin in gtins)
    assert len({*glns, *(gtin[1:] for gtin in gtins)}) == len(glns) + len(gtins)


@FEW
@given(registries())
def test_people_cannot_be_real(made: tuple[SimulatedRegistry, dict[str, Polygon]]) -> None:
    registry, _ = made
    phones = [one.phone for one in registry.members]
    # a national number never starts with 0 after the trunk prefix 0
    assert all(re.fullmatch(r"0000\d{6}", phone) for phone in phones)
    assert len(set(phones)) == len(phones)
    assert all(" Mẫu " in one.name for one in registry.members)
    assert len({one.name for one in registry.members}) == len(registry.members)
    assert not any(one.name in repr(one) or one.phone in repr(one) for one in registry.members)


@FEW
@given(registries())
def test_references_meet(made: tuple[SimulatedRegistry, dict[str, Polygon]]) -> None:
    registry, cells = made
    organisations = {one.code for one in registry.organisations}
    subjects = {one.subject: one.organisation_code for one in registry.members}
    assert len(subjects) == len(registry.members)
    assert {one.organisation_code for one in registry.members} <= organisations
    assert {one.kind for one in registry.organisations} == {
        "cooperative", "packer", "carrier", "shop", "authority",
    }  # fmt: skip
    for parcel in registry.parcels:
        assert subjects[parcel.subject] == parcel.organisation_code
    assert [one.parcel_code for one in registry.plantings] == [one.code for one in registry.parcels]
    assert {one.organisation_code for one in registry.products} <= organisations
    for noun in (*registry.herds, *registry.ponds):
        assert noun.organisation_code in organisations
        assert cells[noun.admin_unit_code].contains(Point(noun.position.lon, noun.position.lat))
    for pond in registry.ponds:
        if pond.species == "swamp_eel":
            assert pond.volume_m3
            assert pond.area is None
        assert pond.area or pond.volume_m3 or pond.cages


@FEW
@given(registries())
def test_rice_follows_the_waves(made: tuple[SimulatedRegistry, dict[str, Polygon]]) -> None:
    registry, _ = made
    waves = winter_spring_waves(registry.season_year)
    for planting in registry.plantings:
        if planting.crop != "rice":
            assert planting.sown_on is None
            continue
        assert planting.sown_on
        assert planting.expected_harvest_on
        assert planting.harvested_on
        assert any(wave.first_day <= planting.sown_on <= wave.last_day for wave in waves)
        assert 95 <= (planting.expected_harvest_on - planting.sown_on).days <= 105
        late = planting.harvested_on - planting.expected_harvest_on
        assert timedelta(days=-2) <= late <= timedelta(days=3)
        assert 5.5 <= planting.true_yield <= 9


def test_same_seed_same_registry_other_seed_another(tmp_path: Path) -> None:
    chosen = COMMUNES[:2]

    def written(name: str, seed: int) -> list[bytes]:
        registry = simulate_registry(chosen, season_year=2026, seed=seed)
        return [path.read_bytes() for path in write_registry(registry, tmp_path / name)]

    first, second, third = written("a", 1), written("b", 1), written("c", 2)
    assert first == second
    assert all(one != other for one, other in list(zip(first, third, strict=True))[1:6])


def test_order_of_communes_does_not_matter() -> None:
    one = simulate_registry(COMMUNES[:3], season_year=2026, seed=3)
    other = simulate_registry(COMMUNES[2::-1], season_year=2026, seed=3)
    assert one == other


def test_a_registry_is_about_as_large_as_asked(registry: SimulatedRegistry) -> None:
    per_commune = [
        sum(parcel.admin_unit_code == code for parcel in registry.parcels)
        for code in {parcel.admin_unit_code for parcel in registry.parcels}
    ]
    assert len(per_commune) == 6
    assert 20 <= min(per_commune) <= max(per_commune) <= 30
    crops = [planting.crop for planting in registry.plantings]
    assert crops.count("rice") > len(crops) / 2
    assert {"pomelo", "pineapple", "sugarcane"} < set(crops)


def test_fields_cluster_so_that_a_scene_stays_small(registry: SimulatedRegistry) -> None:
    spots = [parcel.polygon.centroid for parcel in registry.parcels]
    width = max(spot.x for spot in spots) - min(spot.x for spot in spots)
    height = max(spot.y for spot in spots) - min(spot.y for spot in spots)
    assert width * height * 111.3 * 109.7 < 150  # km²


def test_nothing_given_or_no_room_is_said() -> None:
    with pytest.raises(UsageError):
        simulate_registry([], season_year=2026, seed=1)
    tiny = Commune("00001", "Nhỏ", box(105.5, 9.7, 105.5002, 9.7002))
    with pytest.raises(InputError, match="too small"):
        simulate_registry([tiny], season_year=2026, seed=1)


def test_waves_come_in_order_and_years_differ() -> None:
    for year in range(2012, 2045):
        waves = winter_spring_waves(year)
        starts = [wave.first_day for wave in waves]
        assert starts == sorted(starts)
        assert all(20 < (b - a).days < 40 for a, b in pairwise(starts))
        assert waves[0].first_day.year == year - 1
    assert len({winter_spring_waves(year)[0].first_day.timetuple().tm_yday
                for year, _ in combinations(range(2020, 2027), 2)}) > 3  # fmt: skip


def test_over_the_real_communes(shared_dir: Path) -> None:
    import geopandas as gpd

    frame = gpd.read_file(
        shared_dir / "data" / "admin" / "92_can_tho_2025_communes.gpkg", layer="communes"
    )
    chosen = [
        Commune(row.code, row.name_, row.geometry)
        for row in frame.rename(columns={"name": "name_"}).itertuples()
        if row.code in SAMPLE_COMMUNES
    ]
    registry = simulate_registry(chosen, season_year=2026, seed=952)
    cells = {commune.code: commune.polygon for commune in chosen}
    assert len(cells) == 6
    assert len(registry.parcels) >= 120
    assert all(cells[one.admin_unit_code].contains(one.polygon) for one in registry.parcels)
