"""The four Streamlit screens, run as scripts: no exception, both languages, real content."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from demo_world import AS_OF, DemoWorld
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from agridata.storage import Workspace
from apps.views import LANGS, Lang
from apps.views.farmer import water_page
from apps.views.office_text import OFFICE
from traceability.labels import verify_sheet
from traceability.labels.models import LabelSheet
from traceability.lots.models import Lot

SCRIPT = Path(__file__).resolve().parents[2] / "apps" / "screens.py"
NAMES = ("farmer", "cooperative", "consumer", "officer")
SECONDS = 60


def one_screen(name: str, lang: str) -> None:
    """Run in the script's own thread: only what it imports itself is known there."""
    from importlib import import_module

    from apps.web import shown

    import_module(f"apps.{name}").render(shown(), lang)


def screen(name: str, lang: Lang) -> AppTest:
    test = AppTest.from_function(one_screen, args=(name, lang), default_timeout=SECONDS).run()
    assert not test.exception, test.exception
    return test


def said(test: AppTest) -> str:
    kinds = ("title", "header", "subheader", "caption", "markdown", "info", "warning", "error",
             "success", "metric")  # fmt: skip
    texts = [
        str(one.label if kind == "metric" else one.value)
        for kind in kinds
        for one in getattr(test, kind)
    ]
    return "\n".join(texts)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", NAMES)
def test_every_screen_has_content_in_its_language(shown: Any, name: str, lang: Lang) -> None:
    shown()
    test = screen(name, lang)
    text = said(test)
    if name != "officer":  # one of the officer's many tables may be empty
        assert OFFICE["nothing"].text(lang) not in text
    assert "20/03/2026 06:00" in text if lang == "vi" else "20 Mar 2026, 06:00" in text
    other = "en" if lang == "vi" else "vi"
    for key, sentence in OFFICE.items():
        if "{" not in sentence.vi and len(sentence.vi) > 10 and sentence.vi != sentence.en:
            assert sentence.text(other) not in text, key  # type: ignore[arg-type]


@pytest.mark.parametrize("lang", LANGS)
def test_the_script_as_a_whole_follows_the_address(shown: Any, lang: Lang) -> None:
    shown()
    test = AppTest.from_file(str(SCRIPT), default_timeout=SECONDS)
    test.query_params["lang"] = lang
    test.run()
    assert not test.exception
    assert test.sidebar.radio[0].label == OFFICE["language"].text(lang)
    assert test.selectbox[0].label == OFFICE["choose_place"].text(lang)


def test_the_language_stays_when_the_address_forgets_it(shown: Any) -> None:
    """Moving to another screen empties the address; a choice must outlive that."""
    shown()
    test = AppTest.from_file(str(SCRIPT), default_timeout=SECONDS).run()
    assert test.selectbox[0].label == OFFICE["choose_place"].vi
    test.sidebar.radio[0].set_value("en").run()
    assert test.selectbox[0].label == OFFICE["choose_place"].en
    test.query_params.clear()
    test.run()
    assert not test.exception
    assert test.selectbox[0].label == OFFICE["choose_place"].en


def test_the_farmer_sees_the_numbers_of_the_phone_page(shown: Any, demo: DemoWorld) -> None:
    site = shown()
    test = screen("farmer", "vi")
    place = next(one for one in test.selectbox[0].options if one == place_name(site, demo))
    test.selectbox[0].select(place).run()
    assert not test.exception
    with site.workspace.session() as session:
        page = water_page(
            session, demo.report["advice"]["place"], threshold_gl=1.0, lang="vi", now=AS_OF
        )
    text = said(test)
    assert page.sentence in text
    assert page.last_reading in text
    assert len(test.table) == 2, "safe hours and forecast"
    assert list(test.table[1].value[OFFICE["interval"].vi]) == [day.interval for day in page.days]
    assert list(test.table[0].value[OFFICE["when"].vi]) == [when for when, _ in page.windows]


def place_name(site: Any, demo: DemoWorld) -> str:
    with site.workspace.session() as session:
        return water_page(
            session, demo.report["advice"]["place"], threshold_gl=1.0, lang="vi", now=AS_OF
        ).place


def test_a_place_without_station_is_a_warning(shown: Any) -> None:
    shown()
    test = screen("farmer", "en")
    test.selectbox[0].select(test.selectbox[0].options[-1]).run()
    assert not test.exception
    assert len(test.warning) == 1
    assert "Unknown" in test.warning[0].value
    assert not test.success
    assert not test.table


def test_the_cooperative_reads_unless_local_admin_is_on(shown: Any) -> None:
    shown()
    test = screen("cooperative", "vi")
    assert OFFICE["read_only"].vi in said(test)
    assert not test.number_input
    assert not test.button
    verdicts: set[str] = set()
    for name in list(test.selectbox[0].options):
        test.selectbox[0].select(name).run()
        assert not test.exception
        verdicts |= set(test.dataframe[0].value[OFFICE["verdict"].vi])
    assert verdicts == {OFFICE[key].vi for key in ("plausible", "questionable", "unknown")}


def test_labels_printed_from_the_screen_are_new_and_whole(
    shown: Any, demo: DemoWorld, tmp_path: Path
) -> None:
    workspace: Workspace = demo.copy(tmp_path / "home")
    before = {path: path.read_bytes() for path in workspace.labels_dir.iterdir()}
    shown(workspace.home, local_admin=True)
    test = screen("cooperative", "en")
    packer = next(one for one in test.selectbox[0].options if "đóng gói" in one)
    test.selectbox[0].select(packer).run()
    lot = test.selectbox[1].options[0]
    for count in (3, 2):
        test.number_input[0].set_value(count)
        test.button[0].click().run()
        assert not test.exception
        assert test.success[0].value == OFFICE["print_done"].text("en", count=count, decoded=count)
    with workspace.session() as session:
        sheets = session.exec(select(LabelSheet).where(LabelSheet.lot == lot)).all()
        assert [sheet.symbols for sheet in sheets] == [21, 3, 2]
        assert len({sheet.path for sheet in sheets}) == 3
        for sheet in sheets[1:]:
            pdf = Path(sheet.path).read_bytes()
            assert hashlib.sha256(pdf).hexdigest() == sheet.sha256
            assert verify_sheet(pdf).ok
    assert {path: path.read_bytes() for path in before} == before, "earlier sheets are untouched"
    workspace.engine.dispose()


def test_a_recalled_lot_is_refused_in_words(shown: Any, demo: DemoWorld, tmp_path: Path) -> None:
    workspace: Workspace = demo.copy(tmp_path / "home")
    with workspace.session() as session:
        for lot in session.exec(select(Lot)).all():
            lot.status = "recalled"
            session.add(lot)
        session.commit()
    shown(workspace.home, local_admin=True)
    test = screen("cooperative", "vi")
    packer = next(one for one in test.selectbox[0].options if "đóng gói" in one)
    test.selectbox[0].select(packer).run()
    test.button[0].click().run()
    assert not test.exception
    assert "không in được nhãn" in test.error[0].value
    assert not test.success
    workspace.engine.dispose()


@pytest.mark.parametrize("lang", LANGS)
def test_the_consumer_finds_a_lot_by_any_name(shown: Any, demo: DemoWorld, lang: Lang) -> None:
    site = shown()
    with site.workspace.session() as session:
        lot = session.exec(select(Lot).where(Lot.lot == "DAITHOM8-260310-06")).one()
    test = screen("consumer", lang)
    grouped = "-".join(lot.short_code[n : n + 4] for n in (0, 4, 8)).lower()
    for code in (lot.lot, f"{lot.gtin}/{lot.lot}", grouped):
        test.text_input[0].set_value(code).run()
        assert not test.exception
        assert f"(/01/{lot.gtin}/10/{lot.lot}?lang={lang})" in said(test)
    test.text_input[0].set_value("NOPE").run()
    assert len(test.warning) == 1


def test_the_officer_sees_sources_network_change_forecasts_and_the_log(
    shown: Any, demo: DemoWorld
) -> None:
    shown()
    test = screen("officer", "en")
    sizes = [len(one.value) for one in test.dataframe]
    assert len(sizes) >= 4
    assert len(demo.report["sources"]) in sizes
    assert f"Entries: {demo.report['ledger']['size']}" in said(test)
    figures = {one.label: one.value for one in test.metric}
    assert figures["Readings"] == f"{demo.report['readings']:,}"


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_workspace_has_nothing_to_show_and_says_so(
    shown: Any, tmp_path: Path, name: str
) -> None:
    workspace = Workspace(tmp_path / "home").create()
    shown(workspace.home)
    text = said(screen(name, "vi"))
    if name != "consumer":
        assert OFFICE["nothing"].vi in text
    workspace.engine.dispose()
