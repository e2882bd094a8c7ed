"""/v1/outlets/lookup"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from service.outlets import lookup
from service.outlets.lookup import LookupItem
from service.outlets.track_record import EVERYTHING
from service.schemas.lookup import LookupIn, LookupList, LookupOut, LookupQuery
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.blueprint import Blueprint, may_fail
from service.web.cached_scores import JsonObject, cached_documents
from service.web.runtime import runtime

blp = Blueprint("lookup", __name__, url_prefix="/v1/outlets/lookup", description="The outlets behind URLs.")


class LookupRequest(TypedDict):
    """A batch of URLs as sent."""

    urls: list[str]
    score: bool


@dataclass(frozen=True, slots=True)
class ScoredLookupItem(LookupItem):
    """The result for one of many URLs, with the score of the outlet."""

    score: JsonObject | None


@blp.route("")
@requires(Scope.READ)
@blp.arguments(LookupQuery, location="query")
@blp.response(200, LookupOut)
@may_fail(404)
def lookup_outlet(query: dict[str, str]) -> lookup.OutletMatch:
    """Find the outlet behind a URL

    Returns the recorded outlet that publishes at a URL or host. The service compares the address with the domains on
    record; it sends no network request and does not guess.

    An address that belongs to no recorded outlet causes a 404 (`unknown-outlet`). Text that is no address causes a 400
    (`invalid-query`).
    """
    return lookup.lookup_outlet(runtime().db, **query)


@blp.route("", methods=["POST"])
@requires(Scope.READ)
@blp.arguments(LookupIn)
@blp.response(200, LookupList)
def lookup_outlets(body: LookupRequest) -> dict[str, Sequence[LookupItem]]:
    """Find the outlets behind many URLs

    Returns one item for each URL, in the order of the request, and on request the score of each outlet. `outlet` is
    null for an address that belongs to no recorded outlet, and for text that is no address.

    The call stores nothing, so it is safe to repeat.
    """
    items = lookup.lookup_outlets(runtime().db, body["urls"])
    return {"items": _add_scores(items) if body["score"] else items}


def _add_scores(items: Sequence[LookupItem]) -> list[ScoredLookupItem]:
    """Return the items with scores; each outlet's score is read once."""
    at, now = runtime(), utc_now()
    slugs = sorted({item.outlet.slug for item in items if item.outlet is not None})
    found = cached_documents(at.db, at.cache, slugs, lens=EVERYTHING, now=now)
    scores = dict(zip(slugs, found, strict=True))
    return [
        ScoredLookupItem(item.url, item.outlet, item.matched, scores[item.outlet.slug] if item.outlet else None)
        for item in items
    ]
