"""Find claims by the words in their text: FTS5 on SQLite, tsvector on PostgreSQL. Every word has to be there."""

from __future__ import annotations

import re

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.models import Claim

_NUMBER = sa.table("claim_number", sa.column("number"), sa.column("claim_id", sa.Uuid()))
_TEXT = sa.table("claim_text", sa.column("rowid"), sa.column("claim_text"))


def has_words(session: Session, words: str) -> sa.ColumnElement[bool]:
    """Whether a claim's text has all these words, in any order, whatever their case."""
    if session.get_bind().dialect.name == "postgresql":
        simple: sa.ColumnElement[str] = sa.literal_column("'simple'")
        return sa.func.to_tsvector(simple, Claim.text).op("@@")(sa.func.plainto_tsquery(simple, words))
    # Each word in quotation marks, so that none is taken for an operator of FTS5.
    quoted = " ".join(f'"{word}"' for word in re.findall(r"\w+", words))
    if not quoted:
        return sa.false()
    numbered = sa.select(_NUMBER.c.claim_id).join(_TEXT, _TEXT.c.rowid == _NUMBER.c.number)
    return Claim.id.in_(numbered.where(_TEXT.c.claim_text.op("MATCH")(quoted)))
