"""The audit trail: nothing changes unseen, nothing is deleted, the trail gives the state back."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from registry_world import (
    DAY,
    MODELS,
    NOW,
    ORIGIN,
    add_data_set,
    organisation,
    parcel,
    populate,
    states,
)
from sqlmodel import Session, select

from agridata.errors import AgridataError, UsageError
from agridata.registry import (
    ChangeRecord,
    Member,
    Organisation,
    Parcel,
    PersonalValue,
    Planting,
    add_certificate,
    add_personal_value,
    changes_since,
    end_validity,
    history,
    load_registry,
    record_change,
    recording,
    replay,
    set_status,
)
from agridata.storage import SourceInfo, open_engine

INFO = SourceInfo("registry", "registry", "", "", "test", "", simulated=True)


def test_who_when_before_and_after_are_kept(workspace_on):
    with workspace_on.session() as session:
        add_data_set(session)
        with recording(session, actor="officer-1", now=NOW):
            session.add(organisation())
        session.commit()
        later = NOW + timedelta(days=1)
        with recording(session, actor="officer-2", now=later):
            session.get_one(Organisation, "coop").postcode = "94000"
        session.commit()
        end_validity(session, "organisation", "coop", on=DAY, actor="officer-3", now=later)
        session.commit()
        first, second, third = history(session, "organisation", "coop")
    assert [(one.id, one.actor, one.action) for one in (first, second, third)] == [
        (1, "officer-1", "insert"), (2, "officer-2", "update"), (3, "officer-3", "end"),
    ]  # fmt: skip
    assert (first.at, second.at) == (NOW, later)
    assert first.before is None
    assert first.after == second.before
    assert (second.before["postcode"], second.after["postcode"]) == (None, "94000")
    assert third.after["valid_to"] == "2026-03-20"
    assert second.after | {"valid_to": "2026-03-20"} == third.after


def test_an_unread_noun_has_its_true_state_before(workspace_on):
    """After a commit attributes are unread: setting one must not lose what was there."""
    with workspace_on.session() as session:
        populate(session)
        session.commit()
        found = session.exec(select(Parcel).where(Parcel.code == "P1")).one()
        session.commit()  # expires it
        with recording(session, actor="a", now=NOW):
            found.land_use = "fruit"
        (change,) = changes_since(session, 0)
        assert change.before["land_use"] == "rice"
        assert change.after["land_use"] == "fruit"
        ring = change.after["geom"]["coordinates"][0]
        assert len(ring) == 5
        assert change.after["geom"] == change.before["geom"]


def test_what_does_not_change_is_no_change(workspace):
    with workspace.session() as session:
        populate(session)
        with recording(session, actor="a", now=NOW):
            found = session.get_one(Organisation, "coop")
            found.name, found.address = "X", found.address
            found.name = "HTX Mẫu"
        assert changes_since(session, 0) == []
        state = {"code": "x"}
        told = {"actor": "a", "now": NOW, "noun": "station", "key": "x"}
        assert record_change(session, before=state, after=dict(state), **told) is None
        assert record_change(session, before=None, after=state, **told) == 1
        assert record_change(session, before=state, after=None, **told) == 2
        assert [one.action for one in changes_since(session, 0)] == ["insert", "end"]
        assert replay(changes_since(session, 0)) == {}


def test_a_trail_wants_an_author_and_a_state(workspace):
    with workspace.session() as session:
        told = {"now": NOW, "noun": "station", "key": "x"}
        with pytest.raises(UsageError, match="author"):
            record_change(session, actor=" ", before=None, after={}, **told)
        with pytest.raises(UsageError, match="state"):
            record_change(session, actor="a", before=None, after=None, **told)
        with pytest.raises(UsageError, match="not an action"):
            record_change(session, actor="a", before=None, after={}, action="burn", **told)
        with pytest.raises(UsageError, match="author"), recording(session, actor="", now=NOW):
            pass


def test_nothing_is_deleted(workspace_on):
    with workspace_on.session() as session:
        populate(session)
        session.commit()
        found = session.exec(select(Parcel).where(Parcel.code == "P1")).one()
        with (
            pytest.raises(UsageError, match="never deleted"),
            recording(session, actor="a", now=NOW),
        ):
            session.delete(found)
        session.rollback()
        assert len(session.exec(select(Parcel)).all()) == 3


def test_the_trail_itself_cannot_be_rewritten(workspace_on):
    for statement in ("UPDATE change_record SET actor = 'x'", "DELETE FROM change_record"):
        with workspace_on.session() as session:
            populate(session)
            end_validity(session, "parcel", "P1", on=DAY, actor="a", now=NOW)
            with pytest.raises(sa.exc.DBAPIError, match="append-only"):
                session.connection().exec_driver_sql(statement)


def test_personal_values_enter_as_commitments_only(workspace_on):
    salt = bytes(range(16))
    with workspace_on.session() as session:
        populate(session)
        with recording(session, actor="a", now=NOW):
            session.add(Member(subject="s1", organisation_code="coop", role="farmer", **ORIGIN))
            session.flush()
            old = add_personal_value(session, "s1", "phone", "0912345678", salt=salt)
            new = add_personal_value(session, "s1", "phone", "0987654321", salt=salt)
            add_personal_value(session, "s1", "name", "Trần Mẫu Lúa", salt=salt)
        record_change(
            session, actor="a", now=NOW, noun="member", key="s1",
            before={"subject": "s1"}, after={"subject": "s1", "name": "Trần Mẫu Lúa", "role": "x"},
        )  # fmt: skip
        records = changes_since(session, 0)
        whole = json.dumps([one.model_dump(mode="json") for one in records], ensure_ascii=False)
        for secret in ("0912345678", "0987654321", "Trần", salt.hex()):
            assert secret not in whole
        assert old in whole
        assert new in whole
        with recording(session, actor="a", now=NOW):  # erasure
            for one in session.exec(select(PersonalValue)).all():
                session.delete(one)
        last = changes_since(session, len(records))
        assert {(one.noun, one.action, one.after) for one in last} == {
            ("personal_value", "end", None)
        }


def test_a_rolled_back_change_leaves_neither_record_nor_gap(workspace_on):
    with workspace_on.session() as session:
        populate(session)
        session.commit()
        for keep in (False, True, False, True):
            with recording(session, actor="a", now=NOW):
                session.get_one(Organisation, "coop").name += "!"
            session.commit() if keep else session.rollback()
        with recording(session, actor="a", now=NOW):
            with session.begin_nested() as attempt:
                session.get_one(Organisation, "coop").name = "lost"
                session.flush()
                attempt.rollback()
            session.get_one(Organisation, "other").name = "kept"
        session.commit()
        told = [(one.id, one.key, one.after["name"]) for one in changes_since(session, 0)]
    assert told == [(1, "coop", "HTX Mẫu!"), (2, "coop", "HTX Mẫu!!"), (3, "other", "kept")]


def test_writers_at_once_number_in_order_of_commit(workspace_on):
    """A reader that remembers the last number must never miss one that commits later."""
    with workspace_on.session() as session:
        populate(session)
        session.commit()
    seen: list[int] = []
    stop = threading.Event()

    def write(code: str) -> None:
        engine = open_engine(workspace_on.url).execution_options(immediate=True)
        for turn in range(6):
            with Session(engine) as session:
                with recording(session, actor=code, now=NOW):
                    session.get_one(Organisation, code).address = f"{turn}"
                session.commit()
        engine.dispose()

    def follow() -> None:
        engine = open_engine(workspace_on.url)
        while True:
            over = stop.is_set()
            with Session(engine) as session:
                fresh = changes_since(session, seen[-1] if seen else 0)
                seen.extend(one.id or 0 for one in fresh)
            if over:
                break
        engine.dispose()

    writers = [threading.Thread(target=write, args=(code,)) for code in ("coop", "other")]
    reader = threading.Thread(target=follow)
    for one in (*writers, reader):
        one.start()
    for one in writers:
        one.join()
    stop.set()
    reader.join()
    assert seen == list(range(1, 13))


def test_the_reader_gets_pages(workspace):
    with workspace.session() as session:
        for number in range(7):
            record_change(
                session, actor="a", now=NOW, noun="n", key=str(number), before=None, after={}
            )
        assert [one.id for one in changes_since(session, 2, limit=3)] == [3, 4, 5]
        assert [one.id for one in changes_since(session, 5)] == [6, 7]


def test_a_bulk_load_is_recorded_once(workspace_on, project_root):
    folder = project_root / "data_samples" / "registry"
    with workspace_on.session() as session:
        reports = load_registry(session, folder, INFO, NOW, lambda: bytes(16))
        session.commit()
        records = [one for page in range(9) for one in changes_since(session, 1000 * page, 1000)]
        nouns = [one for one in records if one.noun != "personal_value"]
        assert len(nouns) == sum(one.imported for one in reports.values())
        assert [one.id for one in records] == list(range(1, len(records) + 1))
        assert {one.actor for one in records if one.noun == "parcel"} == {"import:registry_parcels"}
        assert replay(records) == states(session)
        load_registry(session, folder, INFO, NOW, lambda: bytes(16))
        session.commit()
        assert changes_since(session, len(records)) == []


WORDS = st.text("aăđ/ ", min_size=1, max_size=4)
MOVES = st.lists(
    st.tuples(
        st.sampled_from(
            ["organisation", "parcel", "planting", "certificate", "person", "rename", "redraw",
             "end", "revoke", "suspend", "reinstate", "erase", "undone"]
        ),
        st.integers(0, 2), WORDS, st.integers(0, 40),
    ),
    min_size=3, max_size=40,
)  # fmt: skip


@given(MOVES)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)  # each example rolls back, so the workspace may be shared
def test_replaying_the_trail_gives_the_current_state(uncommitted_on, moves):
    with uncommitted_on.session() as session:
        add_data_set(session)
        for move in ("organisation", "parcel", "planting", "certificate"):
            _make(session, move, 0, "a", 0)
        for move, number, word, days in moves:
            try:
                with session.begin_nested():
                    _make(session, move, number, word, days)
            except AgridataError:
                session.expire_all()  # refused: neither state nor trail may show it
        records = changes_since(session, 0)
        assert [one.id for one in records] == list(range(1, len(records) + 1))
        assert replay(records) == states(session)
        for one in records:
            assert one.before != one.after


def _make(session: Session, move: str, number: int, word: str, days: int) -> None:
    """Do one thing to noun `number`, if it can be done."""
    code, day, now = f"n{number}", DAY + timedelta(days=days), NOW + timedelta(days=days)
    told = {"actor": "a", "now": now}
    if move == "certificate":
        cells = {"kind": "organic", "number": code, "issuer": word, "organisation_code": code,
                 "valid_from": str(day), "valid_to": str(day + timedelta(days=9))}  # fmt: skip
        add_certificate(session, cells, **told)
    elif move == "end":
        noun = ("organisation", "parcel", "planting", "certificate")[days % 4]
        key = f"{code}/year/2026" if noun == "planting" else code
        end_validity(session, noun, key, on=day, **told)
    elif move in STATUS_OF:
        set_status(session, code, STATUS_OF[move], at=now, reason=word, **told)
    else:
        with recording(session, **told):
            _change(session, move, code, word, days)


STATUS_OF = {"revoke": "revoked", "suspend": "suspended", "reinstate": "active"}


def _change(session: Session, move: str, code: str, word: str, days: int) -> None:
    owner, field = session.get(Organisation, code), _first(session, Parcel, code)
    if move == "organisation" and owner is None:
        session.add(organisation(code, word))
    elif move == "parcel" and field is None:
        session.add(parcel(code, code if owner else None))
    elif field is not None:
        _change_field(session, move, field, word, days)
    if owner is not None:
        _change_owner(session, move, owner, word, days)


def _change_field(session: Session, move: str, field: Any, word: str, days: int) -> None:
    if move == "planting" and not _first(session, Planting, field.code):
        session.add(Planting(parcel_code=field.code, crop="pomelo", variety=word, season="year",
                             year=2026, planted_year=2010, trees=days, **ORIGIN))  # fmt: skip
    elif move == "redraw":
        field.geom = field.geom.buffer(0.0001 * (days + 1))


def _change_owner(session: Session, move: str, owner: Any, word: str, days: int) -> None:
    if move == "rename":
        owner.name = word
    elif move == "person":
        if session.get(Member, owner.code) is None:
            session.add(
                Member(subject=owner.code, organisation_code=owner.code, role=word, **ORIGIN)
            )
        add_personal_value(session, owner.code, "name", "Mẫu " + word, salt=bytes([days] * 16))
    elif move == "erase":
        for one in session.exec(select(PersonalValue).where(PersonalValue.subject == owner.code)):
            session.delete(one)
    elif move == "undone":
        owner.name = "undone"
        session.flush()
        raise UsageError("changed my mind")


def _first(session: Session, model: type, code: str) -> Any:
    column = model.parcel_code if model is Planting else model.code
    return session.exec(select(model).where(column == code)).first()


def test_every_noun_of_the_models_is_watched():
    from sqlmodel import SQLModel

    from agridata.registry import models
    from agridata.registry._states import NOUN_KEYS

    tables = {
        one.__tablename__
        for one in vars(models).values()
        if isinstance(one, type) and issubclass(one, SQLModel) and hasattr(one, "__table__")
    }
    assert tables - {ChangeRecord.__tablename__} == set(NOUN_KEYS)
    assert {one.__tablename__ for one in MODELS} == set(NOUN_KEYS)
