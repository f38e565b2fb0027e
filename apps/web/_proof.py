"""The proof bundle that a page hands to its reader's script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlmodel import Session, select

from agridata.errors import NotFoundError
from apps.views import CheckpointFacts, lot_events
from apps.web._site import Site
from traceability.errors import CheckpointError
from traceability.ledger import Ledger
from traceability.lots.models import Lot

__all__ = ["proof_bundle", "published"]


def published(site: Site) -> CheckpointFacts | None:
    """Return the newest published checkpoint, None before the first.

    Raises
    ------
    CheckpointError
        If the server checks itself and the signature does not hold.
    """
    if site.self_check:
        newest = site.ledger.latest_checkpoint()
        return CheckpointFacts(newest.origin, newest.size, newest.note) if newest else None
    return _as_stored(site)


def _as_stored(site: Site) -> CheckpointFacts | None:
    """Return the checkpoint file unchecked: the reader's script is to judge it."""
    path = site.workspace.ledger_dir / "checkpoint"
    if not path.is_file():
        return None
    note = path.read_text(encoding="utf-8", errors="replace")
    origin, size, *_ = [*note.split("\n"), "", ""]
    if not size.isdecimal():
        raise CheckpointError("the published checkpoint states no size", where="checkpoint")
    return CheckpointFacts(origin, int(size), note)


def proof_bundle(site: Site, session: Session, gtin: str, lot: str) -> dict[str, Any]:
    """Return the bundle of every published event of a lot and of what went into it.

    Raises
    ------
    NotFoundError
        If the lot is unknown or none of its events is published yet.
    TraceabilityError
        If the server checks itself and record and log disagree.
    """
    checkpoint = published(site)
    known = session.exec(select(Lot).where(Lot.gtin == gtin, Lot.lot == lot)).first()
    size = checkpoint.size if checkpoint else 0
    entries = [
        (one.log_index, one.document.encode())
        for one in (lot_events(session, gtin, lot, site.now(session)) if known else ())
        if one.log_index is not None and one.log_index < size
    ]
    if checkpoint is None or not entries:
        raise _nothing_proven(gtin, lot)
    about = {"gtin": gtin, "lot": lot}
    if site.self_check:
        return site.ledger.bundle(entries, about=about)
    return _unchecked(site.ledger, checkpoint, entries, about)


def _unchecked(
    ledger: Ledger,
    checkpoint: CheckpointFacts,
    entries: Iterable[tuple[int, bytes]],
    about: Mapping[str, str],
) -> dict[str, Any]:
    """Return the bundle of what is stored, right or wrong: only the reader checks it."""
    size = checkpoint.size
    listed = ledger.keys()
    keys = [key.log_index for key in listed if key.log_index is not None]
    return {
        "format": "agridata-proof-bundle/1",
        "about": dict(about),
        "checkpoint": checkpoint.text,
        "keys": [_item(ledger, index, size) for index in sorted(keys) if index < size],
        "events": [
            {**_item(ledger, index, size), "event": event.decode()}
            for index, event in sorted(entries)
        ],
    }


def _item(ledger: Ledger, index: int, size: int) -> dict[str, Any]:
    from base64 import b64encode

    path = [b64encode(node).decode() for node in ledger.proof(index, size)]
    return {"index": index, "entry": ledger.entry(index).decode(), "proof": path}


def _nothing_proven(gtin: str, lot: str) -> NotFoundError:
    return NotFoundError(
        "no event of this lot is in the published log",
        where=f"{gtin}/{lot}",
        field="lot",
        fix="ask again after the next checkpoint, with /01/GTIN/10/LOT?format=proof",
        problem_vi="chưa có sự kiện nào của lô này trong sổ đã công bố",
        fix_vi="hãy hỏi lại sau điểm chốt kế tiếp, bằng /01/GTIN/10/SO-LO?format=proof",
    )
