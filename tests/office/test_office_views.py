"""Tables of the office: localised, complete, honest about what is simulated."""

from __future__ import annotations

import string
from collections.abc import Iterator
from datetime import timedelta

import pytest
from demo_world import AS_OF, DemoWorld
from sqlmodel import Session, select

from agridata.forecasts.models import YieldForecast
from agridata.observations.models import Station
from agridata.registry.models import Organisation, Parcel
from agridata.vocabulary import Utc, parse_as_of
from apps.evidence import judge_lot
from apps.views import LANGS, Lang
from apps.views.office import (
    Table,
    changes,
    counts,
    data_sets,
    fields,
    lots,
    network,
    organisations,
    sheets,
    yields,
)
from apps.views.office_text import OFFICE


@pytest.fixture(scope="module")
def session(demo: DemoWorld) -> Iterator[Session]:
    with demo.workspace() as workspace, workspace.session() as opened:
        yield opened


def column(table: Table, key: str, lang: Lang) -> list[str]:
    return [row[table.heads.index(OFFICE[key].text(lang))] for row in table.rows]


def test_every_sentence_exists_in_both_languages() -> None:
    for key, sentence in OFFICE.items():
        assert sentence.vi.strip(), key
        assert sentence.en.strip(), key
        fields_of = [
            {name for _, name, _, _ in string.Formatter().parse(text) if name}
            for text in (sentence.vi, sentence.en)
        ]
        assert fields_of[0] == fields_of[1], key


@pytest.mark.parametrize("lang", LANGS)
def test_every_table_has_a_head_per_column_and_rows(session: Session, lang: Lang) -> None:
    grower = session.exec(select(Parcel.organisation_code)).first() or ""
    tables = [
        data_sets(session, lang), network(session, lang, AS_OF), changes(session, lang, AS_OF),
        yields(session, lang), lots(session, grower, lang, AS_OF, judge_lot),
        fields(session, grower, lang),
    ]  # fmt: skip
    for table in tables:
        assert table.rows, table.heads
        assert len(set(table.heads)) == len(table.heads), "a head twice would lose a column"
        assert all(len(row) == len(table.heads) for row in table.rows)
        assert [list(record.values()) for record in table.records()] == list(map(list, table.rows))


def test_the_sources_add_up(session: Session, demo: DemoWorld) -> None:
    table = data_sets(session, "en")
    numbers = [
        [int(text.replace(",", "")) for text in column(table, key, "en")]
        for key in ("rows", "stored", "rejected")
    ]
    assert all(rows == stored + rejected for rows, stored, rejected in zip(*numbers, strict=True))
    assert len(table.rows) == len(demo.report["sources"])
    assert column(table, "simulated", "en").count("real") == 1
    assert "simulated" in column(data_sets(session, "en"), "simulated", "en")
    assert "mô phỏng" in column(data_sets(session, "vi"), "simulated", "vi")


def test_numbers_are_written_as_people_of_the_language_do(session: Session) -> None:
    vi, en = (counts(session, lang) for lang in LANGS)
    assert vi["Số đo"].replace(".", "") == en["Readings"].replace(",", "")
    assert "." in vi["Số đo"]
    assert "," in en["Readings"]


def test_the_network_tells_fresh_from_stale_and_silent(session: Session) -> None:
    fresh = column(network(session, "en", AS_OF), "state", "en")
    salt = [one for one in session.exec(select(Station.key)).all() if one != "kratie"]
    assert fresh == ["reporting"] * len(salt), "the river's own gauge measures no salt"
    later = network(session, "en", Utc(AS_OF + timedelta(days=3)))
    assert set(column(later, "state", "en")) == {"stale"}
    before = network(session, "en", parse_as_of("2020-01-01"))
    assert set(column(before, "state", "en")) == {"no reading"}
    assert set(column(before, "last_time", "en")) == {""}


def test_changes_compare_the_last_two_scenes_the_greatest_fall_first(session: Session) -> None:
    table = changes(session, "en", AS_OF)
    falls = [float(text) for text in column(table, "change", "en")]
    assert falls == sorted(falls)
    before, after = (list(map(float, column(table, key, "en"))) for key in ("before", "after"))
    for fall, low, high in zip(falls, after, before, strict=True):
        assert fall == pytest.approx(low - high, abs=0.011)
    assert {text.rpartition(", ")[2] for text in column(table, "band", "en")} == {"18 Mar 2026"}
    assert changes(session, "en", parse_as_of("2025-12-15")).rows == (), "one scene is no change"
    assert all(not name[0].isdigit() for name in column(table, "commune", "en"))


def test_a_forecast_without_a_baseline_shows_none(session: Session) -> None:
    before = column(yields(session, "en"), "best_baseline", "en").count("–")
    row = session.exec(select(YieldForecast).where(YieldForecast.season == "winter_spring")).first()
    assert row is not None
    assert row.baselines["mean5"] > 0
    row.baselines = {**row.baselines, "mean5": None}
    with session.no_autoflush:
        session.flush()
        shown = column(yields(session, "en"), "best_baseline", "en")
    session.rollback()
    assert shown.count("–") == before + 1
    assert "0" not in shown


def test_lots_come_with_verdict_status_and_labels(session: Session, demo: DemoWorld) -> None:
    told: dict[str, str] = {}
    for one in organisations(session):
        table = lots(session, one.code, "en", AS_OF, judge_lot)
        for row in table.records():
            packed = bool(row["Packed"])
            assert row["Labels printed"] == ("21" if packed else "0")
            assert row["Status"] == "active"
            told[row["Lot"]] = row["Plausibility"] if packed else ""
        assert len(sheets(session, one.code)) == sum(map(bool, column(table, "packed", "en")))
    assert {lot: verdict for lot, verdict in told.items() if verdict} == demo.report["plausibility"]
    assert len(told) == demo.report["lots"], "what cooperatives harvested is listed too"


def test_who_harvested_or_packed_is_offered_by_name(session: Session) -> None:
    offered = organisations(session)
    assert {one.kind for one in offered} == {"cooperative", "packer"}
    assert offered == sorted(offered, key=lambda one: (one.kind, one.name))
    assert 0 < len(offered) < len(session.exec(select(Organisation)).all())
    assert lots(session, "nobody", "vi", AS_OF, judge_lot).rows == ()


def test_no_person_stands_in_a_table(session: Session, demo: DemoWorld) -> None:
    people = demo.people()
    for one in organisations(session):
        tables = (
            fields(session, one.code, "vi"), lots(session, one.code, "vi", AS_OF, judge_lot)
        )  # fmt: skip
        text = "\n".join(cell for table in tables for row in table.rows for cell in row)
        assert not [p for p in people if p["name"] in text or p["phone"] in text]
