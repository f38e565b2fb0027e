"""Back to the field and forward to the shop: on chosen and on random genealogies."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lots_world import (
    BRAN,
    FARM,
    NOW,
    PADDY,
    RICE,
    SHOP,
    at,
    harvest,
    inspect,
    pack,
    paddy,
    receive,
    rice,
    ship,
    snapshot,
)
from sqlmodel import Session, select

from agridata.errors import NotFoundError
from traceability.identifiers import format_short_code, new_short_code
from traceability.ledger import Ledger
from traceability.lots import (
    LotRef,
    balance,
    capture,
    find_lot,
    rebuild_lots,
    trace_back,
    trace_forward,
)
from traceability.lots.models import Lot

REFS = tuple(LotRef(gtin, f"L{n}") for gtin, n in product((PADDY, RICE), range(4)))
"""Few lots, so that random events meet: splits, merges, and cycles too."""


@dataclass(frozen=True)
class Step:
    """One random event: a harvest of `outputs[0]`, or a process from `inputs` to `outputs`."""

    kind: str
    inputs: tuple[LotRef, ...]
    outputs: tuple[LotRef, ...]
    hours: int
    kg: float
    parcel: str


def some(least: int, most: int) -> st.SearchStrategy[tuple[LotRef, ...]]:
    return st.lists(st.sampled_from(REFS), min_size=least, max_size=most, unique=True).map(tuple)


STEPS = st.lists(
    st.builds(
        Step,
        kind=st.sampled_from(["harvest", "pack", "pack", "pack", "ship", "recalled", "active"]),
        inputs=some(1, 3),
        outputs=some(1, 2),
        hours=st.integers(0, 48),
        kg=st.floats(0.5, 5000).map(lambda kg: round(kg, 1)),
        parcel=st.sampled_from(["P-1", "P-2", "P-3"]),
    ),
    min_size=1,
    max_size=9,
    unique=True,
)


def tell(session: Session, ledger: Ledger, step: Step) -> None:
    ref = step.outputs[0]
    events = {
        "harvest": lambda: harvest(ref.lot, step.kg, step.hours, parcels=[step.parcel]),
        "pack": lambda: pack(
            dict.fromkeys(step.inputs, step.kg), dict.fromkeys(step.outputs, step.kg), step.hours
        ),
        "ship": lambda: ship(ref, step.kg, step.hours),
        "recalled": lambda: inspect(ref, "recalled", step.hours),
        "active": lambda: inspect(ref, "active", step.hours),
    }
    capture(session, ledger, FARM, events[step.kind](), now=NOW)


def distinct(steps: list[Step]) -> list[Step]:
    """Leave out steps that would be the same event."""

    def told(step: Step) -> tuple[object, ...]:
        if step.kind == "pack":
            return (step.kind, frozenset(step.inputs), frozenset(step.outputs), step.hours, step.kg)
        if step.kind == "harvest":
            return (step.kind, step.outputs[0].lot, step.hours, step.kg, step.parcel)
        mass = step.kg if step.kind == "ship" else 0
        return (step.kind, step.outputs[0], step.hours, mass)

    return list({told(step): step for step in steps}.values())


def links_of(steps: list[Step]) -> set[tuple[LotRef, LotRef]]:
    return {
        pair for step in steps if step.kind == "pack" for pair in product(step.inputs, step.outputs)
    }


def reached(start: LotRef, links: set[tuple[LotRef, LotRef]]) -> set[LotRef]:
    found, before = {start}, set[LotRef]()
    while found != before:
        before = found
        found = found | {target for source, target in links if source in found}
    return found


@settings(max_examples=40, deadline=None)
@given(steps=STEPS.map(distinct))
def test_any_genealogy_is_walked_both_ways_and_rebuilt_alike(
    ledger: Ledger, steps: list[Step]
) -> None:
    with ledger.session() as session:
        for step in steps:
            tell(session, ledger, step)
        links = links_of(steps)
        turned = {(target, source) for source, target in links}
        for ref in REFS:
            back, forward = (
                walk(session, ref.gtin, ref.lot) for walk in (trace_back, trace_forward)
            )
            assert set(back.lots) == reached(ref, turned)
            assert set(forward.lots) == reached(ref, links)
            assert set(back.links) == {pair for pair in links if pair[1] in back.lots}
            assert set(forward.links) == {pair for pair in links if pair[0] in forward.lots}
        grown = [(step.outputs[0].lot, step.parcel) for step in steps if step.kind == "harvest"]
        for lot in session.exec(select(Lot)).all():
            origins = reached(LotRef(lot.gtin, lot.lot), turned)
            parcels = {parcel for name, parcel in grown if paddy(name) in origins}
            assert lot.parcel_codes == ",".join(sorted(parcels))
        incremental = snapshot(session)
        assert rebuild_lots(session) == len(incremental[0])
        assert snapshot(session) == incremental


@settings(max_examples=15, deadline=None)
@given(steps=STEPS.map(distinct), order=st.randoms(use_true_random=False))
def test_lots_do_not_depend_on_the_order_of_capture(
    ledger: Ledger, steps: list[Step], order: object
) -> None:
    seen = []
    moments = {step.hours for step in steps}
    by_time = len(moments) == len(steps)  # at the same moment the first one captured comes first
    for shuffle in (False, True):
        told = list(steps)
        if shuffle and by_time:
            order.shuffle(told)  # type: ignore[attr-defined]
        with ledger.session() as session:
            for step in told:
                tell(session, ledger, step)
            seen.append(snapshot(session)[0])
    assert seen[0] == seen[1]


def story(session: Session, ledger: Ledger) -> None:
    """H1 and H2 are milled to R1 and bran B1; H2 also to R2; R1 is shipped, R2 too."""
    bran = LotRef(BRAN, "B1")
    for by, event in (
        (FARM, harvest("H1", 900, 0)),
        (FARM, harvest("H2", 800, 1)),
        (FARM, pack({paddy("H1"): 900, paddy("H2"): 300}, {rice("R1"): 700, bran: 200}, 24)),
        (FARM, pack({paddy("H2"): 500}, {rice("R2"): 330}, 25)),
        (FARM, ship(rice("R1"), 700, 48)),
        (SHOP, receive(rice("R1"), 700, 50)),
        (FARM, ship(rice("R2"), 330, 49)),
    ):
        capture(session, ledger, by, event, now=NOW)


def test_going_back_leaves_out_the_siblings(session: Session, ledger: Ledger) -> None:
    story(session, ledger)
    back = trace_back(session, RICE, "R1")
    assert set(back.lots) == {rice("R1"), paddy("H1"), paddy("H2")}
    told = [(row.biz_step, row.event_time) for row in back.events]
    assert [step for step, _ in told] == [
        "creating_class_instance", "creating_class_instance", "packing", "shipping", "receiving",
    ]  # fmt: skip
    assert at(25) not in {time for _, time in told}, "R2 was made of H2 too, but not of R1"
    assert told == sorted(told, key=lambda one: one[1])


def test_going_forward_reaches_every_product(session: Session, ledger: Ledger) -> None:
    story(session, ledger)
    forward = trace_forward(session, PADDY, "H2")
    assert set(forward.lots) == {paddy("H2"), rice("R1"), LotRef(BRAN, "B1"), rice("R2")}
    assert len(forward.events) == 6, "everything but the harvest of H1"


def test_a_lot_nobody_knows_has_no_history(session: Session) -> None:
    alone = trace_back(session, RICE, "NOPE")
    assert (alone.lots, alone.links, alone.events) == ((rice("NOPE"),), (), ())


@pytest.mark.parametrize(
    "text",
    [f"{RICE}/A/1", f"{RICE[1:]}/A/1", "A/1", " A/1 ", new_short_code(RICE, "A/1"),
     new_short_code(RICE, "A/1").lower(), format_short_code(new_short_code(RICE, "A/1"))],
)  # fmt: skip
def test_a_lot_is_found_however_it_is_written(session: Session, ledger: Ledger, text: str) -> None:
    capture(session, ledger, FARM, harvest("H1"), now=NOW)
    capture(session, ledger, FARM, pack({paddy("H1"): 9}, {rice("A/1"): 6}), now=NOW)
    assert find_lot(session, text).lot == "A/1"


@pytest.mark.parametrize(
    "text", ["", "/", "X", f"{RICE}/", f"{RICE}/X", f"{PADDY}/A/1", "%", "'--"]
)
def test_what_is_no_lot_is_not_found(session: Session, ledger: Ledger, text: str) -> None:
    capture(session, ledger, FARM, harvest("H1"), now=NOW)
    with pytest.raises(NotFoundError) as caught:
        find_lot(session, text)
    assert caught.value.findings[0].problem_vi


def test_a_number_of_two_products_must_be_told_apart(session: Session, ledger: Ledger) -> None:
    capture(session, ledger, FARM, harvest("S1"), now=NOW)
    capture(session, ledger, FARM, pack({paddy("S1"): 9}, {rice("S1"): 6}), now=NOW)
    with pytest.raises(NotFoundError, match="2 products"):
        find_lot(session, "S1")
    assert find_lot(session, f"{RICE}/S1").gtin == RICE


def test_balance(session: Session, ledger: Ledger) -> None:
    story(session, ledger)
    assert not balance(session, PADDY, "H1").overdrawn
    found = balance(session, PADDY, "H2")
    assert (found.produced_kg, found.consumed_kg, found.shipped_kg) == (800, 800, 0)
    assert not found.overdrawn
    capture(session, ledger, FARM, pack({paddy("H2"): 0.1}, {rice("R3"): 0.1}, 26), now=NOW)
    assert balance(session, PADDY, "H2").overdrawn


def test_shipping_on_does_not_make_a_lot_heavier(session: Session, ledger: Ledger) -> None:
    story(session, ledger)
    capture(session, ledger, SHOP, ship(rice("R1"), 700, 70, SHOP), now=NOW)
    found = balance(session, RICE, "R1")
    assert (found.shipped_kg, found.overdrawn) == (700, False)
    capture(session, ledger, FARM, ship(rice("R1"), 50, 71), now=NOW)
    assert balance(session, RICE, "R1").overdrawn


def test_what_was_not_weighed_is_not_overdrawn(session: Session, ledger: Ledger) -> None:
    capture(session, ledger, FARM, harvest("H1", 100, 0), now=NOW)
    capture(session, ledger, FARM, harvest("H1", None, 1), now=NOW)
    capture(session, ledger, FARM, pack({paddy("H1"): 400}, {rice("R1"): 250}), now=NOW)
    found = balance(session, PADDY, "H1")
    assert (found.produced_kg, found.overdrawn) == (None, False)
