"""Cached scores, serialised as the API sends them, with their ETags."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any, TypeAlias
from urllib.parse import quote, unquote

from flask import Response

from service.cache.redis_link import RANKING
from service.cache.score_cache import CacheKey, CacheStatus, EncodedResponse, ScoreCache
from service.claims.topics import list_topics
from service.errors import InvalidQuery, UnknownOutlet
from service.methods.reliability import METHOD
from service.outlets.track_record import Lens
from service.schemas.scores import ScoreOut
from service.schemas.topics import TopicPage
from service.scores.places import RankingCriteria
from service.scores.ranking_page import ranking_page
from service.scores.read import read_scores, slugs_of
from service.scores.score import Score
from service.storage.cursors import decode_cursor, encode_cursor
from service.storage.db import Database
from service.storage.paging import read_sort_key
from service.telemetry.responses import count_score_read
from service.values.documents import etag_of
from service.web.kept_responses import note_validity
from service.web.responses import link_next

JsonObject: TypeAlias = dict[str, Any]
"""A serialised result, as a JSON object."""

OF_SCORES = {"Cache-Status": {"$ref": "#/components/headers/Cache-Status"}}
"""The headers that `score_response` adds, for the API document."""
_SCORE, _TOPICS = ScoreOut(), TopicPage()


def cached_score(
    db: Database, cache: ScoreCache, reference: str, *, lens: Lens, now: dt.datetime
) -> tuple[EncodedResponse, CacheStatus]:
    """Return the score of one outlet as encoded JSON, from the cache if it is there.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
        OutletMerged: The outlet was merged into another one.
        InvalidQuery: `as_of` or `recorded_by` is in the future.
    """
    responses, status = _cached(db, cache, [reference], lens=lens, now=now, follow_merges=False)
    return responses[0], status


def cached_list(
    db: Database, cache: ScoreCache, references: Sequence[str], *, lens: Lens, now: dt.datetime
) -> tuple[EncodedResponse, CacheStatus]:
    """Return the scores of outlets as one page of encoded JSON, in the order given.

    Raises:
        InvalidQuery: Some references belong to no outlet, or `as_of` or `recorded_by` is in the future.
    """
    try:
        responses, status = _cached(db, cache, references, lens=lens, now=now)
    except UnknownOutlet as exc:
        raise InvalidQuery.at("outlet", detail=exc.detail, code="unknown-outlet") from exc
    return _join(responses, next_cursor=None), status


def cached_scores(
    db: Database, cache: ScoreCache, slugs: Sequence[str], *, lens: Lens, now: dt.datetime
) -> list[EncodedResponse]:
    """Return the score of each outlet as encoded JSON, in the order given."""
    return _cached(db, cache, slugs, lens=lens, now=now)[0]


def cached_topics(
    db: Database, cache: ScoreCache, *, topic: str | None, cursor: str | None, limit: int, now: dt.datetime
) -> tuple[EncodedResponse, CacheStatus]:
    """Return a page of topics with their counts, cached with the ranking, which the same writes change.

    Raises:
        InvalidQuery: The cursor belongs to another list.
    """
    bound_to = ["topics", topic]
    last = None if cursor is None else read_sort_key(decode_cursor(cursor, bound_to), [unquote])[0].split("/")

    def compute(_: object) -> list[EncodedResponse]:
        topics = list_topics(db, topic=topic, now=now)
        rest = [one for one in topics.items if last is None or one.place > last]
        # Quoted, because a cursor may contain only printable characters.
        next_cursor = encode_cursor((quote(rest[limit - 1].topic),), bound_to) if len(rest) > limit else None
        document = _TOPICS.dump({"items": rest[:limit], "next_cursor": next_cursor})
        body = json.dumps(document).encode()
        return [EncodedResponse(body, etag_of(document), next_cursor=next_cursor, expires_at=topics.changes_at)]

    responses, status = cache.get_or_compute([CacheKey(RANKING, json.dumps(["topics", topic, cursor, limit]))], compute)
    return responses[0], status


def cached_ranking(
    db: Database,
    cache: ScoreCache,
    criteria: RankingCriteria,
    *,
    lens: Lens,
    cursor: str | None,
    limit: int,
    now: dt.datetime,
) -> tuple[EncodedResponse, CacheStatus]:
    """Return a page of the ranking as encoded JSON, from the cache unless it is of a past moment.

    Raises:
        InvalidQuery: The cursor belongs to another ranking, or `as_of` or `recorded_by` is in the future.
        CursorExpired: The first page is too old, or the ranking of that moment cannot be computed any more.
    """

    def compute() -> EncodedResponse:
        page = ranking_page(db, criteria, lens=lens, cursor=cursor, limit=limit, now=now)
        return _join([_encode(score, lens) for score in page.items], page.next_cursor, expires_at=page.expires_at)

    lens.refuse_future(now)
    question = CacheKey(RANKING, variant_of(lens, criteria, cursor, limit))
    if not lens.is_current:
        return compute(), CacheStatus.UNCACHED
    responses, status = cache.get_or_compute([question], lambda _: [compute()])
    return responses[0], status


def score_response(answer: EncodedResponse, status: CacheStatus, *, content_type: str = "application/json") -> Response:
    """Return scores as a response, with their ETag and cache status."""
    count_score_read(status)
    headers = {} if answer.next_cursor is None else link_next(answer.next_cursor)
    response = Response(answer.body, content_type=content_type, headers=headers)
    response.headers["Cache-Status"] = f"borneout; {status.header}"
    response.headers["Cache-Control"] = "no-cache"  # intermediate caches must revalidate each time (R20)
    response.set_etag(answer.etag, weak=True)
    note_validity(answer.stamps, answer.expires_at)
    return response


def tagged(document: JsonObject, lasting: JsonObject, *, next_cursor: str | None = None) -> EncodedResponse:
    """Return a document as encoded JSON, with an ETag of the members that do not change just with time."""
    return EncodedResponse(json.dumps(document).encode(), etag_of(lasting), next_cursor=next_cursor)


def lasting_members(document: JsonObject, lens: Lens, *passing: str) -> JsonObject:
    """Return a document without the named members and those that change with time alone, for its ETag."""
    without = {*passing, "computed_at"} | ({"as_of"} if lens.is_current else set())
    return {name: value for name, value in document.items() if name not in without}


def _cached(
    db: Database,
    cache: ScoreCache,
    references: Sequence[str],
    *,
    lens: Lens,
    now: dt.datetime,
    follow_merges: bool = True,
) -> tuple[list[EncodedResponse], CacheStatus]:
    def compute(questions: Sequence[CacheKey]) -> list[EncodedResponse]:
        slugs = [question.subject for question in questions]
        scores = read_scores(db, slugs, lens=lens, now=now, follow_merges=follow_merges)
        # The score of an outlet reached through a merge is not cached: its invalidation would not reach this entry.
        return [
            _encode(score, lens, expires_at=score.changes_at if score.outlet == slug else now)
            for slug, score in zip(slugs, scores, strict=True)
        ]

    lens.refuse_future(now)
    questions = [CacheKey(slug, variant_of(lens)) for slug in slugs_of(db, references)]
    if not lens.is_current:
        return compute(questions), CacheStatus.UNCACHED
    return cache.get_or_compute(questions, compute)


def variant_of(lens: Lens, *more: object) -> str:
    """Return the part of a cache key that stands for the lens and other parameters."""
    return json.dumps([METHOD, lens.basis, lens.level, lens.topic, *more], default=str)


def _encode(score: Score, lens: Lens, *, expires_at: dt.datetime | None = None) -> EncodedResponse:
    document = _SCORE.dump(score)
    lasting = lasting_members(document, lens, "ledger")
    return EncodedResponse(json.dumps(document).encode(), etag_of(lasting), expires_at=expires_at)


def _join(
    responses: Sequence[EncodedResponse], next_cursor: str | None, *, expires_at: dt.datetime | None = None
) -> EncodedResponse:
    """Join encoded scores into one page, which is valid while all of them are."""
    items = b", ".join(response.body for response in responses)
    body = b'{"items": [' + items + b'], "next_cursor": ' + json.dumps(next_cursor).encode() + b"}"
    tag = etag_of([[response.etag for response in responses], next_cursor])
    stamps = {subject: stamp for response in responses for subject, stamp in response.stamps.items()}
    is_proven = all(response.stamps for response in responses)
    expiries = [one.expires_at for one in responses if one.expires_at is not None]
    expires_at = min([*expiries, *([] if expires_at is None else [expires_at])], default=None)
    return EncodedResponse(body, tag, next_cursor, expires_at, stamps if is_proven else {})
