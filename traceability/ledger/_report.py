"""What an audit found: the first bad thing, and all others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from agridata.errors import Finding
from traceability.errors import AuditError
from traceability.ledger._note import encode_base64

__all__ = ["MAX_PROBLEMS", "AuditProblem", "AuditReport", "Findings", "Kind"]

Kind = Literal["entry", "tile", "state", "checkpoint", "event"]

MAX_PROBLEMS = 200
"""Problems listed; a rewritten log has as many as it has entries."""

_RANK: dict[Kind, int] = {"entry": 0, "tile": 1, "state": 2, "checkpoint": 3, "event": 4}
"""Causes before consequences: a bad entry also changes roots and checkpoints."""

_FIX = {
    "entry": "restore this entry from a mirror or its issuer's copy",
    "tile": "rebuild the tile from the entries",
    "state": "restore the newest database; compare with the published checkpoint",
    "checkpoint": "history was rewritten or rolled back: restore it, or publish the incident",
    "event": "restore the event's exact bytes from a backup or the writer's copy",
}
_FIX_VI = {
    "entry": "hãy khôi phục mục này từ bản sao",
    "tile": "hãy dựng lại phần cây băm từ các mục",
    "state": "hãy khôi phục cơ sở dữ liệu mới nhất",
    "checkpoint": "lịch sử đã bị sửa hoặc lùi lại: hãy khôi phục hoặc công bố sự cố",
    "event": "hãy khôi phục đúng nội dung sự kiện từ bản sao lưu",
}


@dataclass(frozen=True, slots=True)
class AuditProblem:
    """One bad thing.

    `index` is the entry's index (entry, event), the number of the tile in its level (tile;
    `where` has its path), or the size (state, checkpoint); None where there is none.
    """

    kind: Kind
    index: int | None
    where: str
    problem: str

    def as_dict(self) -> dict[str, Any]:
        """Return the contract's error object with kind and index."""
        return {"kind": self.kind, "index": self.index, **self.finding().as_dict()}

    def finding(self) -> Finding:
        """Return it as the finding that commands print."""
        return Finding(
            self.where, self.kind, self.problem, _FIX[self.kind],
            problem_vi="sổ cái không khớp", fix_vi=_FIX_VI[self.kind],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class AuditReport:
    """Outcome of an audit: `size` and `root` are recomputed from the entries.

    `problems` are in order, the first bad thing first; at most 200, `more` counts the rest.
    """

    ok: bool
    size: int
    root: bytes
    checkpoints: int
    events: int
    problems: tuple[AuditProblem, ...] = ()
    more: int = 0

    @property
    def first(self) -> AuditProblem | None:
        """The first bad thing, None if all is well."""
        return self.problems[0] if self.problems else None

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON document of ``agridata ledger audit``."""
        document: dict[str, Any] = {
            "ok": self.ok,
            "size": self.size,
            "root": encode_base64(self.root),
            "checkpoints": self.checkpoints,
            "events": self.events,
            "errors": [problem.as_dict() for problem in self.problems],
        }
        if self.first is not None:
            document["first"] = {
                "kind": self.first.kind,
                "index": self.first.index,
                "where": self.first.where,
            }
            document["more"] = self.more
        return document

    def require_ok(self) -> None:
        """Raise `AuditError` with every problem as a finding, unless all is well."""
        if not self.ok:
            raise AuditError.of(problem.finding() for problem in self.problems)


class Findings:
    """Collects problems while an audit walks through a log."""

    def __init__(self) -> None:
        self._found: dict[Kind, list[AuditProblem]] = {kind: [] for kind in _RANK}
        self._count = 0
        self.bad_entries: set[int] = set()

    def __repr__(self) -> str:
        return f"Findings({self._count})"

    def add(self, kind: Kind, index: int | None, where: str, problem: str) -> None:
        """Count a problem; the first 200 of each kind are kept."""
        self._count += 1
        if kind == "entry" and index is not None:
            self.bad_entries.add(index)
        if len(self._found[kind]) < MAX_PROBLEMS:
            self._found[kind].append(AuditProblem(kind, index, where, problem))

    def report(self, size: int, root: bytes, checkpoints: int, events: int) -> AuditReport:
        """Return the report, problems in order."""
        ordered = [
            problem
            for kind in sorted(_RANK, key=_RANK.__getitem__)
            for problem in self._sorted(kind)
        ]
        kept = tuple(ordered[:MAX_PROBLEMS])
        ok = self._count == 0
        return AuditReport(ok, size, root, checkpoints, events, kept, self._count - len(kept))

    def _sorted(self, kind: Kind) -> list[AuditProblem]:
        if kind == "tile":
            return self._found[kind]
        return sorted(self._found[kind], key=lambda each: (each.index is None, each.index or 0))
