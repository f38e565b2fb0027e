"""Devices, their sensors and messages; suspicions, method and arrival of readings."""

import sqlalchemy as sa
from alembic import op

from agridata.storage._columns import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in ("suspect", "method"):
        op.add_column("reading", sa.Column(column, sa.String(), nullable=False, server_default=""))
    op.add_column("reading", sa.Column("received_at", UtcDateTime(), nullable=True))
    op.create_table(
        "device",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("broker_hash", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("last_seen", UtcDateTime(), nullable=True),
        sa.Column("online", sa.Boolean(), nullable=True),
        sa.Column("online_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index(op.f("ix_device_station_id"), "device", ["station_id"])
    op.create_table(
        "sensor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("variable", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("interval_seconds", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("device_id", "name"),
    )
    op.create_table(
        "device_message",
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"]),
        sa.PrimaryKeyConstraint("device_id", "message_id"),
    )
    op.create_index(op.f("ix_device_message_received_at"), "device_message", ["received_at"])
    op.create_table(
        "rejected_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device_key", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("where", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("problem", sa.String(), nullable=False),
        sa.Column("fix", sa.String(), nullable=False),
        sa.Column("excerpt", sa.String(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("first_at", UtcDateTime(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("device_key", "content_hash", "where"),
    )
    for column in ("reason", "last_at"):
        op.create_index(op.f(f"ix_rejected_message_{column}"), "rejected_message", [column])


def downgrade() -> None:
    for table in ("rejected_message", "device_message", "sensor", "device"):
        op.drop_table(table)
    for column in ("received_at", "method", "suspect"):
        op.drop_column("reading", column)
