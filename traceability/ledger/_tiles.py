"""C2SP tiles: where a node of the tree is kept, how tiles grow, what their paths are.

A tile holds up to 256 hashes of one level. Level 0 holds leaf hashes; each hash of
level L + 1 is the root of a full tile of level L. Tiles are numbered from the left and
kept under the key ``level << 48 | n``. Source: C2SP tlog-tiles v0.1.0.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from traceability.ledger._rfc9162 import HASH_BYTES, fold_hashes, perfect_subtrees

__all__ = [
    "ENTRIES",
    "FULL_TILE_BYTES",
    "TILE_WIDTH",
    "TileChange",
    "TilePath",
    "grow",
    "locate",
    "parse_tile_path",
    "tile_key",
    "tile_keys_of",
    "tile_of_key",
    "tile_path",
    "tiles_of_size",
]

TILE_WIDTH = 256
"""Hashes of a full tile (height 8), fixed by tlog-tiles."""

FULL_TILE_BYTES = TILE_WIDTH * HASH_BYTES

MAX_LEVEL = 7
"""Levels 0 to 7 of 8 bits each hold every tree below 2^63 leaves."""

ENTRIES = -1
"""Stands for the level in the path of an entry bundle."""

_LEVEL_SHIFT = 48
_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<n>(?:x[0-9]{3}/)*[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


@dataclass(frozen=True, slots=True)
class TilePath:
    """What ``tile/<L>/<N>[.p/<W>]`` names; `level` is `ENTRIES` for an entry bundle."""

    level: int
    n: int
    width: int


@dataclass(frozen=True, slots=True)
class TileChange:
    """New content of a tile; `extends` tells that a partial one is replaced."""

    key: int
    data: bytes
    extends: bool


def tile_key(level: int, n: int) -> int:
    """Return the database key ``level << 48 | n``."""
    return level << _LEVEL_SHIFT | n


def tile_of_key(key: int) -> tuple[int, int]:
    """Return ``(level, n)`` of a database key."""
    return key >> _LEVEL_SHIFT, key & ((1 << _LEVEL_SHIFT) - 1)


def locate(offset: int, width: int) -> tuple[int, int, int]:
    """Return ``(key, first, count)``: the hashes that fold to a perfect subtree's root.

    Parameters
    ----------
    offset, width
        First leaf (from 0, a multiple of width) and number of leaves, a power of two.
    """
    level, height = divmod(width.bit_length() - 1, 8)
    start = offset >> (8 * level)
    return tile_key(level, start // TILE_WIDTH), start % TILE_WIDTH, 1 << height


def tile_keys_of(ranges: Iterable[tuple[int, int]]) -> set[int]:
    """Return the keys of all tiles that the roots of these leaf ranges need."""
    return {
        locate(offset, width)[0]
        for start, end in ranges
        for offset, width in perfect_subtrees(start, end)
    }


def grow(size: int, leaves: Sequence[bytes], tile: Callable[[int], bytes]) -> list[TileChange]:
    """Return the tiles that change when `leaves` are appended to a tree of `size` leaves.

    Parameters
    ----------
    size
        Leaves before.
    leaves
        Leaf hashes, 32 bytes each, in order.
    tile
        Reads a stored tile by key; called for the partial tiles of the right edge only.
    """
    changes: list[TileChange] = []
    level, start, added = 0, size, b"".join(leaves)
    while added:
        n, filled = divmod(start, TILE_WIDTH)
        key = tile_key(level, n)
        old = tile(key)[: filled * HASH_BYTES] if filled else b""
        parents = []
        for at, data in enumerate(_cut(old + added)):
            changes.append(TileChange(key + at, data, extends=bool(filled) and at == 0))
            if len(data) == FULL_TILE_BYTES:
                parents.append(fold_hashes(data))
        level, start, added = level + 1, n, b"".join(parents)
    return changes


def _cut(hashes: bytes) -> Iterator[bytes]:
    for at in range(0, len(hashes), FULL_TILE_BYTES):
        yield hashes[at : at + FULL_TILE_BYTES]


def tiles_of_size(size: int) -> Iterator[TilePath]:
    """Yield every tile, full or partial, of a tree with `size` leaves (no entry bundles)."""
    level, count = 0, size
    while count:
        full, rest = divmod(count, TILE_WIDTH)
        for n in range(full):
            yield TilePath(level, n, TILE_WIDTH)
        if rest:
            yield TilePath(level, full, rest)
        level, count = level + 1, full


def tile_path(path: TilePath) -> str:
    """Return ``tile/<L>/<N>[.p/<W>]``, the address of a tile below the log's prefix."""
    digits = f"{path.n:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    number = "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])
    level = "entries" if path.level == ENTRIES else str(path.level)
    suffix = "" if path.width == TILE_WIDTH else f".p/{path.width}"
    return f"tile/{level}/{number}{suffix}"


def parse_tile_path(text: str) -> TilePath | None:
    """Read ``tile/<L>/<N>[.p/<W>]``; None where it is not the one spelling of a tile."""
    found = _PATH.fullmatch(text.removeprefix("/"))
    if found is None:
        return None
    level = ENTRIES if found["level"] == "entries" else int(found["level"])
    n = int(found["n"].replace("x", "").replace("/", ""))
    path = TilePath(level, n, int(found["width"] or TILE_WIDTH))
    known = level <= MAX_LEVEL and n < 1 << _LEVEL_SHIFT
    return path if known and tile_path(path) == text.removeprefix("/") else None
