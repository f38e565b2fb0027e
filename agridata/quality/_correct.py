"""đúng: a value can be, agrees with what stands beside it, and lies where it says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agridata.quality._nouns import NOUNS, Known, Thing
from agridata.quality._rules import Check, tallied
from agridata.storage import geodesic_area_m2

__all__ = ["correct_checks"]

COUNTRY_BOX = (102.0, 8.0, 110.0, 24.0)
"""Viet Nam, ``(min_lon, min_lat, max_lon, max_lat)``: a swapped pair lies outside."""

AREA_TOLERANCE = 0.005
"""Relative gap allowed between a stored area and the shape's geodesic one (contract: 0.1 %
when computed; stored hectares are rounded, small parcels to 1 m²)."""

AREA_ROUNDING_HA = 0.0001

NEAR_DEGREES = 0.001
"""A position this near its commune (100 m) counts as inside: borders on maps differ."""

POSITIVE: Mapping[str, tuple[str, ...]] = {
    "parcel": ("area_ha", "declared_ha"),
    "herd": ("heads",),
    "pond": ("area_ha", "volume_m3", "cages"),
    "product": ("net_weight_kg",),
    "planting": ("trees",),
}
"""Amounts that cannot be negative; of land and goods not zero either."""

MAY_BE_ZERO = frozenset({"heads"})
"""A herd that was sold stands at 0 until the next animals come."""

VALIDITY = ("valid_from", "valid_to")
ORDERED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "organisation": (VALIDITY,),
    "member": (VALIDITY,),
    "parcel": (VALIDITY,),
    "planting": (("sown_on", "expected_harvest_on"), VALIDITY),
    "herd": (VALIDITY,),
    "pond": (VALIDITY,),
    "product": (VALIDITY,),
    "certificate": (VALIDITY,),
}
"""Pairs of days of which the first cannot be after the second."""


def correct_checks(known: Known) -> Iterator[Check]:
    """Count what is wrong in the registry, stations and layers."""
    yield from tallied("check_digit", _check_digits(known))
    yield from tallied("possible_value", _amounts(known))
    yield from tallied("dates_in_order", _dates(known))
    for noun, spec in NOUNS.items():
        if spec.placed:
            yield from _placed(known, known.things(noun))
    yield from tallied("area_agrees", _areas(known))


Outcome = tuple[str, str, bool, str]


def _outcome(thing: Thing, *, passed: bool) -> Outcome:
    return thing.data_set, thing.unit, passed, thing.key


def _check_digits(known: Known) -> Iterator[Outcome]:
    for product in known.things("product"):
        yield _outcome(product, passed=_mod_10(str(product.values["gtin"]), 14))
    for organisation in known.things("organisation"):
        gln = organisation.values["gln"]
        if gln is not None:
            yield _outcome(organisation, passed=_mod_10(str(gln), 13))


def _mod_10(digits: str, length: int) -> bool:
    """Tell whether the last digit is right (GS1 General Specifications 7.9)."""
    if not (digits.isascii() and digits.isdigit() and len(digits) == length):
        return False
    total = sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(digits[-2::-1]))
    return (10 - total % 10) % 10 == int(digits[-1])


def _amounts(known: Known) -> Iterator[Outcome]:
    for noun, columns in POSITIVE.items():
        for thing in known.things(noun):
            for column in columns:
                value = thing.values.get(column)
                if value is not None:
                    yield _outcome(
                        thing, passed=value > 0 or (value == 0 and column in MAY_BE_ZERO)
                    )


def _dates(known: Known) -> Iterator[Outcome]:
    for noun, pairs in ORDERED.items():
        for thing in known.things(noun):
            for first, last in pairs:
                start, end = thing.values.get(first), thing.values.get(last)
                if start is not None and end is not None:
                    yield _outcome(thing, passed=start <= end)


def _placed(known: Known, things: list[Thing]) -> Iterator[Check]:
    """Check shapes in an order in which one defect is counted once: position, shape, commune."""
    drawn = [one for one in things if one.values["geom"] is not None]
    inside = [one for one in drawn if _in_country(one)]
    valid = [one for one in inside if one.values["geom"].is_valid]
    where, sound = {id(one) for one in inside}, {id(one) for one in valid}
    yield from tallied("position", (_outcome(one, passed=id(one) in where) for one in drawn))
    areas = [one for one in inside if one.values["geom"].geom_type.endswith("Polygon")]
    yield from tallied("shape", (_outcome(one, passed=id(one) in sound) for one in areas))
    yield from tallied("place_agrees", _communes(known, valid))


def _in_country(thing: Thing) -> bool:
    west, south, east, north = COUNTRY_BOX
    min_lon, min_lat, max_lon, max_lat = thing.values["geom"].bounds
    return bool(west <= min_lon <= max_lon <= east and south <= min_lat <= max_lat <= north)


def _communes(known: Known, things: list[Thing]) -> Iterator[Outcome]:
    import shapely

    polygons = known.polygons(sorted({one.unit for one in things if one.unit}))
    for polygon in polygons.values():
        shapely.prepare(polygon)
    for thing in things:
        if thing.unit in polygons:
            point = thing.values["geom"].representative_point()
            near = polygons[thing.unit].dwithin(point, NEAR_DEGREES)
            yield _outcome(thing, passed=bool(near))


def _areas(known: Known) -> Iterator[Outcome]:
    for thing in known.things("parcel"):
        shape, stored = thing.values["geom"], thing.values["area_ha"]
        if shape.is_valid and _in_country(thing) and stored > 0:
            measured = geodesic_area_m2(shape) / 10_000
            allowed = max(AREA_TOLERANCE * measured, AREA_ROUNDING_HA)
            yield _outcome(thing, passed=abs(stored - measured) <= allowed)
