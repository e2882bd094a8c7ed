"""An editor's place in the queue: the filters and the page that the URL names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from enum import StrEnum
from functools import partial
from urllib.parse import urlencode
from uuid import UUID

import marshmallow as ma
from flask import request
from marshmallow.validate import Range

from service.claims import queue
from service.claims.filters import ClaimFilters
from service.claims.queue import QueuedClaim
from service.pages.layout import read_query
from service.schemas.claim_lists import SEARCH_LENGTH
from service.schemas.fields import MAX_PAGE, Count, PageQuery, Text, TopicPath
from service.storage.paging import Page, PageRequest, SortKey
from service.values.ids import SLUG_LENGTH
from service.web.responses import CursorPage, page_of
from service.web.runtime import runtime

_KEPT = ("state", "topic", "outlet", "age", "q", "limit", "cursor")


class QueueState(StrEnum):
    """The state of the claims that the queue lists: due, or open without a due date."""

    DUE = "due"
    UNDATED = "undated"


class Age(StrEnum):
    """The minimum time since a claim was due, or since it was recorded if it has no due date."""

    WEEK = "week"
    MONTH = "month"
    YEAR = "year"

    @property
    def days(self) -> int:
        return {Age.WEEK: 7, Age.MONTH: 30, Age.YEAR: 365}[self]


class QueueQuery(PageQuery):
    """The query of the queue, whose pages are shorter than those of the API."""

    limit = Count(load_default=20, validate=Range(1, MAX_PAGE))
    state = ma.fields.Enum(QueueState, by_value=ma.fields.String, load_default=QueueState.DUE)
    topic = TopicPath(load_default=None)
    outlet = Text(SLUG_LENGTH, load_default=None)
    age = ma.fields.Enum(Age, by_value=ma.fields.String, load_default=None)
    q = Text(SEARCH_LENGTH, load_default=None)


def read_queue(skipping: Sequence[UUID], *, now: dt.datetime) -> CursorPage[QueuedClaim]:
    """Return the page of the queue that the URL names, without the claims that the editor skipped.

    Raises:
        InvalidQuery: A filter is invalid, or the outlet is unknown.
    """
    query: PageRequest = read_query(QueueQuery())
    page, _, _ = page_of(query, partial(_list, skipping, now))
    return page


def kept() -> dict[str, str]:
    """Return the query parameters of this request that keep the editor's place in the queue."""
    return {name: value for name in _KEPT if (value := request.args.get(name, "").strip())}


def queue_address(**further: str) -> str:
    """Return the address of the queue at the editor's place, with further query parameters."""
    query = urlencode(kept() | further)
    return f"/desk?{query}" if query else "/desk"


def _list(
    skipping: Sequence[UUID],
    now: dt.datetime,
    *,
    state: QueueState,
    age: Age | None,
    topic: str | None,
    outlet: str | None,
    q: str | None,
    after: SortKey | None,
    limit: int,
) -> Page[QueuedClaim]:
    before = None if age is None else now - dt.timedelta(days=age.days)
    list_claims = queue.list_due_claims if state is QueueState.DUE else queue.list_undated_claims
    filters = ClaimFilters(topic=topic, outlet=outlet, q=q)
    return list_claims(runtime().db, before=before, skipping=skipping, after=after, limit=limit, now=now, **filters)
