"""Find pairs of claims that are probably the same, and record which pairs are not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, selectinload

from service.claims.describe import summarise_claims
from service.claims.likeliest import likeliest_claims
from service.claims.load import load_claim
from service.claims.views import ListedClaim
from service.errors import InvalidBody
from service.storage.db import Database, retried
from service.storage.models import Claim, DistinctClaims, Resolution
from service.storage.paging import Keyset, Page, SortKey
from service.storage.predicates import is_among
from service.values.search_terms import index_terms
from service.values.vocabulary import Caller

_NEWEST_FIRST = Keyset([Claim.id], [UUID], descending=True)
_SAME_TEXTS = 20
_SIMILARITY = 0.6
"""The minimum share of the terms of a listed pair that both claims contain."""
_OLDER = aliased(Claim)


@dataclass(frozen=True, slots=True)
class LikelyPair:
    """Two claims that are probably the same."""

    newer: ListedClaim
    older: ListedClaim


class _Pair(NamedTuple):
    newer: UUID
    older: UUID


def list_same_texts(db: Database, *, now: dt.datetime) -> list[LikelyPair]:
    """Return the newest pairs of claims with the same normalised text."""
    same = _OLDER.text_key == Claim.text_key, _OLDER.id < Claim.id, _OLDER.merged_into_id.is_(None)
    oldest = sa.func.min(sa.cast(_OLDER.id, sa.Text))  # PostgreSQL has no min() of ids before version 18
    rows = sa.select(Claim.id, oldest).join(_OLDER, sa.and_(*same))
    rows = rows.where(Claim.merged_into_id.is_(None), ~_is_distinct(_OLDER.id, Claim.id)).group_by(Claim.id)
    with db.read() as session:
        found = session.execute(rows.order_by(Claim.id.desc()).limit(_SAME_TEXTS))
        return _describe(session, [_Pair(newer, UUID(older)) for newer, older in found], now=now)


def list_similar_texts(db: Database, *, after: SortKey | None, limit: int, now: dt.datetime) -> Page[LikelyPair]:
    """Return a page of pairs of claims that share most words, the newest first.

    A page searches only `limit` claims for pairs, so it may have fewer pairs.
    """
    rows = sa.select(Claim).where(Claim.merged_into_id.is_(None))
    with db.read() as session:
        page = _NEWEST_FIRST.page(session, rows, after=after, limit=limit)
        found = [pair for claim in page.items if (pair := _similar_pair(session, claim)) is not None]
        return Page(_describe(session, found, now=now), page.next)


@retried
def mark_distinct(db: Database, claim_id: UUID, *, other: UUID, caller: Caller, now: dt.datetime) -> None:
    """Record that two claims are not the same, so that they are not listed as a pair again.

    Raises:
        NotFound: One of the claims does not exist.
        ClaimMerged: One of the claims was merged.
        InvalidBody: Both ids are the same.
    """
    if claim_id == other:
        raise InvalidBody.at("/other", "This is the claim itself. Send the id of another claim.", "same-claim")
    first, second = sorted([claim_id, other])
    with db.write() as session:
        for id_ in (first, second):
            load_claim(session, id_, lock=True)
        if session.get(DistinctClaims, (first, second)) is None:
            marked = DistinctClaims(claim_id=first, other_id=second, decided_by=caller.key_id, recorded_at=now)
            session.add(marked)


def _is_distinct(
    lower: sa.ColumnExpressionArgument[UUID], higher: sa.ColumnExpressionArgument[UUID]
) -> sa.ColumnElement[bool]:
    return sa.exists().where(DistinctClaims.claim_id == lower, DistinctClaims.other_id == higher)


def _similar_pair(session: Session, claim: Claim) -> _Pair | None:
    """Return the pair of a claim and the most similar earlier claim; None if none is similar enough.

    Claims of the same group are skipped, because they exclude each other, and claims with the same text, because
    `list_same_texts` returns them.
    """
    terms = index_terms(claim.text)
    candidates = likeliest_claims(session, claim.text)
    earlier = sa.select(Claim).where(
        is_among(session, Claim.id, candidates),
        Claim.id < claim.id,
        Claim.merged_into_id.is_(None),
        Claim.text_key != claim.text_key,
        ~_is_distinct(Claim.id, sa.literal(claim.id)),
    )
    for other in sorted(session.scalars(earlier), key=lambda other: candidates.index(other.id)):
        others = index_terms(other.text)
        is_rival = claim.group is not None and claim.group == other.group
        if not is_rival and len(terms & others) >= _SIMILARITY * len(terms | others):
            return _Pair(claim.id, other.id)
    return None


def _describe(session: Session, pairs: Sequence[_Pair], *, now: dt.datetime) -> list[LikelyPair]:
    views = _views(session, {id_ for pair in pairs for id_ in pair}, now=now)
    return [LikelyPair(views[pair.newer], views[pair.older]) for pair in pairs]


def _views(session: Session, ids: Iterable[UUID], *, now: dt.datetime) -> dict[UUID, ListedClaim]:
    rows = sa.select(Claim).where(is_among(session, Claim.id, ids))
    claims = session.scalars(rows.options(selectinload(Claim.resolutions).selectinload(Resolution.disputes)))
    return {view.id: view for view in summarise_claims(session, claims.all(), now=now)}
