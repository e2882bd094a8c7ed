"""Find the claims that a headline is most probably about."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Collection, Mapping
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.claims.full_text import COUNTED, count_claims, has_terms
from service.claims.search import CANDIDATES, summarise_found
from service.claims.views import FoundClaim
from service.storage.db import Database
from service.storage.models import Claim
from service.values.documents import members_of
from service.values.search_terms import words_in, words_in_common

LIKELIEST = 5
"""The maximum number of results of a search by similarity."""
# These limits bound the cost of a search by similarity, for any text and any number of claims.
_TERMS = 200
_CLAIMS = 10_000
"""The maximum number to which all claims are counted."""
# The parameters of BM25 (Robertson and Zaragoza, 2009, The Probabilistic Relevance Framework, section 3.4).
_SATURATION = 1.2
_LENGTH_NORMALISATION = 0.75


def list_likeliest_claims(db: Database, *, like: str, limit: int, now: dt.datetime) -> list[FoundClaim]:
    """Return up to five claims that share the rarest words with a text, the best match first.

    The newest claims with the rarest words of the text are ranked with BM25 by all its words. The ranking is computed
    in Python, so that it is the same on both databases.
    """
    with db.read() as session:
        best = likeliest_claims(session, like)[:limit]
        found = summarise_found(session, best, now=now)
    wanted = _terms_of(like)
    return [FoundClaim(**members_of(claim), words=words_in_common(claim.text, wanted)) for claim in found]


def likeliest_claims(session: Session, text: str) -> list[UUID]:
    """Return the ids of up to five claims that share the rarest words with a text, the best match first."""
    # Keep the longest terms, because they are usually the rarest.
    terms = sorted(_terms_of(text), key=lambda term: (-len(term), term))[:_TERMS]
    counts = {term: count for term, count in count_claims(session, terms).items() if count}
    candidates = _candidates(session, _rarest(counts))
    return _rank(candidates, counts, claims=_count_all(session))[:LIKELIEST]


def _terms_of(text: str) -> set[str]:
    return {term for word in words_in(text) for terms in word.alternatives for term in terms}


def _count_all(session: Session) -> int:
    """Return the number of all claims, at most `_CLAIMS`."""
    some = sa.select(Claim.id).limit(_CLAIMS).subquery()
    return session.scalars(sa.select(sa.func.count()).select_from(some)).one()


def _rarest(counts: Mapping[str, int]) -> list[str]:
    """Return the rarest terms that have at most `CANDIDATES` claims together, but at least one term."""
    chosen: list[str] = []
    claims = 0
    for term, count in sorted(counts.items(), key=lambda item: (item[1], item[0])):
        claims += count
        if chosen and claims > CANDIDATES:
            break
        chosen.append(term)
    return chosen


def _candidates(session: Session, terms: Collection[str]) -> dict[UUID, list[str]]:
    """Return the ids of the newest claims with any of these terms, mapped to all terms of each claim."""
    if not terms:
        return {}
    rows = sa.select(Claim.id, sa.cast(Claim.terms, sa.Text)).where(has_terms(session, [[(term,) for term in terms]]))
    rows = rows.where(Claim.merged_into_id.is_(None))
    newest = session.execute(rows.order_by(Claim.id.desc()).limit(CANDIDATES))
    return {claim_id: indexed.replace("'", "").split(" ") for claim_id, indexed in newest}


def _rank(candidates: Mapping[UUID, Collection[str]], counts: Mapping[str, int], *, claims: int) -> list[UUID]:
    """Return the ids of the candidates, the best match first and, among equals, the newest first."""
    shared = {claim_id: counts.keys() & terms for claim_id, terms in candidates.items()}
    among_candidates = Counter(term for terms in shared.values() for term in terms)
    weights: dict[str, float] = {}
    for term, count in counts.items():
        # The frequency of a term with too many claims to count is estimated from the candidates.
        frequent = claims * among_candidates[term] / len(candidates)
        having = min(max(count, frequent) if count == COUNTED else count, claims)
        weights[term] = math.log(1 + (claims - having + 0.5) / (having + 0.5))
    average = sum(map(len, candidates.values())) / max(len(candidates), 1)

    def score(claim_id: UUID) -> float:
        length = 1 - _LENGTH_NORMALISATION + _LENGTH_NORMALISATION * len(candidates[claim_id]) / average
        return math.fsum(weights[term] for term in shared[claim_id]) / (1 + _SATURATION * length)

    # Rounded, because the last digits of logarithms differ between machines.
    return sorted(candidates, key=lambda claim_id: (round(score(claim_id), 9), claim_id), reverse=True)
