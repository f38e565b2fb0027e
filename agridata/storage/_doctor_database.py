"""The doctor's look at the database: schema, integrity, spatial index, references, versions."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import sqlalchemy as sa

from agridata.storage._doctor import (
    OLDEST_POSTGIS,
    OLDEST_POSTGRESQL,
    Check,
    Diagnosis,
)
from agridata.storage._schema import Schema, head, known_revisions, reference_schema, schema_of
from agridata.storage._snapshot import sqlite_path, tables_of
from agridata.storage._spatial import GEOMETRY_TABLES
from agridata.storage._workspace import Workspace
from agridata.vocabulary import Utc

__all__ = ["DATABASE_CHECKS"]

MAX_SHOWN = 20
"""Lines of SQLite's own report that are repeated: the first names the damage."""

BOX_TOLERANCE_DEG = 1e-4
"""R*Tree boxes are 32-bit and rounded outward, by less than 1e-5 degrees at these longitudes."""

RESTORE = (
    "stop the server; restore the newest backup with `agridata restore FILE --force`",
    "hãy dừng máy chủ rồi khôi phục bản sao lưu mới nhất: `agridata restore TỆP --force`",
)


def _schema(workspace: Workspace, _now: Utc) -> Iterator[Diagnosis]:
    with workspace.engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            yield Diagnosis.error(
                "schema", _name(workspace),
                ("the database was never migrated", "cơ sở dữ liệu chưa được khởi tạo"),
                ("run `agridata demo`, import something, or restore a backup",
                 "hãy chạy `agridata demo`, nhập dữ liệu hoặc khôi phục bản sao lưu"),
            )  # fmt: skip
            return
        row = connection.exec_driver_sql("SELECT version_num FROM alembic_version").first()
    revision = str(row[0]) if row else ""
    if revision not in known_revisions():
        yield Diagnosis.error(
            "schema", _name(workspace),
            (f"the schema revision {revision!r} is not known to this program",
             f"phiên bản lược đồ {revision!r} không thuộc chương trình này"),
            ("use the newer agridata that wrote it", "hãy dùng bản agridata mới hơn đã ghi nó"),
        )  # fmt: skip
        return
    if revision != head():
        yield Diagnosis.error(
            "schema", _name(workspace),
            (f"the schema is at revision {revision}, this program needs {head()}",
             f"lược đồ ở phiên bản {revision}, chương trình cần {head()}"),
            ("take a backup; any import command then brings the schema up to date",
             "hãy sao lưu; sau đó một lệnh nhập dữ liệu bất kỳ sẽ nâng cấp lược đồ"),
        )  # fmt: skip
    yield from _objects(workspace, reference_schema(revision))


def _objects(workspace: Workspace, wanted: Schema) -> Iterator[Diagnosis]:
    path = sqlite_path(workspace)
    if path is None:
        yield from _postgresql_objects(workspace, wanted)
        return
    with closing(sqlite3.connect(path)) as connection:
        found = schema_of(connection)
    yield from _columns(workspace, wanted, found.tables)
    for name in sorted(wanted.indexes - found.indexes):
        yield _missing(workspace, f"index {name}")
    for name, text in wanted.code.items():
        if found.code.get(name) != text:
            yield _missing(workspace, name)
    for name in sorted(found.code.keys() - wanted.code.keys()):
        yield Diagnosis.error(
            "schema", f"{_name(workspace)} {name}",
            ("code that our migrations did not make runs in the database",
             "trong cơ sở dữ liệu có mã không do chương trình tạo ra"),
            (f"find out who added it; drop it (`DROP {name.split()[0].upper()} …`), then audit",
             "hãy tìm ai đã thêm, xoá nó, rồi chạy `agridata ledger audit`"),
        )  # fmt: skip


def _columns(
    workspace: Workspace, wanted: Schema, found: dict[str, frozenset[str]]
) -> Iterator[Diagnosis]:
    for table, columns in wanted.tables.items():
        if table not in found:
            yield _missing(workspace, f"table {table}")
        elif lost := sorted(columns - found[table]):
            yield _missing(workspace, f"column {table}.{', '.join(lost)}")


def _missing(workspace: Workspace, what: str) -> Diagnosis:
    return Diagnosis.error(
        "schema", f"{_name(workspace)} {what}",
        ("is missing, or not as the migrations made it", "bị thiếu hoặc khác với lược đồ gốc"),
        RESTORE,
    )  # fmt: skip


def _postgresql_objects(workspace: Workspace, wanted: Schema) -> Iterator[Diagnosis]:
    ours = {name: cols for name, cols in wanted.tables.items() if "_rtree" not in name}
    with workspace.engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = current_schema()"
        ).fetchall()
        indexes = {row[0] for row in connection.exec_driver_sql(
            "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
            "WHERE i.indisvalid AND c.relnamespace = current_schema()::regnamespace"
        )}  # fmt: skip
        live = {row[0] for row in connection.exec_driver_sql(
            "SELECT DISTINCT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') "
            "AND c.relnamespace = current_schema()::regnamespace"
        )}  # fmt: skip
    found = {
        table: frozenset(c for t, c in rows if t == table) for table in {row[0] for row in rows}
    }
    yield from _columns(workspace, Schema(ours, frozenset(), {}, frozenset()), found)
    spatial = {f"ix_{table}_geom" for table in GEOMETRY_TABLES}
    for name in sorted((wanted.indexes | spatial) - indexes):
        yield _missing(workspace, f"index {name}")
    for table in sorted(wanted.guarded - live):
        yield _missing(workspace, f"the triggers that guard {table}")


def _integrity(workspace: Workspace, _now: Utc) -> Iterator[Diagnosis]:
    path = sqlite_path(workspace)
    if path is None:
        with workspace.engine.connect() as connection:
            on = connection.exec_driver_sql("SHOW data_checksums").scalar() == "on"
        if not on:
            yield Diagnosis.note(
                "integrity", _name(workspace),
                ("PostgreSQL keeps no checksums of its pages: damage on disk shows late",
                 "PostgreSQL không lưu tổng kiểm tra của trang dữ liệu"),
                ("turn them on with `pg_checksums --enable` while the server is stopped",
                 "hãy bật bằng `pg_checksums --enable` khi máy chủ dừng"),
            )  # fmt: skip
        return
    with closing(sqlite3.connect(path)) as connection:
        said = [row[0] for row in connection.execute(f"PRAGMA integrity_check({MAX_SHOWN})")]
    for line in said if said != ["ok"] else ():
        yield Diagnosis.error(
            "integrity", str(path), (f"the database file is damaged: {line}",
                                     f"tệp cơ sở dữ liệu bị hỏng: {line}"), RESTORE,
        )  # fmt: skip


def _spatial_index(workspace: Workspace, _now: Utc) -> Iterator[Diagnosis]:
    """Compare each R*Tree with its table (PostgreSQL keeps GiST in step itself)."""
    if sqlite_path(workspace) is None:
        return
    with workspace.engine.connect() as connection:
        for table in GEOMETRY_TABLES:
            lost, extra, off = (
                int(connection.exec_driver_sql(query).scalar() or 0)
                for query in _tree_queries(table)
            )
            if lost or extra or off:
                counted = f"{lost} rows lack a box, {extra} boxes lack a row, {off} boxes are wrong"
                vi = f"{lost} dòng thiếu khung, {extra} khung thừa, {off} khung sai"
                mend = f"DELETE FROM {table}_rtree; UPDATE {table} SET id = id;"  # noqa: S608
                yield Diagnosis.error(
                    "spatial index", f"{_name(workspace)} {table}_rtree",
                    (f"out of step with its table: {counted}", f"lệch với bảng: {vi}"),
                    (f'take a backup, then run: sqlite3 {_name(workspace)} "{mend}"',
                     f'hãy sao lưu rồi chạy: sqlite3 {_name(workspace)} "{mend}"'),
                )  # fmt: skip


def _tree_queries(table: str) -> tuple[str, str, str]:
    tree, slack = f"{table}_rtree", BOX_TOLERANCE_DEG
    sides = " OR ".join(
        f"t.min_{axis} < r.min_{axis} OR t.max_{axis} > r.max_{axis} "
        f"OR t.min_{axis} - r.min_{axis} > {slack} OR r.max_{axis} - t.max_{axis} > {slack}"
        for axis in ("lon", "lat")
    )
    boxed = f"SELECT id FROM {table} WHERE min_lon IS NOT NULL"  # noqa: S608  our own names
    return (
        f"SELECT count(*) FROM ({boxed}) WHERE id NOT IN (SELECT id FROM {tree})",  # noqa: S608
        f"SELECT count(*) FROM {tree} WHERE id NOT IN ({boxed})",  # noqa: S608
        f"SELECT count(*) FROM {table} t JOIN {tree} r ON r.id = t.id WHERE {sides}",  # noqa: S608
    )


def _foreign_keys(workspace: Workspace, _now: Utc) -> Iterator[Diagnosis]:
    found = _broken_sqlite(workspace) if sqlite_path(workspace) else _broken_postgresql(workspace)
    for table, parent, rows in found:
        yield Diagnosis.error(
            "references", f"{_name(workspace)} {table}",
            (f"{rows} rows refer to rows of {parent} that are not there",
             f"{rows} dòng trỏ tới dòng không có trong {parent}"),
            RESTORE,
        )  # fmt: skip


def _broken_sqlite(workspace: Workspace) -> list[tuple[str, str, int]]:
    path = sqlite_path(workspace)
    assert path is not None
    counts: dict[tuple[str, str], int] = {}
    with closing(sqlite3.connect(path)) as connection:
        for table, _row, parent, _key in connection.execute("PRAGMA foreign_key_check"):
            counts[table, parent] = counts.get((table, parent), 0) + 1
    return [(table, parent, rows) for (table, parent), rows in sorted(counts.items())]


def _broken_postgresql(workspace: Workspace) -> Iterator[tuple[str, str, int]]:
    with workspace.engine.connect() as connection:
        inspector = sa.inspect(connection)

        def query(text: str) -> list[tuple[Any, ...]]:
            return [tuple(row) for row in connection.exec_driver_sql(text).fetchall()]

        for table in tables_of(query):
            for key in inspector.get_foreign_keys(table):
                child, parent = key["constrained_columns"], key["referred_columns"]
                joined = " AND ".join(
                    f'c."{a}" = p."{b}"' for a, b in zip(child, parent, strict=True)
                )
                present = " AND ".join(f'c."{name}" IS NOT NULL' for name in child)
                rows = query(
                    f'SELECT count(*) FROM "{table}" c WHERE {present} AND NOT EXISTS '  # noqa: S608
                    f'(SELECT 1 FROM "{key["referred_table"]}" p WHERE {joined})'
                )[0][0]
                if rows:
                    yield table, key["referred_table"], int(rows)


def _data_sets(workspace: Workspace, _now: Utc) -> Iterator[Diagnosis]:
    """What a data set says of itself must add up: rows in = stored + rejected."""
    with workspace.engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT d.key, d.rows_in_file, d.rows_stored, d.rows_rejected, "
            "(SELECT count(*) FROM rejected_row r WHERE r.data_set_key = d.key) FROM data_set d"
        ).fetchall()
    for key, total, stored, rejected, listed in rows:
        if total != stored + rejected or rejected != listed:
            yield Diagnosis.error(
                "data sets", key,
                (f"{total} rows in the file, {stored} stored, {rejected} rejected, {listed} listed",
                 f"tệp có {total} dòng, lưu {stored}, loại {rejected}, liệt kê {listed}"),
                ("import this file again", "hãy nhập lại tệp này"),
            )  # fmt: skip


def _versions(workspace: Workspace, _now: Utc) -> Iterator[Diagnosis]:
    if sqlite_path(workspace) is not None:
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.execute("CREATE VIRTUAL TABLE probe USING rtree(id, a, b)")
        return
    with workspace.engine.connect() as connection:
        number = int(connection.exec_driver_sql("SHOW server_version_num").scalar() or 0)
        postgis = connection.exec_driver_sql(
            "SELECT extversion FROM pg_extension WHERE extname = 'postgis'"
        ).scalar()
    if number < OLDEST_POSTGRESQL:
        yield Diagnosis.warning(
            "versions", _name(workspace),
            (f"PostgreSQL {number // 10_000} is no longer maintained",
             f"PostgreSQL {number // 10_000} không còn được bảo trì"),
            ("take a backup, upgrade the server, restore", "hãy sao lưu, nâng cấp, khôi phục"),
        )  # fmt: skip
    known = tuple(int(part) for part in re.findall(r"\d+", str(postgis or ""))[:2])
    if known < OLDEST_POSTGIS:
        yield Diagnosis.error(
            "versions", _name(workspace),
            (f"PostGIS is {postgis or 'missing'}, 3.0 or newer is needed",
             f"PostGIS {postgis or 'chưa cài'}, cần từ 3.0"),
            ("run `CREATE EXTENSION postgis` or `ALTER EXTENSION postgis UPDATE`",
             "hãy chạy `CREATE EXTENSION postgis` hoặc `ALTER EXTENSION postgis UPDATE`"),
        )  # fmt: skip


def _name(workspace: Workspace) -> str:
    path = sqlite_path(workspace)
    return str(path) if path else sa.make_url(workspace.url).render_as_string(hide_password=True)


DATABASE_CHECKS: dict[str, Check] = {
    "schema": _schema,
    "integrity": _integrity,
    "spatial index": _spatial_index,
    "references": _foreign_keys,
    "data sets": _data_sets,
    "versions": _versions,
}
