"""A static mirror of the log, in the layout that any web server can hand out (C2SP tlog-tiles)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from traceability.errors import LedgerError
from traceability.ledger._checkpoint import Checkpoint
from traceability.ledger._database import reading
from traceability.ledger._durable import write_durably
from traceability.ledger._serving import tile_data
from traceability.ledger._tiles import ENTRIES, TilePath, tile_path, tiles_of_size

__all__ = ["write_mirror"]


def write_mirror(engine: sa.Engine, checkpoint: Checkpoint, folder: Path) -> int:
    """Write tiles and entry bundles of a published checkpoint, then the checkpoint itself.

    Full tiles that are there already are compared, never overwritten; the checkpoint comes
    last, so that a mirror is complete at every moment for the checkpoint it shows.

    Parameters
    ----------
    folder
        Created if need be. Serve it as the log's prefix.

    Returns
    -------
    int
        Files written.

    Raises
    ------
    LedgerError
        If the database lacks a tile, or a full tile of the mirror differs.
    """
    written = 0
    try:
        with reading(engine) as connection:
            for path in _resources(checkpoint.size):
                data = tile_data(connection, path)
                if data is None:
                    raise _refused(tile_path(path), "is not in the database")
                written += _write_once(folder / tile_path(path), data)
        write_durably(folder / "checkpoint", checkpoint.note.encode())
    except OSError as error:
        raise _refused(str(folder), f"cannot be written: {error.strerror}") from error
    return written + 1


def _resources(size: int) -> Iterator[TilePath]:
    for tile in tiles_of_size(size):
        yield tile
        if tile.level == 0:
            yield TilePath(ENTRIES, tile.n, tile.width)


def _write_once(path: Path, data: bytes) -> int:
    if path.is_file():
        if path.read_bytes() != data:
            raise _refused(str(path), "differs from the log and is never overwritten")
        return 0
    path.parent.mkdir(parents=True, exist_ok=True)
    write_durably(path, data)
    return 1


def _refused(where: str, problem: str) -> LedgerError:
    return LedgerError(
        problem,
        where=where,
        fix="run `agridata ledger audit`, and mirror into an empty folder",
        problem_vi="không ghi được bản sao sổ cái",
        fix_vi="hãy chạy `agridata ledger audit` rồi sao vào thư mục trống",
    )
