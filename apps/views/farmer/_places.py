"""The communes a farmer can choose from, those with a station first."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, col, select

from agridata.forecasts import Advice
from agridata.observations.models import Station
from agridata.places import find
from agridata.places.models import AdminUnit
from apps.views._text import Lang

__all__ = ["PlaceLink", "PlacesPage", "places_page"]


@dataclass(frozen=True, slots=True)
class PlaceLink:
    """A commune one can go to."""

    code: str
    name: str
    has_station: bool


@dataclass(frozen=True, slots=True)
class PlacesPage:
    """The list of communes, those with a station first."""

    lang: Lang
    searched: str
    with_station: tuple[PlaceLink, ...]
    without_station: tuple[PlaceLink, ...]


def places_page(session: Session, lang: Lang, searched: str = "") -> PlacesPage:
    """List the communes that were given advice, or those that answer to a search text."""
    stations = set(session.exec(select(Station.admin_unit_code)).all())
    if searched:
        units = [unit for unit in find(session, searched, era="2025") if unit.level == 3]
    else:
        codes = select(Advice.place_code).distinct()
        units = list(
            session.exec(
                select(AdminUnit).where(
                    AdminUnit.level == 3,
                    col(AdminUnit.code).in_(codes),
                    col(AdminUnit.valid_to).is_(None),
                )
            ).all()
        )
    links = [
        PlaceLink(unit.code, unit.full_name, unit.code in stations)
        for unit in sorted(units, key=lambda one: one.search_key)
    ]
    return PlacesPage(
        lang,
        searched,
        tuple(one for one in links if one.has_station),
        tuple(one for one in links if not one.has_station),
    )
