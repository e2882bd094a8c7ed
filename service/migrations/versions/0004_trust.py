"""Answers kept for calls that are sent again, and keys that end, are used, and change their secret."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_answer",
        sa.Column("api_key_id", sa.Uuid(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=255), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_key.id"], name=op.f("fk_kept_answer_api_key_id")),
        sa.PrimaryKeyConstraint("api_key_id", "idempotency_key", name=op.f("pk_kept_answer")),
    )
    op.create_index(op.f("ix_kept_answer_recorded_at"), "kept_answer", ["recorded_at"])
    op.create_table(
        "former_secret",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("handle", sa.String(length=16), nullable=False),
        sa.Column("api_key_id", sa.Uuid(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_key.id"], name=op.f("fk_former_secret_api_key_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_former_secret")),
    )
    op.create_index(op.f("ix_former_secret_handle"), "former_secret", ["handle"])
    op.add_column("api_key", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("api_key", sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("api_key", "last_used_at")
    op.drop_column("api_key", "expires_at")
    op.drop_table("former_secret")
    op.drop_table("kept_answer")
