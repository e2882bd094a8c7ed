"""Disputes of resolutions, and replies of outlets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_OPEN = sa.text("closed_at IS NULL")
_GENERAL = sa.text("claim_id IS NULL AND withdrawn_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "dispute",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("resolution_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("filed_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("closing_reason", sa.Text(), nullable=True),
        sa.Column("closing_resolution_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["resolution_id"], ["resolution.id"], name=op.f("fk_dispute_resolution_id")),
        sa.ForeignKeyConstraint(["filed_by"], ["api_key.id"], name=op.f("fk_dispute_filed_by")),
        sa.ForeignKeyConstraint(["closed_by"], ["api_key.id"], name=op.f("fk_dispute_closed_by")),
        sa.ForeignKeyConstraint(
            ["closing_resolution_id"], ["resolution.id"], name=op.f("fk_dispute_closing_resolution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
    )
    op.create_index(op.f("ix_dispute_resolution_id"), "dispute", ["resolution_id"])
    op.create_index(
        "ix_dispute_open",
        "dispute",
        ["resolution_id", "filed_by"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    op.create_table(
        "reply",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("outlet_id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("filed_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.Column("withdrawal_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["outlet_id"], ["outlet.id"], name=op.f("fk_reply_outlet_id")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_reply_claim_id")),
        sa.ForeignKeyConstraint(["filed_by"], ["api_key.id"], name=op.f("fk_reply_filed_by")),
        sa.ForeignKeyConstraint(["withdrawn_by"], ["api_key.id"], name=op.f("fk_reply_withdrawn_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reply")),
    )
    op.create_index(op.f("ix_reply_outlet_id_id"), "reply", ["outlet_id", "id"])
    op.create_index("ix_reply_general", "reply", ["outlet_id"], sqlite_where=_GENERAL, postgresql_where=_GENERAL)
    op.create_index(op.f("ix_reply_claim_id"), "reply", ["claim_id"])


def downgrade() -> None:
    op.drop_table("reply")
    op.drop_table("dispute")
