"""/v1/outlets"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import partial
from typing import TypedDict

from service.cache.redis_link import RANKING
from service.claims import report_lists
from service.claims.views import ReportView
from service.outlets import edit, listing, new_outlet, search
from service.outlets.describe import OutletView
from service.outlets.edit import OutletChanges
from service.outlets.new_outlet import NewOutlet
from service.outlets.search import FoundOutlet
from service.schemas.outlet_searches import FoundOutlets, OutletSearchQuery
from service.schemas.outlets import OutletIn, OutletOut, OutletPage, OutletPatch, OutletQuery
from service.schemas.reports import ReportQuery
from service.schemas.shown_reports import ReportPage
from service.storage.paging import PageRequest
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.blueprint import Blueprint
from service.web.calls import idempotent
from service.web.documentation import may_fail
from service.web.kept_responses import note_validity
from service.web.responses import PageResponse, page_of
from service.web.runtime import caller, runtime

blp = Blueprint(
    "outlets",
    __name__,
    url_prefix="/v1/outlets",
    description="Publishers: newspapers, broadcasters, agencies, sites, journalists, and other organisations.",
)

_SEARCH_LIFE = dt.timedelta(seconds=60)
"""The time for which browsers may cache the results of a search."""


@blp.route("", methods=["POST"])
@requires(Scope.OUTLETS_WRITE)
@idempotent()
@blp.arguments(OutletIn)
@blp.response(201, OutletOut)
@may_fail(409)
@blp.tagged
def record_outlet(body: NewOutlet) -> tuple[OutletView, int, dict[str, str]]:
    """Record an outlet

    Adds a publisher. Feeds rarely need this call, because outlets named in reports are created automatically.

    A slug or domain of another outlet causes a 409 (`slug-taken`, `domain-taken`).
    """
    outlet = new_outlet.record_outlet(runtime().db, runtime().cache, outlet=body, now=utc_now())
    return outlet, 201, {"Location": f"/v1/outlets/{outlet.slug}"}


@blp.route("")
@requires(Scope.READ)
@blp.arguments(OutletQuery, location="query")
@blp.response(200, OutletPage)
def list_outlets(query: PageRequest) -> PageResponse[OutletView]:
    """List outlets

    Returns the outlets that match all filters, in alphabetical order of their slugs. Merged outlets are left out.
    """
    return page_of(query, partial(listing.list_outlets, runtime().db))


class SearchRequest(TypedDict):
    """The parsed parameters of a search."""

    q: str
    limit: int


@blp.route("/search")
@requires(Scope.READ)
@blp.arguments(OutletSearchQuery, location="query")
@blp.response(200, FoundOutlets)
def search_outlets(query: SearchRequest) -> tuple[dict[str, Sequence[FoundOutlet]], int, dict[str, str]]:
    """Search for outlets

    Completes the name of an outlet while it is typed. Returns the outlets whose names begin with the text or contain
    its words. If there are none, returns the outlets with the most similar names, marked `is_similar`.

    To find the outlet of a URL, use `GET /v1/outlets/lookup`, which never guesses.
    """
    stamps = runtime().cache.stamps([RANKING])
    found = search.search_outlets(runtime().db, **query)
    note_validity(stamps, utc_now() + _SEARCH_LIFE)
    return {"items": found}, 200, {"Cache-Control": f"private, max-age={_SEARCH_LIFE.seconds}"}


@blp.route("/<unreserved:outlet>")
@requires(Scope.READ)
@blp.response(200, OutletOut)
@blp.follows
@blp.tagged
def get_outlet(outlet: str) -> OutletView:
    """Get an outlet

    Returns the outlet with this slug or id.
    """
    return edit.get_outlet(runtime().db, outlet)


@blp.route("/<unreserved:outlet>", methods=["PATCH"])
@requires(Scope.OUTLETS_WRITE)
@blp.arguments(OutletPatch)
@blp.response(200, OutletOut)
@may_fail(409)
@blp.changes
@blp.tagged
def change_outlet(body: OutletChanges, outlet: str, if_match: frozenset[str] | None) -> OutletView:
    """Change an outlet

    Changes the members that are sent and keeps the previous version. The slug cannot be changed.

    A domain of another outlet causes a 409 (`domain-taken`), and so does any change to a merged outlet
    (`outlet-merged`).
    """
    at, now = runtime(), utc_now()
    return edit.change_outlet(at.db, at.cache, outlet, changes=body, if_match=if_match, caller=caller(), now=now)


@blp.route("/<outlet>/reports")
@requires(Scope.READ)
@blp.arguments(ReportQuery, location="query")
@blp.response(200, ReportPage)
@blp.follows
def list_outlet_reports(query: PageRequest, outlet: str) -> PageResponse[ReportView]:
    """List an outlet's reports

    Returns the reports of the outlet, and of outlets that were merged into it, the most recently published first.
    """
    return page_of(query, partial(report_lists.list_outlet_reports, runtime().db, outlet))
