"""Find claims by the words in their text: FTS5 on SQLite, tsvector on PostgreSQL. Every word has to be there.

Words are runs of letters and digits, so that both find the same: their own readers of text keep hosts, paths and signed
numbers whole, or do not. PostgreSQL's letters are those of the database's locale, of SQLite those of `words_of`.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.storage.models import Claim
from service.values.ids import words_of

_NUMBER = sa.table("claim_number", sa.column("number"), sa.column("claim_id", sa.Uuid()))
_TEXT = sa.table("claim_text", sa.column("rowid"), sa.column("claim_text"))


def has_words(session: Session, words: str) -> sa.ColumnElement[bool]:
    """Whether a claim's text has all these words, in any order, whatever their case."""
    if session.get_bind().dialect.name == "postgresql":
        simple: sa.ColumnElement[str] = sa.literal_column("'simple'")
        query = sa.func.plainto_tsquery(simple, _parted(sa.literal(words)))
        return sa.func.to_tsvector(simple, _parted(Claim.text)).op("@@")(query)
    # Each word in quotation marks, so that none is taken for an operator of FTS5.
    quoted = " ".join(f'"{word}"' for word in words_of(words).split())
    if not quoted:
        return sa.false()
    numbered = sa.select(_NUMBER.c.claim_id).join(_TEXT, _TEXT.c.rowid == _NUMBER.c.number)
    return Claim.id.in_(numbered.where(_TEXT.c.claim_text.op("MATCH")(quoted)))


def _parted(text: sa.ColumnElement[str] | sa.orm.InstrumentedAttribute[str]) -> sa.ColumnElement[str]:
    """What the index is on, to the letter."""
    composed = sa.func.normalize(text, sa.literal_column("NFC"))
    literal = sa.literal_column
    return sa.func.regexp_replace(composed, literal("'[^[:alnum:]]+'"), literal("' '"), literal("'g'"))
