"""/claims and /claims.csv: all claims, filtered by status, topic, outlet, verdict, dispute and kind"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from flask import Response
from sqlalchemy.orm import Session

from service.claims import listing
from service.claims.filters import ClaimFilters
from service.claims.views import ListedClaim
from service.pages.filters import address, capitalized, chips
from service.pages.layout import page_blueprint, read_query, show
from service.pages.outlet_fields import find_named
from service.pages.phrases import VERDICT_ADJECTIVES
from service.schemas.claim_lists import ClaimQuery
from service.storage.paging import PageRequest
from service.values.instants import format_instant, utc_now
from service.values.vocabulary import ClaimKind, ClaimOrder, ClaimStatus, Scope
from service.web.auth import requires
from service.web.line_stream import stream_table
from service.web.responses import page_of
from service.web.runtime import read_late

blp = page_blueprint("claim_list")

_FILTERS = ("status", "kind", "verdict", "topic", "outlet", "disputed", "q")
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


class _Sorted(ClaimFilters):
    """The filters and the order, after parsing."""

    sort: ClaimOrder


class _Asked(PageRequest, _Sorted):
    """The parameters of the page, after parsing."""


@blp.get("/claims")
@requires(Scope.READ)
def list_claims() -> Response:
    """Show the claims that match the filters, page by page."""
    asked: _Asked = read_query(ClaimQuery(only=(*_FILTERS, "sort", "limit", "cursor")))
    outlet = _find_outlet(asked)
    page, _, _ = page_of(
        asked, lambda **filters: read_late(lambda db: listing.list_claims(db, **filters, now=utc_now()))
    )
    question = _question(asked)
    return show(
        "claims.html",
        asked=asked,
        title=_title(asked, outlet),
        chips=chips("/claims", question, _words(asked, outlet)),
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
    """Download all claims that match the filters."""
    asked: _Sorted = read_query(ClaimQuery(only=(*_FILTERS, "sort")))
    _find_outlet(asked)
    return stream_table("claims", _COLUMNS, partial(_rows, asked))


def _question(asked: _Asked) -> dict[str, str]:
    """Return the query for the same claims on the page and in the API, without the cursor."""
    question: dict[str, str] = {}
    for name in _FILTERS:
        if (value := asked.get(name)) is not None:
            question[name] = str(value).lower() if name == "disputed" else str(value)
    return question | ({} if asked["sort"] is ClaimOrder.NEWEST else {"sort": asked["sort"].value})


def _rows(asked: _Sorted, session: Session) -> Iterator[Iterable[object]]:
    return map(_cells, listing.stream_claims(session, **asked, now=utc_now()))


def _cells(claim: ListedClaim) -> Iterator[object]:
    """Yield the cells of a row, in the order of the columns."""
    due, found = claim.resolves_by, claim.resolution
    yield from (claim.id, claim.text, claim.kind, claim.topic, claim.status, due and format_instant(due))
    if found is None:
        yield from (None, None, None, None)
    else:
        yield from (found.verdict, found.truth, format_instant(found.known_at), found.known_precision)
    yield from (claim.disputed, claim.group, claim.external_id, format_instant(claim.recorded_at))


def _find_outlet(asked: _Sorted) -> str | None:
    """Replace the outlet in a query with its slug, and return its name; None if the query names no known outlet."""
    if (given := asked.get("outlet")) is None or (outlet := find_named(given).outlet) is None:
        return None
    asked["outlet"] = outlet.slug
    return outlet.name


def _words(asked: _Asked, outlet: str | None) -> dict[str, str]:
    """Return the words of the chip of each filter in effect."""
    words = {
        "status": asked.get("status"),
        "kind": asked.get("kind"),
        "verdict": (verdict := asked.get("verdict")) and f"Verdict: {VERDICT_ADJECTIVES[verdict]}",
        "topic": (topic := asked.get("topic")) and f"Topic: {topic}",
        "outlet": outlet and f"Outlet: {outlet}",
        "disputed": {True: "With an open dispute", False: "Without an open dispute", None: None}[asked.get("disputed")],
        "q": (q := asked.get("q")) and f"Words: {q}",
    }
    return {name: capitalized(text) for name, text in words.items() if text}


def _title(asked: _Asked, outlet: str | None) -> str:
    """Return the title of the page, which names the filters."""
    status, kind, verdict = asked.get("status"), asked.get("kind"), asked.get("verdict")
    is_opinion = ClaimStatus.OPINION in (status, kind)
    adjectives = [] if status is None or is_opinion or verdict else [status.value]
    adjectives += [] if verdict is None else [VERDICT_ADJECTIVES[verdict]]
    adjectives += ["disputed"] if asked.get("disputed") else []
    noun = "opinions" if is_opinion else f"{kind} claims" if kind else "claims"
    parts = [", ".join(adjectives), noun]
    parts += [f"on {topic}"] if (topic := asked.get("topic")) else []
    parts += [f"reported by {outlet}"] if outlet else []
    parts += [f"with the words “{q}”"] if (q := asked.get("q")) else []
    title = capitalized(" ".join(filter(None, parts)))
    return f"{title}, without an open dispute" if asked.get("disputed") is False else title
