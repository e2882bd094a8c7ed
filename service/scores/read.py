"""EncodedResponse how reliable outlets have been: one, some, or all of them ranked."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.cache.score_cache import RANKING, CacheKey, CacheStatus, EncodedResponse, ScoreCache
from service.errors import InvalidQuery, UnknownOutlet
from service.ledger.seal import last_head
from service.methods.reliability import METHOD
from service.outlets.find import find_outlets, refuse_merged
from service.outlets.suggest import unknown_slug
from service.outlets.sums import having_resolved
from service.outlets.track_record import Lens, read_records
from service.scores.contexts import context_of
from service.scores.describe import describe_score
from service.storage.db import Database
from service.storage.models import Outlet
from service.storage.paging import decode_cursor, encode_cursor, read_sort_key
from service.values.documents import etag_of
from service.values.ids import is_slug
from service.values.vocabulary import Order, OutletKind, RankBy


@dataclass(frozen=True, slots=True)
class Ranking:
    """Which outlets to rank, by what, and which part of the list to show."""

    min_resolved: int
    sort: RankBy
    order: Order
    cursor: str | None
    limit: int
    kind: OutletKind | None = None
    """Only outlets of this kind; None for all."""

    @property
    def list_name(self) -> tuple[object, ...]:
        """What a cursor of the list is bound to."""
        return self.min_resolved, self.sort, self.order, self.kind

    def chosen(self, session: Session) -> sa.ColumnElement[bool]:
        """Return a condition for the outlets that can be in it, whatever the lens."""
        enough = having_resolved(session, self.min_resolved)
        return enough if self.kind is None else sa.and_(enough, Outlet.kind == self.kind)

    def place(self, score: dict[str, Any]) -> tuple[float, str]:
        """Where an outlet stands in the list: smaller is earlier, and two that are equal go by slug."""
        value = score["counts"]["resolved"] if self.sort is RankBy.RESOLVED else score["reliability"][self.sort]
        return (-value if self.order is Order.DESC else value), score["outlet"]


def outlet_score(
    db: Database, cache: ScoreCache, reference: str, *, lens: Lens, now: dt.datetime
) -> tuple[EncodedResponse, CacheStatus]:
    """The score of one outlet.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
        OutletMerged: It was merged into another one.
        InvalidQuery: `as_of` lies ahead.
    """
    answers, status = _scores(db, cache, [reference], lens=lens, now=now, refuse=refuse_merged)
    return answers[0], status


def outlet_scores(
    db: Database, cache: ScoreCache, references: Sequence[str], *, lens: Lens, now: dt.datetime
) -> list[dict[str, Any]]:
    """The scores of some outlets in the order given, each as `outlet_score` has it; one round trip if all are cached.

    In the place of one that was merged is that of the outlet it was merged into.

    Raises:
        UnknownOutlet: Some have no outlet.
    """
    answers, _ = _scores(db, cache, references, lens=lens, now=now)
    return [json.loads(answer.body) for answer in answers]


def list_scores(
    db: Database,
    cache: ScoreCache,
    *,
    outlets: Sequence[str] | None,
    lens: Lens,
    ranking: Ranking,
    now: dt.datetime,
) -> tuple[EncodedResponse, CacheStatus]:
    """The scores of some outlets, in the order asked, or without any a page of the ranking.

    Raises:
        InvalidQuery: Some outlets are not on record (all such are named), the cursor is not one of this
            ranking, or `as_of` lies ahead.
    """
    if outlets is None:
        return _ranked(db, cache, lens=lens, ranking=ranking, now=now)
    try:
        answers, status = _scores(db, cache, outlets, lens=lens, now=now)
    except UnknownOutlet as exc:
        raise InvalidQuery.at("outlet", detail=exc.detail, code="unknown-outlet") from exc
    return _listed(answers, next_cursor=None), status


def _ranked(
    db: Database, cache: ScoreCache, *, lens: Lens, ranking: Ranking, now: dt.datetime
) -> tuple[EncodedResponse, CacheStatus]:
    lens.refuse_future(now)
    compute = partial(_rank, db, lens=lens, ranking=ranking, now=now)
    if not lens.is_current:
        return compute(), CacheStatus.UNCACHED
    question = CacheKey(RANKING, _variant(lens, *ranking.list_name, ranking.cursor, ranking.limit))
    answers, status = cache.get_or_compute([question], lambda _: [compute()])
    return answers[0], status


def _scores(
    db: Database,
    cache: ScoreCache,
    references: Sequence[str],
    *,
    lens: Lens,
    now: dt.datetime,
    refuse: Callable[[Outlet], None] = lambda _: None,
) -> tuple[list[EncodedResponse], CacheStatus]:
    lens.refuse_future(now)
    slugs = _slugs(db, references)
    compute = partial(_compute, db, lens=lens, now=now, refuse=refuse)
    if not lens.is_current:
        return compute(slugs), CacheStatus.UNCACHED
    questions = [CacheKey(slug, _variant(lens)) for slug in slugs]
    return cache.get_or_compute(questions, lambda missing: compute([question.subject for question in missing]))


def _variant(lens: Lens, *more: object) -> str:
    """What tells one answer about an outlet from another."""
    return json.dumps([METHOD, lens.basis, lens.level, lens.topic, *more])


def _slugs(db: Database, references: Sequence[str]) -> list[str]:
    """The references as slugs; only one that is no slug costs a look into the database."""
    found: dict[str, Outlet] = {}
    if not all(map(is_slug, references)):
        with db.read() as session:
            found = find_outlets(session, references)
            _refuse(session, [reference for reference in references if reference not in found])
    return [found[reference].slug if reference in found else reference for reference in references]


def _refuse(session: Session, unknown: Sequence[str]) -> None:
    """Name all that are unknown; the slugs nearest to one that is alone, as a path names it."""
    if len(unknown) == 1:
        raise UnknownOutlet(unknown_slug(session, unknown[0]))
    if unknown:
        raise UnknownOutlet(f"Not on record: {', '.join(map(repr, unknown))}.")


def _compute(
    db: Database, slugs: Sequence[str], *, lens: Lens, now: dt.datetime, refuse: Callable[[Outlet], None]
) -> list[EncodedResponse]:
    with db.read() as session:
        found = find_outlets(session, slugs)
        _refuse(session, [slug for slug in slugs if slug not in found])
        for outlet in found.values():
            refuse(outlet)
        chosen = Outlet.id.in_([outlet.surviving.id for outlet in found.values()])
        context = context_of(session, lens.recorded_by)
        records = read_records(session, chosen, lens, now=now)
        head = last_head(session)
    answers = {
        record.slug: _answer(describe_score(record, context, lens, now=now), lens, head, expires_at=record.changes_at)
        for record in records
    }
    # What is said in the place of an outlet that was merged is not kept: only its own slug is forgotten with a record.
    return [
        answers[slug] if slug in answers else replace(answers[found[slug].surviving.slug], expires_at=now)
        for slug in slugs
    ]


def _rank(db: Database, *, lens: Lens, ranking: Ranking, now: dt.datetime) -> EncodedResponse:
    with db.read() as session:
        context = context_of(session, lens.recorded_by)
        records = read_records(session, ranking.chosen(session), lens, now=now)
        head = last_head(session)
    scores = [describe_score(record, context, lens, now=now) for record in records]
    scores = [score for score in scores if score["counts"]["resolved"] >= ranking.min_resolved]
    scores.sort(key=ranking.place)
    bound_to = [_variant(lens), *ranking.list_name]
    if ranking.cursor is not None:
        start = read_sort_key(decode_cursor(ranking.cursor, bound_to), [float, str])
        scores = [score for score in scores if ranking.place(score) > start]
    page = scores[: ranking.limit]
    more = len(scores) > ranking.limit
    next_cursor = encode_cursor(tuple(map(str, ranking.place(page[-1]))), bound_to) if more else None
    changes = [record.changes_at for record in records if record.changes_at is not None]
    return _listed([_answer(score, lens, head) for score in page], next_cursor, expires_at=min(changes, default=None))


def _answer(
    score: dict[str, Any], lens: Lens, head: str | None, *, expires_at: dt.datetime | None = None
) -> EncodedResponse:
    """The score as bytes, with the head of the ledger that it was computed under.

    Its tag is the same as long as the score is: neither time that passes nor what else is written changes it.
    """
    passing = {"computed_at", "as_of"} if lens.is_current else {"computed_at"}
    lasting = {member: value for member, value in score.items() if member not in passing}
    body = json.dumps(score | {"ledger": head}).encode()
    return EncodedResponse(body, etag_of(lasting), expires_at=expires_at)


def _listed(
    answers: Sequence[EncodedResponse], next_cursor: str | None, *, expires_at: dt.datetime | None = None
) -> EncodedResponse:
    items = b", ".join(answer.body for answer in answers)
    body = b'{"items": [' + items + b'], "next_cursor": ' + json.dumps(next_cursor).encode() + b"}"
    etag = etag_of([*(answer.etag for answer in answers), next_cursor])
    return EncodedResponse(body, etag, next_cursor=next_cursor, expires_at=expires_at)
