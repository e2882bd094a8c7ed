"""Turn results of Google's Fact Check Tools API into ClaimReview items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

_REVIEWS = "claimReview"


def is_search_result(content: object) -> bool:
    """Return whether a JSON value is a result of the Fact Check Tools API, or one claim from a result."""
    if not isinstance(content, dict):
        return False
    claims = content.get("claims")
    first = claims[0] if isinstance(claims, list) and claims else content
    return isinstance(first, dict) and isinstance(first.get(_REVIEWS), list)


def as_items(content: Mapping[str, object]) -> list[dict[str, object]]:
    """Return the reviews of all claims in a result as ClaimReview items."""
    claims = content.get("claims")
    found = claims if isinstance(claims, list) else [content]
    return [item for claim in found if isinstance(claim, dict) for item in _items(claim)]


def _items(claim: Mapping[str, object]) -> Iterator[dict[str, object]]:
    reviews = claim.get(_REVIEWS)
    for review in reviews if isinstance(reviews, list) else ():
        if isinstance(review, dict):
            yield {
                "@type": "ClaimReview",
                "url": review.get("url"),
                "datePublished": review.get("reviewDate"),
                "author": _publisher(review.get("publisher")),
                "claimReviewed": claim.get("text"),
                "itemReviewed": {
                    "@type": "Claim",
                    "author": {"name": claim.get("claimant")},
                    "datePublished": claim.get("claimDate"),
                },
                "reviewRating": {"@type": "Rating", "alternateName": review.get("textualRating")},
            }


def _publisher(publisher: object) -> dict[str, object]:
    given = publisher if isinstance(publisher, dict) else {}
    site = given.get("site")
    return {"name": given.get("name") or site, "url": f"https://{site}" if isinstance(site, str) else None}
