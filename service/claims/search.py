"""Search claims by words or by a tag."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from service.claims.describe import summarise_claims
from service.claims.full_text import has_terms
from service.claims.views import ListedClaim
from service.storage.db import Database
from service.storage.models import Claim, Report, Resolution
from service.storage.predicates import is_among
from service.values.search_terms import Terms, tag_term, words_in

CANDIDATES = 1000
_BEGUN_FROM = 3  # letters; too many words begin with fewer
_STEM_FROM = 4


def has_words(session: Session, text: str) -> sa.ColumnElement[bool]:
    """Return the condition that a claim contains all words of a search text, in any order."""
    alternatives = dict.fromkeys(word.alternatives for word in words_in(text))
    if not alternatives:
        return sa.false()
    return has_terms(session, alternatives)


def has_tag(session: Session, tag: str) -> sa.ColumnElement[bool]:
    """Return the condition that a claim has a tag. Case is ignored."""
    return has_terms(session, [[(tag_term(tag),)]])


def search_claims(db: Database, *, q: str, limit: int, now: dt.datetime) -> tuple[list[ListedClaim], bool]:
    """Return the most reported claims that contain all words of a text, and whether there are more.

    If they are too few, claims with words that only begin like those of the text are added at the end.
    """
    words = [word.alternatives for word in words_in(q)]
    if not words:
        return [], False
    with db.read() as session:
        best = _most_reported(session, has_terms(session, words), limit + 1)
        for similar in (_beginnings, _stems):
            if len(best) <= limit and (similar is _beginnings or not best):
                others = has_terms(session, map(similar, words)) & ~is_among(session, Claim.id, best)
                best += _most_reported(session, others, limit + 1 - len(best))
        return summarise_found(session, best[:limit], now=now), len(best) > limit


def _most_reported(session: Session, matches: sa.ColumnElement[bool], limit: int) -> list[UUID]:
    """Return the ids of the most reported claims among the newest matches; for equal counts, newest first."""
    newest = sa.select(Claim.id).where(matches, Claim.merged_into_id.is_(None)).order_by(Claim.id.desc())
    found = newest.limit(CANDIDATES).subquery()
    reports = sa.select(sa.func.count()).where(Report.claim_id == found.c.id).scalar_subquery()
    return list(session.scalars(sa.select(found.c.id).order_by(reports.desc(), found.c.id.desc()).limit(limit)))


def _beginnings(alternatives: Iterable[Terms]) -> Iterator[Terms]:
    """Yield the alternatives of a word with their terms as prefixes, marked by a star at the end."""
    for terms in alternatives:
        yield tuple(f"{term}*" if len(term) >= _BEGUN_FROM else term for term in terms)


def _stems(alternatives: Iterable[Terms]) -> Iterator[Terms]:
    """Yield the alternatives of a word and, for a single term, its stems: `univers` for `universi`."""
    for terms in alternatives:
        yield terms
        if len(terms) == 1:
            yield from ((terms[0][:end],) for end in range(max(len(terms[0]) - 3, _STEM_FROM), len(terms[0])))


def summarise_found(session: Session, ids: Sequence[UUID], *, now: dt.datetime) -> list[ListedClaim]:
    """Return the short views of claims, in the order of the ids."""
    rows = sa.select(Claim).options(selectinload(Claim.resolutions).selectinload(Resolution.disputes))
    claims = {claim.id: claim for claim in session.scalars(rows.where(is_among(session, Claim.id, ids)))}
    return summarise_claims(session, [claims[claim_id] for claim_id in ids], now=now)
