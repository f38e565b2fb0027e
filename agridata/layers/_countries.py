"""Boxes of countries, to see swapped axes: from the extents in PROJ's own database."""

from __future__ import annotations

import os
import re
import sqlite3
from functools import cache
from pathlib import Path

from agridata.vocabulary import search_key

__all__ = ["country_box", "is_country"]

Box = tuple[float, float, float, float]

EPSG_NAMES = {"CD": "Congo DR", "CG": "Congo", "CI": "Cote d'Ivoire", "ST": "Sao Tome and Principe",
              "TL": "East Timor", "TT": "Trinidad and Tobago", "TR": "Turkey"}  # fmt: skip
"""Countries whose name in EPSG's list of extents is not CLDR's."""


def is_country(code: str) -> bool:
    """Tell whether `code` is a two-letter country code (ISO 3166-1, as CLDR lists them)."""
    return code in _territories()


@cache
def country_box(code: str) -> Box | None:
    """Return ``(min_lon, min_lat, max_lon, max_lat)`` of a country with its sea, degrees.

    None where PROJ's database does not know the country by name, or it spans ±180°.
    """
    name = EPSG_NAMES.get(code) or _territories().get(code)
    box = _extents().get(_plain(name)) if name else None
    return box if box is not None and box[0] < box[2] else None


@cache
def _territories() -> dict[str, str]:
    from babel import Locale

    listed = Locale("en").territories
    return {code: str(name) for code, name in listed.items() if re.fullmatch("[A-Z]{2}", code)}


@cache
def _extents() -> dict[str, Box]:
    """Return the extents of the EPSG registry by plain name."""
    from pyproj.datadir import get_data_dir

    places = (Path(folder, "proj.db") for folder in get_data_dir().split(os.pathsep))
    path = next((one for one in places if one.is_file()), None)
    if path is None:
        return {}
    query = "SELECT name, west_lon, south_lat, east_lon, north_lat FROM extent ORDER BY code DESC"
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        rows = connection.execute(query).fetchall()
    finally:
        connection.close()
    return {_plain(name): (w, s, e, n) for name, w, s, e, n in rows if None not in (w, s, e, n)}


def _plain(name: str) -> str:
    bare = re.sub(r"\(.*?\)", "", name).replace("&", "and")
    return re.sub("[^a-z]", "", search_key(bare))
