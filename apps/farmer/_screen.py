"""One question: may I take water here, and at which hours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from apps.moment import moment_for
from apps.views import Lang, number, say
from apps.views.farmer import THRESHOLDS_GL, PlaceLink, places_page, water_page
from apps.views.office_text import OFFICE

if TYPE_CHECKING:
    from apps.views.farmer import WaterPage
    from apps.web import Site

__all__ = ["render"]

_BOX = {"open": st.success, "closed": st.error, "unknown": st.warning}


def render(site: Site, lang: Lang) -> None:
    """Show the advice for a chosen place; the same numbers as the phone page."""
    with site.workspace.session() as session:
        listed = places_page(session, lang)
        places = [*listed.with_station, *listed.without_station]
        if not places:
            st.info(say(OFFICE, lang, "nothing"))
            return
        place, threshold = _choose(places, lang)
        now = moment_for(session, "salinity", site.as_of)
        page = water_page(session, place.code, threshold_gl=threshold, lang=lang, now=now)
    _show(page, lang)


def _choose(places: list[PlaceLink], lang: Lang) -> tuple[PlaceLink, float]:
    left, right = st.columns([3, 1])
    place = left.selectbox(
        say(OFFICE, lang, "choose_place"), places, format_func=lambda one: one.name
    )
    threshold = right.selectbox(
        say(OFFICE, lang, "threshold"), THRESHOLDS_GL, format_func=lambda one: number(one, lang)
    )
    return place, threshold


def _show(page: WaterPage, lang: Lang) -> None:
    st.header(page.place)
    badge = f" · {say(OFFICE, lang, 'simulated')}" if page.simulated else ""
    st.caption(say(OFFICE, lang, "as_of", moment=page.as_of) + badge)
    _BOX[page.status](f"**{page.word}.** {page.sentence}")
    st.write(f"{say(OFFICE, lang, 'last_reading')}: {page.last_reading}")
    st.write(f"{say(OFFICE, lang, 'station')}: {page.station}")
    if page.windows:
        st.subheader(say(OFFICE, lang, "windows"))
        heads = [say(OFFICE, lang, key) for key in ("when", "chance")]
        st.table([dict(zip(heads, row, strict=True)) for row in page.windows])
    if page.days:
        st.subheader(say(OFFICE, lang, "forecast"))
        keys = ("day", "middle", "interval", "error_model", "error_best", "method")
        heads = [say(OFFICE, lang, key) for key in keys]
        rows = [[getattr(one, key) for key in keys] for one in page.days]
        st.table([dict(zip(heads, row, strict=True)) for row in rows])
    st.markdown(f"[{say(OFFICE, lang, 'light_page')}](/{lang}/man/{page.code})")
