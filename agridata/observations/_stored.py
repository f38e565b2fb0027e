"""Whether an import needs to run again."""

from __future__ import annotations

from sqlmodel import Session

from agridata.storage import ImportReport, is_loaded, stored_report

__all__ = ["unchanged_report"]


def unchanged_report(session: Session, key: str, sha256: str) -> ImportReport | None:
    """Return the counts of an import that need not run again, None where it must.

    It must run when the bytes differ, and when rows were rejected: the reason may be
    gone since (a station that was missing has been imported).
    """
    if not is_loaded(session, key, sha256):
        return None
    report = stored_report(session, key)
    return None if report.rejected else report
