"""Plots as a file gives them, down to the digits of each coordinate."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agridata.errors import InputError
from agridata.layers._archive import IMPORT_FORMATS, refuse_before_opening
from agridata.layers._defects import defect_of_geojson
from agridata.layers._read import read_layers
from agridata.layers._reasons import Defect, NamedFinding, finding, refused

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

__all__ = ["MAX_DECIMALS", "Plot", "read_plots"]

MAX_FILE_BYTES = 25_000_000
"""25 MB: what one due-diligence statement may carry."""

MAX_DECIMALS = 6
"""Decimals that are asked for; more are rounded to these."""

WGS84_NAMES = ("CRS84", "EPSG::4326", "EPSG:4326", "WGS84")


@dataclass(frozen=True, slots=True)
class Plot:
    """One plot: attributes, shape in WGS 84 or the defect that leaves it without.

    `kind` is the type of RFC 7946 as the file says it; `identity` the feature's ``id``
    member; `country` what the file as a whole says; `most_decimals` and `least_decimals`
    are None where the file holds no decimal text.
    """

    where: str
    properties: dict[str, Any]
    shape: BaseGeometry | None
    kind: str
    defect: Defect | None = None
    identity: str | None = None
    country: str | None = None
    most_decimals: int | None = None
    least_decimals: int | None = None


def read_plots(path: Path) -> tuple[list[Plot], list[NamedFinding]]:
    """Return the plots of a file, and what is wrong with the file as a whole.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    refuse_before_opening(path)
    size = path.stat().st_size
    whole = []
    if size > MAX_FILE_BYTES:
        said = f"{size / 1e6:.1f} MB, the limit is {MAX_FILE_BYTES // 1_000_000}"
        whole.append(finding(path.name, "file_too_large", said, field=""))
    if IMPORT_FORMATS[path.suffix.lower()] != "GeoJSON":
        return list(_converted(path)), whole
    document = _document(path)
    named = str(((document.get("crs") or {}).get("properties") or {}).get("name") or "")
    if named and not any(known in named for known in WGS84_NAMES):
        whole.append(finding(path.name, "other_datum", named, field="crs"))
    metadata = document.get("metadata")
    country = metadata.get("country") if isinstance(metadata, dict) else None
    listed = enumerate(document["features"], start=1)
    return [_plot(f"{path.name}:{number}", one, country) for number, one in listed], whole


def _document(path: Path) -> dict[str, Any]:
    """Parse the file, numbers with all their digits."""
    try:
        document = json.loads(path.read_bytes().decode("utf-8-sig"), parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"cannot be read as GeoJSON: {error}", where=path.name, fix="export it again",
            problem_vi="không đọc được tệp dạng GeoJSON", fix_vi="hãy xuất lại tệp",
        ) from error  # fmt: skip
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        raise refused(path.name, "not_a_collection")
    features = document.get("features")
    if not isinstance(features, list) or not features:
        raise refused(path.name, "not_a_collection", "it holds no features")
    crs = document.get("crs")
    if crs is not None and not isinstance(crs, dict):
        raise refused(path.name, "other_datum", repr(crs)[:40], field="crs")
    return document


def _plot(where: str, member: Any, country: Any) -> Plot:
    if not isinstance(member, dict) or member.get("type") != "Feature":
        return Plot(where, {}, None, "", Defect("not_a_feature"))
    given = member.get("properties")
    properties = dict(given) if isinstance(given, dict) else {}
    raw = member.get("geometry")
    identity = None if member.get("id") is None else str(member["id"])
    geometry = _plain(raw)
    kind = str(geometry.get("type") or "") if isinstance(geometry, dict) else ""
    defect = defect_of_geojson(geometry)
    shape = None
    if defect is None:
        shape, defect = _shape(geometry)
    decimals = [_decimals(value) for value in _numbers(raw)] if defect is None else []
    return Plot(
        where, properties, shape, kind, defect, identity,
        country if isinstance(country, str) else None,
        max(decimals, default=None), min(decimals, default=None),
    )  # fmt: skip


def _shape(geometry: Any) -> tuple[BaseGeometry | None, Defect | None]:
    import shapely

    try:
        shape = shapely.force_2d(shapely.from_geojson(json.dumps(geometry)))
    except shapely.errors.GEOSException as error:
        return None, Defect("not_a_shape", str(error)[:80])
    return (None, Defect("empty_geometry")) if shape.is_empty else (shape, None)


def _plain(value: Any) -> Any:
    """Return nested lists and objects with decimals as floats."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return value


def _numbers(value: Any) -> Iterator[Any]:
    """Yield longitude and latitude of every position, as written."""
    if isinstance(value, dict):
        for part in [value.get("coordinates"), *(value.get("geometries") or [])]:
            yield from _numbers(part)
    elif isinstance(value, list) and value:
        if isinstance(value[0], list | dict):
            for part in value:
                yield from _numbers(part)
        else:
            yield from value[:2]


def _decimals(value: Any) -> int:
    exponent = value.as_tuple().exponent if isinstance(value, Decimal) else 0
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _converted(path: Path) -> Iterator[Plot]:
    """Yield the plots of another format, transformed to WGS 84."""
    import geopandas
    import shapely

    for layer in read_layers(path):
        shapes = geopandas.GeoSeries([one.geometry for one in layer.features], crs=layer.crs)
        for one, shape in zip(layer.features, shapes.to_crs(4326), strict=True):
            flat = None if shape is None else shapely.force_2d(shape)
            defect = one.defect or (Defect("no_geometry") if flat is None else None)
            if defect is None and flat is not None and flat.is_empty:
                defect = Defect("empty_geometry")
            kind = "" if flat is None else str(flat.geom_type)
            yield Plot(one.where, one.properties, flat, kind, defect)
