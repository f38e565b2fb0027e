"""Open the books: what may leave is written as a catalogue that the server offers."""

from __future__ import annotations

from sqlmodel import Session

from agridata.opendata import write_catalogue
from agridata.storage import Workspace
from agridata.vocabulary import Utc
from apps.demo._load import Tell

__all__ = ["publish"]

PUBLISHER = "agridata"


def publish(session: Session, workspace: Workspace, *, now: Utc, tell: Tell) -> None:
    """Write the open-data catalogue into the workspace, replacing an earlier one."""
    done = write_catalogue(
        session, workspace.home / "opendata", base_url="/opendata", publisher=PUBLISHER, now=now
    )
    tell(f"open data: {done.files} files offered, {done.withheld} described only (licence)")
