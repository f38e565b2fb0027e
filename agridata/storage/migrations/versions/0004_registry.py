"""Certificates and codes, the audit trail, validity and local units of registry nouns."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from agridata.storage._columns import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

DATED = ("organisation", "member", "parcel", "planting", "herd", "pond", "product")
ADDED: dict[str, tuple[tuple[str, Any], ...]] = {
    "organisation": (("tax_code", sa.String()), ("postcode", sa.String())),
    "planting": (("planted_year", sa.Integer()), ("trees", sa.Integer())),
    "parcel": (
        ("declared_ha", sa.Float()),
        ("area_entered", sa.String()),
        ("area_factor_m2", sa.Float()),
    ),
    "pond": (("area_entered", sa.String()), ("area_factor_m2", sa.Float())),
}

SQLITE_TRIGGERS = tuple(
    f"CREATE TRIGGER change_record_{event} BEFORE {event} ON change_record "
    "BEGIN SELECT RAISE(ABORT, 'change_record is append-only'); END"
    for event in ("update", "delete")
)
POSTGRESQL_TRIGGERS = tuple(  # log_refuse() comes with the ledger's tables (0002)
    f"CREATE TRIGGER change_record_{name} BEFORE {event} ON change_record "
    f"FOR EACH {level} EXECUTE FUNCTION log_refuse()"
    for name, event, level in (
        ("change", "UPDATE OR DELETE", "ROW"),
        ("truncate", "TRUNCATE", "STATEMENT"),
    )
)


def upgrade() -> None:
    for table in DATED:
        op.add_column(table, sa.Column("valid_from", sa.Date(), nullable=True))
        op.add_column(table, sa.Column("valid_to", sa.Date(), nullable=True))
    for table, columns in ADDED.items():
        for name, kind in columns:
            op.add_column(table, sa.Column(name, kind, nullable=True))
    _create_certificate()
    _create_change_record()


def _create_certificate() -> None:
    op.create_table(
        "certificate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("organisation_code", sa.String(), nullable=True),
        sa.Column("parcel_codes", sa.JSON(), nullable=False),
        sa.Column("product_gtin", sa.String(), nullable=True),
        sa.Column("pond_code", sa.String(), nullable=True),
        sa.Column("market", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("status_changed_at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=True),
        sa.Column("decision_number", sa.String(), nullable=False),
        sa.Column("document_sha256", sa.String(), nullable=False),
        sa.Column("verified_by", sa.String(), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("data_set_key", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["organisation_code"], ["organisation.code"]),
        sa.ForeignKeyConstraint(["product_gtin"], ["product.gtin"]),
        sa.ForeignKeyConstraint(["data_set_key"], ["data_set.key"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )
    for column in (
        "kind", "number", "organisation_code", "product_gtin", "pond_code", "data_set_key",
    ):  # fmt: skip
        op.create_index(op.f(f"ix_certificate_{column}"), "certificate", [column])


def _create_change_record() -> None:
    op.create_table(
        "change_record",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("noun", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("after", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_change_record_noun_key", "change_record", ["noun", "key"])
    postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in POSTGRESQL_TRIGGERS if postgresql else SQLITE_TRIGGERS:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("change_record")
    op.drop_table("certificate")
    for table, columns in ADDED.items():
        for name, _kind in columns:
            op.drop_column(table, name)
    for table in DATED:
        op.drop_column(table, "valid_to")
        op.drop_column(table, "valid_from")
