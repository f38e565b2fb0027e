"""Organisations, people by pseudonym, land, plantings, herds, ponds, products."""

from agridata.registry._load import load_registry, registry_counts
from agridata.registry._parcels import geodesic_area
from agridata.registry._personal import (
    SALT_BYTES,
    add_personal_value,
    commitment_of,
    personal_values,
)
from agridata.registry.models import (
    Herd,
    Member,
    Organisation,
    Parcel,
    PersonalValue,
    Planting,
    Pond,
    Product,
)

__all__ = [
    "SALT_BYTES",
    "Herd",
    "Member",
    "Organisation",
    "Parcel",
    "PersonalValue",
    "Planting",
    "Pond",
    "Product",
    "add_personal_value",
    "commitment_of",
    "geodesic_area",
    "load_registry",
    "personal_values",
    "registry_counts",
]
