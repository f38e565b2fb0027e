"""What an import of a layer tells: counts, rejections, and notes on rows that landed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from agridata.layers._reasons import NamedFinding, named
from agridata.storage import ImportReport

__all__ = ["LayerReport"]


@dataclass(slots=True)
class LayerReport(ImportReport):
    """An import report with notes: what is odd about rows that landed all the same."""

    notes: list[NamedFinding] = field(default_factory=list)

    @classmethod
    def again(cls, stored: ImportReport) -> LayerReport:
        """Return the recorded report of an earlier import, its reasons named again."""
        return cls(stored.rows, stored.imported, [named(one) for one in stored.rejected])

    def note(self, notes: list[NamedFinding]) -> None:
        """Add notes and count them by reason."""
        self.notes += notes
        for one in notes:
            self.flagged[one.reason] += 1

    def as_dict(self) -> dict[str, Any]:
        """Return the contract's JSON object, with `notes`."""
        document = ImportReport.as_dict(self)
        return document | {"notes": [one.as_dict() for one in self.notes]}
