"""/search: find outlets by name or by the URL of a page, and claims by their words or by a headline"""

from __future__ import annotations

from flask import Response

from service.errors import InvalidQuery, UnknownOutlet
from service.outlets import lookup
from service.pages.layout import page_blueprint, read_query, show
from service.pages.search_results import SearchResult, find, is_an_address
from service.schemas.fields import Body, Text
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.runtime import runtime

blp = page_blueprint("search")


class SearchQuery(Body):
    """The query of a search: words, or the URL of a page."""

    q = Text(2000, load_default=None)


@blp.get("/search")
@requires(Scope.READ)
def search() -> Response:
    """Show the results of a search, or redirect to an outlet if it is the only result."""
    q = read_query(SearchQuery())["q"]
    if q and (owner := _publisher(q.strip())) is not None:
        return Response(status=302, headers={"Location": f"/outlets/{owner}"})
    found = find(q.strip()) if q else SearchResult()
    if found.only_outlet is not None:
        return Response(status=302, headers={"Location": f"/outlets/{found.only_outlet}"})
    return show("search.html", q=q, found=found)


def _publisher(q: str) -> str | None:
    """Return the slug of the outlet that publishes at a URL (R21); None for words or an unknown outlet."""
    if not is_an_address(q):
        return None
    try:
        return lookup.lookup_outlet(runtime().db, url=q, at=utc_now()).outlet.slug
    except (UnknownOutlet, InvalidQuery):
        return None
