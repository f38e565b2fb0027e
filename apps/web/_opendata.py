"""Open data over HTTP: catalogue and files, the change feed, OGC API – Features (Core, GeoJSON)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlmodel import Session, col, select
from starlette.responses import FileResponse

from agridata.errors import InputError, NotFoundError
from agridata.observations.models import Station
from agridata.opendata import CATALOGUE_FILE, public_changes
from agridata.places.models import AdminUnit
from agridata.storage import within_bounds
from apps.web._pages import document
from apps.web._site import Site, site_of

__all__ = ["router"]

router = APIRouter()

SiteHere = Annotated[Site, Depends(site_of)]

MAX_ITEMS = 1_000
"""Features in one answer: about two megabytes of commune outlines."""

MAX_CHANGES = 500

CONFORMANCE = (
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
)

COLLECTIONS: dict[str, tuple[type[Any], str, str, tuple[str, ...]]] = {
    "communes": (
        AdminUnit, "Xã, phường hiện nay", "Current communes",
        ("code", "full_name", "parent_code", "area_km2", "geometry_schematic"),
    ),
    "stations": (
        Station, "Trạm quan trắc", "Stations",
        ("key", "name", "river", "admin_unit_code", "simulated"),
    ),
}  # fmt: skip
"""Collection → model, titles, properties; the first property is the feature's id."""


@router.get("/opendata/changes")
def changes(
    request: Request,
    site: SiteHere,
    since: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_CHANGES)] = MAX_CHANGES,
) -> Response:
    """Return public changes after a number; go on with ``next`` until it stops growing."""
    with site.workspace.session() as session:
        found, following = public_changes(session, since, limit)
    return document(request, {"changes": [one.as_dict() for one in found], "next": following})


@router.get("/opendata")
@router.get("/opendata/{path:path}")
def files(site: SiteHere, path: str = CATALOGUE_FILE) -> Response:
    """Serve the catalogue that ``agridata opendata catalogue`` wrote into the workspace."""
    folder = (site.workspace.home / "opendata").resolve()
    file = (folder / (path or CATALOGUE_FILE)).resolve()
    if not file.is_relative_to(folder) or not file.is_file():
        raise NotFoundError(
            "no such file in the catalogue", where=path,
            fix="the catalogue lists every file; it is written by `agridata opendata catalogue`",
            problem_vi="danh mục không có tệp này", fix_vi="hãy xem danh mục dữ liệu mở",
        )  # fmt: skip
    return FileResponse(file, media_type=_media(file))


def _media(file: Path) -> str:
    known = {
        ".jsonld": "application/ld+json", ".csv": "text/csv; charset=utf-8",
        ".geojson": "application/geo+json",
    }  # fmt: skip
    return known.get(file.suffix, "application/json")


@router.get("/conformance")
def conformance(request: Request) -> Response:
    """Return the conformance classes of OGC API – Features."""
    return document(request, {"conformsTo": CONFORMANCE})


@router.get("/collections")
def collections(request: Request) -> Response:
    """List the collections."""
    listed = [_described(request, name) for name in COLLECTIONS]
    links = [{"rel": "self", "href": str(request.url), "type": "application/json"}]
    return document(request, {"collections": listed, "links": links})


@router.get("/collections/{name}")
def collection(request: Request, name: str) -> Response:
    """Describe one collection."""
    _known(name)
    return document(request, _described(request, name))


@router.get("/collections/{name}/items")
def items(
    request: Request,
    site: SiteHere,
    name: str,
    bbox: str = "",
    limit: Annotated[int, Query(ge=1, le=MAX_ITEMS)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """Return features, those that touch ``bbox`` where given, page by page."""
    model, *_, properties = _known(name)
    with site.workspace.session() as session:
        query = _query(session, model, bbox).order_by(getattr(model, properties[0]))
        rows = session.exec(query.offset(offset).limit(limit + 1)).all()
        features = [_feature(row, properties) for row in rows[:limit]]
    links = [{"rel": "self", "href": str(request.url), "type": "application/geo+json"}]
    if len(rows) > limit:
        following = request.url.include_query_params(offset=offset + limit, limit=limit)
        links.append({"rel": "next", "href": str(following), "type": "application/geo+json"})
    answer = {
        "type": "FeatureCollection", "features": features, "links": links,
        "numberReturned": len(features),
    }  # fmt: skip
    return _geojson(request, answer)


@router.get("/collections/{name}/items/{key}")
def item(request: Request, site: SiteHere, name: str, key: str) -> Response:
    """Return one feature."""
    model, *_, properties = _known(name)
    with site.workspace.session() as session:
        query = _query(session, model, "").where(getattr(model, properties[0]) == key)
        row = session.exec(query).first()
        if row is None:
            raise NotFoundError(f"no feature {key!r}", where=name, fix="see the items")
        return _geojson(request, _feature(row, properties))


def _known(name: str) -> tuple[type[Any], str, str, tuple[str, ...]]:
    if name not in COLLECTIONS:
        raise NotFoundError(
            f"no collection {name!r}", where=name, fix=f"one of {', '.join(COLLECTIONS)}"
        )
    return COLLECTIONS[name]


def _query(session: Session, model: type[Any], bbox: str) -> Any:
    query = select(model)
    if model is AdminUnit:
        query = query.where(
            AdminUnit.level == 3,
            col(AdminUnit.valid_to).is_(None),
            col(AdminUnit.geom).is_not(None),
        )
    if bbox:
        query = query.where(within_bounds(model, _bounds(bbox), session.get_bind().dialect.name))
    return query


def _bounds(text: str) -> tuple[float, float, float, float]:
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(
            f"{text!r} is no bounding box", field="bbox",
            fix="west,south,east,north in degrees (EPSG:4326), longitude first",
        ) from error  # fmt: skip
    return west, south, east, north


def _feature(row: Any, properties: tuple[str, ...]) -> dict[str, Any]:
    from shapely.geometry import mapping

    return {
        "type": "Feature",
        "id": getattr(row, properties[0]),
        "geometry": None if row.geom is None else mapping(row.geom),
        "properties": {name: getattr(row, name) for name in properties},
    }


def _geojson(request: Request, value: dict[str, Any]) -> Response:
    answer = document(request, value)
    if answer.status_code == 200:
        answer.headers["Content-Type"] = "application/geo+json"
    return answer


def _described(request: Request, name: str) -> dict[str, Any]:
    _, title_vi, title_en, _ = COLLECTIONS[name]
    here = str(request.url_for("items", name=name))
    return {
        "id": name,
        "title": f"{title_vi} / {title_en}",
        "crs": ["http://www.opengis.net/def/crs/OGC/1.3/CRS84"],
        "links": [{"rel": "items", "href": here, "type": "application/geo+json"}],
    }
