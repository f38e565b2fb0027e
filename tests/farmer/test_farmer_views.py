"""What a farmer is told: open, closed or unknown; never advice on readings that are too old."""

from __future__ import annotations

import math
import string
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest
from demo_world import AS_OF, DemoWorld
from sqlmodel import Session, select

from agridata.errors import AgridataError, NotFoundError
from agridata.forecasts.models import Advice, SalinityForecast
from agridata.registry.models import Parcel, Planting
from agridata.storage import Workspace
from agridata.vocabulary import Utc, parse_as_of, to_utc
from apps.views import LANGS, Lang
from apps.views.farmer import THRESHOLDS_GL, WaterPage, field_page, places_page, water_page
from apps.views.farmer._water import STALE_HOURS
from apps.views.farmer_text import CROPS, FARMER, METHODS, SEASONS
from apps.views.office import STALE_HOURS as STALE_IN_OFFICE
from remote_sensing.salinity import MAX_READING_AGE_HOURS
from traceability.lots.models import Lot


@pytest.fixture(scope="module")
def session(demo: DemoWorld) -> Iterator[Session]:
    with demo.workspace() as workspace, workspace.session() as opened:
        yield opened


@pytest.fixture
def own(demo: DemoWorld, tmp_path: Path) -> Iterator[Session]:
    """A session on a copy, to change what was advised."""
    workspace: Workspace = demo.copy(tmp_path / "home")
    with workspace.session() as opened:
        yield opened
    workspace.engine.dispose()


def advice_of(session: Session, status: str, threshold: float = 1.0) -> list[Advice]:
    query = select(Advice).where(Advice.status == status, Advice.threshold_gl == threshold)
    return list(session.exec(query).all())


def page_of(
    session: Session, advice: Advice, lang: Lang = "vi", *, hours_later: float = 0
) -> WaterPage:
    return water_page(
        session, advice.place_code, threshold_gl=advice.threshold_gl, lang=lang,
        now=Utc(to_utc(advice.as_of) + timedelta(hours=hours_later)),
    )  # fmt: skip


def names_in(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("catalogue", [FARMER, CROPS, SEASONS, METHODS])
def test_every_sentence_exists_in_both_languages(catalogue: dict[str, object]) -> None:
    for key, sentence in catalogue.items():
        vi, en = sentence.vi, sentence.en  # type: ignore[attr-defined]
        assert vi.strip(), key
        assert en.strip(), key
        assert names_in(vi) == names_in(en), f"{key}: other figures in one language"


def test_one_limit_for_the_age_of_a_reading() -> None:
    assert STALE_HOURS == STALE_IN_OFFICE == MAX_READING_AGE_HOURS


def test_the_word_is_the_state_of_the_windows(session: Session) -> None:
    seen = set()
    for threshold in THRESHOLDS_GL:
        for advice in [*advice_of(session, "advice", threshold), *advice_of(session, "unknown")]:
            page = page_of(session, advice)
            seen.add(page.status)
            assert page.word == FARMER[f"word_{page.status}"].vi
            assert (page.status == "unknown") == (advice.status == "unknown")
            assert (page.status == "open") == bool(page.windows)
            assert page.simulated == advice.simulated
    assert seen == {"open", "unknown"} or seen == {"open", "closed", "unknown"}


def test_no_safe_hour_is_closed(own: Session) -> None:
    advice = advice_of(own, "advice")[0]
    advice.windows = []
    own.add(advice)
    own.commit()
    page = page_of(own, advice, "en")
    assert (page.status, page.word) == ("closed", FARMER["word_closed"].en)
    assert page.days, "the forecast that says why"


def test_a_place_without_station_says_so(session: Session) -> None:
    for advice in advice_of(session, "unknown"):
        page = page_of(session, advice)
        assert page.status == "unknown"
        assert page.windows == page.days == ()
        assert page.band is None
        assert page.station == FARMER["no_station"].vi
        assert page.last_reading == FARMER["no_reading"].vi


def test_figures_are_those_of_the_tables(session: Session) -> None:
    for advice in advice_of(session, "advice"):
        page = page_of(session, advice)
        assert len(page.windows) == len(advice.windows)
        for window, (when, chance) in zip(advice.windows, page.windows, strict=True):
            start = datetime.fromisoformat(window["from"])
            assert f"{start:%d/%m/%Y}" in when
            assert f"{start:%H:%M}" in when
            percent = math.floor(window["prob_safe"] * 100 + 1e-9)
            assert f"{percent} %" in chance
        rows = session.exec(
            select(SalinityForecast)
            .where(SalinityForecast.station_key == advice.station_key)
            .order_by(SalinityForecast.lead_days)
        ).all()
        assert [day.lead for day in page.days] == [str(row.lead_days) for row in rows]
        for day, row in zip(page.days, rows, strict=True):
            low, high = (float(text.replace(",", ".")) for text in day.interval.split("–"))
            assert low == pytest.approx(row.p05, abs=0.051)
            assert high == pytest.approx(row.p95, abs=0.051)
            assert float(day.middle.replace(",", ".")) == pytest.approx(row.p50, abs=0.051)
            assert day.error_best != "–"
            rmse = row.backtest.get("model", {}).get("rmse")
            said = day.error_model.replace(",", ".").replace("–", "nan")
            assert float(said) == pytest.approx(rmse or math.nan, abs=0.0051, nan_ok=True)


def test_the_chance_is_of_the_threshold_shown(session: Session) -> None:
    advice = advice_of(session, "advice", 4.0)[0]
    row = session.exec(
        select(SalinityForecast).where(SalinityForecast.station_key == advice.station_key)
    ).first()
    assert row is not None
    for threshold, chance in ((1.0, row.prob_ge_1), (4.0, row.prob_ge_4)):
        page = water_page(session, advice.place_code, threshold_gl=threshold, lang="en", now=AS_OF)
        assert page.days[0].chance == f"{chance * 100:.0f}\N{NO-BREAK SPACE}%"
        assert [value for value, _ in page.other_thresholds] == [f"{5 - threshold:g}"]


@pytest.mark.parametrize("lang", LANGS)
def test_advice_ends_when_its_reading_is_too_old(session: Session, lang: Lang) -> None:
    advice = max(advice_of(session, "advice"), key=lambda one: len(one.windows))
    age = advice.data_age_hours or 0
    good = page_of(session, advice, lang, hours_later=STALE_HOURS - age - 0.1)
    assert good.status != "unknown"
    old = page_of(session, advice, lang, hours_later=STALE_HOURS - age + 0.1)
    assert (old.status, old.windows, old.days, old.band) == ("unknown", (), (), None)
    assert old.word == FARMER["word_unknown"].text(lang)
    assert "48" in old.sentence
    assert old.sentence != good.sentence
    assert old.station == good.station
    month = page_of(session, advice, lang, hours_later=24 * 30)
    assert month.status == "unknown"
    assert "721" in month.last_reading, "the age at that moment, not at the moment of advice"


def test_hours_that_are_over_are_not_offered(session: Session) -> None:
    advice = max(advice_of(session, "advice", 4.0), key=lambda one: len(one.windows))
    first = datetime.fromisoformat(advice.windows[0]["to"])
    hours = (first - advice.as_of).total_seconds() / 3600
    if hours < STALE_HOURS - 2:
        before, after = (page_of(session, advice, hours_later=hours + d) for d in (-0.01, 0.01))
        assert after.windows == before.windows[1:]
    else:
        pytest.fail("the demo's first window lies too far off to be tested")


def test_before_the_advice_there_is_none(session: Session) -> None:
    place = advice_of(session, "advice")[0].place_code
    with pytest.raises(NotFoundError) as caught:
        water_page(session, place, threshold_gl=1.0, lang="vi", now=parse_as_of("2026-03-19"))
    assert caught.value.findings[0].problem_vi


@pytest.mark.parametrize("place", ["99999", "", "khong-co", "92", "%", "31321 OR 1=1", "🌾"])
def test_an_unknown_place_is_not_found(session: Session, place: str) -> None:
    with pytest.raises(AgridataError) as caught:
        water_page(session, place, threshold_gl=1.0, lang="vi", now=AS_OF)
    assert caught.value.findings[0].problem_vi


@pytest.mark.parametrize(
    ("asked", "found"),
    [("vi thuy", "Vị Thủy"), ("VI THUY", "Vị Thủy"), ("vị thủy", "Vị Thủy"), ("Long My", "Long Mỹ"),
     ("long", "Long Bình")],
)  # fmt: skip
def test_places_are_found_without_tone_marks(session: Session, asked: str, found: str) -> None:
    page = places_page(session, "vi", asked)
    names = [one.name for one in (*page.with_station, *page.without_station)]
    assert any(found in name for name in names), names


@pytest.mark.parametrize("asked", ["zzz", "%", "_", "'; --", "🌾", "\x00", "x" * 5000])
def test_a_search_for_nothing_finds_nothing(session: Session, asked: str) -> None:
    page = places_page(session, "vi", asked)
    assert (page.with_station, page.without_station) == ((), ())


def test_all_places_are_listed_those_with_a_station_first(session: Session) -> None:
    page = places_page(session, "en")
    assert len(page.with_station) + len(page.without_station) == 28
    fresh = {advice.place_code for advice in advice_of(session, "advice")}
    assert {one.code for one in page.with_station} == fresh


@pytest.mark.parametrize("lang", get_args(Lang))
def test_every_field_has_a_page(session: Session, lang: Lang) -> None:
    shown = 0
    for parcel in session.exec(select(Parcel).order_by(Parcel.code)).all()[::7]:
        page = field_page(session, parcel.code, lang=lang, now=AS_OF)
        facts = dict(page.facts)
        assert all(facts.values())
        assert page.simulated
        assert page.chart is not None
        area = facts[FARMER["area"].text(lang)]
        separator = "," if lang == "vi" else "."
        assert f"{parcel.area_ha:.2f}".rstrip("0").rstrip(".").replace(".", separator) in area
        planting = session.exec(
            select(Planting).where(Planting.parcel_code == parcel.code, Planting.year == 2026)
        ).first()
        if planting is not None and planting.crop == "rice":
            assert SEASONS["winter_spring"].text(lang) in facts[FARMER["season"].text(lang)]
            assert len(page.yields) == 5, "forecast, total, baselines, error, basis"
            shown += 1
        else:
            assert len(page.yields) == 1
    assert shown > 3


def test_a_field_knows_its_lots_and_nothing_of_its_future(session: Session) -> None:
    lot = session.exec(select(Lot).where(Lot.lot == "DAITHOM8-260310-06")).one()
    code = lot.parcel_codes.split(",")[0]
    late, early = (
        field_page(session, code, lang="en", now=moment)
        for moment in (AS_OF, parse_as_of("2025-12-25"))
    )
    assert [one.text for one in late.lots] == [lot.lot]
    assert late.lots[0].href == f"/01/{lot.gtin}/10/{lot.lot}"
    assert "2026" in dict(late.facts)[FARMER["seen_harvest"].en]
    assert dict(early.facts)[FARMER["seen_harvest"].en] == FARMER["seen_none"].en
    with pytest.raises(NotFoundError):
        field_page(session, "P00000-000", lang="en", now=AS_OF)
