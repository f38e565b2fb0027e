"""What was loaded, what reports, what changed, what is forecast, and the log's state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from apps.moment import moment_for
from apps.views import Lang, moment, number, say
from apps.views.environment import ENVIRONMENT, environment_table
from apps.views.office import Table, changes, counts, data_sets, network, yields
from apps.views.office_text import OFFICE

if TYPE_CHECKING:
    from apps.web import Site

__all__ = ["render"]


def render(site: Site, lang: Lang) -> None:
    """Show the province at a glance; every table names what is simulated."""
    st.header(say(OFFICE, lang, "counts"))
    with site.workspace.session() as session:
        figures = counts(session, lang)
        for column, (label, value) in zip(st.columns(len(figures)), figures.items(), strict=True):
            column.metric(label, value)
        st.caption(say(OFFICE, lang, "simulated_note"))
        water = moment_for(session, "salinity", site.as_of)
        air = moment_for(session, "scene", site.as_of)
        _table("network", network(session, lang, water), lang, moment(water, lang))
        _table("seen", changes(session, lang, air), lang, moment(air, lang))
        _environment(environment_table(session, lang, air), lang, moment(air, lang))
        _table("yields", yields(session, lang), lang, "")
        _table("sources", data_sets(session, lang), lang, "")
    _log(site, lang)


def _table(title: str, table: Table, lang: Lang, as_of: str) -> None:
    st.subheader(say(OFFICE, lang, title))
    if as_of:
        st.caption(say(OFFICE, lang, "as_of", moment=as_of))
    if table.rows:
        st.dataframe(table.records(), hide_index=True)
    else:
        st.info(say(OFFICE, lang, "nothing"))


def _environment(table: Table, lang: Lang, as_of: str) -> None:
    """Show weather and soil by commune; what is too old or too far says "unknown"."""
    st.subheader(say(ENVIRONMENT, lang, "officer_title"))
    st.caption(
        f"{say(OFFICE, lang, 'as_of', moment=as_of)}. {say(ENVIRONMENT, lang, 'officer_note')}"
    )
    if table.rows:
        st.dataframe(table.records(), hide_index=True)
    else:
        st.info(say(OFFICE, lang, "nothing"))


def _log(site: Site, lang: Lang) -> None:
    st.subheader(say(OFFICE, lang, "ledger"))
    checkpoint = site.ledger.latest_checkpoint()
    if checkpoint is None:
        st.info(say(OFFICE, lang, "nothing"))
        return
    st.write(f"{say(OFFICE, lang, 'origin')}: `{checkpoint.origin}`")
    st.write(f"{say(OFFICE, lang, 'entries')}: {number(checkpoint.size, lang, 0)}")
    st.markdown(f"[{say(OFFICE, lang, 'checkpoint')}](/checkpoint)")
