"""The farmer's pages over HTTP: two languages, light, private, and complete without JavaScript."""

from __future__ import annotations

import re
from html import unescape

import pytest
from demo_world import AS_OF, DemoWorld
from sqlmodel import select
from web_client import Client, Opener

from agridata.forecasts.models import Advice
from agridata.places.models import AdminUnit
from agridata.registry.models import Parcel
from agridata.vocabulary import nfc, parse_as_of, search_key
from apps.views import LANGS, PAGE, Lang
from apps.views.farmer import field_page, water_page
from apps.views.farmer_text import FARMER

MAX_BYTES = 30_000
"""On the wire, compressed: the budget of a phone page."""

BROTLI = {"accept-encoding": "br"}


def text_of(html: str) -> str:
    body = re.sub(r"<(style|script|title)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)))


def places_of(demo: DemoWorld) -> list[str]:
    with demo.workspace() as workspace, workspace.session() as session:
        return sorted(set(session.exec(select(Advice.place_code)).all()))


def fields_of(demo: DemoWorld) -> list[str]:
    with demo.workspace() as workspace, workspace.session() as session:
        return list(session.exec(select(Parcel.code).order_by(Parcel.code)).all())[::15]


def paths_of(demo: DemoWorld) -> list[str]:
    """Return every kind of page in both languages."""
    inner = [
        "man", "man?q=long", "man?q=zzz",
        *(f"man/{code}" for code in places_of(demo)),
        f"man/{demo.report['advice']['place']}?threshold=4",
        *(f"ruong/{code}" for code in fields_of(demo)),
    ]  # fmt: skip
    return [f"/{lang}/{path}" for lang in LANGS for path in inner]


def test_every_page_is_light_local_and_names_nobody(demo: DemoWorld, client: Client) -> None:
    people = [(nfc(one["name"]), one["phone"], one["subject"]) for one in demo.people()]
    names = {search_key(name) for name, _, _ in people}
    for path in paths_of(demo):
        answer = client.get(path, BROTLI)
        assert answer.status_code == 200, path
        assert len(answer.extensions["raw"]) <= MAX_BYTES, path
        html = answer.text
        assert f'<html lang="{path[1:3]}">' in html
        assert answer.headers["content-language"] == path[1:3]
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', html), path
        assert "http://" not in html
        assert "https://" not in html
        plain = f" {search_key(nfc(text_of(html)))} "
        for name, phone, subject in people:
            assert name not in html, path
            assert phone not in html, path
            assert subject not in html, path
        assert not [name for name in names if f" {name} " in plain], path


@pytest.mark.parametrize(("lang", "other"), [("vi", "en"), ("en", "vi")])
def test_pages_are_whole_in_the_language_of_the_path(
    demo: DemoWorld, client: Client, lang: Lang, other: Lang
) -> None:
    """Whatever the browser prefers; the other language appears on the switch only."""
    place = demo.report["advice"]["place"]
    only = [
        name for name, one in {**FARMER, **PAGE}.items()
        if "{" not in one.vi and len(one.vi) > 12 and len(one.en) > 12 and one.vi != one.en
        and name != "other_language"
    ]  # fmt: skip
    assert len(only) > 30
    catalogue = {**FARMER, **PAGE}
    for path in (f"/{lang}/man", f"/{lang}/man/{place}", f"/{lang}/ruong/{fields_of(demo)[0]}"):
        html = client.get(path, {"accept-language": other}).text
        text = text_of(html)
        said = [name for name in only if catalogue[name].text(lang) in text]
        assert len(said) >= 2, path
        assert not [name for name in only if catalogue[name].text(other) in text], path
        target = path.replace(f"/{lang}/", f"/{other}/")
        assert f'href="{target}" lang="{other}" hreflang="{other}"' in html
    searched = client.get(f"/{lang}/man?q=long").text
    assert f'href="/{other}/man?q=long"' in searched
    refused = client.get(f"/{lang}/man/99999").text
    assert f'href="?lang={other}"' in refused
    for path, target in (("man/99999?lang=", "man/99999"), ("man?q=a&lang=", "man?q=a")):
        moved = client.get(f"/{lang}/{path}{other}")
        assert moved.status_code == 303
        assert moved.headers["location"].endswith(f"/{other}/{target}")


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("threshold", [1.0, 4.0])
def test_the_page_says_what_the_view_says(
    demo: DemoWorld, client: Client, lang: Lang, threshold: float
) -> None:
    for place in places_of(demo):
        with demo.workspace() as workspace, workspace.session() as session:
            view = water_page(session, place, threshold_gl=threshold, lang=lang, now=AS_OF)
        html = client.get(f"/{lang}/man/{place}?threshold={threshold:g}").text
        text = text_of(html)
        for said in (view.place, view.old_names, view.as_of, view.word, view.sentence,
                     view.last_reading, view.station, view.threshold):  # fmt: skip
            assert said in text, (place, said)
        for when, chance in view.windows:
            assert f"{when} {chance}" in text
        for day in view.days:
            row = f"{day.day} {day.middle} {day.interval} {day.chance}"
            assert " ".join(row.split()) in text
            assert f"{day.lead} {day.error_model} {day.error_best} {day.method}" in text
        state = {"open": "ok", "closed": "bad", "unknown": "unknown"}[view.status]
        assert f'data-state="{state}"' in html
        assert (FARMER["simulated_note"].text(lang) in text) == view.simulated
        assert (FARMER["windows"].text(lang) in text) == (view.status != "unknown")
        if view.band is not None:
            assert view.band.polygon in html


@pytest.mark.parametrize("lang", LANGS)
def test_the_field_page_says_what_the_view_says(
    demo: DemoWorld, client: Client, lang: Lang
) -> None:
    for code in fields_of(demo):
        with demo.workspace() as workspace, workspace.session() as session:
            view = field_page(session, code, lang=lang, now=AS_OF)
        html = client.get(f"/{lang}/ruong/{code}").text
        text = text_of(html)
        for label, said in (*view.facts, *view.yields):
            assert f"{label} {said}" in text
        assert FARMER["field_simulated"].text(lang) in text
        assert view.chart is not None
        assert view.chart.points in html
        assert f'href="/{lang}/man/{view.place_code}"' in html
        for lot in view.lots:
            answer = client.get(f"{lot.href}?lang={lang}")
            assert answer.status_code == 200


def test_the_band_stays_in_its_box(demo: DemoWorld, client: Client) -> None:
    html = client.get(f"/vi/man/{demo.report['advice']['place']}").text
    points = re.findall(r'points="([^"]+)"', html)
    assert len(points) == 2
    for pair in " ".join(points).split():
        x, y = map(float, pair.split(","))
        assert 0 <= x <= 300
        assert 0 <= y <= 100


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(
    "path", ["man/99999", "man/khong-co-noi-nay", "man/1%2F2", "ruong/P00000-000", "man/%00", "x"]
)
def test_an_unknown_place_is_told_in_the_language_of_the_path(
    client: Client, lang: Lang, path: str
) -> None:
    other = "en" if lang == "vi" else "vi"
    answer = client.get(f"/{lang}/{path}", {"accept-language": other if path != "x" else lang})
    assert answer.status_code == 404
    if "%" not in path:
        assert f'<html lang="{lang}">' in answer.text
        assert PAGE["error_404"].text(lang) in answer.text
    told = client.get(f"/{lang}/{path}", {"accept": "application/json"})
    assert told.status_code == 404
    assert set(told.json()["errors"][0]) >= {"where", "field", "problem", "fix"}


def test_another_language_is_no_page_of_ours(client: Client) -> None:
    for path in ("/fr/man", "/xx/man/31321", "/VI/man", "/de/ruong/P31453-001"):
        assert client.get(path).status_code == 404, path


@pytest.mark.parametrize("asked", ["2", "abc", "nan", "inf", "-1", "1e9", "1;4", "9" * 500])
@pytest.mark.parametrize("lang", LANGS)
def test_a_threshold_without_advice_is_refused_in_words(
    demo: DemoWorld, client: Client, asked: str, lang: Lang
) -> None:
    path = f"/{lang}/man/{demo.report['advice']['place']}?threshold={asked}"
    answer = client.get(path)
    assert answer.status_code == 400
    assert f'<html lang="{lang}">' in answer.text
    assert PAGE["error_400"].text(lang) in answer.text
    assert "1" in answer.text


def test_a_threshold_may_be_written_in_more_than_one_way(demo: DemoWorld, client: Client) -> None:
    place = demo.report["advice"]["place"]
    whole = client.get(f"/vi/man/{place}").text
    for query in ("threshold=1", "threshold=1.0", "threshold="):
        assert text_of(client.get(f"/vi/man/{place}?{query}").text) == text_of(whole)


def test_a_place_is_searched_without_tone_marks(demo: DemoWorld, client: Client) -> None:
    with demo.workspace() as workspace, workspace.session() as session:
        place = session.exec(
            select(AdminUnit).where(AdminUnit.code == demo.report["advice"]["place"])
        ).one()
    for asked in (place.search_key, place.name, place.name.upper(), f" {place.code} "):
        html = client.get(f"/vi/man?q={asked}").text
        assert f'href="/vi/man/{place.code}"' in html, asked
    nothing = client.get("/vi/man?q=<b>zzz</b>").text
    assert "Không tìm thấy" in nothing
    assert "<b>zzz" not in nothing
    assert client.get(f"/vi/man?q={'x' * 3000}").status_code == 200


def test_the_link_by_name_leads_to_the_same_place(demo: DemoWorld, client: Client) -> None:
    by_code = client.get("/vi/man/31333").text
    with demo.workspace() as workspace, workspace.session() as session:
        name = session.exec(select(AdminUnit.search_key).where(AdminUnit.code == "31333")).one()
    by_name = client.get(f"/vi/man/{name.replace(' ', '-')}").text
    assert text_of(by_name) == text_of(by_code)


def test_a_server_that_stands_later_advises_nothing(demo: DemoWorld, opened: Opener) -> None:
    later = opened(demo.home, as_of=parse_as_of("2026-03-24T06:00"))
    for lang in LANGS:
        html = later.get(f"/{lang}/man/{demo.report['advice']['place']}").text
        assert 'data-state="unknown"' in html
        assert FARMER["word_unknown"].text(lang) in html
        assert FARMER["windows"].text(lang) not in html
        assert "polyline" not in html
        assert "24/03/2026" in html or "24 Mar 2026" in html


def test_addresses_of_the_demo_answer(demo: DemoWorld, client: Client) -> None:
    for path in demo.report["addresses"]:
        if path != "/app":
            assert client.get(path).status_code == 200, path
