"""Tables of the log and the triggers that stop mistakes; the same as migration 0002.

The triggers refuse UPDATE, DELETE, REPLACE, upsert and gaps on closed rows. They stop a
wrong command, not a person with the database file: `audit` trusts none of them.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from agridata.storage import UtcDateTime

__all__ = [
    "LOG_TABLES",
    "create_log_tables",
    "log_checkpoint",
    "log_entry",
    "log_inbox",
    "log_key",
    "log_state",
    "log_tile",
    "raw_bytes",
]


class Blob(sa.LargeBinary):
    """Bytes that are read as bytes also where tampering stored text (SQLite allows it)."""

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Any:  # noqa: ARG002  SQLAlchemy's signature
        """Return how a stored value becomes bytes."""
        return lambda value: None if value is None else raw_bytes(value)


def raw_bytes(value: object) -> bytes:
    """Return a column's bytes, whatever its type has become."""
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    return str(value).encode(errors="surrogatepass") if value is not None else b""


BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""64 bits on both: SQLite's rowid is spelled INTEGER."""

log_entry = sa.Table(
    "log_entry",
    SQLModel.metadata,
    sa.Column("idx", BIG_KEY, primary_key=True, autoincrement=False),
    sa.Column("stmt", Blob, nullable=False),
    sa.Column("stmt_hash", Blob, nullable=False, unique=True),
    sa.Column("kid", sa.String, nullable=True),
    sa.Index(
        "ix_log_entry_kid_idx", "kid", "idx",
        sqlite_where=sa.text("kid IS NOT NULL"), postgresql_where=sa.text("kid IS NOT NULL"),
    ),
)  # fmt: skip
"""Leaves: exact stored bytes, their leaf hash, the key that signed them."""

log_tile = sa.Table(
    "log_tile",
    SQLModel.metadata,
    sa.Column("id", BIG_KEY, primary_key=True, autoincrement=False),
    sa.Column("data", Blob, nullable=False),
)
"""C2SP tiles, key ``level << 48 | n``, up to 256 hashes of 32 bytes."""

log_state = sa.Table(
    "log_state",
    SQLModel.metadata,
    sa.Column("origin", sa.String, primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("root", Blob, nullable=False),
)
"""One row: size and root after the last append."""

log_checkpoint = sa.Table(
    "log_checkpoint",
    SQLModel.metadata,
    sa.Column("size", BIG_KEY, primary_key=True, autoincrement=False),
    sa.Column("root", Blob, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
)
"""Every checkpoint that was signed."""

log_key = sa.Table(
    "log_key",
    SQLModel.metadata,
    sa.Column("kid", sa.String, primary_key=True),
    sa.Column("organisation", sa.String, nullable=False, index=True),
    sa.Column("public_key", Blob, nullable=False),
    sa.Column("valid_from_idx", sa.BigInteger, nullable=False),
    sa.Column("valid_to_idx", sa.BigInteger, nullable=True),
)
"""Keys as the entries add them: valid after `valid_from_idx` (their key-add entry)."""

log_inbox = sa.Table(
    "log_inbox",
    SQLModel.metadata,
    sa.Column("id", BIG_KEY, primary_key=True, autoincrement=True),
    sa.Column("statement", Blob, nullable=False),
    sa.Column("stmt_hash", Blob, nullable=False, unique=True),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("kid", sa.String, nullable=True, index=True),
)
"""Accepted statements that wait for the sequencer."""

LOG_TABLES = (log_checkpoint, log_entry, log_inbox, log_key, log_state, log_tile)

SQLITE_TRIGGERS = """\
CREATE TRIGGER IF NOT EXISTS log_entry_append BEFORE INSERT ON log_entry
WHEN NEW.idx IS NOT (SELECT COALESCE(MAX(idx) + 1, 0) FROM log_entry)
BEGIN SELECT RAISE(ABORT, 'log_entry is append-only, without gaps'); END

CREATE TRIGGER IF NOT EXISTS log_entry_update BEFORE UPDATE ON log_entry
BEGIN SELECT RAISE(ABORT, 'log_entry is append-only'); END

CREATE TRIGGER IF NOT EXISTS log_entry_delete BEFORE DELETE ON log_entry
BEGIN SELECT RAISE(ABORT, 'log_entry is append-only'); END

CREATE TRIGGER IF NOT EXISTS log_tile_insert BEFORE INSERT ON log_tile
WHEN EXISTS (SELECT 1 FROM log_tile WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'a tile is never replaced'); END

CREATE TRIGGER IF NOT EXISTS log_tile_update BEFORE UPDATE ON log_tile
WHEN NEW.id <> OLD.id OR length(NEW.data) <= length(OLD.data)
    OR substr(NEW.data, 1, length(OLD.data)) <> OLD.data
BEGIN SELECT RAISE(ABORT, 'a tile only grows'); END

CREATE TRIGGER IF NOT EXISTS log_tile_delete BEFORE DELETE ON log_tile
BEGIN SELECT RAISE(ABORT, 'a tile is never deleted'); END

CREATE TRIGGER IF NOT EXISTS log_checkpoint_insert BEFORE INSERT ON log_checkpoint
WHEN EXISTS (SELECT 1 FROM log_checkpoint WHERE size = NEW.size)
BEGIN SELECT RAISE(ABORT, 'a checkpoint is never replaced'); END

CREATE TRIGGER IF NOT EXISTS log_checkpoint_update BEFORE UPDATE ON log_checkpoint
BEGIN SELECT RAISE(ABORT, 'a checkpoint is never changed'); END

CREATE TRIGGER IF NOT EXISTS log_checkpoint_delete BEFORE DELETE ON log_checkpoint
BEGIN SELECT RAISE(ABORT, 'a checkpoint is never deleted'); END
"""

POSTGRESQL_TRIGGERS = """\
CREATE FUNCTION log_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only'; END $$

CREATE FUNCTION log_entry_contiguous() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE low bigint; high bigint; amount bigint;
BEGIN
    SELECT min(idx), max(idx), count(*) INTO low, high, amount FROM added;
    IF amount > 0 AND (
        low < 0 OR high - low + 1 <> amount OR high <> (SELECT max(idx) FROM log_entry)
        OR (low > 0 AND NOT EXISTS (SELECT 1 FROM log_entry WHERE idx = low - 1))
    ) THEN
        RAISE EXCEPTION 'log_entry is append-only, without gaps';
    END IF;
    RETURN NULL;
END $$

CREATE TRIGGER log_entry_append AFTER INSERT ON log_entry
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION log_entry_contiguous()

CREATE TRIGGER log_entry_change BEFORE UPDATE OR DELETE ON log_entry
FOR EACH ROW EXECUTE FUNCTION log_refuse()

CREATE TRIGGER log_entry_truncate BEFORE TRUNCATE ON log_entry
FOR EACH STATEMENT EXECUTE FUNCTION log_refuse()

CREATE TRIGGER log_tile_update BEFORE UPDATE ON log_tile FOR EACH ROW
WHEN (NEW.id <> OLD.id OR length(NEW.data) <= length(OLD.data)
    OR substr(NEW.data, 1, length(OLD.data)) <> OLD.data)
EXECUTE FUNCTION log_refuse()

CREATE TRIGGER log_tile_delete BEFORE DELETE ON log_tile
FOR EACH ROW EXECUTE FUNCTION log_refuse()

CREATE TRIGGER log_tile_truncate BEFORE TRUNCATE ON log_tile
FOR EACH STATEMENT EXECUTE FUNCTION log_refuse()

CREATE TRIGGER log_checkpoint_change BEFORE UPDATE OR DELETE ON log_checkpoint
FOR EACH ROW EXECUTE FUNCTION log_refuse()

CREATE TRIGGER log_checkpoint_truncate BEFORE TRUNCATE ON log_checkpoint
FOR EACH STATEMENT EXECUTE FUNCTION log_refuse()
"""


def create_log_tables(connection: sa.Connection) -> None:
    """Create the log's tables and triggers where they are missing (standalone logs).

    Call it inside a transaction that holds the log's write lock.
    """
    if sa.inspect(connection).has_table(log_state.name):
        return
    SQLModel.metadata.create_all(connection, tables=list(LOG_TABLES))
    on_postgresql = connection.dialect.name == "postgresql"
    script = POSTGRESQL_TRIGGERS if on_postgresql else SQLITE_TRIGGERS
    for statement in script.split("\n\n"):
        connection.exec_driver_sql(statement)
