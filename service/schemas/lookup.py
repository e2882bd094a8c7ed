"""The lookup of the outlets behind URLs, in requests and responses."""

from __future__ import annotations

import marshmallow as ma
from marshmallow.validate import Length

from service.schemas import shown
from service.schemas.fields import Answer, AnyText, Body, Flag
from service.schemas.outlets import OutletOut
from service.schemas.scores import ScoreOut
from service.values.vocabulary import MatchRule

MAX_URLS = 1000

_ADDRESS = (
    "An http or https URL, or a host with an optional path, such as `bild.de/sport`. The host may be in Unicode or "
    "punycode; its case, `www.`, a trailing dot, and the user, port, query and fragment are ignored. An "
    "archive, an AMP cache, a translator or a redirect around it is removed; "
    "a short link cannot be read, so its outlet is unknown."
)


class LookupQuery(Body):
    """The page to look up."""

    url = AnyText(required=True, metadata={"description": _ADDRESS, "example": "https://sportbild.bild.de/fussball"})


class LookupIn(Body):
    """The pages to look up."""

    urls = ma.fields.List(
        AnyText(metadata={"description": _ADDRESS}),
        required=True,
        validate=Length(max=MAX_URLS),
        metadata={"description": f"The URLs or hosts, at most {MAX_URLS}. Each is as in `GET /v1/outlets/lookup`."},
    )
    score = Flag(load_default=False, metadata={"description": "Whether to return the scores of the outlets, too."})


class MatchedOut(Answer):
    """The match between a page and an outlet."""

    rule = shown.choice(
        MatchRule,
        "The rule by which the page was matched. The longest host is tried first, and for each host the longest path.",
    )
    key = shown.text("The domain of the outlet that matched.")


class LookupOut(Answer):
    """The outlet behind a page, with the reason why it matched."""

    outlet = shown.part(OutletOut, "The outlet that publishes the page.")
    matched = shown.part(MatchedOut, "The match between the page and the outlet.")


class Ready(ma.fields.Nested):
    """An object that already has the form of its schema."""

    def _serialize(self, nested_obj: object, *_: object, **__: object) -> object:  # type: ignore[override] # as in marshmallow
        return nested_obj


class LookedUp(Answer):
    """One looked-up page."""

    url = shown.text("The URL or host as it was sent.")
    outlet = shown.part(OutletOut, "The outlet that publishes the page; null if unknown.", allow_none=True)
    matched = shown.part(MatchedOut, "The match between the page and the outlet; null if unknown.", allow_none=True)
    score = Ready(
        ScoreOut,
        allow_none=True,
        metadata={
            "description": "The score of the outlet, as `GET /v1/outlets/{outlet}/score` returns it; null if the "
            "outlet is unknown. Only present if `score` was true."
        },
    )


class LookupList(Answer):
    """The outlets behind the pages that were sent."""

    items = shown.parts(LookedUp, "One item for each URL, in the order of the request.")
