"""/claims and /claims.csv: all claims, filtered by status, topic, outlet, verdict, dispute and kind"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from flask import Response
from sqlalchemy.orm import Session

from service.claims import listing
from service.claims.views import ListedClaim
from service.pages.claim_filters import FILTERS, ClaimPage, SortedClaims, find_outlet, query_of, title_of, words_of
from service.pages.filters import address, chips
from service.pages.layout import page_blueprint, read_query, show
from service.pages.phrases import VERDICT_ADJECTIVES
from service.schemas.claim_lists import ClaimQuery
from service.values.instants import format_instant, utc_now
from service.values.vocabulary import ClaimKind, ClaimOrder, ClaimStatus, Scope
from service.web.auth import requires
from service.web.line_stream import stream_table
from service.web.responses import page_of
from service.web.runtime import read_late

blp = page_blueprint("claim_list")

_COLUMNS = (
    *("id", "text", "kind", "topic", "status", "resolves_by"),
    *("verdict", "truth", "known_at", "known_precision", "disputed"),
    *("group", "external_id", "recorded_at"),
)
_ORDERS: Mapping[ClaimOrder, str] = {
    ClaimOrder.NEWEST: "Most recently recorded",
    ClaimOrder.OLDEST: "Oldest record",
    ClaimOrder.DUE: "Earliest due date",
    ClaimOrder.DECIDED: "Most recently decided",
}


@blp.get("/claims")
@requires(Scope.READ)
def list_claims() -> Response:
    """Show a page of the claims that match the filters."""
    asked: ClaimPage = read_query(ClaimQuery(only=(*FILTERS, "sort", "limit", "cursor")))
    outlet = find_outlet(asked)
    page, _, _ = page_of(
        asked, lambda **filters: read_late(lambda db: listing.list_claims(db, **filters, now=utc_now()))
    )
    question = query_of(asked)
    return show(
        "claims.html",
        asked=asked,
        title=title_of(asked, outlet),
        chips=chips("/claims", question, words_of(asked, outlet)),
        claims=page.items,
        orders=_ORDERS,
        statuses=ClaimStatus,
        kinds=ClaimKind,
        verdicts=VERDICT_ADJECTIVES,
        is_first=asked["cursor"] is None,
        first=address("/claims", question),
        following=page.next_cursor and address("/claims", question | {"cursor": page.next_cursor}),
        table=address("/claims.csv", question),
        as_json=address("/v1/claims", question),
    )


@blp.get("/claims.csv")
@requires(Scope.READ)
def get_claim_table() -> Response:
    """Download all claims that match the filters, as CSV."""
    asked: SortedClaims = read_query(ClaimQuery(only=(*FILTERS, "sort")))
    find_outlet(asked)
    return stream_table("claims", _COLUMNS, partial(_rows, asked))


def _rows(asked: SortedClaims, session: Session) -> Iterator[Iterable[object]]:
    return map(_cells, listing.stream_claims(session, **asked, now=utc_now()))


def _cells(claim: ListedClaim) -> Iterator[object]:
    """Yield the CSV cells of a claim, in the order of `_COLUMNS`."""
    due, found = claim.resolves_by, claim.resolution
    yield from (claim.id, claim.text, claim.kind, claim.topic, claim.status, due and format_instant(due))
    if found is None:
        yield from (None, None, None, None)
    else:
        yield from (found.verdict, found.truth, format_instant(found.known_at), found.known_precision)
    yield from (claim.disputed, claim.group, claim.external_id, format_instant(claim.recorded_at))
