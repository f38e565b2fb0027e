"""Capture: validated, stored whole in one transaction, refused with a reason otherwise."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from lots_world import (
    FARM,
    NOW,
    PADDY,
    SHOP,
    build_ledger,
    harvest,
    inspect,
    pack,
    paddy,
    receive,
    rice,
    ship,
)
from sqlmodel import Session, select

from agridata.storage import Workspace
from agridata.vocabulary import to_local
from traceability.errors import (
    DuplicateEventError,
    EventError,
    IdentityConflictError,
    LedgerError,
    TraceabilityError,
)
from traceability.events import canonical_bytes, event_hash
from traceability.events.models import TraceEvent
from traceability.ledger import Ledger, audit
from traceability.lots import capture, find_lot, rebuild_lots, sequence, trace_back
from traceability.lots.models import EventLot, Lot

TABLES = ("trace_event", "event_lot", "lot", "log_inbox")


def counts(session: Session) -> dict[str, int]:
    found = {}
    for table in TABLES:
        query = sa.select(sa.func.count()).select_from(sa.table(table))
        found[table] = int(session.scalar(query) or 0)
    return found


def take(session: Session, ledger: Ledger, event: dict[str, Any], by: str = FARM) -> TraceEvent:
    return capture(session, ledger, by, event, now=NOW)


def test_the_whole_story_on_both_databases(workspace_on: Workspace) -> None:
    ledger = build_ledger(workspace_on)
    told = [
        (FARM, harvest("H1", 900, 0)),
        (FARM, harvest("H2", 600, 1, parcels=["P-2", "P-3"])),
        (FARM, pack({paddy("H1"): 900, paddy("H2"): 600}, {rice("R/1"): 950}, 24)),
        (FARM, ship(rice("R/1"), 950)),
        (SHOP, receive(rice("R/1"), 950)),
    ]
    with ledger.session() as session:
        for by, event in told:
            row = take(session, ledger, event, by)
            assert row.log_index is None
        assert sequence(session, ledger) == 2 + 5, "two keys, five events"
    ledger.publish(NOW)
    with workspace_on.session() as session:
        rows = session.exec(select(TraceEvent).order_by(TraceEvent.id)).all()
        assert [row.log_index for row in rows] == [2, 3, 4, 5, 6], "after the two keys"
        assert [json.loads(row.document) for row in rows] == [event for _, event in told]
        for row in rows:
            assert row.document.encode() == canonical_bytes(json.loads(row.document))
            assert row.jcs_sha256 == hashlib.sha256(row.document.encode()).hexdigest()
            assert row.jcs_sha256 in ledger.entry(row.log_index or 0).decode()
        packed = find_lot(session, "R/1")
        assert packed.parcel_codes == "P-1,P-2,P-3"
        assert packed.quantity_kg == 950
        assert packed.packed_at is not None
        assert to_local(packed.packed_at).isoformat() == "2026-03-02T08:00:00+07:00"
        back = trace_back(session, packed.gtin, packed.lot)
        assert {str(ref) for ref in back.lots} == {
            f"{packed.gtin}/R/1", f"{PADDY}/H1", f"{PADDY}/H2",
        }  # fmt: skip
        assert len(back.events) == 5
        before = counts(session)
        assert rebuild_lots(session) == 3
        assert counts(session) == before
        documents = [(row.log_index or 0, row.event_id, row.document.encode()) for row in rows]
    assert audit(workspace_on, documents).ok


def test_what_is_not_committed_is_not_there(ledger: Ledger) -> None:
    with ledger.session() as session:
        before = counts(session)
        take(session, ledger, harvest("H-GONE"))
        grown = counts(session)
        assert {table: grown[table] - before[table] for table in TABLES} == dict.fromkeys(TABLES, 1)
    with ledger.session() as session:
        assert counts(session) == before, "event, lot and queued statement went together"


def test_the_same_event_is_a_duplicate(session: Session, ledger: Ledger) -> None:
    event = harvest("H1")
    take(session, ledger, event)
    before = counts(session)
    for again in (
        event,
        {**event, "eventID": "urn:uuid:another-name"},
        dict(reversed(event.items())),
    ):
        with pytest.raises(DuplicateEventError) as caught:
            take(session, ledger, again)
        assert caught.value.findings[0].where == event["eventID"]
        assert caught.value.findings[0].problem_vi
    assert counts(session) == before


def test_an_event_id_cannot_be_used_twice(session: Session, ledger: Ledger) -> None:
    event_id = "urn:uuid:5f6a9d5c-3a5e-4f0e-9a3a-0d5a3f0c9b11"
    take(session, ledger, harvest("H1", event_id=event_id))
    before = counts(session)
    with pytest.raises(IdentityConflictError, match="other content"):
        take(session, ledger, harvest("H1", 1001, event_id=event_id))
    assert counts(session) == before


def test_an_event_without_id_is_named_by_its_hash(session: Session, ledger: Ledger) -> None:
    event = harvest("H1")
    del event["eventID"]
    row = take(session, ledger, event)
    assert row.event_id == row.cbv_hash == event_hash(event)
    assert json.loads(row.document)["eventID"] == row.event_id


@pytest.mark.parametrize(
    ("spoil", "field"),
    [
        (lambda event: event.update({"agd:phone": "0912345678"}), "agd:phone"),
        (lambda event: event.update({"agd:note": "gọi 0912 345 678"}), "agd:note"),
        (lambda event: event.update({"agd:note": "ong NGUYEN mau lua giao"}), "agd:note"),
        (lambda event: event.update({"agd:operator": "Nguyễn Mẫu Lúa"}), "agd:operator"),
        (lambda event: event["ilmd"].update({"agd:note": "a.b@example.vn"}), "agd:note"),
        (lambda event: event.pop("action"), "action"),
        (lambda event: event.update(bizStep="packingg"), "bizStep"),
        (lambda event: event.update(eventTime="yesterday"), "eventTime"),
        (lambda event: event.update(quantityList=[{"epcClass": "no uri"}]), "epcClass"),
    ],
)
def test_what_may_not_be_logged_is_refused_and_nothing_is_stored(
    session: Session, ledger: Ledger, spoil: Callable[[dict[str, Any]], Any], field: str
) -> None:
    event = harvest("H1")
    spoil(event)
    event.pop("eventID", None)
    before = counts(session)
    with pytest.raises(EventError) as caught:
        capture(session, ledger, FARM, event, now=NOW, known_personal=["Nguyễn Mẫu Lúa"])
    assert field in {finding.field for finding in caught.value.findings}
    assert all(finding.fix and finding.problem_vi for finding in caught.value.findings)
    assert counts(session) == before


def test_an_organisation_without_key_cannot_sign(session: Session, ledger: Ledger) -> None:
    before = counts(session)
    with pytest.raises(LedgerError):
        capture(session, ledger, "nobody", harvest("H1"), now=NOW)
    session.rollback()
    assert counts(session) == before


@pytest.mark.parametrize(
    ("time", "stored"),
    [
        ("2026-03-01T16:59:60Z", "2026-03-01T23:59:59+07:00"),
        ("2026-03-01t10:00:00.123456789z", "2026-03-01T17:00:00.123456+07:00"),
        ("2026-03-01T10:00:00+0700", "2026-03-01T10:00:00+07:00"),
    ],
)
def test_every_time_that_validates_can_be_stored(
    session: Session, ledger: Ledger, time: str, stored: str
) -> None:
    event = {**harvest("H1"), "eventTime": time}
    del event["eventID"]
    assert to_local(take(session, ledger, event).event_time).isoformat() == stored


@pytest.mark.parametrize("time", ["2026-03-01T10:00:00+25:00", "0001-01-01T00:00:00+14:00"])
def test_a_time_that_is_none_is_refused(session: Session, ledger: Ledger, time: str) -> None:
    event = {**harvest("H1"), "eventTime": time}
    del event["eventID"]
    before = counts(session)
    with pytest.raises(EventError):
        take(session, ledger, event)
    assert counts(session) == before


@pytest.mark.parametrize("kg", [2**53 + 1, float("inf"), -1])
def test_a_quantity_that_cannot_be_signed_is_refused(
    session: Session, ledger: Ledger, kg: float
) -> None:
    event = harvest("H1")
    event["quantityList"][0]["quantity"] = kg
    del event["eventID"]
    before = counts(session)
    with pytest.raises(TraceabilityError):
        take(session, ledger, event)
    assert counts(session) == before


def test_words_written_as_uris_count_like_bare_words(session: Session, ledger: Ledger) -> None:
    take(session, ledger, harvest("H1"))
    packed = pack({paddy("H1"): 500}, {rice("R1"): 300})
    packed |= {"bizStep": "https://ref.gs1.org/cbv/BizStep-packing"}
    recall = inspect(rice("R1"), "urn:epcglobal:cbv:disp:recalled")
    del packed["eventID"]
    assert take(session, ledger, packed).biz_step == "packing"
    take(session, ledger, recall)
    lot = find_lot(session, "R1")
    assert lot.packed_at is not None
    assert lot.status == "recalled"


def test_one_lot_in_two_lines_of_an_event_counts_once_with_the_sum(
    session: Session, ledger: Ledger
) -> None:
    event = harvest("H1", 400)
    event["quantityList"] *= 2
    del event["eventID"]
    take(session, ledger, event)
    assert find_lot(session, "H1").quantity_kg == 800
    assert len(session.exec(select(EventLot)).all()) == 1


def test_two_harvests_of_one_lot_add_up_with_all_their_parcels(
    session: Session, ledger: Ledger
) -> None:
    take(session, ledger, harvest("H1", 400, 0, parcels=["P-2"]))
    take(session, ledger, harvest("H1", 300, 5, parcels=["P-1"]))
    lot = find_lot(session, "H1")
    assert (lot.quantity_kg, lot.parcel_codes) == (700, "P-1,P-2")


def test_a_pallet_observes_what_it_carries(session: Session, ledger: Ledger) -> None:
    take(session, ledger, harvest("H1"))
    pallet = {
        "@context": harvest("H1")["@context"],
        "type": "AggregationEvent", "action": "ADD", "bizStep": "loading",
        "eventTime": "2026-03-02T08:00:00+07:00", "eventTimeZoneOffset": "+07:00",
        "parentID": "https://id.gs1.org/00/095212345678901238",
        "childQuantityList": harvest("H1", 50)["quantityList"],
    }  # fmt: skip
    row = take(session, ledger, pallet)
    touched = session.exec(select(EventLot).where(EventLot.event_row == row.id)).one()
    assert (touched.role, touched.quantity_kg) == ("observed", 50)
    assert find_lot(session, "H1").quantity_kg == 1000, "loading makes nothing"


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ([(1, "non_sellable_other")], "held"),
        ([(1, "non_sellable_other"), (2, "active")], "active"),
        ([(2, "active"), (1, "recalled")], "active"),
        ([(2, "recalled"), (1, "active")], "recalled"),
        ([(1, "recalled"), (2, "in_transit")], "recalled"),
    ],
)
def test_the_last_word_in_time_decides_what_a_lot_may_do(
    session: Session, ledger: Ledger, said: list[tuple[int, str]], status: str
) -> None:
    for day, disposition in said:
        take(session, ledger, inspect(paddy("H1"), disposition, 24 * day))
    take(session, ledger, harvest("H1"))
    assert find_lot(session, "H1").status == status, "also when the lot itself came last"


def test_a_lot_that_was_only_seen_is_not_made_up(session: Session, ledger: Ledger) -> None:
    take(session, ledger, ship(rice("ELSEWHERE"), 10))
    assert session.exec(select(Lot)).all() == []


def test_a_run_that_ended_before_the_note_is_healed(tmp_path: Any) -> None:
    workspace = Workspace(tmp_path / "home").create()
    ledger = build_ledger(workspace)
    with ledger.session() as session:
        take(session, ledger, harvest("H1"))
        session.commit()
    ledger.sequence()  # the process died here: the log moved on, the event store did not
    with ledger.session() as session:
        take(session, ledger, harvest("H2"))
        assert sequence(session, ledger) == 1
        rows = session.exec(select(TraceEvent).order_by(TraceEvent.id)).all()
        assert [row.log_index for row in rows] == [2, 3]
    workspace.engine.dispose()
