"""Searches for outlets in requests and responses."""

from __future__ import annotations

from marshmallow.validate import Range

from service.schemas import shown
from service.schemas.fields import Answer, Body, Count, Text
from service.values.ids import NAME_LENGTH
from service.values.vocabulary import OutletKind


class OutletSearchQuery(Body):
    """The query parameters of a search for outlets."""

    q = Text(
        NAME_LENGTH,
        required=True,
        metadata={
            "description": "The text typed so far: the beginning of a name, an alias or a domain, or some words. "
            "Case, accents, spaces, hyphens and a leading article are ignored.",
            "example": "sportb",
        },
    )
    limit = Count(
        load_default=8, validate=Range(1, 20), metadata={"description": "The maximum number of outlets to return."}
    )


class FoundOutletOut(Answer):
    """An outlet that a search found."""

    slug = shown.text("The outlet's short name, used in paths and in other objects.")
    name = shown.text("The name by which readers know the outlet.")
    kind = shown.choice(OutletKind, "The kind of publisher.")
    domain = shown.text("Its first domain; null if it has none.", allow_none=True)
    claims = shown.count("The number of claims that it reported or repeated.")
    topic = shown.text("The topic of most of these claims; null if they have none.", allow_none=True)
    latest_report = shown.instant(
        "When its report on the newest of these claims was published; null if it has none.", allow_none=True
    )
    is_similar = shown.flag(
        "Whether the outlet only has a similar name, because no name contains the words that were sent."
    )


class FoundOutlets(Answer):
    """The outlets that a search found."""

    items = shown.parts(
        FoundOutletOut,
        "The outlet with exactly this name first, then those with the most claims. If no name contains the "
        "words, the outlets with the most similar names.",
    )
