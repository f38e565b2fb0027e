"""The print ledger: a sheet is recorded after it decoded, and is on disk whole or not at all."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from lots_world import FARM, GLN, NOW, RICE, harvest, inspect, pack, paddy, rice
from sqlmodel import Session, select

from agridata.registry.models import Organisation
from traceability.errors import LabelError
from traceability.identifiers import parse_trace_code
from traceability.labels import (
    MAX_LABELS,
    LabelContent,
    Stock,
    lot_uri,
    print_labels,
    render_sheet,
    sheet_path,
    sheets_of,
    verify_sheet,
)
from traceability.labels.models import Label, LabelSheet
from traceability.ledger import Ledger
from traceability.lots import capture, find_lot
from traceability.lots.models import Lot

DOMAIN = "https://trace.example"


@pytest.fixture
def lot(session: Session, ledger: Ledger) -> Lot:
    """A packed lot."""
    capture(session, ledger, FARM, harvest("H1"), now=NOW)
    capture(session, ledger, FARM, pack({paddy("H1"): 900}, {rice("R/1"): 600}), now=NOW)
    return find_lot(session, "R/1")


def test_a_sheet_is_written_decoded_and_accounted_for(
    session: Session, lot: Lot, tmp_path: Path
) -> None:
    out = tmp_path / "new folder" / "sheet.pdf"
    sheet, report = print_labels(
        session, lot, count=23, stock="L7160", domain=DOMAIN, out=out, now=NOW, start_slot=20
    )
    assert (report.symbols, report.decoded, report.mismatched) == (23, 23, 0)
    assert report.min_module_mm >= 0.396
    assert report.min_quiet_modules >= 4
    assert [path.name for path in out.parent.iterdir()] == ["sheet.pdf"]
    assert sheet.sha256 == hashlib.sha256(out.read_bytes()).hexdigest()
    assert verify_sheet(out.read_bytes()).as_dict() == report.as_dict()
    labels = session.exec(select(Label).order_by(Label.slot)).all()
    assert [label.slot for label in labels] == list(range(20, 43))
    assert {(label.sheet_id, label.lot, label.status) for label in labels} == {
        (sheet.id, "R/1", "printed")
    }
    code = parse_trace_code(labels[0].uri)
    assert (code.gtin, code.lot, code.gln, code.serial) == (RICE, "R/1", GLN[FARM], None)
    assert code.produced_at == lot.packed_at
    assert sheets_of(session, RICE, "R/1") == [sheet]


def test_serials_are_on_paper_and_in_the_books(session: Session, lot: Lot, tmp_path: Path) -> None:
    print_labels(
        session, lot, count=3, stock="L7160", domain=DOMAIN, out=tmp_path / "s.pdf", now=NOW,
        serials=lambda n: f"S{n}",
    )  # fmt: skip
    labels = session.exec(select(Label).order_by(Label.slot)).all()
    assert [label.serial for label in labels] == ["S0", "S1", "S2"]
    assert [parse_trace_code(label.uri).serial for label in labels] == ["S0", "S1", "S2"]


def test_without_a_gln_no_location_is_invented(session: Session, lot: Lot) -> None:
    organisation = session.get(Organisation, FARM)
    assert organisation is not None
    organisation.gln = None
    uri = lot_uri(DOMAIN, lot, organisation)
    assert uri == f"{DOMAIN}/01/{RICE}/10/R%2F1"


@pytest.mark.parametrize("disposition", ["recalled", "non_sellable_other"])
def test_a_lot_that_may_not_be_sold_gets_no_labels(
    session: Session, ledger: Ledger, lot: Lot, tmp_path: Path, disposition: str
) -> None:
    capture(session, ledger, FARM, inspect(rice("R/1"), disposition), now=NOW)
    with pytest.raises(LabelError, match=r"lot is (recalled|held)") as caught:
        print_labels(
            session, lot, count=1, stock="L7160", domain=DOMAIN, out=tmp_path / "s.pdf", now=NOW
        )
    assert caught.value.findings[0].where == f"{RICE}/R/1"
    nothing_happened(session, tmp_path)


@pytest.mark.parametrize(
    ("count", "start_slot", "stock"),
    [(0, 1, "L7160"), (-1, 1, "L7160"), (MAX_LABELS + 1, 1, "L7160"), (1, 0, "L7160"),
     (1, 22, "L7160"), (1, 1, "L0000")],
)  # fmt: skip
def test_a_request_out_of_range_is_refused(
    session: Session, lot: Lot, tmp_path: Path, count: int, start_slot: int, stock: str
) -> None:
    with pytest.raises(LabelError) as caught:
        print_labels(
            session, lot, count=count, stock=stock, domain=DOMAIN, out=tmp_path / "s.pdf", now=NOW,
            start_slot=start_slot,
        )  # fmt: skip
    assert caught.value.findings[0].fix
    assert caught.value.findings[0].fix_vi
    nothing_happened(session, tmp_path)


def test_a_product_nobody_registered_gets_no_labels(
    session: Session, ledger: Ledger, tmp_path: Path
) -> None:
    capture(session, ledger, FARM, harvest("H9"), now=NOW)
    lot = find_lot(session, "H9").model_copy(update={"gtin": "09521234567912"})
    with pytest.raises(LabelError, match="not registered"):
        print_labels(
            session, lot, count=1, stock="L7160", domain=DOMAIN, out=tmp_path / "s.pdf", now=NOW
        )
    nothing_happened(session, tmp_path)


def test_a_sheet_that_does_not_decode_is_not_handed_out(
    session: Session, lot: Lot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def one_missing(contents: list[LabelContent], stock: Stock, *, start_slot: int) -> bytes:
        return render_sheet(contents[1:], stock, start_slot=start_slot)

    monkeypatch.setattr("traceability.labels._print.render_sheet", one_missing)
    with pytest.raises(LabelError, match="only 2 of 3 symbols decoded"):
        print_labels(
            session, lot, count=3, stock="L7160", domain=DOMAIN, out=tmp_path / "s.pdf", now=NOW
        )
    nothing_happened(session, tmp_path)


@pytest.mark.parametrize("name", ["taken", "file/s.pdf"])
def test_a_place_that_cannot_be_written_is_a_finding(
    session: Session, lot: Lot, tmp_path: Path, name: str
) -> None:
    (tmp_path / "taken" / "by a folder").mkdir(parents=True)
    (tmp_path / "file").write_text("")
    with pytest.raises(LabelError, match="cannot be written") as caught:
        print_labels(
            session, lot, count=1, stock="L7160", domain=DOMAIN, out=tmp_path / name, now=NOW
        )
    assert caught.value.findings[0].problem_vi
    assert session.exec(select(LabelSheet)).all() == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "taken"]


def test_a_second_sheet_does_not_overwrite_the_first(
    session: Session, lot: Lot, tmp_path: Path
) -> None:
    for count in (1, 2):
        out = sheet_path(tmp_path, session, lot)
        print_labels(session, lot, count=count, stock="L7160", domain=DOMAIN, out=out, now=NOW)
    kept = {sheet.path: sheet.sha256 for sheet in sheets_of(session, RICE, "R/1")}
    assert len(kept) == 2
    for path, digest in kept.items():
        assert hashlib.sha256(Path(path).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize("number", ["A/1", "../../../x", "..", "/etc/x", "a%2Fb"])
def test_no_lot_number_leaves_the_folder(session: Session, tmp_path: Path, number: str) -> None:
    lot = Lot(gtin=RICE, lot=number, short_code="", organisation_code=FARM)
    assert sheet_path(tmp_path, session, lot).resolve().parent == tmp_path.resolve()


def nothing_happened(session: Session, folder: Path) -> None:
    assert session.exec(select(LabelSheet)).all() == []
    assert session.exec(select(Label)).all() == []
    assert list(folder.iterdir()) == []
