"""Our lots, how they compare with observation, and their labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from agridata.errors import AgridataError
from apps.evidence import judge_lot
from apps.moment import moment_for
from apps.views import Lang, moment, say
from apps.views.office import fields, lots, organisations, sheets
from apps.views.office_text import OFFICE
from traceability.labels import print_labels, sheet_path
from traceability.lots import find_lot

if TYPE_CHECKING:
    from sqlmodel import Session

    from agridata.registry.models import Organisation
    from agridata.vocabulary import Utc
    from apps.web import Site

__all__ = ["render"]

MAX_PRINTED_HERE = 210
"""Ten sheets from a page; more is a job for the command line."""


def render(site: Site, lang: Lang) -> None:
    """Show the lots, sheets and fields of one organisation."""
    with site.workspace.session() as session:
        known = organisations(session)
        if not known:
            st.info(say(OFFICE, lang, "nothing"))
            return
        chosen = st.selectbox(
            say(OFFICE, lang, "organisation"), known, format_func=lambda one: one.name
        )
        now = moment_for(session, "registry", site.as_of)
        _show(session, site, chosen, lang, now)


def _show(session: Session, site: Site, organisation: Organisation, lang: Lang, now: Utc) -> None:
    st.header(organisation.name)
    badge = f" · {say(OFFICE, lang, 'simulated')}" if organisation.simulated else ""
    st.caption(say(OFFICE, lang, "as_of", moment=moment(now, lang)) + badge)
    st.subheader(say(OFFICE, lang, "lots"))
    table = lots(session, organisation.code, lang, now, judge_lot)
    link = say(OFFICE, lang, "link")
    st.dataframe(
        table.records(), hide_index=True, column_config={link: st.column_config.LinkColumn(link)}
    )
    st.subheader(say(OFFICE, lang, "sheets"))
    for sheet in sheets(session, organisation.code):
        path = Path(sheet.path)
        if path.is_file():
            st.download_button(
                say(OFFICE, lang, "download", name=path.name), path.read_bytes(), path.name,
                "application/pdf", key=f"sheet-{sheet.id}",
            )  # fmt: skip
    packed = say(OFFICE, lang, "packed")
    _print_more(site, [one for one in table.records() if one[packed]], lang, now)
    land = fields(session, organisation.code, lang)
    if land.rows:
        st.subheader(say(OFFICE, lang, "fields"))
        st.dataframe(land.records(), hide_index=True)


def _print_more(site: Site, printable: list[dict[str, str]], lang: Lang, now: Utc) -> None:
    if not site.local_admin:
        st.caption(say(OFFICE, lang, "read_only"))
        return
    if not printable:
        return
    with st.form("print"):
        chosen = st.selectbox(
            say(OFFICE, lang, "lot"), printable,
            format_func=lambda one: one[say(OFFICE, lang, "lot")],
        )  # fmt: skip
        count = st.number_input(say(OFFICE, lang, "print_count"), 1, MAX_PRINTED_HERE, 21)
        asked = st.form_submit_button(say(OFFICE, lang, "print_button"))
    if not asked:
        return
    try:
        with site.ledger.session() as session:
            lot = find_lot(session, chosen[say(OFFICE, lang, "short_code")])
            _, report = print_labels(
                session, lot, count=int(count), stock="L7160", domain=site.public_url,
                out=sheet_path(site.workspace.labels_dir, session, lot), now=now,
            )  # fmt: skip
            session.commit()
    except AgridataError as error:
        found = error.findings[0]
        st.error(found.problem_vi or found.problem if lang == "vi" else found.problem)
        return
    st.success(say(OFFICE, lang, "print_done", count=report.symbols, decoded=report.decoded))
