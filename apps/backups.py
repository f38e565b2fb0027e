"""Backup and restore of a workspace with its ledger: what storage cannot know is put in here.

A restore is an attack on one's own log: an older database would let the log sign a second history.
So the signer's memory (``HOME/ledger/signer-state.json``) never goes back: of the one in the
workspace, the one in the backup and a published checkpoint from elsewhere, the furthest stays, and
the ledger refuses to write until its database catches up.
"""

from __future__ import annotations

import base64
import fcntl
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from agridata.errors import AgridataError
from agridata.storage import (
    BackupReport,
    Health,
    LedgerVerdict,
    Query,
    Reconcile,
    RestoreReport,
    Workspace,
    backup,
    restore,
)
from agridata.vocabulary import Utc
from apps.doctor import Signed, examine, signed_in

__all__ = [
    "Restored",
    "bring_back",
    "ledger_facts",
    "reconcile_with",
    "signing_held",
    "take_backup",
]

Progress = Callable[[int, int], None]


@contextmanager
def signing_held(workspace: Workspace) -> Iterator[None]:
    """Let nobody publish a checkpoint while the block runs: hold the signer's own lock."""
    folder = workspace.ledger_dir
    if not folder.is_dir():
        yield
        return
    with (folder / ".signer.lock").open("a") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def ledger_facts(query: Query) -> dict[str, Any]:
    """Return origin, size, root and newest checkpoint of the log in a held database."""
    rows = query("SELECT origin, size, root FROM log_state")
    newest = query("SELECT max(size) FROM log_checkpoint")[0][0]
    waiting = query("SELECT count(*) FROM log_inbox")[0][0]
    origin, size, root = rows[0] if rows else ("", 0, b"")
    return {
        "origin": str(origin), "size": int(size), "root": base64.b64encode(bytes(root)).decode(),
        "checkpoint": newest, "waiting": int(waiting),
    }  # fmt: skip


def take_backup(
    workspace: Workspace,
    path: Path,
    *,
    now: Utc,
    passphrase: str | None = None,
    with_keys: bool = True,
    progress: Progress = lambda _done, _total: None,
) -> BackupReport:
    """Write a verified backup of a workspace (see `agridata.storage.backup`)."""
    return backup(
        workspace, path, now=now, passphrase=passphrase, with_keys=with_keys,
        hold=signing_held, facts=ledger_facts, progress=progress,
    )  # fmt: skip


@dataclass(slots=True)
class Restored:
    """What a restore did, and what doctor and audit said of the workspace afterwards."""

    report: RestoreReport
    health: Health
    audit: dict[str, Any] | None = field(repr=False)

    @property
    def ok(self) -> bool:
        """Whether the restored workspace may simply be used."""
        audited = self.audit is None or bool(self.audit["ok"])
        return self.health.ok and audited and not self.report.verdict.read_only

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON document of ``agridata restore``."""
        return {
            "ok": self.ok, "restored": True, **self.report.as_dict(),
            "doctor": self.health.as_dict(), "audit": self.audit,
        }  # fmt: skip


def bring_back(
    workspace: Workspace,
    path: Path,
    *,
    now: Utc,
    force: bool = False,
    passphrase: str | None = None,
    with_keys: bool = True,
    checkpoint: bytes | None = None,
    progress: Progress = lambda _done, _total: None,
) -> Restored:
    """Restore a workspace, then examine it and audit its ledger.

    Parameters
    ----------
    checkpoint
        Newest checkpoint (the note's bytes) of this log published elsewhere (mirror, witness,
        printed): a backup that is older than it gives a read-only ledger.

    Raises
    ------
    AgridataError
        If the backup cannot be restored; the workspace is as it was.
    """
    seen: list[tuple[Health, dict[str, Any] | None]] = []

    def judge(there: Workspace) -> bool:
        health, audit = examine(there, now=now), _audited(there)
        seen.append((health, audit))
        return health.ok and (audit is None or bool(audit["ok"]))

    report = restore(
        workspace, path, now=now, reconcile=reconcile_with(checkpoint, now), force=force,
        passphrase=passphrase, with_keys=with_keys, hold=signing_held, judge=judge,
        progress=progress,
    )  # fmt: skip
    if not seen:
        judge(workspace)
    workspace.engine.dispose()
    health, audit = seen[0]
    return Restored(report, _without_deleted(health), audit)


def _without_deleted(health: Health) -> Health:
    """Leave out the note about what was replaced, once it is deleted."""
    left = [one for one in health.findings if one.what != "leftovers" or Path(one.where).exists()]
    return replace(health, findings=tuple(left))


def _audited(workspace: Workspace) -> dict[str, Any] | None:
    """Return the ledger's audit; None where there is no log."""
    from traceability.ledger import audit_workspace

    if not (workspace.ledger_dir / "log.vkey").is_file():
        return None
    try:
        return audit_workspace(workspace).as_dict()
    except AgridataError as error:
        return {"ok": False, "errors": [one.as_dict() for one in error.findings]}


# The signer's memory


def reconcile_with(checkpoint: bytes | None, now: Utc) -> Reconcile:
    """Return how a restored ledger folder is made to remember no less than anybody else."""

    def reconcile(former: Sequence[Path], staged: Path) -> LedgerVerdict:
        given = signed_in(staged)
        if checkpoint is not None:
            _remember_published(checkpoint, staged, now)
        verdict = _published_verdict(given, signed_in(staged))
        for folder in former:
            verdict = _joined(verdict, _reconciled(folder, staged))
        return verdict if verdict.statement else _as_backed_up(signed_in(staged), verdict)

    return reconcile


def _reconciled(former: Path, staged: Path) -> LedgerVerdict:
    """Compare one former ledger folder with the staged one; keep its memory if it is further."""
    there, new = signed_in(former), signed_in(staged)
    if there is None:
        return LedgerVerdict()
    if new is not None and not there.damaged and there.origin != new.origin:
        return LedgerVerdict(
            statement=f"another log ({there.origin}) was here; it is kept aside",
            statement_vi=f"ở đây từng có sổ cái khác ({there.origin}); đã giữ riêng",
            keep_old=True,
        )
    if new is not None and not there.damaged and _continued(there, new, staged):
        return LedgerVerdict(same_log=True)
    _keep_memory(former, staged)
    return _read_only(there, new)


def _continued(there: Signed, new: Signed, staged: Path) -> bool:
    """Tell whether the staged log goes on from what the former one signed."""
    if there.size > new.size:
        return False
    if there.size == new.size:
        return there.root == new.root
    note = staged / "checkpoints" / str(there.size)
    return not note.is_file() or there.root in note.read_text("utf-8", "replace").split("\n")


def _keep_memory(former: Path, staged: Path) -> None:
    """Copy what was signed over the staged folder; checkpoints of both are kept."""
    for path in sorted(former.rglob("*")):
        target = staged / path.relative_to(former)
        if path.is_file() and not path.name.startswith("."):
            newest = path.parent == former
            if newest or not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, target)


def _read_only(there: Signed, new: Signed | None) -> LedgerVerdict:
    size = new.size if new else 0
    if there.damaged:
        problem = "the signer state that was here is damaged"
        vi = "trạng thái người ký ở đây bị hỏng"
    elif there.size > size:
        problem = f"this log has signed {there.size} entries, the backup knows {size}"
        vi = f"sổ cái đã ký {there.size} mục, bản sao lưu chỉ có {size}"
    else:
        problem = f"this log signed another history of {there.size} entries than the backup has"
        vi = f"sổ cái đã ký một lịch sử khác ({there.size} mục) so với bản sao lưu"
    return LedgerVerdict(
        read_only=True, same_log=True, keep_old=True,
        statement=f"{problem}: the ledger is read-only. Restore a newer backup, or replay the "
        "missing entries from a mirror; what was replaced is kept aside",
        statement_vi=f"{vi}: sổ cái chỉ đọc. Hãy khôi phục bản sao lưu mới hơn, hoặc phát lại các "
        "mục còn thiếu từ bản sao; dữ liệu cũ được giữ riêng",
    )  # fmt: skip


def _as_backed_up(new: Signed | None, verdict: LedgerVerdict) -> LedgerVerdict:
    if new is None:
        return verdict
    return LedgerVerdict(
        verdict.read_only,
        f"the ledger goes on from {new.size} signed entries; if {new.origin} has signed more "
        "anywhere since this backup, do not sign here (give its newest checkpoint: --checkpoint)",
        f"sổ cái tiếp tục từ {new.size} mục đã ký; nếu {new.origin} đã ký thêm ở nơi khác sau bản "
        "sao lưu này thì không được ký ở đây (hãy đưa điểm kiểm tra mới nhất: --checkpoint)",
        verdict.same_log,
        verdict.keep_old,
    )


def _joined(one: LedgerVerdict, other: LedgerVerdict) -> LedgerVerdict:
    """Return both verdicts as one: the stricter of each, the statement that forbids first."""
    first, second = (other, one) if other.read_only and not one.read_only else (one, other)
    return LedgerVerdict(
        one.read_only or other.read_only,
        first.statement or second.statement,
        first.statement_vi or second.statement_vi,
        one.same_log or other.same_log,
        one.keep_old or other.keep_old,
    )


def _remember_published(checkpoint: bytes, staged: Path, now: Utc) -> None:
    """Let the staged signer remember a checkpoint of its log, if that is further.

    Raises
    ------
    CheckpointError
        If the note is malformed or not signed by this log.
    """
    from traceability.ledger import parse_checkpoint

    vkey = (staged / "log.vkey").read_text("utf-8").strip()
    published = parse_checkpoint(checkpoint, [vkey])
    known = signed_in(staged)
    if known is None or published.size > known.size:
        document = {
            "origin": published.origin, "size": published.size,
            "root": base64.b64encode(published.root).decode(), "signed_at": now.isoformat(),
        }  # fmt: skip
        (staged / "signer-state.json").write_text(json.dumps(document, indent=1), "utf-8")


def _published_verdict(given: Signed | None, told: Signed | None) -> LedgerVerdict:
    if told is None or told == given:
        return LedgerVerdict()
    return _read_only(told, given)
