"""A registry that could be: who farms what where, invented from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from agridata.errors import UsageError
from agridata.vocabulary import TonnesPerHectare

from ._calendar import winter_spring_waves
from ._codes import demo_gln, invented_names, invented_phones
from ._fields import (
    MetricField,
    cluster_centre,
    draw_fields,
    geodesic_hectares,
    to_degrees,
)
from ._goods import RICE_VARIETIES, simulate_herds, simulate_ponds, simulate_products
from ._models import (
    Commune,
    LandUse,
    SimulatedMember,
    SimulatedOrganisation,
    SimulatedParcel,
    SimulatedPlanting,
    SimulatedRegistry,
    stream,
)

__all__ = ["simulate_registry"]

_PERENNIALS: tuple[tuple[LandUse, str, str, float, float], ...] = (
    # land use, crop, variety, mean and spread of the true yield in t/ha; pineapple 13–20
    # and sugarcane about 100 t/ha from rice_and_yield.md §10, pomelo is invented
    ("fruit", "pineapple", "Khóm Cầu Đúc", 15.0, 1.5),
    ("fruit", "pomelo", "Bưởi Năm Roi", 12.0, 1.5),
    ("sugarcane", "sugarcane", "ROC 16", 100.0, 8.0),
)
_PERENNIAL_SHARE = 0.18

_RICE_YIELD_T_HA, _RICE_SPREAD_T_HA = 7.3, 0.35
"""Winter-spring of Hậu Giang is about 7.5–7.7 t/ha dry in good years (§2); a bit lower here."""

_PLACES = ("packer", "carrier", "shop", "authority")


def simulate_registry(
    communes: Sequence[Commune],
    *,
    season_year: int,
    seed: int,
    parcels_per_commune: tuple[int, int] = (20, 30),
) -> SimulatedRegistry:
    """Invent organisations, people, fields, crops, herds, ponds and products.

    Parameters
    ----------
    communes
        Neighbouring communes (about six) with polygons in EPSG:4326, schematic or real.
    season_year
        Year in which the winter-spring rice is harvested.
    seed
        The same communes and seed give the same registry.
    parcels_per_commune
        Fewest and most fields per commune (fewer where a commune is tiny).

    Returns
    -------
    SimulatedRegistry
        Fields lie inside their commune and never overlap; codes are unique.

    Raises
    ------
    UsageError
        If no commune is given.
    InputError
        If a commune has no polygon or no room for a field.
    """
    if not communes:
        raise UsageError("no commune given", field="communes", fix="give at least one commune")
    ordered = sorted(communes, key=lambda commune: commune.code)
    organisations = _organisations(ordered)
    home = _cooperative_of(ordered)
    fields = _fields(ordered, parcels_per_commune, seed)
    farmers = _farmers(fields, home, seed)
    parcels = _parcels(fields, home, farmers, seed)
    return SimulatedRegistry(
        season_year=season_year,
        seed=seed,
        organisations=organisations,
        members=_members(farmers, organisations, seed),
        parcels=parcels,
        plantings=_plantings(parcels, fields, season_year, seed),
        herds=simulate_herds(ordered, home, seed),
        ponds=simulate_ponds(ordered, home, seed),
        products=simulate_products(organisations),
    )


def _cooperative_of(communes: Sequence[Commune]) -> dict[str, str]:
    """Map commune code → cooperative: up to three, neighbours by code share one."""
    count = min(3, len(communes))
    return {
        commune.code: f"coop-{place * count // len(communes) + 1:02d}"
        for place, commune in enumerate(communes)
    }


def _organisations(communes: Sequence[Commune]) -> tuple[SimulatedOrganisation, ...]:
    home = _cooperative_of(communes)
    seats = {code: commune for commune in reversed(communes) for code in (home[commune.code],)}
    names = {
        "packer": "Cơ sở xay xát, đóng gói Mẫu",
        "carrier": "Vận tải Mẫu",
        "shop": "Cửa hàng nông sản Mẫu",
        "authority": "Cơ quan đăng ký Mẫu",
    }
    rows = [
        (code, f"HTX nông nghiệp Mẫu {seats[code].name} (mô phỏng)", "cooperative", seats[code])
        for code in sorted(seats)
    ] + [(f"{kind}-01", f"{names[kind]} (mô phỏng)", kind, communes[-1]) for kind in _PLACES]
    return tuple(
        SimulatedOrganisation(
            code=code, name=name, kind=kind, gln=demo_gln(number),
            location_code=f"AGD-L{number:04d}",
            address=f"Khu vực Mẫu, {seat.name}, TP Cần Thơ (địa chỉ mô phỏng)",
            admin_unit_code=seat.code,
        )
        for number, (code, name, kind, seat) in enumerate(rows, start=1)
    )  # fmt: skip


def _fields(
    communes: Sequence[Commune], wanted: tuple[int, int], seed: int
) -> dict[str, list[MetricField]]:
    centre = cluster_centre(communes)
    fewest, most = wanted
    return {
        commune.code: draw_fields(commune, towards=centre, fewest=fewest, most=most, seed=seed)
        for commune in communes
    }


def _farmers(
    fields: dict[str, list[MetricField]], home: dict[str, str], seed: int
) -> list[tuple[str, str, str]]:
    """Return (subject, cooperative, commune): about three farmers per five fields."""
    rng = stream(seed, "farmers")
    places = [code for code in fields for _ in range(max(1, round(len(fields[code]) * 0.6)))]
    marks = rng.choice(32**6, size=len(places), replace=False)
    return [
        (f"sub-{int(mark):08x}", home[code], code) for mark, code in zip(marks, places, strict=True)
    ]


def _members(
    farmers: list[tuple[str, str, str]],
    organisations: Sequence[SimulatedOrganisation],
    seed: int,
) -> tuple[SimulatedMember, ...]:
    roles = {"cooperative": "manager", "packer": "operator", "carrier": "driver", "shop": "seller"}
    staff = [
        (f"sub-f{number:07x}", one.code, roles[one.kind])
        for number, one in enumerate(organisations)
        if one.kind in roles
    ]
    rows = [(subject, code, "farmer") for subject, code, _ in farmers] + staff
    rng = stream(seed, "members")
    people = zip(rows, invented_names(rng, len(rows)), invented_phones(rng, len(rows)), strict=True)
    return tuple(
        sorted(
            (SimulatedMember(*row, name, phone) for row, name, phone in people),
            key=lambda member: member.subject,
        )
    )


def _parcels(
    fields: dict[str, list[MetricField]],
    home: dict[str, str],
    farmers: list[tuple[str, str, str]],
    seed: int,
) -> tuple[SimulatedParcel, ...]:
    parcels = []
    for place, (commune, strips) in enumerate(fields.items()):
        subjects = [subject for subject, _, where in farmers if where == commune]
        owners = stream(seed, "owners", commune).integers(0, len(subjects), len(strips))
        perennials = round(len(strips) * _PERENNIAL_SHARE)
        other_use = _PERENNIALS[place % len(_PERENNIALS)][0]
        for number, (strip, owner) in enumerate(zip(strips, owners, strict=True), start=1):
            polygon = to_degrees(strip.polygon)
            parcels.append(
                SimulatedParcel(
                    code=f"P{commune}-{number:03d}",
                    organisation_code=home[commune],
                    subject=subjects[int(owner)],
                    admin_unit_code=commune,
                    # the block's rim is orchard or cane, its middle rice
                    land_use=other_use if number > len(strips) - perennials else "rice",
                    polygon=polygon,
                    area=geodesic_hectares(polygon),
                )
            )
    return tuple(parcels)


def _plantings(
    parcels: Sequence[SimulatedParcel],
    fields: dict[str, list[MetricField]],
    season_year: int,
    seed: int,
) -> tuple[SimulatedPlanting, ...]:
    places = list(fields)
    plantings = []
    for parcel in parcels:
        rng = stream(seed, "planting", parcel.code)
        if parcel.land_use == "rice":
            row = fields[parcel.admin_unit_code][int(parcel.code[-3:]) - 1].row
            plantings.append(_rice(parcel, row, season_year, seed, rng))
        else:
            kind = _PERENNIALS[places.index(parcel.admin_unit_code) % len(_PERENNIALS)]
            plantings.append(_perennial(parcel, kind, season_year, rng))
    return tuple(plantings)


def _rice(
    parcel: SimulatedParcel, row: int, season_year: int, seed: int, rng: np.random.Generator
) -> SimulatedPlanting:
    """Sow a field in the wave of its canal row: neighbours share water and wave."""
    waves = winter_spring_waves(season_year)
    row_rng = stream(seed, "row", parcel.admin_unit_code, str(row))
    wave = waves[int(row_rng.choice(len(waves), p=[wave.share for wave in waves]))]
    variety = RICE_VARIETIES[int(row_rng.integers(len(RICE_VARIETIES)))]
    sown = wave.first_day + timedelta(days=int(rng.integers(0, 7)))
    expected = sown + timedelta(days=int(rng.integers(95, 106)))
    true_yield = max(5.5, rng.normal(_RICE_YIELD_T_HA, _RICE_SPREAD_T_HA))
    return SimulatedPlanting(
        parcel_code=parcel.code, crop="rice", variety=variety, season="winter_spring",
        year=season_year, sown_on=sown, expected_harvest_on=expected,
        harvested_on=expected + timedelta(days=int(rng.integers(-2, 4))),
        true_yield=TonnesPerHectare(round(float(true_yield), 2)),
    )  # fmt: skip


def _perennial(
    parcel: SimulatedParcel,
    kind: tuple[LandUse, str, str, float, float],
    season_year: int,
    rng: np.random.Generator,
) -> SimulatedPlanting:
    _, crop, variety, mean, spread = kind
    picked = date(season_year, 2, 1) + timedelta(days=int(rng.integers(0, 40)))
    return SimulatedPlanting(
        parcel_code=parcel.code, crop=crop, variety=variety, season="year",
        year=season_year, sown_on=None, expected_harvest_on=None, harvested_on=picked,
        true_yield=TonnesPerHectare(round(float(max(mean / 2, rng.normal(mean, spread))), 2)),
    )  # fmt: skip
