"""What records add up to, contexts, what forecast/1 learned, its forecasts, and where a commitment was read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_KINDS = ("event", "fact", "opinion")
_COUNTS = ("claims", "open", "unscored", "correct", "incorrect", "partial", "early", "backfilled", "stated", "told")
_BILLIONTHS = ("right", "stated_true", "stated_true_squared", "brier", "told_true")


def upgrade() -> None:
    op.add_column("report", sa.Column("lexicon", sa.String(length=16), nullable=True))
    op.create_table(
        "subtotal",
        sa.Column("outlet_id", sa.Uuid(), nullable=False),
        sa.Column("role", _enum("own", "relay", name="role"), nullable=False),
        sa.Column("kind", _enum(*_KINDS, name="kind"), nullable=False),
        sa.Column("topic", sa.String(length=100), nullable=False),
        sa.Column("stance", sa.String(length=16), nullable=False),
        sa.Column("commitment", sa.Integer(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _COUNTS),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _BILLIONTHS),
        sa.ForeignKeyConstraint(["outlet_id"], ["outlet.id"], name=op.f("fk_subtotal_outlet_id")),
        sa.PrimaryKeyConstraint("outlet_id", "role", "kind", "topic", "stance", "commitment", name=op.f("pk_subtotal")),
    )
    op.create_table(
        "rate",
        sa.Column("stance", _enum("support", "deny", "query", "comment", name="stance"), nullable=False),
        sa.Column("kind", _enum(*_KINDS, name="kind"), nullable=False),
        sa.Column("commitment", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("topic", sa.String(length=100), nullable=False),
        sa.Column("weight", sa.BigInteger(), nullable=False),
        sa.Column("true", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("stance", "kind", "commitment", "topic", name=op.f("pk_rate")),
    )
    op.create_table(
        "context",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kappa", sa.Double(), nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("rates", sa.JSON(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_context")),
    )
    op.create_index(op.f("ix_context_recorded_at"), "context", ["recorded_at"], unique=False)
    op.create_table(
        "learner",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("build", sa.String(length=40), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("learned_from", sa.String(length=80), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_learner")),
    )
    op.create_table(
        "forecast",
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_forecast_claim_id")),
        sa.PrimaryKeyConstraint("claim_id", "day", name=op.f("pk_forecast")),
    )


def downgrade() -> None:
    for table in ("forecast", "learner", "context", "rate", "subtotal"):
        op.drop_table(table)
    op.drop_column("report", "lexicon")


def _enum(*values: str, name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=16)
