"""Outlets, claims, reports, resolutions, API keys and the outbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("handle", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_key_digest")),
    )
    op.create_index(op.f("ix_api_key_handle"), "api_key", ["handle"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_table(
        "outlet",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "newspaper",
                "broadcaster",
                "agency",
                "website",
                "aggregator",
                "account",
                "journalist",
                "organisation",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("scorable", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["outlet.id"], name=op.f("fk_outlet_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outlet")),
        sa.UniqueConstraint("slug", name=op.f("uq_outlet_slug")),
    )
    op.create_index(op.f("ix_outlet_name_key"), "outlet", ["name_key"], unique=False)
    op.create_index(op.f("ix_outlet_parent_id"), "outlet", ["parent_id"], unique=False)
    op.create_table(
        "claim",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("event", "fact", "opinion", name="kind", native_enum=False, create_constraint=True, length=16),
            nullable=False,
        ),
        sa.Column("topic", sa.String(length=100), nullable=True),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("resolves_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("group", sa.String(length=200), nullable=True),
        sa.Column("external_id", sa.String(length=400), nullable=True),
        sa.Column("filed_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["filed_by"], ["api_key.id"], name=op.f("fk_claim_filed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
        sa.UniqueConstraint("external_id", name=op.f("uq_claim_external_id")),
    )
    op.create_index(op.f("ix_claim_group"), "claim", ["group"], unique=False)
    op.create_index(op.f("ix_claim_resolves_by"), "claim", ["resolves_by"], unique=False)
    op.create_index(op.f("ix_claim_topic"), "claim", ["topic"], unique=False)
    op.create_table(
        "outlet_alias",
        sa.Column("outlet_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["outlet_id"], ["outlet.id"], name=op.f("fk_outlet_alias_outlet_id")),
        sa.PrimaryKeyConstraint("outlet_id", "position", name=op.f("pk_outlet_alias")),
    )
    op.create_index(op.f("ix_outlet_alias_name_key"), "outlet_alias", ["name_key"], unique=False)
    op.create_table(
        "outlet_domain",
        sa.Column("domain", sa.String(length=500), nullable=False),
        sa.Column("outlet_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["outlet_id"], ["outlet.id"], name=op.f("fk_outlet_domain_outlet_id")),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_outlet_domain")),
    )
    op.create_index(op.f("ix_outlet_domain_outlet_id"), "outlet_domain", ["outlet_id"], unique=False)
    op.create_table(
        "report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("outlet_id", sa.Uuid(), nullable=False),
        sa.Column(
            "stance",
            sa.Enum(
                "support",
                "deny",
                "query",
                "comment",
                name="stance",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("commitment", sa.Integer(), nullable=True),
        sa.Column("probability", sa.Double(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("quote", sa.Text(), nullable=True),
        sa.Column("is_relay", sa.Boolean(), nullable=False),
        sa.Column("cited_id", sa.Uuid(), nullable=True),
        sa.Column("cited_as", sa.String(length=200), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("filed_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["cited_id"], ["outlet.id"], name=op.f("fk_report_cited_id")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_report_claim_id")),
        sa.ForeignKeyConstraint(["filed_by"], ["api_key.id"], name=op.f("fk_report_filed_by")),
        sa.ForeignKeyConstraint(["outlet_id"], ["outlet.id"], name=op.f("fk_report_outlet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("claim_id", "fingerprint", name=op.f("uq_report_claim_id_fingerprint")),
    )
    op.create_index(op.f("ix_report_cited_id"), "report", ["cited_id"], unique=False)
    op.create_index(op.f("ix_report_outlet_id_claim_id"), "report", ["outlet_id", "claim_id"], unique=False)
    op.create_table(
        "resolution",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("supersedes_id", sa.Uuid(), nullable=True),
        sa.Column(
            "verdict",
            sa.Enum(
                "true",
                "false",
                "partial",
                "void",
                "unverifiable",
                name="verdict",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=True,
        ),
        sa.Column("truth", sa.Double(), nullable=True),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("resolved_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_resolution_claim_id")),
        sa.ForeignKeyConstraint(["resolved_by"], ["api_key.id"], name=op.f("fk_resolution_resolved_by")),
        sa.ForeignKeyConstraint(["supersedes_id"], ["resolution.id"], name=op.f("fk_resolution_supersedes_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resolution")),
        sa.UniqueConstraint("claim_id", "position", name=op.f("uq_resolution_claim_id_position")),
        sa.UniqueConstraint("supersedes_id", name=op.f("uq_resolution_supersedes_id")),
    )


def downgrade() -> None:
    op.drop_table("resolution")
    op.drop_index(op.f("ix_report_outlet_id_claim_id"), table_name="report")
    op.drop_index(op.f("ix_report_cited_id"), table_name="report")
    op.drop_table("report")
    op.drop_index(op.f("ix_outlet_domain_outlet_id"), table_name="outlet_domain")
    op.drop_table("outlet_domain")
    op.drop_index(op.f("ix_outlet_alias_name_key"), table_name="outlet_alias")
    op.drop_table("outlet_alias")
    op.drop_index(op.f("ix_claim_topic"), table_name="claim")
    op.drop_index(op.f("ix_claim_resolves_by"), table_name="claim")
    op.drop_index(op.f("ix_claim_group"), table_name="claim")
    op.drop_table("claim")
    op.drop_index(op.f("ix_outlet_parent_id"), table_name="outlet")
    op.drop_index(op.f("ix_outlet_name_key"), table_name="outlet")
    op.drop_table("outlet")
    op.drop_table("outbox")
    op.drop_index(op.f("ix_api_key_handle"), table_name="api_key")
    op.drop_table("api_key")
