"""Withdrawals of reports, versions of what was changed, and the full text of claims."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# A claim's number is the rowid of its text: that of `claim` itself may change when the file is vacuumed.
_SQLITE_UP = (
    "CREATE TABLE claim_number (number INTEGER PRIMARY KEY, claim_id CHAR(32) NOT NULL UNIQUE)",
    "CREATE VIRTUAL TABLE claim_text USING fts5(text, tokenize = 'unicode61 remove_diacritics 0')",
    """
    CREATE TRIGGER claim_text_insert AFTER INSERT ON claim BEGIN
        INSERT INTO claim_number (claim_id) VALUES (new.id);
        INSERT INTO claim_text (rowid, text)
        SELECT number, words_of(new.text) FROM claim_number WHERE claim_id = new.id;
    END
    """,
    """
    CREATE TRIGGER claim_text_update AFTER UPDATE OF text ON claim BEGIN
        UPDATE claim_text SET text = words_of(new.text)
        WHERE rowid = (SELECT number FROM claim_number WHERE claim_id = new.id);
    END
    """,
    "INSERT INTO claim_number (claim_id) SELECT id FROM claim ORDER BY id",
    """
    INSERT INTO claim_text (rowid, text)
    SELECT number, words_of(text) FROM claim JOIN claim_number ON claim_number.claim_id = claim.id
    """,
)
_POSTGRESQL_UP = """
    CREATE INDEX ix_claim_text_search ON claim
    USING gin (to_tsvector('simple', regexp_replace(normalize(text, NFC), '[^[:alnum:]]+', ' ', 'g')))
"""
_SQLITE_DOWN = (
    "DROP TRIGGER claim_text_update",
    "DROP TRIGGER claim_text_insert",
    "DROP TABLE claim_text",
    "DROP TABLE claim_number",
)


def upgrade() -> None:
    op.create_table(
        "withdrawal",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_withdrawal_report_id")),
        sa.ForeignKeyConstraint(["withdrawn_by"], ["api_key.id"], name=op.f("fk_withdrawal_withdrawn_by")),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_withdrawal")),
    )
    op.create_table(
        "version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["changed_by"], ["api_key.id"], name=op.f("fk_version_changed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_version")),
        sa.UniqueConstraint("subject_id", "number", name=op.f("uq_version_subject_id_number")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_POSTGRESQL_UP)
    else:
        for statement in _SQLITE_UP:
            op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX ix_claim_text_search")
    else:
        for statement in _SQLITE_DOWN:
            op.execute(statement)
    op.drop_table("version")
    op.drop_table("withdrawal")
