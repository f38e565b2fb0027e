"""A typed code leads to the light page that checks its own proof."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from agridata.errors import NotFoundError
from apps.moment import moment_for
from apps.views import Lang, moment, recent_lots, say
from apps.views.office_text import OFFICE
from traceability.identifiers import escape_path
from traceability.lots import find_lot

if TYPE_CHECKING:
    from apps.web import Site

__all__ = ["render"]


def render(site: Site, lang: Lang) -> None:
    """Look up a lot and list the newest ones."""
    st.header(say(OFFICE, lang, "consumer"))
    st.write(say(OFFICE, lang, "consumer_text"))
    code = st.text_input(say(OFFICE, lang, "code"), max_chars=80).strip()
    with site.workspace.session() as session:
        now = moment_for(session, "registry", site.as_of)
        st.caption(say(OFFICE, lang, "as_of", moment=moment(now, lang)))
        if code:
            try:
                lot = find_lot(session, code)
                text = say(OFFICE, lang, "open_page", lot=lot.lot)
                path = f"/01/{lot.gtin}/10/{escape_path(lot.lot)}"
                st.markdown(f"### [{text}]({path}?lang={lang})")
            except NotFoundError as error:
                found = error.findings[0]
                st.warning(found.problem_vi if lang == "vi" else found.problem)
        st.subheader(say(OFFICE, lang, "recent"))
        for one in recent_lots(session, lang):
            st.markdown(f"- [{one.text}]({one.href}?lang={lang})")
