"""What may leave the house: an allow-list of nouns and columns, and of licences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["OPEN_LICENCES", "PUBLIC_COLUMNS", "may_publish", "public_part"]

PUBLIC_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "organisation": (
        "code", "name", "kind", "gln", "location_code", "address", "admin_unit_code", "simulated",
        "valid_from", "valid_to",
    ),
    "product": (
        "gtin", "organisation_code", "name_vi", "name_en", "brand", "crop", "net_weight_kg",
        "standards", "simulated", "valid_from", "valid_to",
    ),
    "certificate": (
        "code", "kind", "number", "issuer", "organisation_code", "product_gtin", "market",
        "valid_from", "valid_to", "status", "status_changed_at", "stars", "decision_number",
        "verified_by", "simulated",
    ),
}  # fmt: skip
"""Noun → columns that the change feed and the files carry. A column that is not named stays in:
members, personal values, the outlines of single farms and the free text of a certificate's reason
are not here on purpose."""

OPEN_LICENCES = (
    "mit", "cc by", "cc-by", "cc0", "gpl", "odbl", "facts", "copernicus", "cc by 4.0",
)  # fmt: skip
"""Beginnings of licences (lower case) that let a copy be passed on. "None stated" does not."""


def may_publish(licence: str) -> bool:
    """Tell whether data under `licence` may be republished."""
    return licence.strip().lower().startswith(OPEN_LICENCES)


def public_part(noun: str, state: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the public columns of a noun's state; None where there is no state.

    Raises
    ------
    KeyError
        If the noun is not public at all: callers ask `PUBLIC_COLUMNS` first.
    """
    if state is None:
        return None
    return {name: state[name] for name in PUBLIC_COLUMNS[noun] if name in state}
