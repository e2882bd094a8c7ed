"""The whole schema. Until 1.0.0 it is edited in place; after that a migration is never edited."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_CLAIM_KINDS = ("event", "fact", "opinion")
_OUTLET_KINDS = (
    "newspaper",
    "broadcaster",
    "agency",
    "website",
    "aggregator",
    "account",
    "journalist",
    "organisation",
)
_STANCES = ("support", "deny", "query", "comment")
_PRECISIONS = ("day", "instant")
_STANCE_SOURCES = ("stated", "probability")
_WAYS = ("api", "public form")
_SUBMISSION_KINDS = ("dispute", "reply")
_SUBMISSION_STATUSES = ("pending", "accepted", "refused")
_IMPORT_STATUSES = ("queued", "running", "succeeded", "failed", "cancelled")
_IMPORT_COUNTS = ("chunks", "chunks_read", "read", "created", "updated", "unchanged", "rejected")
_VERDICTS = ("true", "false", "partial", "void", "unverifiable")
# Sorted by bytes, so that all topics below one, or all spellings with one beginning, are one range of an index.
_TOPIC = sa.String(504).with_variant(sa.String(504, collation="C"), "postgresql")
_SLUG = sa.String(80).with_variant(sa.String(80, collation="C"), "postgresql")
_SPELLING = sa.String(41).with_variant(sa.String(41, collation="C"), "postgresql")
_COUNTS = ("claims", "open", "unscored", "correct", "incorrect", "partial", "early", "backfilled", "stated", "told")
_BILLIONTHS = ("right", "stated_true", "stated_true_squared", "brier", "told_true")

# The number of a claim is the rowid of its terms: the rowid of `claim` itself may change when the file is vacuumed.
# The tokenizer splits at blanks only, because terms have no other ASCII character than letters and digits.
_SQLITE_TEXT = (
    "CREATE TABLE claim_number (number INTEGER PRIMARY KEY, claim_id CHAR(32) NOT NULL UNIQUE)",
    "CREATE VIRTUAL TABLE claim_text USING fts5(terms, tokenize = 'ascii', detail = none)",
    """
    CREATE TRIGGER claim_text_insert AFTER INSERT ON claim BEGIN
        INSERT INTO claim_number (claim_id) VALUES (new.id);
        INSERT INTO claim_text (rowid, terms)
        SELECT number, new.terms FROM claim_number WHERE claim_id = new.id;
    END
    """,
    """
    CREATE TRIGGER claim_text_update AFTER UPDATE OF terms ON claim BEGIN
        UPDATE claim_text SET terms = new.terms
        WHERE rowid = (SELECT number FROM claim_number WHERE claim_id = new.id);
    END
    """,
)
_POSTGRESQL_TEXT = "CREATE INDEX ix_claim_terms ON claim USING gin (terms) WITH (fastupdate = off)"


def upgrade() -> None:
    _create_keys()
    _create_outlets()
    _create_claims()
    _create_merges()
    _create_reports()
    _create_resolutions()
    _create_replies()
    _create_submissions()
    _create_sums()
    _create_forecasts()
    _create_ledger()
    _create_outbox()
    _create_imports()
    _create_identity()
    _create_full_text()
    op.create_table(
        "schema_fingerprint",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_schema_fingerprint"),
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE claim_text")
        op.execute("DROP TABLE claim_number")
    for table in (
        *(
            "schema_fingerprint",
            "worker_host",
            "identity",
            "import_result",
            "import_chunk",
            "import_job",
            "outbox",
            "redaction",
            "seal",
            "entry",
            "forecast",
        ),
        *(
            "learner",
            "context",
            "rate",
            "standing",
            "subtotal",
            "submission",
            "reply",
            "dispute",
            "resolution",
            "version",
            "topic_rename",
            "distinct_claims",
            "claim_merge",
            "withdrawal",
            "report",
            "claim",
        ),
        *("outlet_spelling", "outlet_domain", "outlet_alias", "outlet", "former_secret", "kept_answer", "api_key"),
    ):
        op.drop_table(table)


def _create_keys() -> None:
    op.create_table(
        "api_key",
        _id(),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("handle", sa.String(16), nullable=False, index=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        _moment("recorded_at"),
        _moment("revoked_at", nullable=True),
        _moment("expires_at", nullable=True),
        _moment("last_used_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_key"),
        sa.UniqueConstraint("digest", name="uq_api_key_digest"),
    )
    op.create_table(
        "former_secret",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("handle", sa.String(16), nullable=False, index=True),
        _reference("former_secret", "api_key_id", "api_key", nullable=False),
        _moment("ends_at"),
        sa.PrimaryKeyConstraint("digest", name="pk_former_secret"),
    )
    op.create_table(
        "kept_answer",
        _reference("kept_answer", "api_key_id", "api_key", nullable=False),
        sa.Column("idempotency_key", sa.String(255), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        _moment("recorded_at", index=True),
        sa.PrimaryKeyConstraint("api_key_id", "idempotency_key", name="pk_kept_answer"),
    )


def _create_outlets() -> None:
    is_merged = sa.text("merged_into_id IS NOT NULL")
    op.create_table(
        "outlet",
        _id(),
        sa.Column("slug", sa.String(80), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("name_key", sa.String(200), nullable=False, index=True),
        sa.Column("kind", _word("kind", _OUTLET_KINDS), nullable=False),
        _reference("outlet", "parent_id", "outlet", index=True),
        sa.Column("scorable", sa.Boolean(), nullable=False),
        _moment("recorded_at"),
        _reference("outlet", "merged_into_id", "outlet"),
        _moment("merged_at", nullable=True),
        _reference("outlet", "merged_by", "api_key"),
        sa.PrimaryKeyConstraint("id", name="pk_outlet"),
        sa.UniqueConstraint("slug", name="uq_outlet_slug"),
        sa.Index("ix_outlet_merged_into_id", "merged_into_id", sqlite_where=is_merged, postgresql_where=is_merged),
    )
    op.create_table(
        "outlet_alias",
        _reference("outlet_alias", "outlet_id", "outlet", nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("name_key", sa.String(200), nullable=False, index=True),
        sa.PrimaryKeyConstraint("outlet_id", "position", name="pk_outlet_alias"),
    )
    op.create_table(
        "outlet_domain",
        _reference("outlet_domain", "outlet_id", "outlet", nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("domain", sa.String(500), nullable=False, index=True),
        sa.Column("key", sa.String(500), nullable=False, index=True),
        _moment("starts_at", nullable=True),
        _moment("ends_at", nullable=True),
        sa.PrimaryKeyConstraint("outlet_id", "position", name="pk_outlet_domain"),
    )
    op.create_table(
        "outlet_spelling",
        _reference("outlet_spelling", "outlet_id", "outlet", nullable=False),
        sa.Column("source", sa.Integer(), nullable=False),
        sa.Column("spelling", _SPELLING, nullable=False),
        sa.PrimaryKeyConstraint("outlet_id", "source", "spelling", name="pk_outlet_spelling"),
        sa.Index("ix_outlet_spelling_spelling_outlet_id", "spelling", "outlet_id"),
        sqlite_with_rowid=False,
    )


def _create_claims() -> None:
    op.create_table(
        "claim",
        _id(),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("kind", _word("kind", _CLAIM_KINDS), nullable=False),
        sa.Column("topic", _TOPIC, index=True),
        sa.Column("tags", sa.JSON(), nullable=False),
        _moment("resolves_by", nullable=True, index=True),
        sa.Column("group", sa.String(200), index=True),
        sa.Column("external_id", sa.String(400)),
        _reference("claim", "filed_by", "api_key"),
        _moment("recorded_at", index=True),
        sa.Column("reviews", sa.JSON()),
        sa.Column("redacted", sa.JSON()),
        sa.Column("terms", sa.Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
        sa.Column("text_key", sa.String(64), index=True),
        _reference("claim", "merged_into_id", "claim", index=True),
        sa.PrimaryKeyConstraint("id", name="pk_claim"),
        sa.UniqueConstraint("external_id", name="uq_claim_external_id"),
        sa.Index("ix_claim_kind_id", "kind", "id"),
    )
    op.create_table(
        "topic_rename",
        _id(),
        sa.Column("source", _TOPIC, nullable=False),
        sa.Column("into", _TOPIC, nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("context", sa.Integer(), nullable=False),
        _reference("topic_rename", "renamed_by", "api_key"),
        _moment("recorded_at"),
        _moment("undone_at", nullable=True),
        _reference("topic_rename", "undone_by", "api_key"),
        sa.PrimaryKeyConstraint("id", name="pk_topic_rename"),
    )
    op.create_table(
        "version",
        _id(),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        _reference("version", "changed_by", "api_key"),
        _moment("recorded_at"),
        _reference("version", "rename_id", "topic_rename", index=True),
        sa.PrimaryKeyConstraint("id", name="pk_version"),
        sa.UniqueConstraint("subject_id", "number", name="uq_version_subject_id_number"),
    )


def _create_merges() -> None:
    in_effect = sa.text("undone_at IS NULL")
    op.create_table(
        "claim_merge",
        _id(),
        _reference("claim_merge", "claim_id", "claim", nullable=False),
        _reference("claim_merge", "into_id", "claim", nullable=False, index=True),
        sa.Column("moved", sa.JSON(), nullable=False),
        _reference("claim_merge", "merged_by", "api_key"),
        _moment("recorded_at"),
        _moment("undone_at", nullable=True),
        _reference("claim_merge", "undone_by", "api_key"),
        sa.PrimaryKeyConstraint("id", name="pk_claim_merge"),
        sa.Index(
            *("ix_claim_merge_in_effect", "claim_id"), unique=True, sqlite_where=in_effect, postgresql_where=in_effect
        ),
    )
    op.create_table(
        "distinct_claims",
        _reference("distinct_claims", "claim_id", "claim", nullable=False),
        _reference("distinct_claims", "other_id", "claim", nullable=False, index=True),
        _reference("distinct_claims", "decided_by", "api_key"),
        _moment("recorded_at"),
        sa.PrimaryKeyConstraint("claim_id", "other_id", name="pk_distinct_claims"),
    )


def _create_reports() -> None:
    op.create_table(
        "report",
        _id(),
        _reference("report", "claim_id", "claim", nullable=False),
        _reference("report", "outlet_id", "outlet", nullable=False),
        sa.Column("stance", _word("stance", _STANCES), nullable=False),
        sa.Column("stance_source", _word("stance_source", _STANCE_SOURCES), nullable=False),
        sa.Column("commitment", sa.Integer()),
        sa.Column("probability", sa.Double()),
        _moment("published_at"),
        sa.Column("published_precision", _word("published_precision", _PRECISIONS), nullable=False),
        sa.Column("url", sa.Text()),
        sa.Column("quote", sa.Text()),
        sa.Column("is_relay", sa.Boolean(), nullable=False),
        _reference("report", "cited_id", "outlet", index=True),
        sa.Column("cited_as", sa.String(200)),
        sa.Column("fingerprint", sa.String(101), nullable=False),
        _reference("report", "filed_by", "api_key"),
        _moment("recorded_at"),
        _moment("corrected_at", nullable=True),
        sa.Column("lexicon", sa.String(16)),
        sa.Column("redacted", sa.JSON()),
        sa.Column("page_key", sa.String(64), index=True),
        sa.PrimaryKeyConstraint("id", name="pk_report"),
        sa.UniqueConstraint("claim_id", "fingerprint", name="uq_report_claim_id_fingerprint"),
        sa.Index("ix_report_outlet_id_claim_id", "outlet_id", "claim_id"),
        sa.Index("ix_report_published_at_claim_id", "published_at", "claim_id"),
    )
    op.create_table(
        "withdrawal",
        _reference("withdrawal", "report_id", "report", nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        _reference("withdrawal", "withdrawn_by", "api_key"),
        _moment("recorded_at"),
        sa.PrimaryKeyConstraint("report_id", name="pk_withdrawal"),
    )


def _create_resolutions() -> None:
    is_open = sa.text("closed_at IS NULL")
    op.create_table(
        "resolution",
        _id(),
        _reference("resolution", "claim_id", "claim", nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        _reference("resolution", "supersedes_id", "resolution"),
        sa.Column("verdict", _word("verdict", _VERDICTS)),
        sa.Column("truth", sa.Double()),
        _moment("known_at"),
        sa.Column("known_precision", _word("known_precision", _PRECISIONS), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text()),
        _reference("resolution", "resolved_by", "api_key"),
        _moment("recorded_at", index=True),
        sa.Column("redacted", sa.JSON()),
        sa.PrimaryKeyConstraint("id", name="pk_resolution"),
        sa.UniqueConstraint("claim_id", "position", name="uq_resolution_claim_id_position"),
        sa.UniqueConstraint("supersedes_id", name="uq_resolution_supersedes_id"),
        sa.Index("ix_resolution_known_at_claim_id", "known_at", "claim_id"),
    )
    op.create_table(
        "dispute",
        _id(),
        _reference("dispute", "resolution_id", "resolution", nullable=False, index=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        _reference("dispute", "filed_by", "api_key"),
        sa.Column("via", _word("via", _WAYS), nullable=False),
        _moment("recorded_at"),
        _moment("closed_at", nullable=True),
        _reference("dispute", "closed_by", "api_key"),
        sa.Column("closing_reason", sa.Text()),
        _reference("dispute", "closing_resolution_id", "resolution"),
        sa.Column("redacted", sa.JSON()),
        sa.PrimaryKeyConstraint("id", name="pk_dispute"),
        sa.Index(
            *("ix_dispute_open", "resolution_id", "filed_by"),
            unique=True,
            sqlite_where=is_open,
            postgresql_where=is_open,
        ),
    )


def _create_replies() -> None:
    is_general = sa.text("claim_id IS NULL AND withdrawn_at IS NULL")
    op.create_table(
        "reply",
        _id(),
        _reference("reply", "outlet_id", "outlet", nullable=False),
        _reference("reply", "claim_id", "claim", index=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("url", sa.Text()),
        _reference("reply", "filed_by", "api_key"),
        sa.Column("via", _word("via", _WAYS), nullable=False),
        sa.Column("verified", sa.Text()),
        _moment("recorded_at"),
        _moment("withdrawn_at", nullable=True),
        _reference("reply", "withdrawn_by", "api_key"),
        sa.Column("withdrawal_reason", sa.Text()),
        sa.Column("redacted", sa.JSON()),
        sa.PrimaryKeyConstraint("id", name="pk_reply"),
        sa.Index("ix_reply_outlet_id_id", "outlet_id", "id"),
        sa.Index("ix_reply_general", "outlet_id", sqlite_where=is_general, postgresql_where=is_general),
    )


def _create_submissions() -> None:
    op.create_table(
        "submission",
        _id(),
        sa.Column("kind", _word("kind", _SUBMISSION_KINDS), nullable=False),
        sa.Column("status", _word("status", _SUBMISSION_STATUSES), nullable=False),
        *(_reference("submission", f"{target}_id", target) for target in ("resolution", "outlet", "claim")),
        sa.Column("text", sa.Text()),
        sa.Column("links", sa.JSON(), nullable=False),
        sa.Column("email", sa.String(254)),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("sender", sa.String(64), index=True),
        sa.Column("refusal", sa.Text()),
        _moment("decided_at", nullable=True),
        _reference("submission", "decided_by", "api_key"),
        *(_reference("submission", f"{target}_id", target) for target in ("dispute", "reply")),
        _moment("recorded_at"),
        sa.PrimaryKeyConstraint("id", name="pk_submission"),
        sa.UniqueConstraint("digest", name="uq_submission_digest"),
        sa.Index("ix_submission_status_id", "status", "id"),
    )


def _create_sums() -> None:
    op.create_table(
        "subtotal",
        _reference("subtotal", "outlet_id", "outlet", nullable=False),
        sa.Column("role", _word("role", ("own", "relay")), nullable=False),
        sa.Column("kind", _word("kind", _CLAIM_KINDS), nullable=False),
        sa.Column("topic", _TOPIC, nullable=False),
        sa.Column("stance", sa.String(16), nullable=False),
        sa.Column("commitment", sa.Integer(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _COUNTS),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _BILLIONTHS),
        sa.PrimaryKeyConstraint("outlet_id", "role", "kind", "topic", "stance", "commitment", name="pk_subtotal"),
        sa.Index("ix_subtotal_topic_outlet_id", "topic", "outlet_id"),
    )
    op.create_table(
        "standing",
        sa.Column("slug", _SLUG, nullable=False),
        sa.Column("basis", _word("basis", ("resolved", "matured")), nullable=False),
        sa.Column("topic", _TOPIC, nullable=False),
        sa.Column("kind", _word("kind", _OUTLET_KINDS), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("claims", "resolved")),
        *(sa.Column(name, sa.Double(), nullable=False) for name in ("lower", "upper", "mean", "share")),
        *(_moment(name, nullable=True) for name in ("computed_at", "valid_until")),
        sa.PrimaryKeyConstraint("slug", "basis", "topic", name="pk_standing"),
        *(
            sa.Index(f"ix_standing_{name}", "topic", "basis", name, "slug", "resolved", "kind")
            for name in ("lower", "mean", "share")
        ),
        sa.Index("ix_standing_resolved", "topic", "basis", "resolved", "claims", "slug", "kind"),
        *(sa.Index(f"ix_standing_basis_{name}", "basis", name) for name in ("computed_at", "valid_until")),
    )
    op.create_table(
        "rate",
        sa.Column("stance", _word("stance", _STANCES), nullable=False),
        sa.Column("kind", _word("kind", _CLAIM_KINDS), nullable=False),
        sa.Column("commitment", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("topic", _TOPIC, nullable=False),
        _moment("due"),
        sa.Column("weight", sa.BigInteger(), nullable=False),
        sa.Column("true", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("stance", "kind", "commitment", "topic", "due", name="pk_rate"),
    )
    op.create_table(
        "context",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("contexts", sa.JSON(), nullable=False),
        _moment("recorded_at", index=True),
        sa.PrimaryKeyConstraint("number", name="pk_context"),
    )


def _create_forecasts() -> None:
    op.create_table(
        "learner",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("build", sa.String(40), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("learned_from", sa.String(80), nullable=False),
        _moment("recorded_at"),
        sa.PrimaryKeyConstraint("number", name="pk_learner"),
    )
    op.create_table(
        "forecast",
        _reference("forecast", "claim_id", "claim", nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("method", sa.String(16), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        _moment("recorded_at"),
        sa.PrimaryKeyConstraint("claim_id", "day", name="pk_forecast"),
    )


def _create_ledger() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    transaction = sa.text("(pg_current_xact_id()::text::bigint)") if is_postgresql else None
    op.create_table(
        "entry",
        _id(),
        _moment("recorded_at"),
        sa.Column("actor", sa.Uuid()),
        sa.Column("actor_name", sa.String(32)),
        sa.Column("request_id", sa.String(128)),
        sa.Column("table_name", sa.String(32), nullable=False),
        sa.Column("row_key", sa.String(600), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("before", sa.Text()),
        sa.Column("after", sa.Text()),
        sa.Column("salt", sa.String(32)),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("seal", sa.Integer()),
        sa.Column("written_in", sa.BigInteger(), server_default=transaction),
        sa.PrimaryKeyConstraint("id", name="pk_entry"),
        sa.UniqueConstraint("row_key", "table_name", "position", name="uq_entry_row_key_table_name_position"),
        sa.Index("ix_entry_seal_id", "seal", "id"),
    )
    op.create_table(
        "seal",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("previous", sa.String(64)),
        sa.Column("head", sa.String(64), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        _moment("recorded_at"),
        sa.PrimaryKeyConstraint("number", name="pk_seal"),
        sa.UniqueConstraint("head", name="uq_seal_head"),
    )
    op.create_table(
        "redaction",
        _id(),
        sa.Column("subject_id", sa.Uuid(), nullable=False, index=True),
        sa.Column("members", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        _reference("redaction", "redacted_by", "api_key"),
        _moment("recorded_at"),
        sa.PrimaryKeyConstraint("id", name="pk_redaction"),
    )


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        _id(),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        _moment("recorded_at"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
    )


def _create_imports() -> None:
    op.create_table(
        "import_job",
        _id(),
        _reference("import_job", "api_key_id", "api_key", nullable=False),
        sa.Column("request_id", sa.String(128)),
        sa.Column("idempotency_key", sa.String(255)),
        sa.Column("name", sa.String(200)),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("status", _word("status", _IMPORT_STATUSES), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("size", "stored")),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _IMPORT_COUNTS),
        sa.Column("problem", sa.JSON()),
        sa.Column("worker", sa.String(32)),
        _moment("leased_until", nullable=True),
        sa.Column("starts", sa.Integer(), nullable=False),
        _moment("served_at"),
        _moment("recorded_at"),
        _moment("arrived_at", nullable=True),
        _moment("started_at", nullable=True),
        _moment("finished_at", nullable=True, index=True),
        sa.PrimaryKeyConstraint("id", name="pk_import_job"),
        sa.Index("ix_import_job_api_key_id_id", "api_key_id", "id"),
    )
    op.create_table(
        "import_chunk",
        _reference("import_chunk", "job_id", "import_job", nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", "number", name="pk_import_chunk"),
    )
    op.create_table(
        "import_result",
        _reference("import_result", "job_id", "import_job", nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", "number", name="pk_import_result"),
    )


def _create_identity() -> None:
    op.create_table(
        "identity",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("database_id", sa.String(32), nullable=False),
        sa.Column("redis_token", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_identity"),
    )
    op.create_table(
        "worker_host",
        sa.Column("name", sa.String(500), nullable=False),
        _moment("seen_at"),
        sa.PrimaryKeyConstraint("name", name="pk_worker_host"),
    )


def _create_full_text() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in (_POSTGRESQL_TEXT,) if is_postgresql else _SQLITE_TEXT:
        op.execute(statement)


def _id() -> sa.Column[object]:
    return sa.Column("id", sa.Uuid(), nullable=False)


def _moment(name: str, *, nullable: bool = False, index: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, index=index)


def _reference(table: str, name: str, target: str, *, nullable: bool = True, index: bool = False) -> sa.Column[object]:
    key = sa.ForeignKey(f"{target}.id", name=f"fk_{table}_{name}")
    return sa.Column(name, sa.Uuid(), key, nullable=nullable, index=index)


def _word(name: str, words: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=16)
