"""Why a shape could not be built, read off the raw file row by row."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agridata.layers._reasons import Defect

__all__ = ["MAX_INSPECTED_BYTES", "defect_of_geojson", "defect_of_wkb", "geojson_members",
           "shape_of_text"]  # fmt: skip

MAX_INSPECTED_BYTES = 64 << 20
"""64 MiB: GeoJSON beyond that is read by GDAL alone, which names unreadable shapes less well
(Python needs about eight times the file's size to hold it)."""

DEPTH = {
    "Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2,
    "MultiPolygon": 3,
}  # fmt: skip
"""Geometry type of RFC 7946 → how many lists stand around a position."""


def geojson_members(path: Path) -> list[Any] | None:
    """Return the raw members of a FeatureCollection, None where they cannot be listed."""
    if path.stat().st_size > MAX_INSPECTED_BYTES:
        return None
    try:
        document = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (ValueError, RecursionError):  # GDAL says what is wrong with the whole file
        return None
    members = document.get("features") if isinstance(document, dict) else None
    return members if isinstance(members, list) else None


def defect_of_geojson(geometry: Any) -> Defect | None:
    """Return what is wrong with a raw GeoJSON geometry (RFC 7946), None if nothing is seen."""
    if geometry is None:
        return Defect("no_geometry")
    if not isinstance(geometry, Mapping):
        return Defect("not_a_shape", "the geometry is not an object")
    kind = geometry.get("type")
    if kind == "GeometryCollection":
        parts = geometry.get("geometries") or []
        found = [defect_of_geojson(part) for part in parts]
        return next((one for one in found if one), None)
    if kind not in DEPTH:
        return Defect("not_a_shape", f"{kind!r} is not a geometry type")
    return _defect_of_coordinates(geometry.get("coordinates"), DEPTH[kind], kind)


def _defect_of_coordinates(given: Any, depth: int, kind: str) -> Defect | None:
    if not isinstance(given, list):
        return Defect("not_a_shape", "coordinates are not a list")
    if not given:
        return Defect("empty_geometry")
    if depth == 0:
        return _defect_of_position(given)
    for part in given:
        defect = _defect_of_coordinates(part, depth - 1, kind)
        if defect is not None:
            return defect
    if depth == 1 and kind.endswith("Polygon"):
        return defect_of_ring(given)
    return None


def _defect_of_position(given: Sequence[Any]) -> Defect | None:
    if len(given) < 2:
        return Defect("not_a_shape", "a position has fewer than two numbers")
    for value in given[:2]:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return Defect("not_a_number", repr(value)[:40])
        if not math.isfinite(value):
            return Defect("non_finite", repr(value))
    return None


def defect_of_ring(ring: Sequence[Any]) -> Defect | None:
    """Return what RFC 7946 forbids in a linear ring of positions."""
    closed = list(ring[0]) == list(ring[-1])
    if len(ring) < 4:
        said = f"{len(ring)} positions" + ("" if closed else ", and it is not closed")
        return Defect("short_ring", said)
    return None if closed else Defect("unclosed_ring", f"from {ring[0]} to {ring[-1]}")


def defect_of_wkb(data: bytes | None) -> Defect:
    """Return why bytes that a file holds for a shape give none."""
    import shapely

    if not data:
        return Defect("no_geometry")
    try:
        shapely.from_wkb(data)
    except (shapely.errors.GEOSException, TypeError) as error:
        return _defect_of_error(str(error))
    return Defect("not_a_shape")


def shape_of_text(text: str) -> tuple[Any, int | None, Defect | None]:
    """Read WKT, or EWKT (``SRID=32648;POLYGON…``): (shape, SRID, defect)."""
    import shapely

    head, semicolon, body = text.partition(";")
    srid = None
    if semicolon and head.strip().upper().startswith("SRID="):
        number = head.strip()[5:]
        srid, text = (int(number) if number.isdigit() else None), body
    try:
        return shapely.from_wkt(text), srid, None
    except (shapely.errors.GEOSException, TypeError) as error:
        return None, srid, _defect_of_error(str(error))


def _defect_of_error(said: str) -> Defect:
    if "closed linestring" in said:
        return Defect("unclosed_ring")
    if "number of points" in said.casefold() or "too few points" in said.casefold():
        return Defect("short_ring")
    return Defect("not_a_shape", said.split(": ", 1)[-1][:80])
