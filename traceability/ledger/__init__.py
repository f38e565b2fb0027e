"""RFC 9162 log on pymerkle: statements, checkpoints, proofs, audit.

Importing this package is light: no pandas, geopandas, rasterio or sklearn.
"""

from traceability.ledger._audit import EventDocument, audit
from traceability.ledger._bundle import VerifiedBundle, VerifiedEvent, verify_bundle
from traceability.ledger._checkpoint import Checkpoint, parse_checkpoint
from traceability.ledger._issuing import OrganisationKey
from traceability.ledger._ledger import Ledger
from traceability.ledger._log import Log
from traceability.ledger._mirror import write_mirror
from traceability.ledger._note import Note, NoteSigner, VerifierKey, open_note, parse_vkey
from traceability.ledger._report import AuditProblem, AuditReport
from traceability.ledger._rfc9162 import (
    leaf_hash,
    node_hash,
    verify_consistency,
    verify_inclusion,
)
from traceability.ledger._serving import tile_bytes
from traceability.ledger._statement import Statement, parse_statement
from traceability.ledger._tlogproof import verify_tlog_proof
from traceability.ledger._workspace_audit import audit_workspace

__all__ = [
    "AuditProblem",
    "AuditReport",
    "Checkpoint",
    "EventDocument",
    "Ledger",
    "Log",
    "Note",
    "NoteSigner",
    "OrganisationKey",
    "Statement",
    "VerifiedBundle",
    "VerifiedEvent",
    "VerifierKey",
    "audit",
    "audit_workspace",
    "leaf_hash",
    "node_hash",
    "open_note",
    "parse_checkpoint",
    "parse_statement",
    "parse_vkey",
    "tile_bytes",
    "verify_bundle",
    "verify_consistency",
    "verify_inclusion",
    "verify_tlog_proof",
    "write_mirror",
]
