"""Outlets that proved to be another one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # In place: a table that outlets, reports and claims refer to cannot be made anew on SQLite.
    op.add_column(
        "outlet",
        sa.Column("merged_into_id", sa.Uuid(), sa.ForeignKey("outlet.id", name=op.f("fk_outlet_merged_into_id"))),
        inline_references=True,
    )
    op.add_column("outlet", sa.Column("merged_at", sa.DateTime(timezone=True)))
    op.add_column(
        "outlet",
        sa.Column("merged_by", sa.Uuid(), sa.ForeignKey("api_key.id", name=op.f("fk_outlet_merged_by"))),
        inline_references=True,
    )
    op.create_index(op.f("ix_outlet_merged_into_id"), "outlet", ["merged_into_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_outlet_merged_into_id"), "outlet")
    for column in ("merged_by", "merged_at", "merged_into_id"):
        op.drop_column("outlet", column)
