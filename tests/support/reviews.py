"""ClaimReview items as fact-checkers publish them."""

from __future__ import annotations

from typing import Any

SITE = "https://rumour.example"
SPEAKER = {"@type": "Organization", "name": "Daily Rumour", "sameAs": SITE}
PAGE = f"{SITE}/bridge"
CHECKER = {"@type": "Organization", "name": "Check Example", "url": "https://check.example"}


def rating(name: str | None = None, value: object = None, best: object = None, worst: object = None) -> dict[str, Any]:
    """Return a rating with the members that are given."""
    members = {"alternateName": name, "ratingValue": value, "bestRating": best, "worstRating": worst}
    return {"@type": "Rating", **{member: given for member, given in members.items() if given is not None}}


def claim(**members: Any) -> dict[str, Any]:
    """Return a claim; a member that is None is left out."""
    appearance = [{"@type": "CreativeWork", "url": PAGE}]
    given = {"author": SPEAKER, "datePublished": "2024-02-14", "appearance": appearance, **members}
    return {"@type": "Claim", **{member: value for member, value in given.items() if value is not None}}


def review(name: str | None = "False", value: object = "1", **members: Any) -> dict[str, Any]:
    """Return a review; a member that is None is left out."""
    given = {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "url": "https://check.example/1",
        "datePublished": "2024-03-02",
        "author": CHECKER,
        "claimReviewed": "The bridge was closed for a year",
        "itemReviewed": claim(),
        "reviewRating": rating(name, value, "5", "1"),
        **members,
    }
    return {member: value for member, value in given.items() if value is not None}
