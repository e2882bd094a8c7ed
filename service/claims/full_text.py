"""Query the full-text index of claims, on PostgreSQL and on SQLite."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from service.storage.models import Claim
from service.values.search_terms import Terms

COUNTED = 1000
"""The maximum number of claims to count for each term."""
# The tables of SQLite's full-text index.
_NUMBER = sa.table("claim_number", sa.column("number"), sa.column("claim_id", sa.Uuid()))
_TEXT = sa.table("claim_text", sa.column("rowid"), sa.column("claim_text"))


def count_claims(session: Session, terms: Sequence[str]) -> dict[str, int]:
    """Return the number of claims that contain each term, at most `COUNTED`, in one query."""
    quoted = {_query(session, [[(term,)]]): term for term in terms}
    if _is_postgresql(session):
        # With outdated statistics, PostgreSQL would read the whole table once for each term.
        session.execute(sa.text("SET LOCAL enable_seqscan = off"))
        listed = sa.func.unnest(sa.literal(list(quoted), sa.ARRAY(sa.Text))).table_valued("value").render_derived()
        matching = sa.select(Claim.id)
    else:
        listed = sa.func.json_each(json.dumps(list(quoted))).table_valued("value")
        matching = sa.select(_TEXT.c.rowid)
    matching = matching.where(_is_indexed(session, listed.c.value)).correlate(listed).limit(COUNTED)
    count = sa.select(sa.func.count()).select_from(matching.subquery()).scalar_subquery()
    return {quoted[value]: number for value, number in session.execute(sa.select(listed.c.value, count))}


def has_terms(session: Session, words: Iterable[Iterable[Terms]]) -> sa.ColumnElement[bool]:
    """Return the condition that a claim contains each word: all terms of one of its alternatives."""
    query = sa.literal(_query(session, words))
    if _is_postgresql(session):
        return _is_indexed(session, query)
    numbered = sa.select(_NUMBER.c.claim_id).join(_TEXT, _TEXT.c.rowid == _NUMBER.c.number)
    return Claim.id.in_(numbered.where(_is_indexed(session, query)))


def _is_indexed(session: Session, query: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Return the condition that a row of the full-text index matches a query."""
    if _is_postgresql(session):
        return Claim.terms.op("@@")(sa.cast(query, TSQUERY))
    return _TEXT.c.claim_text.op("MATCH")(query)


def _query(session: Session, words: Iterable[Iterable[Terms]]) -> str:
    """Return the query for words in the syntax of the full-text index.

    Terms are quoted without escaping, because they contain no quotation marks.
    """
    quote, begins, both, either = ("'", ":*", " & ", " | ") if _is_postgresql(session) else ('"', "*", " AND ", " OR ")

    def written(term: str) -> str:
        return f"{quote}{term.removesuffix('*')}{quote}{begins if term.endswith('*') else ''}"

    return both.join(f"({either.join('(' + both.join(map(written, terms)) + ')' for terms in word)})" for word in words)


def _is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
