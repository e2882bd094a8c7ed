"""The part of the vocabulary of schema.org that a ClaimReview uses, for a JSON-LD processor without a network."""

from __future__ import annotations

from typing import Any

from pyld import jsonld

_ADDRESSES = ("url", "sameAs", "isBasedOn")
_DATES = ("datePublished", "sdDatePublished", "dateModified")
CONTEXT = {
    "@context": {
        "@vocab": "http://schema.org/",
        **{name: {"@type": "@id"} for name in _ADDRESSES},
        **{name: {"@type": "http://schema.org/Date"} for name in _DATES},
    }
}
REQUIRED = {
    "ClaimReview": {"url", "author", "datePublished", "claimReviewed", "itemReviewed", "reviewRating"},
    "Claim": {"identifier"},
    "Rating": {"ratingValue", "bestRating", "worstRating", "alternateName"},
    "CreativeWork": {"url", "datePublished", "author"},
    "DataFeed": {"name", "url", "dateModified", "provider", "dataFeedElement"},
    "DataFeedItem": {"dateModified", "item"},
    "PropertyValue": {"propertyID", "value"},
    **{party: {"name"} for party in ("Organization", "NewsMediaOrganization", "Person")},
}
"""The required members of each type."""


def expand(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the expanded form of a document, in which a member that the vocabulary does not have is missing."""
    expanded: list[dict[str, Any]] = jsonld.expand(document, {"documentLoader": _load, "base": ""})
    return expanded


def missing_members(value: Any) -> list[tuple[str, str]]:
    """Return the required members that objects of an expanded document lack, and the types that are unknown."""
    found: list[tuple[str, str]] = []
    if isinstance(value, dict):
        types = [name.removeprefix("http://schema.org/") for name in value.get("@type", []) if "@value" not in value]
        members = {name.removeprefix("http://schema.org/") for name in value}
        found += [(kind, name) for kind in types for name in REQUIRED.get(kind, {"known type"}) - members]
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            found += missing_members(each)
    return found


def _load(url: str, _options: Any) -> dict[str, Any]:
    assert "https://schema.org" == url.rstrip("/"), url  # nothing else is loaded, and nothing over the network
    return {"contentType": "application/ld+json", "contextUrl": None, "documentUrl": url, "document": CONTEXT}
