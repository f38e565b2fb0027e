"""The way back into the database: SQLite judged in a file aside, PostgreSQL in one transaction.

Nothing of a backup is executed. A SQLite file is opened only after its triggers and views were
compared with those of our migrations; PostgreSQL's schema is made by the migrations and then
filled by COPY.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from agridata.errors import InputError
from agridata.storage._archive import Archive, Progress
from agridata.storage._refusals import damaged, no_room, unreachable
from agridata.storage._schema import foreign_code, reference_schema, schema_of
from agridata.storage._snapshot import (
    SQLITE_MEMBER,
    STABLE_TEXT,
    Query,
    columns_of,
    copy_member,
    require_sound_sqlite,
    tables_of,
)
from agridata.storage._workspace import open_engine

__all__ = ["exclusive_sqlite", "filled_postgresql", "is_empty_postgresql", "stage_sqlite"]

LOCK_SECONDS = 10
"""How long a restore waits for somebody's open transaction before it gives up."""

GUARDS = """\
SELECT DISTINCT p.oid::regprocedure::text FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
JOIN pg_class c ON c.oid = t.tgrelid
WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace
AND p.pronamespace = c.relnamespace"""
"""Functions of the triggers; the migrations make them again."""


def stage_sqlite(archive: Archive, to: Path, progress: Progress) -> None:
    """Unpack the database to `to`, judge it, bring it to the newest schema.

    Raises
    ------
    InputError
        If it is not sound, or holds triggers or views that are not ours.
    """
    archive.extract(SQLITE_MEMBER, to, progress)
    require_sound_sqlite(to)
    revision = str(archive.manifest["schema_revision"])
    with closing(sqlite3.connect(to)) as connection:
        connection.execute("PRAGMA trusted_schema = OFF")
        found = schema_of(connection)
        stamped = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    strange = foreign_code(found, reference_schema(revision))
    if stamped != [(revision,)]:
        raise damaged(archive.path, "its database is of another revision than its manifest says")
    if strange:
        raise damaged(archive.path, f"its database holds code that is not ours ({strange[0]})")
    from agridata.storage._migrate import upgrade

    engine = open_engine(f"sqlite:///{to}")
    try:
        upgrade(engine)
    finally:
        engine.dispose()


@contextmanager
def exclusive_sqlite(path: Path) -> Iterator[None]:
    """Hold a database so that nobody else has it open, and nothing of it is in a WAL.

    Raises
    ------
    InputError
        If somebody has it open.
    """
    if not path.is_file():
        yield
        return
    with closing(sqlite3.connect(path, timeout=LOCK_SECONDS, isolation_level=None)) as connection:
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("COMMIT")
            connection.execute("PRAGMA journal_mode = DELETE")  # no WAL is left beside the file
            connection.execute("PRAGMA journal_mode = MEMORY")
            Path(f"{path}-journal").unlink(missing_ok=True)  # spent: that of the line before last
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.DatabaseError as error:
            if "locked" in str(error):
                raise _in_use(str(path)) from error
            # else damaged beyond opening: that is what a restore is for
        yield


# PostgreSQL


def is_empty_postgresql(engine: sa.Engine) -> bool:
    """Tell whether no table of ours has a row.

    Raises
    ------
    EnvironmentMissingError
        If the server does not answer.
    """
    try:
        with engine.connect() as connection:
            return not any(
                connection.exec_driver_sql(f'SELECT EXISTS (SELECT 1 FROM "{name}")').scalar()  # noqa: S608  a name out of pg_class
                for name in tables_of(_query_on(connection))
            )
    except sa.exc.OperationalError as error:
        where = engine.url.render_as_string(hide_password=True)
        raise unreachable(where, str(error.orig).splitlines()[0]) from error


@contextmanager
def filled_postgresql(
    engine: sa.Engine, archive: Archive, progress: Progress
) -> Iterator[sa.Connection]:
    """Replace the schema by that of the backup, filled and checked; commit after the block.

    Raises
    ------
    InputError
        If rows do not fit, are too few, or somebody uses the database; nothing is changed then.
    """
    import psycopg

    where = engine.url.render_as_string(hide_password=True)
    try:
        with engine.begin() as connection:
            for statement in (f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'", *STABLE_TEXT):
                connection.exec_driver_sql(statement)
            _make_schema(connection, str(archive.manifest["schema_revision"]))
            _fill(connection, archive, progress)
            _upgrade(connection, "head")
            yield connection
    except (sa.exc.DBAPIError, psycopg.Error) as error:
        cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
        if isinstance(cause, psycopg.errors.LockNotAvailable):
            raise _in_use(where) from error
        if isinstance(cause, psycopg.errors.DiskFull):
            raise no_room(where) from error
        reason = str(cause).splitlines()[0]
        raise damaged(archive.path, f"the database refused it: {reason}") from error


def _make_schema(connection: sa.Connection, revision: str) -> None:
    """Drop what is ours, whatever state it is in, and make the schema anew."""
    query = _query_on(connection)
    listed = ", ".join(f'"{name}"' for name in (*tables_of(query), "alembic_version"))
    functions = {row[0] for row in query(GUARDS)}
    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {listed} CASCADE")
    for signature in sorted(functions):
        connection.exec_driver_sql(f"DROP FUNCTION {signature}")
    _upgrade(connection, revision)


def _fill(connection: sa.Connection, archive: Archive, progress: Progress) -> None:
    told: dict[str, Any] = archive.manifest["database"]["tables"]
    existing = set(tables_of(_query_on(connection)))
    if told.keys() != existing:
        odd = min(told.keys() ^ existing)
        raise damaged(archive.path, f"table {odd!r} does not belong to its schema revision")
    ordered = [
        name for name, _keys in sa.inspect(connection).get_sorted_table_and_fkc_names()
        if name in told
    ]  # fmt: skip
    for name in ordered:
        connection.exec_driver_sql(f'ALTER TABLE "{name}" DISABLE TRIGGER USER')
    for name in reversed(ordered):  # rows that a migration itself put there
        connection.exec_driver_sql(f'DELETE FROM "{name}"')  # noqa: S608  a name out of pg_class
    for name in ordered:
        rows = _copy_in(connection, archive, name, told[name]["columns"], progress)
        if rows != told[name]["rows"]:
            raise damaged(archive.path, f"{name} holds {rows} rows, not {told[name]['rows']}")
    for name in ordered:
        connection.exec_driver_sql(f'ALTER TABLE "{name}" ENABLE TRIGGER USER')
    _set_sequences(connection, archive)


def _copy_in(
    connection: sa.Connection, archive: Archive, table: str, columns: list[str], progress: Progress
) -> int:
    known = set(columns_of(_query_on(connection), table))
    if not set(columns) <= known:
        raise damaged(archive.path, f"{table} has columns that its schema revision does not know")
    listed = ", ".join(f'"{name}"' for name in columns)
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor:
        with cursor.copy(f'COPY "{table}" ({listed}) FROM STDIN') as copy:
            for chunk in archive.read(copy_member(table)):
                copy.write(chunk)
                progress(len(chunk))
        return int(cursor.rowcount)


def _set_sequences(connection: sa.Connection, archive: Archive) -> None:
    query = sa.text(
        "SELECT setval(c.oid::regclass, :value) FROM pg_class c WHERE c.relkind = 'S' "
        "AND c.relnamespace = current_schema()::regnamespace AND c.relname = :name"
    )
    for name, value in archive.manifest["database"]["sequences"].items():
        connection.execute(query, {"name": str(name), "value": int(value)})


def _upgrade(connection: sa.Connection, revision: str) -> None:
    from alembic import command

    from agridata.storage._migrate import alembic_config

    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _query_on(connection: sa.Connection) -> Query:
    return lambda text: [tuple(row) for row in connection.exec_driver_sql(text).fetchall()]


def _in_use(where: str) -> InputError:
    return InputError(
        "somebody has this database open; nothing was restored", where=where, field="database",
        fix="stop the server and every agridata command, then repeat",
        problem_vi="cơ sở dữ liệu đang được mở; chưa khôi phục gì",
        fix_vi="hãy dừng máy chủ và mọi lệnh agridata rồi làm lại",
    )  # fmt: skip
