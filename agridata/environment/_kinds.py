"""Who stands behind a series of weather: a station, a model, a reanalysis, a sensor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from agridata.vocabulary import search_key

__all__ = ["MODELLED", "OFFICIAL", "REANALYSIS", "SourceKind", "place_name", "source_kind"]

SourceKind = Literal["official", "modelled", "reanalysis", "sensor"]
"""A national station, a product computed for a place, a reanalysis cell, any other sensor."""

OFFICIAL, MODELLED, REANALYSIS = "imhen_", "wwo_", "era5_"

_KINDS: Mapping[str, SourceKind] = {
    OFFICIAL: "official",
    MODELLED: "modelled",
    REANALYSIS: "reanalysis",
}
"""Beginning of a station's key → what it is."""

_NAMES = (
    "Ba Tri", "Bạc Liêu", "Bến Tre", "Cà Mau", "Càng Long", "Cần Thơ", "Cao Lãnh", "Châu Đốc",
    "Long Xuyên", "Mộc Hóa", "Mỹ Tho", "Rạch Giá", "Sóc Trăng", "Tân An", "Tân Sơn Hòa",
    "Trà Vinh", "Vĩnh Long", "Vũng Tàu", "Tây Ninh", "Tuyên Quang", "Hà Giang",
)  # fmt: skip
"""Names with their tone marks, of the places that the sources write without."""

_WRITTEN = {search_key(name): name for name in _NAMES}


def source_kind(station_key: str) -> SourceKind:
    """Return what stands behind the readings of a station."""
    return next((kind for head, kind in _KINDS.items() if station_key.startswith(head)), "sensor")


def place_name(plain: str) -> str:
    """Return a place's name with tone marks where it is known, else as the source has it."""
    return _WRITTEN.get(search_key(plain), plain)
