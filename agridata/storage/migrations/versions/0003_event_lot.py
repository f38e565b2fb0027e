"""The index from lots to the events that touch them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "event_lot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_row", sa.Integer(), nullable=False),
        sa.Column("gtin", sa.String(), nullable=False),
        sa.Column("lot", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("quantity_kg", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["event_row"], ["trace_event.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("event_row", "gtin", "lot", "role"),
    )
    for column in ("event_row", "gtin", "lot"):
        op.create_index(op.f(f"ix_event_lot_{column}"), "event_lot", [column])


def downgrade() -> None:
    op.drop_table("event_lot")
