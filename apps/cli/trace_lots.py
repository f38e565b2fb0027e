"""`agridata trace …` on stored events: capture, lots, genealogy, balance, plausibility."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agridata.errors import NotFoundError
from apps.cli._common import AsOf, Home, Json, emit, moment, opened, readable_file
from traceability.errors import DuplicateEventError, EventError

if TYPE_CHECKING:
    from traceability.lots import Genealogy
    from traceability.lots.models import Lot

__all__ = ["register"]

LotName = Annotated[str, typer.Argument(metavar="LOT", help="GTIN/LOT, lot number or short code.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module to ``agridata trace``."""
    app.command("capture")(capture_file)
    app.command("lots")(list_lots)
    app.command("lot")(show_lot)
    app.command("back")(back)
    app.command("forward")(forward)
    app.command("balance")(show_balance)
    app.command("plausibility")(plausibility)


def capture_file(
    file: Path,
    organisation: Annotated[str, typer.Option("--as", help="Code of the organisation that signs.")],
    home: Home = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Validate, sign and append the events of an EPCIS 2.0 document: all of them or none."""
    from agridata.registry import personal_values
    from agridata.registry.models import Organisation
    from traceability.events import load_document, validate_event
    from traceability.ledger import Ledger
    from traceability.lots import capture, sequence

    now = moment(as_of)
    workspace = opened(home)
    ledger = Ledger.open(workspace)
    events = load_document(readable_file(file))
    captured: list[str] = []
    known: list[str] = []
    with workspace.session() as session:
        if session.get(Organisation, organisation) is None:
            raise NotFoundError(
                f"no organisation {organisation!r}", field="--as",
                fix="give the code of a registered organisation",
                problem_vi=f"không có tổ chức {organisation!r}",
                fix_vi="hãy dùng mã của tổ chức đã đăng ký",
            )  # fmt: skip
        personal = personal_values(session)
    findings = [one for event in events for one in validate_event(event, known_personal=personal)]
    if findings:  # before a key is made: a refused document leaves nothing behind
        raise EventError.of(findings)
    ledger.organisation_key(organisation, now=now)
    with ledger.session() as session:
        for event in events:
            try:
                row = capture(
                    session, ledger, organisation, event, now=now, known_personal=personal
                )
                captured.append(row.event_id)
            except DuplicateEventError as duplicate:
                known.append(duplicate.findings[0].where)
        sequence(session, ledger)
    checkpoint = ledger.publish(now)
    emit(
        {"captured": captured, "already_stored": known, "log_size": checkpoint.size},
        as_json=as_json,
    )


def _lot_line(lot: Lot) -> dict[str, Any]:
    return {
        "gtin": lot.gtin,
        "lot": lot.lot,
        "short_code": lot.short_code,
        "organisation": lot.organisation_code,
        "quantity_kg": lot.quantity_kg,
        "packed_at": lot.packed_at,
        "parcels": [code for code in lot.parcel_codes.split(",") if code],
        "status": lot.status,
    }


def list_lots(home: Home = None, as_json: Json = False) -> None:
    """List every lot of the workspace."""
    from sqlmodel import col, select

    from traceability.lots.models import Lot

    with opened(home).session() as session:
        lots = session.exec(select(Lot).order_by(col(Lot.gtin), col(Lot.lot))).all()
        lines = [_lot_line(lot) for lot in lots]
    text = "\n".join(
        f"{line['gtin']}/{line['lot']}  {line['short_code']}  {line['quantity_kg']} kg  "
        f"{line['status']}"
        for line in lines
    )
    emit({"lots": lines}, as_json=as_json, text=text or "no lots")


def show_lot(lot: LotName, home: Home = None, as_json: Json = False) -> None:
    """Show one lot."""
    from traceability.lots import find_lot

    with opened(home).session() as session:
        emit(_lot_line(find_lot(session, lot)), as_json=as_json)


def _genealogy(found: Genealogy) -> dict[str, Any]:
    return {
        "lot": str(found.root),
        "lots": [str(ref) for ref in found.lots],
        "links": [[str(source), str(target)] for source, target in found.links],
        "events": [
            {
                "time": row.event_time,
                "biz_step": row.biz_step,
                "organisation": row.organisation_code,
                "event_id": row.event_id,
                "log_index": row.log_index,
            }
            for row in found.events
        ],
    }


def back(lot: LotName, home: Home = None, as_json: Json = False) -> None:
    """Trace a lot back to the fields it came from."""
    from traceability.lots import find_lot, trace_back

    with opened(home).session() as session:
        found = find_lot(session, lot)
        emit(_genealogy(trace_back(session, found.gtin, found.lot)), as_json=as_json)


def forward(lot: LotName, home: Home = None, as_json: Json = False) -> None:
    """Trace a lot forward to everything made of it and everyone who received it."""
    from traceability.lots import find_lot, trace_forward

    with opened(home).session() as session:
        found = find_lot(session, lot)
        emit(_genealogy(trace_forward(session, found.gtin, found.lot)), as_json=as_json)


def show_balance(lot: LotName, home: Home = None, as_json: Json = False) -> None:
    """Compare what was produced of a lot with what left it; exit 1 when more left than was made."""
    from dataclasses import asdict

    from traceability.lots import balance, find_lot

    with opened(home).session() as session:
        found = find_lot(session, lot)
        result = balance(session, found.gtin, found.lot)
    emit(asdict(result), as_json=as_json)
    if result.overdrawn:
        raise typer.Exit(1)


def plausibility(
    lot: LotName, home: Home = None, as_of: AsOf = None, as_json: Json = False
) -> None:
    """Hold a lot's claims against what was observed; exit 1 when a claim is questionable."""
    from dataclasses import asdict

    from apps.evidence import judge_lot
    from apps.moment import moment_for
    from traceability.lots import find_lot

    with opened(home).session() as session:
        at = moment(as_of) if as_of else moment_for(session, "registry")
        verdict = judge_lot(session, find_lot(session, lot), at)
    text = "\n".join(
        f"{one.status}: {one.sentence_vi}\n  {one.sentence_en}" for one in verdict.checks
    )
    emit(
        {**asdict(verdict), "as_of": at}, as_json=as_json, text=f"{verdict.status}\n{text}",
    )  # fmt: skip
    if verdict.status == "questionable":
        raise typer.Exit(1)
