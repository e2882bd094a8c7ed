"""/v1/outlets/lookup"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from service.outlets import lookup
from service.outlets.lookup import LookupItem
from service.outlets.track_record import Lens
from service.schemas.lookup import MAX_LOOKUP_BODY, LookupIn, LookupList, LookupOut, LookupQuery, LookupRequest
from service.values.instants import start_of_day, utc_now
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.blueprint import Blueprint, may_fail
from service.web.cached_scores import JsonObject, cached_documents
from service.web.runtime import runtime

blp = Blueprint("lookup", __name__, url_prefix="/v1/outlets/lookup", description="The outlets behind URLs.")


class LookupParameters(TypedDict):
    """A URL as sent."""

    url: str
    at: dt.date | None


@dataclass(frozen=True, slots=True)
class ScoredLookupItem(LookupItem):
    """The result for one of many URLs or references, with the score of the outlet."""

    score: JsonObject | None


@blp.route("")
@requires(Scope.READ)
@blp.arguments(LookupQuery, location="query")
@blp.response(200, LookupOut)
@may_fail(404)
def lookup_outlet(query: LookupParameters) -> lookup.OutletMatch:
    """Find the outlet behind a URL

    Returns the recorded outlet that publishes at a URL or host. The service compares the address with the domains on
    record at the moment `at`; it sends no network request and does not guess.

    An address that belongs to no recorded outlet causes a 404 (`unknown-outlet`). Text that is not an address causes a
    400 (`invalid-query`).
    """
    return lookup.lookup_outlet(runtime().db, url=query["url"], at=_moment(query["at"]))


@blp.route("", methods=["POST"], longest=MAX_LOOKUP_BODY)
@requires(Scope.READ)
@blp.arguments(LookupIn)
@blp.response(200, LookupList)
def lookup_outlets(body: LookupRequest) -> dict[str, Sequence[LookupItem]]:
    """Find the outlets behind many URLs, slugs and ids

    Returns one item for each URL, then one for each slug or id, in the order of the request, and on request the score
    of each outlet. If no recorded outlet is found, `outlet` is null and `reason` gives the reason. The body may be up
    to 16 MiB.

    The call stores nothing, so it is safe to repeat, and pages on other sites may send it.
    """
    at = _moment(body["at"])
    items = lookup.lookup_outlets(runtime().db, body["urls"], body["references"], at=at)
    return {"items": items if body["lens"] is None else _add_scores(items, body["lens"])}


def _moment(at: dt.date | None) -> dt.datetime:
    """Return the moment of a lookup, which is now unless one is given."""
    return utc_now() if at is None else start_of_day(at)


def _add_scores(items: Sequence[LookupItem], lens: Lens) -> list[ScoredLookupItem]:
    """Return the items with scores; each outlet's score is read once."""
    at, now = runtime(), utc_now()
    slugs = sorted({item.outlet.slug for item in items if item.outlet is not None})
    found = cached_documents(at.db, at.cache, slugs, lens=lens, now=now)
    scores = dict(zip(slugs, found, strict=True))
    return [
        ScoredLookupItem(
            item.url,
            item.reference,
            item.outlet,
            item.matched,
            item.reason,
            None if item.outlet is None else scores[item.outlet.slug],
        )
        for item in items
    ]
