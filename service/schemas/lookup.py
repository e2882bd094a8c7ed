"""The lookup of the outlets that publish pages, in requests and responses."""

from __future__ import annotations

import datetime as dt
from typing import Literal, NotRequired, TypedDict

import marshmallow as ma
from marshmallow.validate import Length

from service.methods.reliability import DEFAULT_LEVEL
from service.outlets.track_record import Lens
from service.schemas import shown
from service.schemas.fields import Answer, AnyText, Body, Flag, one_of, topic
from service.schemas.lens_queries import BASIS
from service.schemas.moments import published_moment
from service.schemas.outlets import OutletOut
from service.schemas.scores import ScoreOut
from service.values.vocabulary import Basis, MatchRule, MissReason

MAX_LOOKUPS = 1000
MAX_LOOKUP_BODY = 16 << 20  # bytes

_ADDRESS = (
    "An http or https URL, or a host with an optional path, such as `bild.de/sport`. The host may be in "
    "Unicode or punycode; its case, `www.`, a trailing dot, and the user, port, query and fragment are "
    "ignored. If it is the address of a page in an archive, an AMP cache or a translator, or of a redirect, the "
    "original page counts. Short links are not followed, so their outlet is unknown."
)


_AT = "When the page was published, because a domain can pass from one outlet to another."


class LookupQuery(Body):
    """The page to look up."""

    url = AnyText(required=True, metadata={"description": _ADDRESS, "example": "https://sportbild.bild.de/fussball"})
    at = published_moment(f"{_AT} The default is now.", load_default=None)


class LookupIn(Body):
    """The pages and outlets to look up, at most 1000 in total."""

    urls = ma.fields.List(
        AnyText(metadata={"description": _ADDRESS}),
        validate=Length(max=MAX_LOOKUPS),
        metadata={"description": "URLs or hosts, as in `GET /v1/outlets/lookup`."},
    )
    outlets = ma.fields.List(
        AnyText(metadata={"description": "The slug or id of an outlet."}),
        validate=Length(max=MAX_LOOKUPS),
        metadata={
            "description": "Slugs or ids of outlets. A merged outlet counts as the outlet that it was merged into."
        },
    )
    at = published_moment(f"{_AT} The default is now.", load_default=None, allow_none=True)
    score = Flag(load_default=False, metadata={"description": "Whether to also return the scores of the outlets."})
    topic = topic("The topic of the scores, with all topics below it. Used only with `score`.")
    basis = one_of(Basis, f"{BASIS} Used only with `score`.", load_default=Basis.RESOLVED)

    @ma.validates_schema
    def check_number(self, given: _Given, **_: object) -> None:
        lists = {name: given[name] for name in _LISTS if name in given}
        if not lists:
            raise ma.ValidationError({"urls": ["Send `urls`, `outlets` or both."]})
        if sum(map(len, lists.values())) > MAX_LOOKUPS:
            raise ma.ValidationError({name: [f"At most {MAX_LOOKUPS} in total."] for name in lists})

    @ma.post_load
    def make_lookup(self, given: _Given, **_: object) -> LookupRequest:
        lens = Lens(given["topic"], given["basis"], as_of=None, recorded_by=None, level=DEFAULT_LEVEL)
        return LookupRequest(
            urls=given.get("urls", []),
            references=given.get("outlets", []),
            at=given["at"],
            lens=lens if given["score"] else None,
        )


class _Given(TypedDict):
    """The parsed body of a request to look up pages and outlets."""

    urls: NotRequired[list[str]]
    outlets: NotRequired[list[str]]
    at: dt.date | None
    score: bool
    topic: str | None
    basis: Basis


_LISTS: tuple[Literal["urls", "outlets"], ...] = ("urls", "outlets")


class LookupRequest(TypedDict):
    """A request to look up pages and outlets."""

    urls: list[str]
    references: list[str]
    """The slugs or ids of outlets."""
    at: dt.date | None
    lens: Lens | None
    """The lens of the scores; None if they are not requested."""


class MatchedOut(Answer):
    """The rule and the domain by which a page was matched to its outlet."""

    rule = shown.choice(
        MatchRule,
        "The rule by which the page was matched. The longest host is tried first, and for each host the longest path.",
    )
    key = shown.text("The domain of the outlet that matched.")


class LookupOut(Answer):
    """The outlet that publishes a page, with the rule by which it was matched."""

    outlet = shown.part(OutletOut, "The outlet that publishes the page.")
    matched = shown.part(MatchedOut, "The match between the page and the outlet.")


class Ready(ma.fields.Nested):
    """A field for a nested object that is already serialised."""

    def _serialize(self, nested_obj: object, *_: object, **__: object) -> object:  # type: ignore[override] # as in marshmallow
        return nested_obj


class LookedUp(Answer):
    """The result for one page or outlet that was looked up."""

    url = shown.text("The URL or host as it was sent; null for an outlet.", allow_none=True)
    reference = shown.text("The slug or id as it was sent; null for a page.", allow_none=True)
    outlet = shown.part(
        OutletOut, "The outlet that publishes the page, or that has the slug or id; null if none.", allow_none=True
    )
    matched = shown.part(
        MatchedOut, "The match between the page and the outlet; null if there is none.", allow_none=True
    )
    reason = shown.choice(MissReason, "The reason why `outlet` is null; otherwise null.", allow_none=True)
    score = Ready(
        ScoreOut,
        allow_none=True,
        metadata={
            "description": "The score of the outlet, as `GET /v1/outlets/{outlet}/score` returns it; null if there is "
            "no outlet. Only present if `score` was true."
        },
    )


class LookupList(Answer):
    """The results for all pages and outlets that were looked up."""

    items = shown.parts(LookedUp, "One item for each URL, then one for each slug or id, in the order of the request.")
