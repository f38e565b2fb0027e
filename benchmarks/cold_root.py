"""The first root after opening a log: tiles against a tree that hashes every leaf again."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks._row import Row, best_of

__all__ = ["run"]

ENTRIES = 20_000
ENTRY_BYTES = 700
"""A signed statement of an event has about this size."""


def run(entries: int = ENTRIES) -> list[Row]:
    """Fill both stores with the same entries, then time open + root; the roots must agree."""
    from pymerkle import SqliteTree

    from traceability.ledger import Log

    data = [str(i).encode().rjust(ENTRY_BYTES, b".") for i in range(entries)]
    with tempfile.TemporaryDirectory() as folder:
        url, other = f"sqlite:///{Path(folder) / 'ours.sqlite'}", Path(folder) / "other.sqlite"
        with Log.open(url) as log:
            log.append_many(data)
        with SqliteTree(str(other)) as tree:
            tree.append_entries(data)

        def our_root() -> bytes:
            with Log.open(url) as opened:
                return opened.root()

        def their_root() -> bytes:
            with SqliteTree(str(other)) as opened:
                root: bytes = opened.get_root()
                return root

        if our_root() != their_root():
            raise RuntimeError("the two trees disagree: nothing to compare")
        what = "first root after opening the log / pymerkle.SqliteTree"
        return [Row(what, best_of(5, our_root), best_of(3, their_root), "s", entries)]
