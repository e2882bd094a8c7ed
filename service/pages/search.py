"""/search: find an outlet by its name or by the URL of a page, and claims by their words or by a headline"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response

from service.claims import listing
from service.claims.views import ListedClaim
from service.errors import InvalidQuery, UnknownOutlet
from service.outlets import edit, lookup
from service.outlets.find import OutletView
from service.pages.layout import page_blueprint, read_query, show
from service.schemas.claims import SEARCH_LENGTH
from service.schemas.fields import Body, Text
from service.values.ids import NAME_LENGTH
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.runtime import runtime

blp = page_blueprint("search")

_LIMIT = 20


class SearchQuery(Body):
    """Words, or a URL."""

    q = Text(2000, load_default=None)


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The outlets and claims that a search found."""

    outlets: Sequence[OutletView] = ()
    claims: Sequence[ListedClaim] = ()
    is_address: bool = False
    """Whether the search was for an address, so that claims were not searched."""
    have_some: bool = False
    """Whether the claims have only some of the words, because none has all of them."""
    more_outlets: bool = False
    more_claims: bool = False


@blp.get("/search")
@requires(Scope.READ)
def search() -> Response:
    """Show what a search found, or redirect to the only outlet that it found."""
    q = read_query(SearchQuery())["q"]
    found = _search(q.strip()) if q else SearchResult()
    if len(found.outlets) == 1 and not found.claims:
        return Response(status=302, headers={"Location": f"/outlets/{found.outlets[0].slug}"})
    return show("search.html", q=q, found=found)


def _search(q: str) -> SearchResult:
    """Return only the outlet that publishes at a URL (R21), or the outlets and claims that match words."""
    if "." in q.strip(".") and " " not in q:
        try:
            return SearchResult([lookup.lookup_outlet(runtime().db, url=q, at=utc_now()).outlet], is_address=True)
        except UnknownOutlet:
            return SearchResult(is_address=True)
        except InvalidQuery:  # search for it as words
            pass
    db, now = runtime().db, utc_now()
    outlets = edit.list_outlets(db, q=q[:NAME_LENGTH], after=None, limit=_LIMIT)
    text = q[:SEARCH_LENGTH]
    claims = listing.list_claims(db, q=text, after=None, limit=_LIMIT, now=now)
    have_some = not claims.items and not outlets.items
    if have_some:
        claims = listing.list_claims(db, like=text, after=None, limit=_LIMIT, now=now)
    return SearchResult(
        outlets.items,
        claims.items,
        have_some=have_some,
        more_outlets=outlets.next is not None,
        more_claims=claims.next is not None,
    )
