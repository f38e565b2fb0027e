"""The database as it stood at one moment, on both systems, while others go on writing.

SQLite: the online backup API inside one open read transaction, so that the copy is the state at
the transaction's first read however long it takes. (`VACUUM INTO` cannot run inside a
transaction: the moment could not be tied to that of the ledger's files.)

PostgreSQL: COPY of every table in one REPEATABLE READ transaction, and not `pg_dump`: it needs no
program of the server's version on this machine; the file holds rows only, so that a restored
schema (triggers that keep the log append-only among it) is that of our own migrations and no
statement of a stranger's dump is ever run; and the way back is one transaction that is judged
before it is committed.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

from agridata.errors import InputError, NotFoundError
from agridata.storage._archive import ArchiveWriter, Progress
from agridata.storage._refusals import unreachable
from agridata.storage._schema import head, known_revisions, reference_schema
from agridata.storage._workspace import BUSY_TIMEOUT_MS, Workspace

__all__ = [
    "SQLITE_MEMBER",
    "Query",
    "Snapshot",
    "columns_of",
    "copy_member",
    "database_files",
    "require_sound_sqlite",
    "snapshot_of",
    "sqlite_path",
    "tables_of",
]

Query = Callable[[str], list[tuple[Any, ...]]]
"""Runs one SELECT on the snapshot."""

SQLITE_MEMBER = "database/agridata.sqlite"

PAGES = 4_096
"""Pages copied per step of the backup API: 16 MB, ten steps a second on a slow disk."""

STABLE_TEXT = (
    "SET LOCAL datestyle = 'ISO, YMD'", "SET LOCAL timezone = 'UTC'",
    "SET LOCAL intervalstyle = 'iso_8601'", "SET LOCAL extra_float_digits = 3",
    "SET LOCAL bytea_output = 'hex'", "SET LOCAL client_encoding = 'UTF8'",
)  # fmt: skip
"""So that COPY text means the same wherever it is read back."""


class Snapshot(Protocol):
    """A database held at one moment."""

    kind: str
    query: Query

    def size(self) -> int:
        """Return about how many bytes the database has."""

    def write(self, archive: ArchiveWriter, folder: Path, progress: Progress) -> dict[str, Any]:
        """Add the database to the archive; return what the manifest says of it."""


def sqlite_path(workspace: Workspace) -> Path | None:
    """Return the file of the workspace's database; None if it is on PostgreSQL."""
    url = sa.make_url(workspace.url)
    if url.get_backend_name() != "sqlite":
        return None
    return Path(url.database or "").resolve()


def database_files(workspace: Workspace) -> set[Path]:
    """Return every name that SQLite's files of a workspace can have.

    Nobody but SQLite may open them: a process that opens and closes one of them in any other
    way loses all locks that it holds on it (POSIX), among them that of its own snapshot.
    """
    path = sqlite_path(workspace)
    ends = ("", "-wal", "-shm", "-journal")
    return set() if path is None else {Path(f"{path}{end}") for end in ends}


@contextmanager
def snapshot_of(workspace: Workspace) -> Iterator[Snapshot]:
    """Hold the database as it stands now, until the block ends.

    Raises
    ------
    NotFoundError
        If there is no database, or it was never migrated.
    """
    path = sqlite_path(workspace)
    if path is None:
        with _postgresql(workspace.engine) as copy:
            yield copy
    else:
        with _sqlite(path) as file:
            yield file


def copy_member(table: str) -> str:
    """Return the name under which a table's rows are kept."""
    return f"database/{table}.copy"


# SQLite


class _SqliteSnapshot:
    kind = "sqlite"

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self.query: Query = lambda text: connection.execute(text).fetchall()

    def size(self) -> int:
        return self._path.stat().st_size

    def write(self, archive: ArchiveWriter, folder: Path, progress: Progress) -> dict[str, Any]:
        copy = folder / "agridata.sqlite"
        page = self.query("PRAGMA page_size")[0][0]
        left = self.query("PRAGMA page_count")[0][0]

        def step(_status: int, remaining: int, _total: int) -> None:
            nonlocal left
            progress(max(left - remaining, 0) * page)
            left = remaining

        with closing(sqlite3.connect(copy, isolation_level=None)) as target:
            copy.chmod(0o600)
            target.execute("PRAGMA synchronous = OFF")  # a scratch file
            self._connection.backup(target, pages=PAGES, progress=step)
            target.execute("PRAGMA journal_mode = DELETE")  # one file, no WAL beside it
        require_sound_sqlite(copy)
        archive.add(SQLITE_MEMBER, copy)
        copy.unlink()
        return {"sqlite": sqlite3.sqlite_version}


@contextmanager
def _sqlite(path: Path) -> Iterator[_SqliteSnapshot]:
    if not path.is_file():
        raise NotFoundError(
            "there is no database", where=str(path), fix="run `agridata demo`, or restore a backup",
            problem_vi="không có cơ sở dữ liệu", fix_vi="hãy chạy `agridata demo` hoặc khôi phục",
        )  # fmt: skip
    address = f"{path.as_uri()}?mode=rw"
    with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        try:
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            yield _SqliteSnapshot(connection, path)
        except sqlite3.DatabaseError as error:
            if "disk is full" in str(error):
                raise OSError(errno.ENOSPC, str(error)) from error
            raise _unsound(path, str(error)) from error


def require_sound_sqlite(path: Path) -> None:
    """Raise `InputError` unless SQLite finds the file whole and its references kept."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        try:
            connection.execute("PRAGMA trusted_schema = OFF")
            said = [row[0] for row in connection.execute("PRAGMA integrity_check(5)")]
            broken = connection.execute("PRAGMA foreign_key_check").fetchmany(3)
        except sqlite3.DatabaseError as error:
            raise _unsound(path, str(error)) from error
    if said != ["ok"]:
        raise _unsound(path, "; ".join(map(str, said)))
    if broken:
        tables = ", ".join(sorted({str(row[0]) for row in broken}))
        raise _unsound(path, f"rows of {tables} refer to rows that are not there")


def _unsound(path: Path | str, problem: str) -> InputError:
    return InputError(
        f"the database is not sound: {problem}", where=str(path), field="database",
        fix="run `agridata doctor`; restore the newest backup that verifies",
        problem_vi="cơ sở dữ liệu không toàn vẹn",
        fix_vi="hãy chạy `agridata doctor` và khôi phục bản sao lưu mới nhất còn nguyên vẹn",
    )  # fmt: skip


# PostgreSQL

PRESENT = """\
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid
                AND d.classid = 'pg_class'::regclass AND d.deptype = 'e')
ORDER BY c.relname"""
"""Tables of the schema that no extension brought (PostGIS has `spatial_ref_sys`)."""


def tables_of(query: Query) -> list[str]:
    """Return the PostgreSQL tables that are ours: those that the migrations make and that exist.

    Tables that somebody else put into the same schema are neither copied nor touched.
    """
    revision = head()
    if query("SELECT to_regclass('alembic_version') IS NOT NULL")[0][0]:
        stamped = {str(row[0]) for row in query("SELECT version_num FROM alembic_version")}
        revision = next(iter(stamped & set(known_revisions())), revision)
    ours = reference_schema(revision).tables.keys() - {"alembic_version"}
    return [str(row[0]) for row in query(PRESENT) if row[0] in ours]


def columns_of(query: Query, table: str) -> list[str]:
    """Return the columns of a PostgreSQL table that hold values of their own."""
    rows = query(
        "SELECT column_name FROM information_schema.columns "  # noqa: S608  a name out of pg_class
        f"WHERE table_schema = current_schema() AND table_name = '{table}' "
        "AND is_generated = 'NEVER' ORDER BY ordinal_position"
    )
    return [str(row[0]) for row in rows]


class _PostgresqlSnapshot:
    kind = "postgresql"

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self.query: Query = lambda text: [
            tuple(row) for row in connection.exec_driver_sql(text).fetchall()
        ]

    def size(self) -> int:
        return sum(
            int(self.query(f"SELECT pg_table_size('\"{name}\"')")[0][0])
            for name in tables_of(self.query)
        )

    def write(self, archive: ArchiveWriter, folder: Path, progress: Progress) -> dict[str, Any]:  # noqa: ARG002  the writer reports
        tables = {}
        for name in tables_of(self.query):
            columns = columns_of(self.query, name)
            listed = ", ".join(f'"{column}"' for column in columns)
            with archive.member(copy_member(name)) as write:
                rows = self._copy(f'COPY "{name}" ({listed}) TO STDOUT', write)
            tables[name] = {"columns": columns, "rows": rows}
        version = str(self.query("SHOW server_version")[0][0])
        return {"postgresql": version, "tables": tables, "sequences": self._sequences()}

    def _copy(self, statement: str, write: Callable[[bytes], None]) -> int:
        driver: Any = self._connection.connection.driver_connection
        rows = 0
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for data in copy:
                rows += bytes(data).count(b"\n")
                write(bytes(data))
        return rows

    def _sequences(self) -> dict[str, int]:
        query = (
            "SELECT sequencename, last_value FROM pg_sequences "
            "WHERE schemaname = current_schema() AND last_value IS NOT NULL"
        )
        return {str(name): int(value) for name, value in self.query(query)}


@contextmanager
def _postgresql(engine: sa.Engine) -> Iterator[_PostgresqlSnapshot]:
    import psycopg

    held = engine.execution_options(isolation_level="REPEATABLE READ")
    where = engine.url.render_as_string(hide_password=True)
    try:
        with held.connect() as connection:
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            for statement in STABLE_TEXT:
                connection.exec_driver_sql(statement)
            yield _PostgresqlSnapshot(connection)
    except (sa.exc.DBAPIError, psycopg.Error) as error:
        cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
        reason = str(cause).splitlines()[0]
        if isinstance(cause, psycopg.OperationalError):
            raise unreachable(where, reason) from error
        raise _unsound(where, reason) from error
