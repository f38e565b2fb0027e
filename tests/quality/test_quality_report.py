"""The report around the counts: empty sets, moments, history, units, command line, page."""

from __future__ import annotations

import csv
import gzip
import json
import math
import re
from datetime import UTC, datetime, timedelta

import pytest
from quality_world import NOW, build
from sqlmodel import select

from agridata.observations import PRESETS, import_readings, import_stations
from agridata.observations.models import Scene
from agridata.quality import (
    DIMENSIONS,
    RULES,
    QualityMeasure,
    history,
    latest,
    measure,
    record,
)
from agridata.storage import DataSet, SourceInfo, Workspace
from agridata.vocabulary import Utc
from apps.cli import main
from apps.views.quality import quality_page
from apps.web import create_app

LARGEST_PAGE = 30_000


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    workspace = Workspace(tmp_path_factory.mktemp("quality-page") / "home").create()
    with workspace.session() as session:
        build(session)
        session.commit()
    return workspace.home


@pytest.fixture
def opened(home):
    workspace = Workspace(home)
    yield workspace
    workspace.engine.dispose()


def test_no_data_is_never_passed(before):
    empty = before.data_sets["empty"]
    assert [empty.figure(name) for name in DIMENSIONS] == [None] * 4
    assert empty.as_dict()["correct"] is None
    assert empty.as_dict()["counts"]["live"] == {"checked": 0, "failing": 0, "rules": {}}


def test_an_empty_workspace_has_no_figures(workspace):
    with workspace.session() as session:
        report = measure(session, now=NOW)
        assert report.overall() == dict.fromkeys(DIMENSIONS)
        assert latest(session, "data_set", NOW) == []
        page = quality_page(session, lang="vi", now=NOW)
        assert not page.measured
        assert all(cell.text == "–" for cell in page.overall)
    workspace.engine.dispose()


def test_units_have_figures_of_their_own(before):
    assert {"31333", "92", "93"} <= set(before.units)
    commune, province = before.units["31333"], before.units["93"]
    assert commune.title_vi == "Phường Mẫu Một"
    assert province.title_vi == "Hậu Giang"
    assert commune.figure("correct") == commune.figure("live") == 1
    assert commune.simulated
    assert before.units["31333"].tallies["fresh"].checked == 2


def test_freshness_is_judged_at_the_moment_asked_for(world):
    with world.session() as session:
        later = Utc(NOW + timedelta(hours=49))
        assert measure(session, now=later).data_sets["salinity"].figure("live") == 0
        replayed = measure(session, now=later, as_of=NOW)
        assert replayed.data_sets["salinity"].figure("live") == 1


def test_a_data_set_speaks_at_its_own_moment(spoiled):
    spoiled.get_one(DataSet, "salinity").as_of = NOW
    spoiled.flush()
    report = measure(spoiled, now=Utc(NOW + timedelta(days=300)))
    assert report.data_sets["salinity"].figure("live") == 1
    assert report.data_sets["stations"].figure("live") == 1  # communes are still in force


def scene(day: datetime) -> Scene:
    return Scene(
        key=f"ndvi_{day:%Y%m%d}", time=day, path="x.tif", crs="EPSG:4326", bands=[],
        simulated=True, data_set_key="empty",
    )  # fmt: skip


def test_only_the_newest_image_of_a_series_must_be_recent(spoiled):
    spoiled.add_all([scene(NOW - timedelta(days=age)) for age in (10, 200)])
    spoiled.flush()
    assert measure(spoiled, now=NOW).data_sets["empty"].figure("live") == 1
    later = measure(spoiled, now=Utc(NOW + timedelta(days=26)))
    assert later.data_sets["empty"].tallies["scene_recent"].failing == 1


def test_a_run_is_kept_once_and_history_grows(spoiled, before):
    number = record(spoiled, before)
    assert number == len(before.data_sets) + len(before.units)
    assert record(spoiled, before) == number
    assert len(spoiled.exec(select(QualityMeasure)).all()) == number
    later = measure(spoiled, now=Utc(NOW + timedelta(days=30)))
    record(spoiled, later)
    runs = history(spoiled, None, later.now)
    assert [when for when, _ in runs] == [before.now, later.now]
    assert runs[0][1]["live"] == 1 > (runs[1][1]["live"] or 0)
    assert [one.as_of for one in latest(spoiled, "data_set", NOW)] == [NOW] * len(before.data_sets)
    assert history(spoiled, "salinity", later.now)[1][1]["live"] == 0
    assert history(spoiled, "no such", later.now) == []


@pytest.mark.parametrize("flag", ["constant_season", "copied_year", "range"])
def test_flags_of_the_intake_are_the_counts_of_the_report(workspace, tmp_path, flag):
    """A constant, a copied and an impossible reading, through the real import."""
    stations = tmp_path / "stations.csv"
    stations.write_text("station,name,lon,lat\ns,S,105.4,9.7\n", encoding="utf-8")
    path = tmp_path / "salinity.csv.gz"
    with gzip.open(path, "wt", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("station", "time", "salinity_gl", "source"))
        for year in (2021, 2022):
            for step in range(12 * 45):
                when = datetime(year, 1, 5, 1, tzinfo=UTC) + timedelta(hours=2 * step)
                value = 0.1 if flag == "constant_season" else round(3 + 2 * math.sin(step / 4), 2)
                if flag == "range":
                    value = 110.6 if (year, step) == (2021, 7) else value + year - 2021
                writer.writerow(("s", f"{when:%Y-%m-%d %H:%M:%S}", value, "test"))
    info = SourceInfo("salinity", "salinity", "s", "s", "test", "none", True)
    with workspace.session() as session:
        import_stations(session, stations, SourceInfo("st", "stations", "s", "s", "t", "n", True),
                        NOW)  # fmt: skip
        done = import_readings(session, path, PRESETS["salinity_bihourly"], info, NOW)
        assert done.flagged[flag] > 0
        tallies = measure(session, now=NOW).data_sets["salinity"].tallies
        assert tallies["possible_value"].failing == done.flagged["range"]
        own = {"constant_season", "copied_year"} & set(done.flagged)
        assert tallies["own_reading"].failing == max(
            [done.flagged[name] for name in own], default=0
        )
        assert tallies["series_unbroken"].failing == 0
    workspace.engine.dispose()


def run(capsys, *arguments):
    code = main([*arguments])
    return code, capsys.readouterr().out


def test_the_command_reports_records_and_writes(home, tmp_path, capsys):
    place = ("--home", str(home), "--as-of", "2026-03-20T06:00")
    out = tmp_path / "q.json"
    code, text = run(capsys, "quality", "report", *place, "--out", str(out), "--json")
    document = json.loads(text)
    assert code == 0
    assert document == json.loads(out.read_text("utf-8"))
    panel = document["data_sets"]["panel"]
    assert [panel[name] for name in DIMENSIONS] == [1.0] * 4
    assert panel["counts"]["correct"]["rules"]["figures_agree"]["checked"] > 0
    table = tmp_path / "q.csv"
    assert run(capsys, "quality", "report", *place, "--out", str(table))[0] == 0
    rows = list(csv.DictReader(table.read_text("utf-8").splitlines()))
    assert {row["scope"] for row in rows} == {"data_set", "unit"}
    code, text = run(capsys, "quality", "history", *place, "--json")
    assert len(json.loads(text)["runs"]) == 1
    code, text = run(capsys, "quality", "history", "nothing", *place, "--json")
    assert (code, json.loads(text)["ok"]) == (1, False)
    bad = tmp_path / "q.pdf"
    assert run(capsys, "quality", "report", *place, "--out", str(bad), "--json")[0] == 1


def test_a_dry_run_keeps_nothing(home, opened, capsys):
    moment = "2026-03-21T06:00"
    assert (
        run(capsys, "quality", "report", "--home", str(home), "--as-of", moment, "--dry-run")[0]
        == 0
    )
    with opened.session() as session:
        kept = {one.as_of for one in session.exec(select(QualityMeasure)).all()}
    assert datetime(2026, 3, 20, 23, tzinfo=UTC) not in kept


def test_the_page_is_small_bilingual_and_needs_no_script(opened, web_get):
    with opened.session() as session:
        record(session, measure(session, now=NOW))
        spoil = session.get_one(DataSet, "units")
        spoil.loaded_at = NOW - timedelta(days=500)
        session.flush()
        record(session, measure(session, now=Utc(NOW + timedelta(days=20))))
        session.commit()
    app = create_app(opened, as_of=Utc(NOW + timedelta(days=21)), public_url="https://q.example")
    for lang, words in (("vi", ("Đúng", "Đủ", "Sạch", "Sống")), ("en", ("Correct", "Live"))):
        answer = web_get(app, f"/{lang}/chat-luong")
        assert answer.status_code == 200
        assert len(answer.content) <= LARGEST_PAGE
        assert "<script" not in answer.text
        assert all(word in answer.text for word in words)
        assert f'lang="{lang}"' in answer.text
        assert answer.text.count("<polyline") == 4
        assert answer.text.count("data-figure=") == 4
    shown = web_get(app, "/vi/chat-luong?format=json").json()
    assert shown["tasks"][0]["fix"]
    assert any(one["state"] == "bad" for line in shown["data_sets"] for one in line["cells"])
    assert "Bộ empty" in web_get(app, "/vi/chat-luong").text
    assert web_get(app, "/xx/chat-luong").status_code == 404


def test_the_page_stays_small_in_a_large_province(workspace, web_get):
    counts = {rule: {"checked": 123_456, "failing": 12_345, "examples": []} for rule in RULES}
    with workspace.session() as session:
        session.add_all(
            QualityMeasure(
                as_of=NOW, measured_at=NOW, scope=scope, key=f"{number:05d}", simulated=True,
                title_vi=f"Hợp tác xã nông nghiệp Phường Vĩnh Thuận Đông số {number}",
                title_en="x", row_count=1, correct=0.901, complete=0.902, clean=0.903, live=0.904,
                counts=counts,
            )
            for scope in ("data_set", "unit")
            for number in range(200)
        )  # fmt: skip
        session.commit()
    app = create_app(workspace, as_of=NOW, public_url="https://q.example")
    answer = web_get(app, "/vi/chat-luong")
    assert len(answer.content) <= LARGEST_PAGE
    assert "và 176 dòng nữa" in answer.text
    workspace.engine.dispose()


def test_the_page_says_when_nothing_was_measured(workspace, web_get):
    app = create_app(workspace, as_of=NOW, public_url="https://q.example")
    answer = web_get(app, "/vi/chat-luong")
    assert answer.status_code == 200
    assert "Chưa đo lần nào" in answer.text
    workspace.engine.dispose()


def test_the_document_explains_every_rule(project_root):
    text = (project_root / "docs" / "quality.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \|", text, re.MULTILINE)
    assert dict(rows) == {name: rule.dimension for name, rule in RULES.items()}
