"""Published ClaimReview objects in responses. Their members have the names of schema.org."""

from __future__ import annotations

import marshmallow as ma

from service.schemas import shown
from service.schemas.fields import Answer

_DATE = "A date, or an instant (RFC 3339)."


def _named(name: str, description: str) -> ma.fields.String:
    return ma.fields.String(required=True, data_key=name, metadata={"description": description})


class ReviewPartyOut(Answer):
    """The publisher of a review, or an outlet that reported the reviewed claim."""

    type_ = _named("@type", "`Organization`, `NewsMediaOrganization` or `Person`.")
    name = shown.text("The name.")
    url = ma.fields.String(metadata={"description": "The address of the service, for the author of a review."})
    sameAs = ma.fields.String(metadata={"description": "The site or account of an outlet."})  # noqa: N815 - schema.org


class ReviewIdentifierOut(Answer):
    """The id by which imports recognise a reviewed claim."""

    type_ = _named("@type", "`PropertyValue`.")
    propertyID = shown.text("`borneout`.")  # noqa: N815 - schema.org
    value = shown.text("The external id of the claim, or else its id. Imports use it to recognise the claim.")


class ReviewedPageOut(Answer):
    """A page with a report on the reviewed claim."""

    type_ = _named("@type", "`CreativeWork`.")
    url = shown.text("The address of the page.")
    datePublished = shown.text(f"When it was published. {_DATE}")  # noqa: N815 - schema.org
    author = shown.part(ReviewPartyOut, "The outlet.")


class ReviewedClaimOut(Answer):
    """A claim with the outlets and pages that support it."""

    type_ = _named("@type", "`Claim`.")
    identifier = shown.part(ReviewIdentifierOut, "The identifier of the claim.")
    author = ma.fields.Raw(
        metadata={
            "description": "The outlet that reported the claim on its own, or a list of them; left out if none did.",
            "oneOf": [
                {"$ref": "#/components/schemas/ReviewPartyOut"},
                {"type": "array", "items": {"$ref": "#/components/schemas/ReviewPartyOut"}},
            ],
        }
    )
    datePublished = ma.fields.String(  # noqa: N815 - schema.org
        metadata={"description": f"When its first report was published; left out if there are no reports. {_DATE}"}
    )
    appearance = ma.fields.List(
        ma.fields.Nested(ReviewedPageOut),
        metadata={"description": "The pages of its reports; left out if no report has an address."},
    )


class ReviewRatingOut(Answer):
    """The verdict on a claim as a schema.org Rating."""

    type_ = _named("@type", "`Rating`.")
    ratingValue = shown.share("The truth of the claim.")  # noqa: N815 - schema.org
    bestRating = shown.share("Always 1.")  # noqa: N815 - schema.org
    worstRating = shown.share("Always 0.")  # noqa: N815 - schema.org
    alternateName = shown.text(  # noqa: N815 - schema.org
        "`False` (0), `Mostly false` (at most 0.375), `Half true` (at most 0.625), `Mostly true` or `True` (1)."
    )


class ClaimReviewOut(Answer):
    """A resolved claim as a schema.org ClaimReview."""

    context = _named("@context", "`https://schema.org`.")
    type_ = _named("@type", "`ClaimReview`.")
    url = shown.text("The address of the page of the claim.")
    datePublished = shown.text(f"When the answer became public (`known_at`). {_DATE}")  # noqa: N815 - schema.org
    sdDatePublished = shown.instant("When the service recorded the resolution.")  # noqa: N815 - schema.org
    author = shown.part(ReviewPartyOut, "The operator of the service (`BORNEOUT_OPERATOR`).")
    claimReviewed = shown.text("The proposition in words.")  # noqa: N815 - schema.org
    itemReviewed = shown.part(ReviewedClaimOut, "The claim.")  # noqa: N815 - schema.org
    reviewRating = shown.part(ReviewRatingOut, "The verdict.")  # noqa: N815 - schema.org
    reviewBody = ma.fields.String(  # noqa: N815 - schema.org
        metadata={"description": "The note of the resolution; left out if it has none."}
    )
    isBasedOn = ma.fields.List(  # noqa: N815 - schema.org
        ma.fields.String(), metadata={"description": "The addresses of the evidence; left out if there are none."}
    )


class FeedItemOut(Answer):
    """One review in the feed, with the time at which the resolution was recorded."""

    type_ = _named("@type", "`DataFeedItem`.")
    dateModified = shown.instant("When the service recorded the resolution.")  # noqa: N815 - schema.org
    item = shown.part(ClaimReviewOut, "The review.")


class ReviewFeedOut(Answer):
    """All resolved claims as a schema.org DataFeed of ClaimReview items."""

    context = _named("@context", "`https://schema.org`.")
    type_ = _named("@type", "`DataFeed`.")
    name = shown.text("The name of the feed.")
    url = shown.text("The address of the feed.")
    dateModified = shown.instant("When the feed was generated.")  # noqa: N815 - schema.org
    provider = shown.part(ReviewPartyOut, "The operator of the service.")
    dataFeedElement = shown.parts(FeedItemOut, "The reviews, the oldest claim first.")  # noqa: N815 - schema.org
