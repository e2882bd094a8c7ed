"""/v1/outlets/lookup"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from service.cache.redis_link import RANKING
from service.outlets import lookup
from service.outlets.by_address import OutletMatch
from service.outlets.lookup import LookupItem
from service.outlets.track_record import Lens
from service.schemas.lookup import MAX_LOOKUP_BODY, LookupIn, LookupList, LookupOut, LookupQuery, LookupRequest
from service.values.instants import start_of_day, utc_now
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.blueprint import Blueprint
from service.web.cached_scores import JsonObject, cached_scores
from service.web.documentation import may_fail
from service.web.kept_responses import note_validity
from service.web.runtime import runtime

blp = Blueprint("lookup", __name__, url_prefix="/v1/outlets/lookup", description="The outlets behind URLs.")

_LIFE = dt.timedelta(seconds=1)
"""The time for which a lookup is cached: short, because the periods of domains begin and end without a write."""


class LookupParameters(TypedDict):
    """The parsed parameters of a lookup."""

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
def lookup_outlet(query: LookupParameters) -> OutletMatch:
    """Find the outlet behind a URL

    Returns the recorded outlet that publishes at a URL or host. The address is compared with the domains that outlets
    had at the moment `at`. The service sends no network requests and does not guess.

    An address that belongs to no recorded outlet causes a 404 (`unknown-outlet`). Text that is not an address causes a
    400 (`invalid-query`).
    """
    stamps = runtime().cache.stamps([RANKING])
    found = lookup.lookup_outlet(runtime().db, url=query["url"], at=_moment(query["at"]))
    note_validity(stamps, utc_now() + _LIFE)
    return found


@blp.route("", methods=["POST"], longest=MAX_LOOKUP_BODY)
@requires(Scope.READ)
@blp.arguments(LookupIn)
@blp.response(200, LookupList)
def lookup_outlets(body: LookupRequest) -> dict[str, Sequence[LookupItem]]:
    """Find the outlets behind many URLs, slugs and ids

    Returns one item for each URL, then one for each slug or id, in the order of the request, with the score of each
    outlet if `score` is true. If no recorded outlet is found, `outlet` is null and `reason` gives the reason. The body
    may be up to 16 MiB.

    The call stores nothing, so it is safe to repeat, and scripts on other sites may send it.
    """
    stamps = runtime().cache.stamps([RANKING])
    at = _moment(body["at"])
    items: Sequence[LookupItem] = lookup.lookup_outlets(runtime().db, body["urls"], body["references"], at=at)
    expires_at = utc_now() + _LIFE
    if body["lens"] is not None:
        items, expires_at = _add_scores(items, body["lens"], expires_at)
    note_validity(stamps, expires_at)
    return {"items": items}


def _moment(at: dt.date | None) -> dt.datetime:
    """Return the start of a day, or the current time if no day is given."""
    return utc_now() if at is None else start_of_day(at)


def _add_scores(
    items: Sequence[LookupItem], lens: Lens, expires_at: dt.datetime
) -> tuple[list[ScoredLookupItem], dt.datetime]:
    """Return the items with scores and the earliest expiry; each outlet's score is read once."""
    at, now = runtime(), utc_now()
    slugs = sorted({item.outlet.slug for item in items if item.outlet is not None})
    found = cached_scores(at.db, at.cache, slugs, lens=lens, now=now)
    scores = {slug: json.loads(response.body) for slug, response in zip(slugs, found, strict=True)}
    scored = [
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
    return scored, min([expires_at, *(one.expires_at for one in found if one.expires_at is not None)])
