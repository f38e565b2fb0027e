"""Capture, genealogy and projection of lots: the event store is the one source."""

from traceability.lots._capture import capture, sequence
from traceability.lots._genealogy import (
    Balance,
    Genealogy,
    balance,
    find_lot,
    trace_back,
    trace_forward,
)
from traceability.lots._projection import LotRef, Touch, event_document, rebuild_lots, touches

__all__ = [
    "Balance",
    "Genealogy",
    "LotRef",
    "Touch",
    "balance",
    "capture",
    "event_document",
    "find_lot",
    "rebuild_lots",
    "sequence",
    "touches",
    "trace_back",
    "trace_forward",
]
