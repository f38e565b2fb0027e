"""Statistics of anything by unit, season and year; the four quality figures over time."""

import sqlalchemy as sa
from alembic import op

from agridata.storage import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

STATISTIC_INDEXES = ("unit_name", "unit_code", "subject", "data_set_key")
QUALITY_INDEXES = ("as_of", "key")


def upgrade() -> None:
    op.create_table(
        "statistic",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_name", sa.String(), nullable=False),
        sa.Column("unit_level", sa.String(), nullable=False),
        sa.Column("unit_code", sa.String(), nullable=True),
        sa.Column("unit_version", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("measure", sa.String(), nullable=False),
        sa.Column("season", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("raw_value", sa.Float(), nullable=False),
        sa.Column("raw_unit", sa.String(), nullable=False),
        sa.Column("flag", sa.String(), nullable=False),
        sa.Column("data_set_key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["data_set_key"], ["data_set.key"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "unit_name", "unit_level", "subject", "measure", "season", "year", "data_set_key"
        ),
    )
    for column in STATISTIC_INDEXES:
        op.create_index(op.f(f"ix_statistic_{column}"), "statistic", [column])
    op.create_table(
        "quality_measure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("as_of", UtcDateTime(), nullable=False),
        sa.Column("measured_at", UtcDateTime(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("title_vi", sa.String(), nullable=False),
        sa.Column("title_en", sa.String(), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("correct", sa.Float(), nullable=True),
        sa.Column("complete", sa.Float(), nullable=True),
        sa.Column("clean", sa.Float(), nullable=True),
        sa.Column("live", sa.Float(), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("as_of", "scope", "key"),
    )
    for column in QUALITY_INDEXES:
        op.create_index(op.f(f"ix_quality_measure_{column}"), "quality_measure", [column])


def downgrade() -> None:
    op.drop_table("quality_measure")
    op.drop_table("statistic")
