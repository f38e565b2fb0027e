"""sạch: each thing once, in one form, linked to what exists, not on top of another."""

from __future__ import annotations

import unicodedata
from collections.abc import Hashable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from agridata.quality._nouns import BY_HAND, NOUNS, Known, Thing
from agridata.quality._rules import Check, tallied
from agridata.vocabulary import search_key

__all__ = ["clean_checks"]

OVERLAP_SHARE = 0.01
"""Neighbours drawn by hand share slivers; above one hundredth of the smaller it is a quarrel."""

SAME_PLACE_DIGITS = 5
"""Positions equal to five decimals of a degree (1 m) are one place."""

TEXT_TABLES = {
    "admin_unit": ("code", ("name", "full_name", "full_name_en", "kind")),
    "statistic": ("unit_name", ("unit_name", "season")),
    "crop_statistic": ("unit_name", ("unit_name", "crop", "season")),
}
"""Table → the column that names a row, and its texts, counted once per distinct text."""

Outcome = tuple[str, str, bool, str]


def clean_checks(known: Known) -> Iterator[Check]:
    """Count duplicates, orphans, overlaps and texts in the wrong form."""
    yield from tallied("text_form", _texts(known))
    yield from tallied("unique", _unique(known))
    yield from tallied("reference", _references(known))
    yield from tallied("no_overlap", _overlaps(known.things("parcel")))


def _right_form(text: object) -> bool:
    if not isinstance(text, str) or not text:
        return True
    normal = text.isascii() or unicodedata.is_normalized("NFC", text)
    return normal and text == text.strip()


def _texts(known: Known) -> Iterator[Outcome]:
    for noun, spec in NOUNS.items():
        for thing in known.things(noun):
            passed = all(_right_form(thing.values.get(name)) for name in spec.texts)
            yield thing.data_set, thing.unit, passed, thing.key
    for name, (key, columns) in TEXT_TABLES.items():
        table = SQLModel.metadata.tables[name]
        chosen = [table.c.data_set_key, table.c[key], *(table.c[one] for one in columns)]
        for data_set, label, *texts in known.session.execute(sa.select(*chosen).distinct()):
            yield data_set or BY_HAND, "", all(map(_right_form, texts)), str(label)


def _unique(known: Known) -> Iterator[Outcome]:
    """Count all but the first of things that are one and the same under several keys."""
    for noun in ("organisation", "parcel", "herd", "pond", "product", "station"):
        seen: set[Hashable] = set()
        for thing in sorted(known.things(noun), key=_age):
            same = _identity(noun, thing)
            if same is None:
                continue
            yield thing.data_set, thing.unit, same not in seen, thing.key
            seen.add(same)


def _age(thing: Thing) -> tuple[int, str]:
    """Order by entry where the table has numbers, so that the later one is the duplicate."""
    return int(thing.values.get("id") or 0), thing.key


def _identity(noun: str, thing: Thing) -> Hashable | None:
    """Return what makes two rows the same thing, None where it cannot be told."""
    values = thing.values
    if noun == "organisation":
        return search_key(values["name"]), values["admin_unit_code"]
    if noun == "product":
        return values["organisation_code"], search_key(values["name_vi"]), values["net_weight_kg"]
    shape = values["geom"]
    if shape is None:
        return None
    if noun == "parcel":
        return bytes(_normal(shape).wkb)
    place = tuple(round(part, SAME_PLACE_DIGITS) for part in shape.representative_point().coords[0])
    if noun == "station":
        return place
    return place, values["species"], values.get("heads"), values.get("volume_m3")


def _normal(shape: Any) -> Any:
    import shapely

    return shapely.normalize(shapely.set_precision(shape, 10.0**-7, mode="pointwise"))


def _references(known: Known) -> Iterator[Outcome]:
    """Check commune codes against the list; without a list there is nothing to compare."""
    if not known.units:
        return
    for noun in NOUNS:
        for thing in known.things(noun):
            code = thing.values.get("admin_unit_code")
            if code:
                yield thing.data_set, thing.unit, code in known.units, f"{thing.key}: {code}"


def _overlaps(parcels: list[Thing]) -> Iterator[Outcome]:
    """Count parcels that lie on one entered before (the same shape twice is a duplicate)."""
    import shapely

    sound = sorted((one for one in parcels if one.values["geom"].is_valid), key=_age)
    shapes = [one.values["geom"] for one in sound]
    tree = shapely.STRtree(shapes)
    later, earlier = tree.query(shapes, predicate="intersects") if shapes else ((), ())
    on_top = {
        int(mine)
        for mine, other in zip(later, earlier, strict=True)
        if other < mine and _quarrel(shapes[mine], shapes[other])
    }
    for number, thing in enumerate(sound):
        yield thing.data_set, thing.unit, number not in on_top, thing.key


def _quarrel(mine: Any, other: Any) -> bool:
    smaller = min(mine.area, other.area)
    shared = mine.intersection(other).area
    return bool(shared > OVERLAP_SHARE * smaller) and _normal(mine) != _normal(other)
