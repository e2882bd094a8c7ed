"""The query parameters of a score, which become its lens, and queries about one outlet."""

from __future__ import annotations

import datetime as dt
from typing import NotRequired, TypedDict

import marshmallow as ma

from service.methods.reliability import DEFAULT_LEVEL, LEVELS
from service.outlets.track_record import Lens
from service.schemas.fields import Body, Share, one_of, topic
from service.schemas.moments import past_moment
from service.values.vocabulary import Basis

LEVELS_IN_WORDS = f"{', '.join(map(str, LEVELS[:-1]))} or {LEVELS[-1]}"
BASIS = "The claims that count."


def level() -> Share:
    """Return the query parameter for the probability that an interval contains the true value."""
    description = f"The probability that the interval contains the true value: {LEVELS_IN_WORDS}."
    bounds = {"minimum": min(LEVELS), "maximum": max(LEVELS)}
    # Not documented as an enum, because client generators leave out operations with an enum of numbers.
    return Share(load_default=DEFAULT_LEVEL, validate=_check_level, metadata={"description": description, **bounds})


def _check_level(value: float) -> None:
    if value not in LEVELS:
        raise ma.ValidationError(f"Must be {LEVELS_IN_WORDS}.")


class LensMembers(TypedDict, total=False):
    """The parsed parameters of a lens and of a page. Each query has only some of them."""

    topic: str | None
    basis: Basis
    as_of: dt.datetime | None
    recorded_by: dt.datetime | None
    level: float
    limit: int
    cursor: str | None


class ScoreParameters(TypedDict):
    """The parsed parameters of one outlet's score, named like the members of `Lens`."""

    topic: str | None
    basis: Basis
    as_of: dt.datetime | None
    recorded_by: dt.datetime | None
    level: float


class LensRequest(TypedDict):
    """A parsed query about one outlet: the lens of its score and, for lists, the page."""

    lens: Lens
    limit: NotRequired[int]
    cursor: NotRequired[str | None]


class OneOutletQuery(Body):
    """The base class of queries about one outlet. It turns their parameters into a lens and a page."""

    @ma.post_load
    def make_lens(self, given: LensMembers, **_: object) -> LensRequest:
        lens = Lens(
            topic=given["topic"],
            basis=given["basis"],
            as_of=given.get("as_of"),
            recorded_by=given.get("recorded_by"),
            level=given.get("level", DEFAULT_LEVEL),
        )
        request = LensRequest(lens=lens)
        if "limit" in given:
            request["limit"] = given["limit"]
        if "cursor" in given:
            request["cursor"] = given["cursor"]
        return request


class LensQuery(Body):
    """The query parameters that all scores share."""

    topic = topic()
    as_of = past_moment("A past moment: the score then uses only what was public at that moment.", load_default=None)
    level = level()


class ScoreQuery(LensQuery):
    """The query parameters of one outlet's score."""

    basis = one_of(Basis, BASIS, load_default=Basis.RESOLVED)
    recorded_by = past_moment(
        "A past moment: the score then uses only what the service had recorded by that moment. Topics have "
        "their current names.",
        load_default=None,
    )
