"""EPCIS 2.0 events: documents in, validation, canonical bytes, event hash, builders."""

from __future__ import annotations

from traceability.events._builders import (
    AdminUnitThen,
    LotQuantity,
    document_of,
    harvest_event,
    location_uri,
    lot_uri,
    packing_event,
    party_uri,
    receiving_event,
    shipping_event,
)
from traceability.events._canonical import canonical_bytes, normalised
from traceability.events._documents import (
    MAX_DOCUMENT_BYTES,
    MAX_NESTING,
    Document,
    Event,
    load_document,
    read_document,
)
from traceability.events._prehash import event_hash, event_prehash
from traceability.events._validation import validate_document, validate_event

__all__ = [
    "MAX_DOCUMENT_BYTES",
    "MAX_NESTING",
    "AdminUnitThen",
    "Document",
    "Event",
    "LotQuantity",
    "canonical_bytes",
    "document_of",
    "event_hash",
    "event_prehash",
    "harvest_event",
    "load_document",
    "location_uri",
    "lot_uri",
    "normalised",
    "packing_event",
    "party_uri",
    "read_document",
    "receiving_event",
    "shipping_event",
    "validate_document",
    "validate_event",
]
