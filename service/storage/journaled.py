"""The tables and columns that the ledger leaves out, and the columns that it contains only as hashes."""

from __future__ import annotations

import sqlalchemy as sa

from service.storage.base import Base
from service.storage.models import (
    Entry,
    Identity,
    ImportChunk,
    ImportJob,
    ImportResult,
    Outbox,
    OutletSpelling,
    Rate,
    Seal,
    Standing,
    StoredResponse,
    Submission,
    Subtotal,
    WorkerHost,
)

_UNJOURNALED_MODELS: tuple[type[Base], ...] = (
    Outbox,  # tasks, deleted when they are done
    Identity,  # of the database itself, renewed when a backup is restored
    WorkerHost,  # deleted when the worker stops
    StoredResponse,  # responses for a day, computed from rows that are journaled
    Submission,  # not part of the record before an editor accepts it; the rows made from it are journaled
    ImportJob,  # deleted after a week; the rows that its lines write are journaled
    ImportChunk,  # like ImportJob
    ImportResult,  # like ImportJob
    Subtotal,  # derived from journaled rows, and verified against them
    Rate,  # like Subtotal
    OutletSpelling,  # like Subtotal
    Standing,  # like Subtotal
    Entry,  # the ledger itself, protected by its digests and seals
    Seal,
)
UNJOURNALED = frozenset(model.__tablename__ for model in _UNJOURNALED_MODELS)
"""The names of the tables whose rows are not journaled."""

LEFT_OUT = frozenset(
    {
        ("api_key", "last_used_at"),  # updated hourly, without a change by a client
        ("claim", "terms"),  # derived from the text and the tags
        ("claim", "text_key"),  # derived from the text
        ("report", "page_key"),  # derived from the URL
    }
)
HASHED = frozenset(
    {
        ("report", "cited_as"),
        ("report", "fingerprint"),  # it would allow guesses at a redacted URL
        ("resolution", "evidence"),
        ("dispute", "evidence"),
        ("claim", "reviews"),
        ("claim", "redacted"),
        ("report", "redacted"),
        ("resolution", "redacted"),
        ("dispute", "redacted"),
        ("reply", "redacted"),
        ("api_key", "handle"),
        ("api_key", "digest"),
        ("former_secret", "handle"),
        ("former_secret", "digest"),
        ("context", "contexts"),  # long, like the next one
        ("learner", "state"),
    }
)
HASHED_MEMBERS = frozenset({"text", "url", "quote", "fingerprint"})
"""The members of an earlier version (of an outlet, claim or report) that the ledger has as hashes."""


def journaled_tables() -> list[sa.Table]:
    """Return the tables whose rows are journaled, sorted by name."""
    return [table for name, table in sorted(Base.metadata.tables.items()) if name not in UNJOURNALED]
