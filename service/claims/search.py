"""Search claims by words, by a tag, or by similarity to a headline."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session, selectinload

from service.claims.describe import summarise_claims
from service.claims.views import FoundClaim, ListedClaim
from service.storage.db import Database, retried
from service.storage.models import Claim, Report, Resolution
from service.storage.predicates import is_among
from service.storage.search_check import correct_spellings, wrong_search_columns
from service.storage.search_columns import derive_search_columns
from service.values.documents import members_of
from service.values.search_terms import Terms, tag_term, words_in, words_in_common

LIKELIEST = 5
"""The maximum number of results of a search by similarity."""

# The bounds of a search by similarity, for any text and any number of claims.
_TERMS = 200
_COUNTED = 1000
"""The maximum number of claims to count for each term."""
_CANDIDATES = 1000
_BEGUN_FROM = 3  # letters; too many words begin like shorter ones
_STEM_FROM = 4
_CLAIMS = 10_000
"""The maximum number of claims to count in total."""

# The parameters of BM25 (Robertson and Zaragoza, 2009, The Probabilistic Relevance Framework, section 3.4).
_SATURATION = 1.2
_LENGTH_NORMALISATION = 0.75

# The tables of SQLite's full-text index.
_NUMBER = sa.table("claim_number", sa.column("number"), sa.column("claim_id", sa.Uuid()))
_TEXT = sa.table("claim_text", sa.column("rowid"), sa.column("claim_text"))


@retried
def rebuild_search(db: Database) -> int:
    """Recompute the search columns of claims and reports and the spellings of outlets.

    Returns:
        The number of claims, reports and outlets that differed.
    """
    with db.write() as session:
        wrong = list(wrong_search_columns(session))
        for row in wrong:
            derive_search_columns(row)
        return len(wrong) + correct_spellings(session)


def has_words(session: Session, text: str) -> sa.ColumnElement[bool]:
    """Return the condition that the text of a claim contains all words of a text, in any order."""
    alternatives = dict.fromkeys(word.alternatives for word in words_in(text))
    if not alternatives:
        return sa.false()
    return _matches(session, alternatives)


def has_tag(session: Session, tag: str) -> sa.ColumnElement[bool]:
    """Return the condition that a claim has a tag. Case is ignored."""
    return _matches(session, [[(tag_term(tag),)]])


def search_claims(db: Database, *, q: str, limit: int, now: dt.datetime) -> tuple[list[ListedClaim], bool]:
    """Return the most reported claims that contain all words of a text, and whether there are more.

    If there are too few, claims with words that only begin like those of the text follow.
    """
    words = [word.alternatives for word in words_in(q)]
    if not words:
        return [], False
    with db.read() as session:
        best = _most_reported(session, _matches(session, words), limit + 1)
        for similar in (_beginnings, _stems):
            if len(best) <= limit and (similar is _beginnings or not best):
                others = _matches(session, map(similar, words)) & ~is_among(session, Claim.id, best)
                best += _most_reported(session, others, limit + 1 - len(best))
        return _summarise(session, best[:limit], now=now), len(best) > limit


def _most_reported(session: Session, matches: sa.ColumnElement[bool], limit: int) -> list[UUID]:
    """Return the ids of the most reported claims among the newest matches; for equal counts, newest first."""
    newest = sa.select(Claim.id).where(matches, Claim.merged_into_id.is_(None)).order_by(Claim.id.desc())
    found = newest.limit(_CANDIDATES).subquery()
    reports = sa.select(sa.func.count()).where(Report.claim_id == found.c.id).scalar_subquery()
    return list(session.scalars(sa.select(found.c.id).order_by(reports.desc(), found.c.id.desc()).limit(limit)))


def _beginnings(alternatives: Iterable[Terms]) -> Iterator[Terms]:
    """Yield the terms of words that begin like a word. A star stands for any ending."""
    for terms in alternatives:
        yield tuple(f"{term}*" if len(term) >= _BEGUN_FROM else term for term in terms)


def _stems(alternatives: Iterable[Terms]) -> Iterator[Terms]:
    """Yield the terms of words that are cut off within an ending, such as `univers` for `universi`."""
    for terms in alternatives:
        yield terms
        if len(terms) == 1:
            yield from ((terms[0][:end],) for end in range(max(len(terms[0]) - 3, _STEM_FROM), len(terms[0])))


def _summarise(session: Session, ids: Sequence[UUID], *, now: dt.datetime) -> list[ListedClaim]:
    """Return claims in this order, as in lists."""
    rows = sa.select(Claim).options(selectinload(Claim.resolutions).selectinload(Resolution.disputes))
    claims = {claim.id: claim for claim in session.scalars(rows.where(is_among(session, Claim.id, ids)))}
    return summarise_claims(session, [claims[claim_id] for claim_id in ids], now=now)


def list_likeliest_claims(db: Database, *, like: str, limit: int, now: dt.datetime) -> list[FoundClaim]:
    """Return up to five claims that share the rarest words with a text, the best match first.

    Claims with the rarest words of the text are ranked by all its words, with BM25. The ranking is computed in Python
    to be the same on both databases.
    """
    with db.read() as session:
        best = likeliest_claims(session, like)[:limit]
        found = _summarise(session, best, now=now)
    wanted = _terms_of(like)
    return [FoundClaim(**members_of(claim), words=words_in_common(claim.text, wanted)) for claim in found]


def likeliest_claims(session: Session, text: str) -> list[UUID]:
    """Return the ids of up to five claims that share the rarest words with a text, the best match first."""
    # Longer words are rarer.
    terms = sorted(_terms_of(text), key=lambda term: (-len(term), term))[:_TERMS]
    counts = {term: count for term, count in count_claims(session, terms).items() if count}
    candidates = _candidates(session, _rarest(counts))
    return _rank(candidates, counts, claims=_count_all(session))[:LIKELIEST]


def _terms_of(text: str) -> set[str]:
    return {term for word in words_in(text) for terms in word.alternatives for term in terms}


def count_claims(session: Session, terms: Sequence[str]) -> dict[str, int]:
    """Return the number of claims with each term, up to a limit, in one query."""
    quoted = {_query(session, [[(term,)]]): term for term in terms}
    if _is_postgresql(session):
        # With outdated statistics it would read the whole table once for each term.
        session.execute(sa.text("SET LOCAL enable_seqscan = off"))
        listed = sa.func.unnest(sa.literal(list(quoted), sa.ARRAY(sa.Text))).table_valued("value").render_derived()
        matching = sa.select(Claim.id)
    else:
        listed = sa.func.json_each(json.dumps(list(quoted))).table_valued("value")
        matching = sa.select(_TEXT.c.rowid)
    matching = matching.where(_is_indexed(session, listed.c.value)).correlate(listed).limit(_COUNTED)
    count = sa.select(sa.func.count()).select_from(matching.subquery()).scalar_subquery()
    return {quoted[value]: number for value, number in session.execute(sa.select(listed.c.value, count))}


def _count_all(session: Session) -> int:
    """Return the number of claims, up to a limit."""
    some = sa.select(Claim.id).limit(_CLAIMS).subquery()
    return session.scalars(sa.select(sa.func.count()).select_from(some)).one()


def _rarest(counts: Mapping[str, int]) -> list[str]:
    """Return the rarest terms whose claims together stay within a limit; at least one term."""
    chosen: list[str] = []
    claims = 0
    for term, count in sorted(counts.items(), key=lambda item: (item[1], item[0])):
        claims += count
        if chosen and claims > _CANDIDATES:
            break
        chosen.append(term)
    return chosen


def _candidates(session: Session, terms: Collection[str]) -> dict[UUID, list[str]]:
    """Return the newest claims that have any of the given terms, with all of their terms."""
    if not terms:
        return {}
    rows = sa.select(Claim.id, sa.cast(Claim.terms, sa.Text)).where(_matches(session, [[(term,) for term in terms]]))
    rows = rows.where(Claim.merged_into_id.is_(None))
    newest = session.execute(rows.order_by(Claim.id.desc()).limit(_CANDIDATES))
    return {claim_id: indexed.replace("'", "").split(" ") for claim_id, indexed in newest}


def _rank(candidates: Mapping[UUID, Collection[str]], counts: Mapping[str, int], *, claims: int) -> list[UUID]:
    """Return the candidates, the best match first; equal matches, newest first."""
    shared = {claim_id: counts.keys() & terms for claim_id, terms in candidates.items()}
    among_candidates = Counter(term for terms in shared.values() for term in terms)
    weights: dict[str, float] = {}
    for term, count in counts.items():
        # The frequency of a term with too many claims to count is estimated from the candidates.
        frequent = claims * among_candidates[term] / len(candidates)
        having = min(max(count, frequent) if count == _COUNTED else count, claims)
        weights[term] = math.log(1 + (claims - having + 0.5) / (having + 0.5))
    average = sum(map(len, candidates.values())) / max(len(candidates), 1)

    def score(claim_id: UUID) -> float:
        length = 1 - _LENGTH_NORMALISATION + _LENGTH_NORMALISATION * len(candidates[claim_id]) / average
        return math.fsum(weights[term] for term in shared[claim_id]) / (1 + _SATURATION * length)

    # Rounded, because the last digits of logarithms differ between machines.
    return sorted(candidates, key=lambda claim_id: (round(score(claim_id), 9), claim_id), reverse=True)


def _matches(session: Session, words: Iterable[Iterable[Terms]]) -> sa.ColumnElement[bool]:
    """Return the condition that a claim has, for each word, all terms of one of its alternatives."""
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
    """Return a query in the syntax of the full-text index. Terms contain no quotation marks."""
    quote, begins, both, either = ("'", ":*", " & ", " | ") if _is_postgresql(session) else ('"', "*", " AND ", " OR ")

    def written(term: str) -> str:
        return f"{quote}{term.removesuffix('*')}{quote}{begins if term.endswith('*') else ''}"

    return both.join(f"({either.join('(' + both.join(map(written, terms)) + ')' for terms in word)})" for word in words)


def _is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
