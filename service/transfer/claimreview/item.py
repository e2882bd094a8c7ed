"""Write the resolution of a claim as a ClaimReview, from which an import creates the same resolution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from service.transfer.claimreview.published import PublishedClaim, PublishedOutlet, PublishedReport, Publisher
from service.transfer.claimreview.review import PROPERTY
from service.values.vocabulary import OutletKind

CONTEXT = "https://schema.org"
Item: TypeAlias = dict[str, object]

_NAMES = ((0.0, "False"), (0.375, "Mostly false"), (0.625, "Half true"), (1.0, "Mostly true"))
"""The names for degrees of truth, each with the largest truth that it covers. Only 1 is named `True`."""
_PEOPLE = frozenset({OutletKind.ACCOUNT, OutletKind.JOURNALIST})
_NEWS = frozenset({OutletKind.NEWSPAPER, OutletKind.BROADCASTER, OutletKind.AGENCY})


def review_item(claim: PublishedClaim, publisher: Publisher) -> Item:
    """Return the ClaimReview of a resolved claim."""
    item: Item = {
        "@context": CONTEXT,
        "@type": "ClaimReview",
        "url": f"{publisher.url}/claims/{claim.id}",
        "datePublished": claim.known_at,
        "sdDatePublished": claim.recorded_at,
        "author": {"@type": "Organization", "name": publisher.name, "url": publisher.url},
        "claimReviewed": claim.text,
        "itemReviewed": _claim(claim),
        "reviewRating": {
            "@type": "Rating",
            "ratingValue": claim.truth,
            "bestRating": 1,
            "worstRating": 0,
            "alternateName": rating_name(claim.truth),
        },
    }
    if claim.note is not None:
        item["reviewBody"] = claim.note
    if claim.evidence:
        item["isBasedOn"] = claim.evidence
    return item


def rating_name(truth: float) -> str:
    """Return the name for a degree of truth.

    >>> [rating_name(truth) for truth in (0, 0.01, 0.5, 0.9, 1)]
    ['False', 'Mostly false', 'Half true', 'Mostly true', 'True']
    """
    return "True" if truth == 1 else next(name for end, name in _NAMES if truth <= end)


def _claim(claim: PublishedClaim) -> Item:
    """Return a claim as a schema.org Claim with its authors and pages.

    Outlets that only relayed the claim are not authors.
    """
    item: Item = {
        "@type": "Claim",
        "identifier": {"@type": "PropertyValue", "propertyID": PROPERTY, "value": claim.reference},
    }
    speakers = {report.outlet.slug: report.outlet for report in claim.reports if not report.is_relay}
    if speakers:
        authors = [_outlet(outlet) for outlet in speakers.values()]
        item["author"] = authors[0] if len(authors) == 1 else authors
    if claim.reports:
        item["datePublished"] = min(report.published_at for report in claim.reports)
    pages = {report.url: _page(report) for report in claim.reports if report.url is not None}
    if pages:
        item["appearance"] = list(pages.values())
    return item


def _page(report: PublishedReport) -> Mapping[str, object]:
    return {
        "@type": "CreativeWork",
        "url": report.url,
        "datePublished": report.published_at,
        "author": _outlet(report.outlet),
    }


def _outlet(outlet: PublishedOutlet) -> Item:
    kind = "NewsMediaOrganization" if outlet.kind in _NEWS else "Organization"
    item: Item = {"@type": "Person" if outlet.kind in _PEOPLE else kind, "name": outlet.name}
    if outlet.domain is not None:
        item["sameAs"] = f"https://{outlet.domain}"
    return item
