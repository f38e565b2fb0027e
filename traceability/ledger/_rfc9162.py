"""The Merkle tree of RFC 9162, section 2.1: hashes, proofs and their checks; nothing is stored.

Indices count from 0 and sizes are numbers of leaves, as on the wire of every C2SP log.
A check returns None or raises `ProofError`; it never returns a bool.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hmac import compare_digest

from pymerkle.hasher import MerkleHasher

from traceability.errors import ProofError

__all__ = [
    "EMPTY_ROOT",
    "HASH_BYTES",
    "MAX_TREE_SIZE",
    "consistency_path",
    "consistency_ranges",
    "fold_hashes",
    "inclusion_path",
    "inclusion_ranges",
    "leaf_hash",
    "node_hash",
    "perfect_subtrees",
    "range_root",
    "require_position",
    "require_sizes",
    "verify_consistency",
    "verify_inclusion",
]

HASH_BYTES = 32
"""SHA-256, the one hash of C2SP tiles."""

MAX_TREE_SIZE = 1 << 63
"""Sizes and indices stay below this: they are signed 64-bit integers in both databases."""

_HASHER = MerkleHasher("sha256")
_SHA256 = _HASHER.hashfunc
_NODE_PREFIX: bytes = _HASHER.node_prefix

EMPTY_ROOT: bytes = _HASHER.hash_empty()
"""Root of the tree without leaves, SHA-256 of nothing."""

Range = tuple[int, int]
"""Leaves ``[start, end)``."""

Subroot = Callable[[int, int], bytes]
"""``(offset, width)`` of a perfect subtree (width a power of two) → its hash."""


def leaf_hash(entry: bytes) -> bytes:
    """Return SHA-256(0x00 ‖ entry), the hash of a leaf (RFC 9162, 2.1.1).

    Returns
    -------
    bytes
        32 bytes.
    """
    digest: bytes = _HASHER.hash_buff(entry)
    return digest


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(0x01 ‖ left ‖ right), the hash of an inner node (RFC 9162, 2.1.1).

    Returns
    -------
    bytes
        32 bytes.
    """
    digest: bytes = _HASHER.hash_pair(left, right)
    return digest


def fold_hashes(hashes: bytes) -> bytes:
    """Return the root of 1, 2, 4, … 256 concatenated hashes of neighbouring perfect subtrees."""
    while len(hashes) > HASH_BYTES:
        hashes = b"".join(
            _SHA256(_NODE_PREFIX + hashes[at : at + 64]).digest()
            for at in range(0, len(hashes), 64)
        )
    return hashes


def perfect_subtrees(start: int, end: int) -> list[Range]:
    """Split leaves ``[start, end)`` into perfect subtrees ``(offset, width)``, left to right.

    `start` must be a multiple of the largest power of two within the range, as it is in
    every range that a proof needs.
    """
    found = []
    for bit in range((end - start).bit_length() - 1, -1, -1):
        width = 1 << bit
        if (end - start) & width:
            found.append((start, width))
            start += width
    return found


def range_root(start: int, end: int, subroot: Subroot) -> bytes:
    """Return the Merkle tree hash of leaves ``[start, end)``."""
    if start == end:
        return EMPTY_ROOT
    *lefts, last = perfect_subtrees(start, end)
    root = subroot(*last)
    for left in reversed(lefts):
        root = node_hash(subroot(*left), root)
    return root


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """Return the ranges whose roots make up PATH(index, D[size]), leaf's sibling first."""
    start, end, ranges = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def consistency_ranges(size1: int, size2: int) -> list[Range]:
    """Return the ranges whose roots make up PROOF(size1, D[size2]) (RFC 9162, 2.1.4.1)."""
    start, end, whole, ranges = 0, size2, True, []
    while size1 < end:
        middle = start + _split(end - start)
        if size1 <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start, whole = middle, False
    if not whole:
        ranges.append((start, end))
    return ranges[::-1]


def inclusion_path(index: int, size: int, subroot: Subroot) -> list[bytes]:
    """Return the RFC 9162 inclusion proof of leaf `index` in the tree of `size` leaves.

    Raises
    ------
    ProofError
        Unless ``0 <= index < size``.
    """
    require_position(index, size)
    return [range_root(*each, subroot) for each in inclusion_ranges(index, size)]


def consistency_path(size1: int, size2: int, subroot: Subroot) -> list[bytes]:
    """Return the RFC 9162 consistency proof between the trees of `size1` and `size2` leaves.

    Raises
    ------
    ProofError
        Unless ``0 < size1 <= size2``: from the empty tree there is nothing to prove.
    """
    require_sizes(size1, size2)
    return [range_root(*each, subroot) for each in consistency_ranges(size1, size2)]


def verify_inclusion(
    index: int, size: int, leaf_hash: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that the leaf with `leaf_hash` stands at `index` in the tree (`size`, `root`).

    Parameters
    ----------
    index, size
        Position from 0 and number of leaves.
    leaf_hash, root
        32 bytes each.
    proof
        RFC 9162 path, sibling of the leaf first, 32 bytes each.

    Raises
    ------
    ProofError
        If it does not, or anything is malformed. Source: RFC 9162, 2.1.3.2.
    """
    require_position(index, size)
    path = _require_hashes(leaf_hash, root, proof)
    place, last, result = index, size - 1, leaf_hash
    for step in path:
        if last == 0:
            raise _wrong_length("inclusion", len(path), len(inclusion_ranges(index, size)))
        if place & 1 or place == last:
            result = node_hash(step, result)
            place, last = _skip_left_edges(place, last)
        else:
            result = node_hash(result, step)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise _wrong_length("inclusion", len(path), len(inclusion_ranges(index, size)))
    _require_equal(result, root, f"leaf {index} is not in the tree of size {size}")


def verify_consistency(
    size1: int, size2: int, proof: Sequence[bytes], root1: bytes, root2: bytes
) -> None:
    """Check that the tree (`size2`, `root2`) only adds leaves to the tree (`size1`, `root1`).

    Parameters
    ----------
    size1, size2
        Numbers of leaves, ``0 < size1 <= size2`` (two empty trees are fine).
    proof
        RFC 9162 path, 32 bytes each; empty where the sizes are equal.
    root1, root2
        32 bytes each; for equal sizes only compared.

    Raises
    ------
    ProofError
        If it does not, or anything is malformed. Source: RFC 9162, 2.1.4.2.
    """
    if _is_size(size1) and type(size2) is int and size1 == size2:
        _verify_same(size1, proof, root1, root2)
        return
    path = _require_hashes(root1, root2, proof)
    require_sizes(size1, size2)
    expected = len(consistency_ranges(size1, size2))
    if len(path) != expected:
        raise _wrong_length("consistency", len(path), expected)
    old, new = _consistency_roots(size1, size2, path, root1)
    _require_equal(old, root1, f"the proof does not lead to the tree of size {size1}")
    _require_equal(new, root2, f"the proof does not lead to the tree of size {size2}")


def _verify_same(size: int, proof: Sequence[bytes], root1: bytes, root2: bytes) -> None:
    """Check two roots of one size: nothing is hashed, so their length is not looked at."""
    if not isinstance(proof, list | tuple) or len(proof) > 0:
        raise ProofError(
            "the consistency proof of two equal sizes must be empty",
            field="proof",
            fix="pass no hashes",
        )
    if not (isinstance(root1, bytes) and isinstance(root2, bytes)):
        raise ProofError("a root must be bytes", field="root", fix="decode it first")
    _require_equal(root1, root2, f"two trees of size {size} differ")
    if size == 0:
        _require_equal(root1, EMPTY_ROOT, "an empty tree has another root")


def _consistency_roots(
    size1: int, size2: int, path: list[bytes], root1: bytes
) -> tuple[bytes, bytes]:
    steps = [root1, *path] if size1 & (size1 - 1) == 0 else path
    place, last = size1 - 1, size2 - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if place & 1 or place == last:
            old, new = node_hash(step, old), node_hash(step, new)
            place, last = _skip_left_edges(place, last)
        else:
            new = node_hash(new, step)
        place, last = place >> 1, last >> 1
    return old, new


def _skip_left_edges(place: int, last: int) -> tuple[int, int]:
    while place and not place & 1:
        place, last = place >> 1, last >> 1
    return place, last


def _split(size: int) -> int:
    """Return the largest power of two smaller than `size` (>= 2)."""
    return 1 << ((size - 1).bit_length() - 1)


def _is_size(value: object) -> bool:
    return type(value) is int and 0 <= value < MAX_TREE_SIZE


def require_position(index: int, size: int) -> None:
    """Raise `ProofError` unless ``0 <= index < size``."""
    if not (_is_size(index) and _is_size(size) and index < size):
        raise ProofError(
            f"index {index!r} is not within a tree of size {size!r}",
            field="index",
            fix="count leaves from 0 and give an index below the size",
        )


def require_sizes(size1: int, size2: int) -> None:
    """Raise `ProofError` unless ``0 < size1 <= size2``."""
    if not (_is_size(size1) and _is_size(size2) and 0 < size1 <= size2):
        raise ProofError(
            f"no consistency proof exists from size {size1!r} to size {size2!r}",
            field="size1",
            fix="give 0 < size1 <= size2 <= the size of the log",
        )


def _require_hashes(first: bytes, second: bytes, proof: Sequence[bytes]) -> list[bytes]:
    if not isinstance(proof, list | tuple):
        raise ProofError("a proof is a list of hashes", field="proof", fix="give bytes in a list")
    for value in (first, second, *proof):
        if not isinstance(value, bytes) or len(value) != HASH_BYTES:
            raise ProofError(
                f"a hash must be {HASH_BYTES} bytes, got {_described(value)}",
                field="proof",
                fix="fetch the proof again",
            )
    return list(proof)


def _described(value: object) -> str:
    return f"{len(value)} bytes" if isinstance(value, bytes) else type(value).__name__


def _require_equal(got: bytes, expected: bytes, problem: str) -> None:
    if not compare_digest(got, expected):
        raise ProofError(
            f"{problem}: expected root {expected.hex()}, got {got.hex()}",
            field="root",
            fix="do not trust this entry or log; ask its operator for an explanation",
            problem_vi="bằng chứng không khớp với sổ cái",
            fix_vi="không nên tin mục này; hãy hỏi đơn vị vận hành sổ cái",
        )


def _wrong_length(kind: str, got: int, expected: int) -> ProofError:
    return ProofError(
        f"the {kind} proof has {got} hashes, expected {expected}",
        field="proof",
        fix="fetch the proof again for exactly these sizes",
    )
