"""Tables of the transparency log, with the triggers that stop mistakes."""

import sqlalchemy as sa
from alembic import op

from agridata.storage._columns import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
HAS_KID = sa.text("kid IS NOT NULL")

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

TABLES = ("log_tile", "log_state", "log_key", "log_inbox", "log_entry", "log_checkpoint")


def upgrade() -> None:
    op.create_table(
        "log_checkpoint",
        sa.Column("size", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("size"),
    )
    op.create_table(
        "log_entry",
        sa.Column("idx", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("stmt", sa.LargeBinary(), nullable=False),
        sa.Column("stmt_hash", sa.LargeBinary(), nullable=False),
        sa.Column("kid", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("idx"),
        sa.UniqueConstraint("stmt_hash"),
    )
    op.create_index(
        "ix_log_entry_kid_idx",
        "log_entry",
        ["kid", "idx"],
        sqlite_where=HAS_KID,
        postgresql_where=HAS_KID,
    )
    op.create_table(
        "log_inbox",
        sa.Column("id", BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("stmt_hash", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("kid", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("stmt_hash"),
    )
    op.create_index("ix_log_inbox_kid", "log_inbox", ["kid"], unique=False)
    op.create_table(
        "log_key",
        sa.Column("kid", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("valid_from_idx", sa.BigInteger(), nullable=False),
        sa.Column("valid_to_idx", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("kid"),
    )
    op.create_index("ix_log_key_organisation", "log_key", ["organisation"], unique=False)
    op.create_table(
        "log_state",
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("origin"),
    )
    op.create_table(
        "log_tile",
        sa.Column("id", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    connection = op.get_bind()
    on_postgresql = connection.dialect.name == "postgresql"
    script = POSTGRESQL_TRIGGERS if on_postgresql else SQLITE_TRIGGERS
    for statement in script.split("\n\n"):
        connection.exec_driver_sql(statement)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION IF EXISTS log_refuse()")
        op.execute("DROP FUNCTION IF EXISTS log_entry_contiguous()")
