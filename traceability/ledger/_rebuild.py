"""Rebuilding every tile and root from leaf hashes alone, for comparison."""

from __future__ import annotations

from collections.abc import Callable

from traceability.ledger._rfc9162 import EMPTY_ROOT, HASH_BYTES, fold_hashes, node_hash
from traceability.ledger._tiles import FULL_TILE_BYTES, TILE_WIDTH

__all__ = ["Rebuild"]

TileSeen = Callable[[int, int, bytes], None]
"""Called with (level, n, hashes) for each tile, full ones as they fill."""


class Rebuild:
    """Takes leaf hashes in order; memory is one partial tile per level."""

    def __init__(self, tile_seen: TileSeen) -> None:
        self._tile_seen = tile_seen
        self._levels: list[bytearray] = [bytearray()]
        self._counts = [0]

    def __repr__(self) -> str:
        return f"Rebuild(size={self.size})"

    @property
    def size(self) -> int:
        """Leaves so far."""
        return self._counts[0]

    def add(self, leaf: bytes) -> None:
        """Take the next leaf hash (32 bytes)."""
        level, node = 0, leaf
        while True:
            if level == len(self._levels):
                self._levels.append(bytearray())
                self._counts.append(0)
            hashes = self._levels[level]
            hashes += node
            self._counts[level] += 1
            if len(hashes) < FULL_TILE_BYTES:
                return
            full = bytes(hashes)
            hashes.clear()
            self._tile_seen(level, self._counts[level] // TILE_WIDTH - 1, full)
            level, node = level + 1, fold_hashes(full)

    def finish(self) -> None:
        """Report the partial tiles of the right edge."""
        for level, hashes in enumerate(self._levels):
            if hashes:
                self._tile_seen(level, self._counts[level] // TILE_WIDTH, bytes(hashes))

    def root(self) -> bytes:
        """Return the root of the leaves so far."""
        root = b""
        for hashes in self._levels:
            count, end = len(hashes) // HASH_BYTES, len(hashes)
            width = 1
            while width <= count:
                if count & width:
                    start = end - width * HASH_BYTES
                    left = fold_hashes(bytes(hashes[start:end]))
                    root, end = node_hash(left, root) if root else left, start
                width <<= 1
        return root or EMPTY_ROOT
