"""The Streamlit script: four screens, one question each. Run by the server under `/app`."""

from __future__ import annotations

from functools import partial

import streamlit as st

from apps import consumer, cooperative, farmer, officer
from apps.views import LANGS, Lang, say
from apps.views.office_text import OFFICE
from apps.web import shown

asked = st.query_params.get("lang") or st.session_state.get("lang", LANGS[0])
lang: Lang = "en" if asked == "en" else "vi"
st.session_state["lang"] = lang  # moving to another screen empties the address
st.set_page_config(page_title="agridata", layout="wide")
with st.sidebar:
    chosen = st.radio(
        say(OFFICE, lang, "language"), LANGS, index=LANGS.index(lang), horizontal=True,
        format_func={"vi": "Tiếng Việt", "en": "English"}.__getitem__,
    )  # fmt: skip
if chosen != lang:
    st.query_params["lang"] = chosen
    st.rerun()
site = shown()
screens = {
    "farmer": farmer.render,
    "cooperative": cooperative.render,
    "consumer": consumer.render,
    "officer": officer.render,
}
pages = [
    st.Page(
        partial(render, site, lang), title=say(OFFICE, lang, name), url_path=name,
        default=name == "farmer",
    )
    for name, render in screens.items()
]  # fmt: skip
st.navigation(pages).run()
