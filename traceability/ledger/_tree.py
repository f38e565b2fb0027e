"""The tile tree: pymerkle's face and self-checks over C2SP tiles.

A `TileTree` is made for one transaction and thrown away; it reads the right edge or the
few tiles of a proof, so that root and proofs cost O(log n) from a cold start. Proofs leave
in the wire form of RFC 9162, and only after pymerkle's own verifier accepted its form and
ours accepted this one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from pymerkle import BaseMerkleTree, InvalidProof
from pymerkle import verify_consistency as verify_pymerkle_consistency
from pymerkle import verify_inclusion as verify_pymerkle_inclusion

from traceability.errors import LedgerError, ProofError
from traceability.ledger._rfc9162 import (
    HASH_BYTES,
    consistency_path,
    consistency_ranges,
    fold_hashes,
    inclusion_path,
    inclusion_ranges,
    leaf_hash,
    perfect_subtrees,
    require_position,
    require_sizes,
    verify_consistency,
    verify_inclusion,
)
from traceability.ledger._tiles import (
    TILE_WIDTH,
    TileChange,
    TilePath,
    grow,
    locate,
    tile_key,
    tile_keys_of,
    tile_of_key,
    tile_path,
)

__all__ = ["Entry", "TileStore", "TileTree"]


class Entry(NamedTuple):
    """What becomes a leaf: the exact bytes, and the key that signed them (None: unsigned)."""

    stmt: bytes
    kid: str | None = None


class TileStore(Protocol):
    """Where tiles and entries are kept, within one transaction."""

    def size(self) -> int:
        """Return the number of leaves."""

    def tiles(self, keys: Iterable[int]) -> dict[int, bytes]:
        """Return the stored tiles among `keys`, in one query."""

    def append(
        self,
        first: int,
        entries: Sequence[Entry],
        hashes: Sequence[bytes],
        changes: Sequence[TileChange],
    ) -> None:
        """Store entries from index `first` on, and the tiles they change."""


class TileTree(BaseMerkleTree):  # type: ignore[misc]  # pymerkle ships no types
    """RFC 9162 tree whose inner nodes are tiles.

    Never pass `disable_cache` or `disable_optimizations` to the base class: they bypass
    `_get_subroot` without a word.
    """

    def __init__(self, store: TileStore) -> None:
        super().__init__("sha256")
        self._store = store
        self._tiles: dict[int, bytes] = {}
        self._size = store.size()

    def __repr__(self) -> str:
        return f"TileTree(size={self._size})"

    def append_entries(self, entries: Iterable[Entry]) -> int:
        """Append `entries` in bulk; return the new size."""
        with self.lock:
            batch = list(entries)
            self._append(batch, [leaf_hash(each.stmt) for each in batch])
            return self._size

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """Return the RFC 9162 inclusion proof of leaf `index` (from 0), checked twice.

        Raises
        ------
        ProofError
            If `index` or `size` is out of range, or the stored tiles prove nothing.
        """
        self._require_size(size)
        require_position(index, size)
        self._fetch(tile_keys_of([(0, size), (index, index + 1), *inclusion_ranges(index, size)]))
        path = inclusion_path(index, size, self._get_subroot)
        root, base = self.get_root(size), self.get_leaf(index + 1)
        proof = self.prove_inclusion(index + 1, size)
        try:
            verify_pymerkle_inclusion(base, root, proof, index + 1, size, "sha256")
        except InvalidProof as error:
            raise _tiles_disagree(size) from error
        if proof.path[1:] != path:
            raise _tiles_disagree(size)
        verify_inclusion(index, size, base, path, root)
        return path

    def consistency(self, size1: int, size2: int) -> list[bytes]:
        """Return the RFC 9162 consistency proof between two sizes, checked twice.

        Raises
        ------
        ProofError
            Unless ``0 < size1 <= size2 <= size``, or if the stored tiles prove nothing.
        """
        self._require_size(size2)
        require_sizes(size1, size2)
        self._fetch(tile_keys_of([(0, size1), (0, size2), *consistency_ranges(size1, size2)]))
        path = consistency_path(size1, size2, self._get_subroot)
        root1, root2 = self.get_root(size1), self.get_root(size2)
        proof = self.prove_consistency(size1, size2)
        try:
            verify_pymerkle_consistency(root1, root2, proof, size1, size2, "sha256")
        except InvalidProof as error:
            raise _tiles_disagree(size2) from error
        verify_consistency(size1, size2, path, root1, root2)
        return path

    def root(self, size: int | None = None) -> bytes:
        """Return the root of the first `size` leaves (None: of all), reading the edge at once.

        Raises
        ------
        ProofError
            If the log is smaller.
        """
        wanted = self._size if size is None else size
        self._require_size(wanted)
        self._fetch(tile_keys_of([(0, wanted)]))
        root: bytes = self.get_root(wanted)
        return root

    def edge(self, size: int) -> list[tuple[int, bytes]]:
        """Return ``(width, root)`` of the perfect subtrees of the first `size` leaves."""
        self._fetch(tile_keys_of([(0, size)]))
        return [
            (width, self._get_subroot(offset, width)) for offset, width in perfect_subtrees(0, size)
        ]

    def _require_size(self, size: int) -> None:
        if type(size) is not int or not 0 <= size <= self._size:
            raise ProofError(
                f"size {size!r} is not within the log of size {self._size}",
                field="size",
                fix=f"give a size between 0 and {self._size}",
            )

    def _append(self, entries: Sequence[Entry], hashes: Sequence[bytes]) -> None:
        changes = grow(self._size, hashes, self._tile)
        self._store.append(self._size, entries, hashes, changes)
        self._tiles.update((change.key, change.data) for change in changes)
        self._size += len(entries)

    def _fetch(self, keys: set[int]) -> None:
        missing = keys - self._tiles.keys()
        if missing:
            self._tiles.update(self._store.tiles(sorted(missing)))

    def _tile(self, key: int) -> bytes:
        self._fetch({key})
        try:
            return self._tiles[key]
        except KeyError:
            raise _tile_missing(key) from None

    # The storage interface of pymerkle; its indices count from 1.

    def _encode_entry(self, data: Entry) -> bytes:
        return data.stmt

    def _store_leaf(self, data: Entry, digest: bytes) -> int:
        self._append([data], [digest])
        return self._size

    def _get_leaf(self, index: int) -> bytes:
        return self._get_subroot(index - 1, 1)

    def _get_leaves(self, offset: int, width: int) -> Iterator[bytes]:
        self._fetch({tile_key(0, at // TILE_WIDTH) for at in range(offset, offset + width)})
        return (self._get_subroot(at, 1) for at in range(offset, offset + width))

    def _get_size(self) -> int:
        return self._size

    def _get_subroot(self, offset: int, width: int) -> bytes:
        key, first, count = locate(offset, width)
        hashes = self._tile(key)[first * HASH_BYTES : (first + count) * HASH_BYTES]
        if len(hashes) != count * HASH_BYTES:
            raise _tile_missing(key)
        return fold_hashes(hashes)


def _tile_missing(key: int) -> LedgerError:
    level, n = tile_of_key(key)
    return LedgerError(
        "the tile is missing or too short",
        where=tile_path(TilePath(level, n, TILE_WIDTH)),
        fix="run `agridata ledger audit`, then rebuild the tiles from the entries",
        problem_vi="thiếu một phần của cây băm",
        fix_vi="hãy chạy `agridata ledger audit`",
    )


def _tiles_disagree(size: int) -> ProofError:
    return ProofError(
        f"the stored tiles contradict each other below size {size}; no proof is served",
        fix="run `agridata ledger audit`",
        problem_vi="cây băm đang lưu tự mâu thuẫn, không cấp bằng chứng",
        fix_vi="hãy chạy `agridata ledger audit`",
    )
