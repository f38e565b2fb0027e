"""Builders of ledgers with known content."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import rfc8785

from agridata.storage import Workspace
from traceability.ledger import Ledger

NOW = datetime(2026, 3, 20, tzinfo=UTC)
GTIN, LOT = "08412345678905", "ST25/26-03"


def event_bytes(number: int, lot: str = "ST25%2F26-03") -> bytes:
    """Canonical bytes of a small event about a lot."""
    return rfc8785.dumps(
        {
            "type": "ObjectEvent",
            "eventID": f"urn:uuid:00000000-0000-4000-8000-{number:012d}",
            "quantityList": [{"epcClass": f"https://id.gs1.org/01/{GTIN}/10/{lot}"}],
        }
    )


def submitted(number: int, now: datetime = NOW) -> dict:
    """Arguments of `Ledger.submit_event` for `event_bytes(number)`."""
    return {
        "organisation_code": "COOP",
        "event_bytes": event_bytes(number),
        "cbv_hash": f"ni:///sha-256;{number:064x}?ver=CBV2.0",
        "event_id": f"urn:uuid:00000000-0000-4000-8000-{number:012d}",
        "about": {"gtin": GTIN, "lot": LOT},
        "now": now,
    }


@dataclass
class World:
    workspace: Workspace
    ledger: Ledger
    events: list[tuple[int, str, bytes]] = field(default_factory=list)

    def capture(self, count: int) -> list[int]:
        """Submit, sequence and remember `count` more events."""
        first = len(self.events)
        with self.ledger.session() as session:
            hashes = [
                self.ledger.submit_event(session, **submitted(number))
                for number in range(first, first + count)
            ]
            session.commit()
        placed = dict(self.ledger.sequence())
        for number, digest in enumerate(hashes, start=first):
            event_id = submitted(number)["event_id"]
            self.events.append((placed[digest], event_id, event_bytes(number)))
        return [placed[digest] for digest in hashes]

    def reopened(self) -> Ledger:
        return Ledger.open(self.workspace)


def make_world(workspace: Workspace) -> World:
    """A ledger with a registrar and a cooperative, nothing sequenced yet."""
    ledger = Ledger.open(workspace)
    ledger.ensure_log_key("example.vn/so-cai", now=NOW)
    ledger.organisation_key("COOP", registrar="PROVINCE", now=NOW)
    return World(workspace, ledger)
