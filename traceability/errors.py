"""The error tree of what is claimed and proven.

::

    AgridataError
    └── TraceabilityError             root of everything this package raises
        ├── ProofError                a Merkle proof, bundle or tlog-proof does not hold
        ├── CheckpointError           a note, checkpoint or vkey is malformed or unsigned
        ├── LedgerError               the log refuses: bad statement, unknown key, read-only
        │   └── AuditError            a stored log differs from what it must be
        ├── IdentifierError           a GS1 key, Digital Link or code is wrong
        ├── EventError                an EPCIS event is malformed or holds personal data
        │   ├── DuplicateEventError   the same event is already captured
        │   └── IdentityConflictError the same eventID is captured with other content
        ├── LabelError                a label sheet cannot be printed, or does not decode
        └── LotError                  a lot is unknown, or its genealogy does not add up

A proof check returns None or raises; it never returns a bool.
"""

from __future__ import annotations

from agridata.errors import AgridataError

__all__ = [
    "AuditError",
    "CheckpointError",
    "DuplicateEventError",
    "EventError",
    "IdentifierError",
    "IdentityConflictError",
    "LabelError",
    "LedgerError",
    "LotError",
    "ProofError",
    "TraceabilityError",
]


class TraceabilityError(AgridataError):
    """Root of every error of `traceability`."""


class ProofError(TraceabilityError):
    """A Merkle proof, proof bundle or tlog-proof does not hold."""


class CheckpointError(TraceabilityError):
    """A signed note, checkpoint or verifier key is malformed, or not signed as required."""


class LedgerError(TraceabilityError):
    """The log refuses: statement, key or signer state is not acceptable; nothing was stored."""


class AuditError(LedgerError):
    """A stored log differs from what its entries and checkpoints say it must be."""


class IdentifierError(TraceabilityError):
    """A GS1 key, Digital Link, element string or code is wrong."""


class EventError(TraceabilityError):
    """An EPCIS event is malformed, or holds what may not be in an event."""


class DuplicateEventError(EventError):
    """Exactly this event is already captured."""


class IdentityConflictError(EventError):
    """The eventID is already captured with other content."""


class LabelError(TraceabilityError):
    """A label sheet cannot be printed, or does not decode to what was asked."""


class LotError(TraceabilityError):
    """A lot is unknown, or its genealogy does not hold together."""
