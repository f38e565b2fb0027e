"""Herds, ponds and products of a simulated registry."""

from __future__ import annotations

from collections.abc import Sequence

from agridata.vocabulary import Hectare

from ._codes import demo_gtin14
from ._fields import draw_points
from ._models import (
    Commune,
    SimulatedHerd,
    SimulatedOrganisation,
    SimulatedPond,
    SimulatedProduct,
    stream,
)

__all__ = ["RICE_VARIETIES", "simulate_herds", "simulate_ponds", "simulate_products"]

RICE_VARIETIES = ("Đài Thơm 8", "OM18", "OM5451", "ST24")
"""Varieties of 90–105 days grown in the delta (rice_and_yield.md §1)."""

_FIRST_NUMBER = {"paddy": 100, "fruit": 200, "rice": 300, "packed_fruit": 400}
"""First GTIN item number of each kind of sample product."""

_STANDARDS_RICE = "TCVN 11888:2017"


def simulate_herds(
    communes: Sequence[Commune], home: dict[str, str], seed: int
) -> tuple[SimulatedHerd, ...]:
    """Invent three herds per commune; `home` maps commune code to cooperative."""
    sizes = {"cattle": (4, 25), "pig": (20, 240), "duck": (300, 3000), "chicken": (200, 2500)}
    herds = []
    for commune in communes:
        rng = stream(seed, "herds", commune.code)
        species = rng.permutation(list(sizes))[:3]
        for number, (kind, spot) in enumerate(
            zip(species, draw_points(commune, 3, rng), strict=True), start=1
        ):
            heads = int(rng.integers(*sizes[str(kind)]))
            code = f"H{commune.code}-{number:02d}"
            herds.append(
                SimulatedHerd(code, home[commune.code], commune.code, str(kind), heads, spot)
            )
    return tuple(herds)


def simulate_ponds(
    communes: Sequence[Commune], home: dict[str, str], seed: int
) -> tuple[SimulatedPond, ...]:
    """Invent ponds; eel is counted in m³, caged fish in cages, everything else in ha (§11)."""
    ponds = []
    for place, commune in enumerate(communes):
        rng = stream(seed, "ponds", commune.code)
        area = Hectare(round(float(rng.uniform(0.1, 0.9)), 2))
        volume = float(rng.integers(20, 240))
        species = ("snakehead", "clown_knifefish", "climbing_perch")[place % 3]
        rows: list[tuple[str, Hectare | None, float | None, int | None]] = [
            (species, area, None, None),
            ("swamp_eel", None, volume, None),
        ]
        if place % 3 == 0:
            rows.append(("snakehead", None, float(rng.integers(60, 300)), int(rng.integers(2, 9))))
        spots = draw_points(commune, len(rows), rng)
        ponds += [
            SimulatedPond(
                f"A{commune.code}-{number:02d}", home[commune.code], commune.code, *row, spot
            )
            for number, (row, spot) in enumerate(zip(rows, spots, strict=True), start=1)
        ]
    return tuple(ponds)


def simulate_products(
    organisations: Sequence[SimulatedOrganisation],
) -> tuple[SimulatedProduct, ...]:
    """Invent what the cooperatives sell in bulk and the packer in packs."""
    first = _FIRST_NUMBER
    products = []
    cooperatives = [one.code for one in organisations if one.kind == "cooperative"]
    for number, code in enumerate(cooperatives):
        for crop, name, english, base in (
            ("rice", "Lúa tươi", "Fresh paddy", first["paddy"]),
            ("pineapple", "Khóm Cầu Đúc tươi", "Fresh pineapple", first["fruit"]),
            ("pomelo", "Bưởi Năm Roi tươi", "Fresh pomelo", first["fruit"] + 10),
        ):
            products.append(
                SimulatedProduct(
                    demo_gtin14(base + number), code, f"{name} (hàng rời, mô phỏng)",
                    f"{english} (bulk, simulated)", "", crop, None, "",
                )
            )  # fmt: skip
    packer = next(one.code for one in organisations if one.kind == "packer")
    products += [
        SimulatedProduct(
            demo_gtin14(first["rice"] + number), packer, f"Gạo {variety} 5 kg (mô phỏng)",
            f"{variety} white rice 5 kg (simulated)", "Gạo Mẫu", "rice", 5.0, _STANDARDS_RICE,
        )
        for number, variety in enumerate(RICE_VARIETIES)
    ]  # fmt: skip
    products += [
        SimulatedProduct(
            demo_gtin14(first["packed_fruit"] + number), packer, f"{name} (mô phỏng)",
            f"{english} (simulated)", "Trái cây Mẫu", crop, weight, "",
        )
        for number, (crop, name, english, weight) in enumerate(
            (
                ("pineapple", "Khóm Cầu Đúc thùng 12 kg", "Cau Duc pineapple, 12 kg box", 12.0),
                ("pomelo", "Bưởi Năm Roi thùng 10 kg", "Nam Roi pomelo, 10 kg box", 10.0),
            )
        )
    ]  # fmt: skip
    return tuple(sorted(products, key=lambda product: product.gtin))
