"""The filters of the list of claims, as a query and in words for the chips and the page title"""

from __future__ import annotations

from service.claims.filters import ClaimFilters
from service.pages.filters import capitalised
from service.pages.outlet_fields import find_named
from service.pages.phrases import VERDICT_ADJECTIVES
from service.storage.paging import PageRequest
from service.values.vocabulary import ClaimOrder, ClaimStatus

FILTERS = ("status", "kind", "verdict", "topic", "outlet", "disputed", "q")


class SortedClaims(ClaimFilters):
    """The filters and the order of the list of claims, after parsing."""

    sort: ClaimOrder


class ClaimPage(PageRequest, SortedClaims):
    """The filters, the order and the page of the list of claims, after parsing."""


def query_of(asked: ClaimPage) -> dict[str, str]:
    """Return the query that selects these claims on the page and in the API, without the cursor."""
    question: dict[str, str] = {}
    for name in FILTERS:
        if (value := asked.get(name)) is not None:
            question[name] = str(value).lower() if name == "disputed" else str(value)
    return question | ({} if asked["sort"] is ClaimOrder.NEWEST else {"sort": asked["sort"].value})


def find_outlet(asked: SortedClaims) -> str | None:
    """Replace the outlet in a query with its slug, and return its name; None without a known outlet."""
    if (given := asked.get("outlet")) is None or (outlet := find_named(given).outlet) is None:
        return None
    asked["outlet"] = outlet.slug
    return outlet.name


def words_of(asked: ClaimPage, outlet: str | None) -> dict[str, str]:
    """Return the text of the chip of each active filter, by parameter."""
    words = {
        "status": asked.get("status"),
        "kind": asked.get("kind"),
        "verdict": (verdict := asked.get("verdict")) and f"Verdict: {VERDICT_ADJECTIVES[verdict]}",
        "topic": (topic := asked.get("topic")) and f"Topic: {topic}",
        "outlet": outlet and f"Outlet: {outlet}",
        "disputed": {True: "With an open dispute", False: "Without an open dispute", None: None}[asked.get("disputed")],
        "q": (q := asked.get("q")) and f"Words: {q}",
    }
    return {name: capitalised(text) for name, text in words.items() if text}


def title_of(asked: ClaimPage, outlet: str | None) -> str:
    """Return the page title, which describes the filters, such as `Open claims on elections`."""
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
    title = capitalised(" ".join(filter(None, parts)))
    return f"{title}, without an open dispute" if asked.get("disputed") is False else title
