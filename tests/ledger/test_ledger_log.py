"""The log on both databases: append, idempotence, closed rows, crashes, many writers."""

import random
import signal
import subprocess
import sys
import time

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from agridata.storage import Workspace
from traceability.errors import LedgerError, ProofError
from traceability.ledger import (
    Log,
    audit,
    leaf_hash,
    tile_bytes,
    verify_consistency,
    verify_inclusion,
)
from traceability.ledger._schema import LOG_TABLES
from traceability.ledger._tiles import TilePath, parse_tile_path, tile_path, tiles_of_size

APPENDER = """
import sys
from traceability.ledger import Log
log = Log.open(sys.argv[1])
name, batch = sys.argv[2], int(sys.argv[3])
for number in range(int(sys.argv[4])):
    log.append_many(b"%s %d %d" % (name.encode(), number, at) for at in range(batch))
    print(log.size, flush=True)
"""


@pytest.fixture
def log(database_url):
    with Log.open(database_url) as opened:
        yield opened


def oracle_of(entries):
    tree = InmemoryTree(algorithm="sha256")
    tree.append_entries(entries)
    return tree


def test_an_empty_log(log):
    assert (log.size, log.root().hex()[:8]) == (0, "e3b0c442")
    assert log.append_many([]) == []
    for call in (lambda: log.inclusion(0), lambda: log.consistency(0, 0), lambda: log.root(1)):
        with pytest.raises(ProofError):
            call()


def test_roots_and_proofs_are_pymerkles(log, log_entries):
    entries = log_entries(700)
    for start, end in ((0, 1), (1, 3), (3, 255), (255, 257), (257, 600), (600, 700)):
        assert log.append_many(entries[start:end]) == list(range(start, end))
    oracle = oracle_of(entries)
    for size in (1, 2, 255, 256, 257, 511, 512, 513, 699, 700):
        assert log.root(size) == oracle.get_root(size)
        for index in {0, size // 2, size - 1}:
            path = log.inclusion(index, size)
            assert path == oracle.prove_inclusion(index + 1, size).path[1:]
            verify_inclusion(index, size, leaf_hash(entries[index]), path, log.root(size))
            proof = log.consistency(index + 1, size)
            verify_consistency(index + 1, size, proof, log.root(index + 1), log.root(size))
    assert list(log.entries()) == entries
    assert audit(log).ok


def test_a_large_tree_uses_three_levels_of_tiles(tmp_path):
    entries = [b"%d" % at for at in range(66_000)]
    with Log.open(f"sqlite:///{tmp_path / 'large.sqlite'}") as log:
        log.append_many(entries[:65_000])
        log.append_many(entries[65_000:])
        oracle = oracle_of(entries)
        assert log.root() == oracle.get_root()
        for size in (65_535, 65_536, 65_537, 66_000):
            assert log.root(size) == oracle.get_root(size)
            assert log.inclusion(17, size) == oracle.prove_inclusion(18, size).path[1:]
            verify_consistency(300, size, log.consistency(300, size), log.root(300), log.root(size))


def test_the_same_entry_keeps_its_index(log):
    assert log.append_many([b"a", b"b", b"a"]) == [0, 1, 0]
    root = log.root()
    assert log.append_many([b"b", b"a"]) == [1, 0]
    assert (log.size, log.root()) == (2, root)
    assert log.append_many([b"b", b"c", b"c"]) == [1, 2, 2]
    many = [b"m%d" % at for at in range(100)]
    assert log.append_many([b"a", *many, b"c"]) == [0, *range(3, 103), 2]
    assert log.append_many(many[::-1]) == list(range(102, 2, -1))
    assert log.root() == oracle_of([b"a", b"b", b"c", *many]).get_root()


@pytest.mark.parametrize("entry", [b"x" * 65_536, "text", None])
def test_a_bad_entry_leaves_the_log_as_it_was(log, entry):
    log.append_many([b"a"])
    with pytest.raises(LedgerError):
        log.append_many([b"b", entry])
    assert log.size == 1
    assert log.append_many([b"x" * 65_535]) == [1]


def test_a_missing_entry_is_our_error(log):
    with pytest.raises(LedgerError, match="no entry 0"):
        log.entry(0)


CLOSED = [
    "UPDATE log_entry SET stmt = stmt WHERE idx = 1",
    "UPDATE log_entry SET kid = 'x'",
    "DELETE FROM log_entry WHERE idx = 2",
    "INSERT INTO log_entry (idx, stmt, stmt_hash) VALUES (7, 'x', 'y')",
    "INSERT INTO log_entry (idx, stmt, stmt_hash) VALUES (-1, 'x', 'y')",
    "UPDATE log_tile SET data = substr(data, 1, 32)",
    "UPDATE log_tile SET id = id + 1",
    "DELETE FROM log_tile",
    "UPDATE log_checkpoint SET note = 'x'",
    "DELETE FROM log_checkpoint",
]
UPSERT = (
    "INSERT INTO log_entry (idx, stmt, stmt_hash) VALUES (1, 'x', 'y') "
    "ON CONFLICT (idx) DO UPDATE SET stmt = 'x'"
)
REPLACING = {
    "sqlite": [
        "REPLACE INTO log_entry (idx, stmt, stmt_hash) VALUES (1, 'x', 'y')",
        "INSERT OR REPLACE INTO log_entry (idx, stmt, stmt_hash) VALUES (0, 'x', 'y')",
        UPSERT,
        "REPLACE INTO log_tile (id, data) VALUES (0, 'x')",
        "REPLACE INTO log_checkpoint (size, root, note) VALUES (3, 'x', 'y')",
    ],
    "postgresql": [
        UPSERT,
        "TRUNCATE log_entry",
        "TRUNCATE log_tile",
        "TRUNCATE log_checkpoint",
    ],
}


@pytest.mark.parametrize("made", ["standalone", "migrated"])
def test_closed_rows_are_refused_by_the_database(database_url, tmp_path, made):
    if made == "migrated":
        Workspace(tmp_path / "home", database_url).create().engine.dispose()
    with Log.open(database_url) as log:
        log.append_many([b"a", b"b", b"c"])
        dialect = log.engine.dialect.name
        with log.engine.begin() as connection:
            connection.exec_driver_sql(
                "INSERT INTO log_checkpoint (size, root, note) VALUES (3, 'x', 'y')"
            )
        for statement in [*CLOSED, *REPLACING[dialect]]:
            refused = pytest.raises(sa.exc.DBAPIError, match=r"append-only|only grows|never")
            with refused, log.engine.begin() as connection:
                connection.exec_driver_sql(statement)
        assert list(log.entries()) == [b"a", b"b", b"c"]


def test_migration_and_standalone_tables_are_the_same(tmp_path, workspace):
    standalone = Log.open(f"sqlite:///{tmp_path / 'log.sqlite'}")
    shapes = []
    for engine in (standalone.engine, workspace.engine):
        with engine.connect() as connection:
            rows = connection.exec_driver_sql(
                "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE tbl_name LIKE 'log_%'"
            )
            shapes.append({(*row[:3], " ".join((row[3] or "").split())) for row in rows})
    triggers = [{row for row in shape if row[0] == "trigger"} for shape in shapes]
    assert triggers[0] == triggers[1]
    assert len(triggers[0]) == 9
    names = [{row[:3] for row in shape} for shape in shapes]
    assert names[0] == names[1] >= {("table", table.name, table.name) for table in LOG_TABLES}
    standalone.close()


def test_a_damaged_log_is_never_continued(log):
    log.append_many([b"a", b"b", b"c"])
    with log.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE log_state SET size = 2")
    with pytest.raises(LedgerError, match="damaged"):
        log.append_many([b"d"])


def test_tiles_are_served_by_their_paths(log, log_entries):
    log.append_many(log_entries(600))
    leaves = b"".join(map(leaf_hash, log_entries(600)))
    assert tile_bytes(log.engine, "tile/0/000") == leaves[: 256 * 32]
    assert tile_bytes(log.engine, "/tile/0/002.p/88") == leaves[512 * 32 :]
    assert tile_bytes(log.engine, "tile/0/002.p/7") == leaves[512 * 32 : 519 * 32]
    assert len(tile_bytes(log.engine, "tile/1/000.p/2")) == 64
    bundle = tile_bytes(log.engine, "tile/entries/000.p/2")
    assert bundle == b"\x00\x00" + b"\x00\x07entry 1"
    assert len(tile_bytes(log.engine, "tile/entries/001")) == 256 * 11
    for absent in (
        "tile/0/003", "tile/0/002", "tile/0/002.p/89", "tile/1/000", "tile/2/000.p/1",
        "tile/entries/002", "tile/00/000", "tile/0/x000/000", "tile/0/0", "tile/0/000.p/0",
        "tile/0/000.p/256", "tile/0/000.p/01", "tile/64/000", "tile/-1/000", "", "checkpoint",
        "tile/0/000/", "tile/entries/../0/000", "tile/0/٠٠٠",
    ):  # fmt: skip
        assert tile_bytes(log.engine, absent) is None, absent


@given(st.integers(-1, 7), st.integers(0, (1 << 48) - 1), st.integers(1, 256))
def test_tile_paths_have_one_spelling(level, n, width):
    path = TilePath(level, n, width)
    assert parse_tile_path(tile_path(path)) == path


def test_tile_path_example_of_the_specification():
    assert tile_path(TilePath(0, 1234067, 256)) == "tile/0/x001/x234/067"
    widths = [(tile.level, tile.width) for tile in tiles_of_size(70_000) if tile.width < 256]
    assert widths == [(0, 112), (1, 17), (2, 1)]


@given(st.text(max_size=40))
def test_any_text_is_a_path_or_not(text):
    assert parse_tile_path(text) is None or tile_path(parse_tile_path(text)) == text


@given(sizes=st.lists(st.integers(0, 300), min_size=1, max_size=5), seed=st.integers(0, 9))
@settings(max_examples=15, deadline=None)
def test_batches_do_not_matter(tmp_path_factory, sizes, seed):
    entries = [b"%d" % at for at in range(sum(sizes))]
    folder = tmp_path_factory.mktemp("batches")
    with Log.open(f"sqlite:///{folder / 'log.sqlite'}") as log:
        start = 0
        for size in sizes:
            log.append_many(entries[start : start + size])
            start += size
        oracle = oracle_of(entries)
        assert log.root() == oracle.get_root()
        size = random.Random(seed).randrange(log.size + 1)
        assert log.root(size) == oracle.get_root(size)


def appender(url, name, batch, rounds):
    return subprocess.Popen(
        [sys.executable, "-c", APPENDER, url, name, str(batch), str(rounds)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_two_processes_append_without_gaps(database_url):
    Log.open(database_url).close()
    writers = [appender(database_url, name, 7, 12) for name in ("one", "two")]
    for writer in writers:
        _, complaints = writer.communicate(timeout=60)
        assert writer.returncode == 0, complaints
    with Log.open(database_url) as log:
        assert log.size == 2 * 7 * 12
        assert audit(log).ok
        found = [entry.split()[:2] for entry in log.entries()]
        assert all(found[at : at + 7] == [found[at]] * 7 for at in range(0, len(found), 7))


def test_kill_9_while_appending_loses_nothing_acknowledged(database_url):
    Log.open(database_url).close()
    acknowledged = 0
    for number, patience in enumerate((0.01, 0.12, 0.31)):
        writer = appender(database_url, f"run{number}", 300, 10_000)
        acknowledged = int(writer.stdout.readline())
        time.sleep(patience)
        writer.send_signal(signal.SIGKILL)
        rest, _ = writer.communicate(timeout=30)
        acknowledged = max([acknowledged, *map(int, rest.split("\n")[:-1])])
        with Log.open(database_url) as log:
            assert log.size >= acknowledged
            assert log.size % 300 == 0
            report = audit(log)
            assert report.ok, report.first
            assert report.size == log.size
