"""The whole main job on the (small) sample province, and once more on the same workspace."""

from __future__ import annotations

import base64
import json
import re
from datetime import date
from pathlib import Path

import sqlalchemy as sa
from demo_world import AS_OF, DemoWorld, row_counts, walk
from sqlmodel import SQLModel, col, select

from agridata.forecasts.models import Advice, SalinityForecast, YieldForecast
from agridata.observations.models import Reading, Scene, Station
from agridata.places import hau_giang_communes
from agridata.quality.models import QualityMeasure
from agridata.registry import personal_values
from agridata.storage import DataSet
from agridata.vocabulary import nfc, search_key
from apps.simulation import (
    SAMPLE_COMMUNES,
    SAMPLE_SEASON_YEAR,
    SAMPLE_SEED,
    schematic_communes,
    simulate_lots,
    simulate_registry,
)
from traceability.events.models import TraceEvent
from traceability.labels.models import Label, LabelSheet
from traceability.ledger import Ledger, audit, parse_checkpoint
from traceability.lots.models import Lot

CONTRACT = {
    "admin_units", "parcels", "ponds", "herds", "stations", "readings", "scenes", "zonal_rows",
    "forecasts", "lots", "events", "ledger", "labels", "recall_drill_seconds", "addresses",
}  # fmt: skip
AS_OF_LOCAL = "2026-03-20T06:00:00+07:00"
SECONDS = 60
"""A third of a minute on two idle cores, and room for colleagues."""


def test_the_report_has_what_the_contract_names(demo: DemoWorld) -> None:
    report = demo.report
    assert set(report) >= CONTRACT
    counted = CONTRACT - {"forecasts", "ledger", "labels", "addresses"}
    assert all(report[name] > 0 for name in counted), report
    assert report["forecasts"]["salinity"] > 0
    assert report["forecasts"]["yield"] > 0
    assert set(report["ledger"]) == {"size", "root", "checkpoint"}
    assert report["recall_drill_seconds"] < 1
    assert set(report["as_of"].values()) == {AS_OF_LOCAL, "2025"}
    assert demo.seconds < SECONDS


def test_every_label_was_read_back(demo: DemoWorld) -> None:
    labels = demo.report["labels"]
    assert labels["printed"] == labels["decoded"] > 0
    with demo.workspace() as workspace, workspace.session() as session:
        sheets = session.exec(select(LabelSheet)).all()
        assert all(Path(sheet.path).is_file() for sheet in sheets)
        assert len(session.exec(select(Label)).all()) == labels["printed"]
        codes = set(session.exec(select(Label.uri)).all())
        assert all(code.startswith("https://id.agridata.example/01/0952") for code in codes)


def test_rows_stored_and_rejected_are_the_rows_of_each_file(demo: DemoWorld) -> None:
    sources = demo.report["sources"]
    assert len(sources) > 20
    for key, counts in sources.items():
        assert counts["rows"] == counts["stored"] + counts["rejected"] > 0, key
    listed = (demo.folder / "SOURCES.csv").read_text("utf-8").splitlines()[1:]
    loaded = {
        path.split(".")[0].rpartition("/")[2] for path in (row.split(",")[0] for row in listed)
    }
    assert loaded - {"season_calendar", "published_readings"} <= {
        re.sub(r"^(sample_admin|registry)_", "", key) for key in sources
    }


def test_questions_are_answered_as_the_simulation_knows_them(demo: DemoWorld) -> None:
    verdicts = demo.report["plausibility"]
    assert {"plausible", "questionable"} <= set(verdicts.values())
    communes = [one for one in schematic_communes() if one.code in SAMPLE_COMMUNES]
    registry = simulate_registry(communes, season_year=SAMPLE_SEASON_YEAR, seed=SAMPLE_SEED)
    plans = simulate_lots(registry, season_year=SAMPLE_SEASON_YEAR, as_of=AS_OF, seed=SAMPLE_SEED)
    assert set(verdicts) == {plan.lot for plan in plans}
    for plan in plans:
        lied = plan.story != "plausible"
        assert (verdicts[plan.lot] == "questionable") == lied, plan


def test_the_books_are_open_and_agree(demo: DemoWorld) -> None:
    with demo.workspace() as workspace, workspace.session() as session:
        ledger = Ledger.open(workspace)
        rows = session.exec(select(TraceEvent).order_by(col(TraceEvent.log_index))).all()
        found = audit(
            workspace, [(row.log_index or 0, row.event_id, row.document.encode()) for row in rows]
        )
        assert found.ok, found
        told = demo.report["ledger"]
        signed = parse_checkpoint(told["checkpoint"].encode(), [ledger.log_vkey])
        assert signed.size == told["size"]
        assert base64.b64encode(signed.root).decode() == told["root"]
        assert told["size"] == len(rows) + len(ledger.keys())
        assert found.size == told["size"]


def test_a_second_demo_changes_nothing(demo: DemoWorld, tmp_path: Path) -> None:
    workspace = demo.copy(tmp_path / "home")
    before = row_counts(workspace)
    files = {path: path.read_bytes() for path in (tmp_path / "home").rglob("*.pdf")}
    again = walk(workspace, demo.folder)
    assert row_counts(workspace) == before
    assert {path: path.read_bytes() for path in (tmp_path / "home").rglob("*.pdf")} == files
    timed = {"recall_drill_seconds"}
    assert {key: value for key, value in again.report.items() if key not in timed} == {
        key: value for key, value in demo.report.items() if key not in timed
    }
    assert any(line.startswith("log: 0 new events") for line in again.told)
    workspace.engine.dispose()


def test_every_claimed_parcel_is_registered(demo: DemoWorld) -> None:
    with demo.workspace() as workspace, workspace.session() as session:
        rows = session.exec(select(TraceEvent)).all()
        claimed = {code for row in rows for code in json.loads(row.document).get("agd:parcel", ())}
        known = set(session.execute(sa.text("SELECT code FROM parcel")).scalars())
    assert claimed
    assert claimed <= known


def test_places_without_a_station_are_told_so(demo: DemoWorld) -> None:
    with demo.workspace() as workspace, workspace.session() as session:
        advised = session.exec(select(Advice)).all()
        stations = set(session.exec(select(Station.admin_unit_code)).all())
        communes = {unit.code for unit in hau_giang_communes(session, "2025")}
        assert len(communes) == 28
        assert {row.place_code for row in advised} == communes
        for row in advised:
            assert (row.status == "unknown") == (row.place_code not in stations), row
            if row.status == "unknown":
                assert row.windows == []
                assert "Chưa rõ" in row.sentence_vi
                assert "Unknown" in row.sentence_en
        place = demo.report["advice"]["place"]
        (best,) = (row for row in advised if (row.place_code, row.threshold_gl) == (place, 1.0))
        assert best.status == "advice"


def test_forecasts_stand_beside_their_baselines_and_errors(demo: DemoWorld) -> None:
    with demo.workspace() as workspace, workspace.session() as session:
        for row in session.exec(select(SalinityForecast)).all():
            assert row.p05 <= row.p10 <= row.p50 <= row.p90 <= row.p95
            assert set(row.baselines) == {"persistence", "climatology", "tide_phase", "harmonic"}
            assert row.backtest["shown"] == row.method
            assert row.origin == date(2026, 3, 20)
        for one in session.exec(select(YieldForecast)).all():
            assert one.p05 <= one.p50 <= one.p95
            assert set(one.baselines) == {"mean5", "last", "trend"}
            assert one.backtest["model"]["rmse"] > 0
            assert one.last_known_year < one.year


def test_everything_simulated_says_so(demo: DemoWorld) -> None:
    published = {"sample_admin_units"}
    sources = demo.report["sources"]
    assert {key for key, one in sources.items() if not one["simulated"]} == published
    with demo.workspace() as workspace, workspace.session() as session:
        flagged = [
            mapper.class_ for mapper in SQLModel._sa_registry.mappers
            if "simulated" in mapper.columns and mapper.class_ is not DataSet
        ]  # fmt: skip
        spoken = 0
        for model in flagged:
            query = select(model.simulated).distinct()
            if model is Advice:  # "no station here" rests on no simulated figure
                query = query.where(Advice.status == "advice")
            if model is QualityMeasure:  # names and codes of units are published
                query = query.where(col(QualityMeasure.key).not_in(published))
            flags = session.exec(query).all()
            assert flags in ([], [True]), model
            spoken += len(flags)
        assert spoken >= 12, "tables with rows in them"
        for row in session.exec(select(TraceEvent)).all():
            assert json.loads(row.document)["agd:simulated"] is True
        for advice in session.exec(select(Advice).where(Advice.status == "advice")).all():
            assert "mô phỏng" in advice.sentence_vi
            assert "Simulated" in advice.sentence_en
        titles = session.exec(select(DataSet.title_vi).where(DataSet.kind == "registry")).all()
        assert all("mô phỏng" in title for title in titles)


def test_readings_end_at_the_moment(demo: DemoWorld) -> None:
    with demo.workspace() as workspace, workspace.session() as session:
        last = session.scalar(sa.select(sa.func.max(Reading.time)))
        assert last is not None
        assert last <= AS_OF
        assert all(scene.time <= AS_OF for scene in session.exec(select(Scene)).all())


def test_no_person_is_in_an_event_or_in_the_log(demo: DemoWorld) -> None:
    with demo.workspace() as workspace, workspace.session() as session:
        people = demo.people()
        assert len(people) > 50
        assert set(personal_values(session)) >= {one["name"] for one in people}
        ledger = Ledger.open(workspace)
        size = demo.report["ledger"]["size"]
        entries = [ledger.entry(index).decode() for index in range(size)]
        documents = [row.document for row in session.exec(select(TraceEvent)).all()]
    logged = [*entries, *documents]
    for one in people:
        assert not mentions(logged, one)
    commitments = [json.loads(document).get("agd:operator") for document in documents]
    assert any(commitments), "persons stand there as commitments"
    kinds = {json.loads(entry)["statement"]["type"] for entry in entries}
    assert kinds == {"epcis-event", "key-add"}


def mentions(texts: list[str], person: dict[str, str]) -> list[str]:
    """Return the texts that hold a person's name (also without tones), number or pseudonym."""
    keys = [f" {search_key(text)} " for text in map(nfc, texts)]
    wanted = (nfc(person["name"]), person["phone"], person["subject"])
    found = [text for text in map(nfc, texts) if any(one in text for one in wanted)]
    return found + [key for key in keys if f" {search_key(person['name'])} " in key]


def test_the_addresses_are_of_every_kind(demo: DemoWorld) -> None:
    addresses = demo.report["addresses"]
    for start in ("/01/", "/t/", "/vi/man/", "/en/man/", "/vi/ruong/", "/checkpoint", "/app"):
        assert any(path.startswith(start) for path in addresses), start
    with demo.workspace() as workspace, workspace.session() as session:
        first = next(path for path in addresses if path.startswith("/01/"))
        gtin, lot = re.fullmatch(r"/01/(\d{14})/10/(.+)", first).groups()  # type: ignore[union-attr]
        assert demo.report["plausibility"][lot] == "plausible"
        assert session.exec(select(Lot).where(Lot.gtin == gtin, Lot.lot == lot)).one()
