"""Which table a layer belongs in: the registry where its columns fit, else `layer_feature`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from agridata.layers._check import CheckedFeature
from agridata.layers.models import LayerFeature
from agridata.registry.models import Herd, Member, Organisation, Parcel, Planting, Pond
from agridata.storage import bounds_of, geodesic_area_m2

__all__ = ["FEATURES", "Target", "Vocabulary", "area_ha_of", "target_for"]

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Codes that rows may refer to, read once per import."""

    organisations: Collection[str]
    subjects: Collection[str]

    @classmethod
    def of(cls, session: Session) -> Vocabulary:
        """Read the codes from the workspace."""
        return cls(
            set(session.exec(select(Organisation.code)).all()),
            set(session.exec(select(Member.subject)).all()),
        )


@dataclass(frozen=True, slots=True)
class Target:
    """A table, the columns a file must have for it, and how a feature becomes a row.

    `identity` is the attribute that must be unique in the table (``source_id`` of a
    layer is unique within the layer only).
    """

    model: type[Any]
    needs: frozenset[str]
    areas_only: bool
    identity: str
    row: Callable[[CheckedFeature, bool], Row]


def area_ha_of(feature: CheckedFeature) -> float | None:
    """Return geodesic hectares of an area, None for points and lines."""
    if not feature.geometry.geom_type.endswith("Polygon"):
        return None
    return geodesic_area_m2(feature.geometry) / 10_000


def _text(properties: Mapping[str, Any], key: str) -> str | None:
    value = properties.get(key)
    return None if value is None or value == "" else str(value)


def _number(properties: Mapping[str, Any], key: str) -> float | None:
    text = _text(properties, key)
    return None if text is None else float(text)


def _count(properties: Mapping[str, Any], key: str) -> int | None:
    number = _number(properties, key)
    if number is not None and number != int(number):
        raise ValueError(f"{number} is not a whole number")
    return None if number is None else int(number)


def _truth(properties: Mapping[str, Any], key: str, default: bool) -> bool:
    text = _text(properties, key)
    return default if text is None else text.casefold() in ("true", "1", "yes")


def _common(feature: CheckedFeature, simulated: bool) -> Row:
    properties = feature.properties
    return {
        "code": str(properties["code"]),
        "organisation_code": _text(properties, "organisation_code"),
        "admin_unit_code": _text(properties, "admin_unit_code") or "",
        "simulated": _truth(properties, "simulated", simulated),
        "geom": feature.geometry,
        **bounds_of(feature.geometry),
    }


def _parcel(feature: CheckedFeature, simulated: bool) -> Row:
    properties = feature.properties
    return _common(feature, simulated) | {
        "subject": _text(properties, "subject"),
        "land_use": str(properties["land_use"]),
        "area_ha": area_ha_of(feature),
        "geometry_schematic": _truth(properties, "geometry_schematic", default=False),
    }


def _herd(feature: CheckedFeature, simulated: bool) -> Row:
    properties = feature.properties
    row = _common(feature, simulated)
    return row | {"species": str(properties["species"]), "heads": _count(properties, "heads")}


def _pond(feature: CheckedFeature, simulated: bool) -> Row:
    properties = feature.properties
    return _common(feature, simulated) | {
        "species": str(properties["species"]),
        "area_ha": area_ha_of(feature) or _number(properties, "area_ha"),
        "volume_m3": _number(properties, "volume_m3"),
        "cages": _count(properties, "cages"),
    }


def _feature(feature: CheckedFeature, _simulated: bool) -> Row:
    return {
        "properties": feature.properties,
        "area_ha": area_ha_of(feature),
        "geom": feature.geometry,
        **bounds_of(feature.geometry),
    }


FEATURES = Target(LayerFeature, frozenset(), areas_only=False, identity="source_id", row=_feature)
"""Where everything goes that is not a registry noun."""

_REGISTRY = {
    "land": Target(Parcel, frozenset({"code", "land_use"}), True, "code", _parcel),
    "livestock": Target(Herd, frozenset({"code", "species", "heads"}), False, "code", _herd),
    "fisheries": Target(Pond, frozenset({"code", "species"}), False, "code", _pond),
}


def target_for(kind: str, columns: Collection[str]) -> Target:
    """Return the registry table that `kind` and `columns` fit, else `FEATURES`."""
    target = _REGISTRY.get(kind)
    return target if target is not None and target.needs <= set(columns) else FEATURES


def planted_parcels(session: Session, codes: Collection[str]) -> int:
    """Count plantings that rest on these parcels."""
    query = select(Planting.id).where(col(Planting.parcel_code).in_(codes))
    return len(session.exec(query).all()) if codes else 0
