"""The parameters of scores: the lens on the record, one outlet, and the ranking."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container
from typing import NotRequired, TypedDict

import marshmallow as ma
from marshmallow.validate import Length, Range

from service.methods.reliability import DEFAULT_LEVEL, LEVELS, RATED_FROM
from service.outlets.track_record import Lens
from service.schemas.fields import MAX_PAGE, Body, Count, Share, Text, byte_order_mark, one_of, topic
from service.schemas.moments import past_moment
from service.scores.places import RankingCriteria
from service.storage.paging import PageRequest
from service.values.ids import SLUG_LENGTH
from service.values.vocabulary import Basis, Order, OutletKind, RankBy, TableBy

MAX_BATCH = 200

LEVELS_IN_WORDS = f"{', '.join(map(str, LEVELS[:-1]))} or {LEVELS[-1]}"
BASIS = "The claims that count."


def level() -> Share:
    """Return the query parameter for the probability of an interval."""
    description = f"The probability that the interval contains the true value: {LEVELS_IN_WORDS}."
    bounds = {"minimum": min(LEVELS), "maximum": max(LEVELS)}
    # Not documented as an enum, because client generators leave out operations with an enum of numbers.
    return Share(load_default=DEFAULT_LEVEL, validate=_check_level, metadata={"description": description, **bounds})


def _check_level(value: float) -> None:
    if value not in LEVELS:
        raise ma.ValidationError(f"Must be {LEVELS_IN_WORDS}.")


class LensMembers(TypedDict, total=False):
    """The parsed parameters of a lens and of a page. Those that a query does not take are missing."""

    topic: str | None
    basis: Basis
    as_of: dt.datetime | None
    recorded_by: dt.datetime | None
    level: float
    limit: int
    cursor: str | None


class ScoreParameters(TypedDict):
    """The parsed parameters of one outlet's score, which become the members of a lens."""

    topic: str | None
    basis: Basis
    as_of: dt.datetime | None
    recorded_by: dt.datetime | None
    level: float


class LensRequest(TypedDict):
    """The parsed parameters of a query about one outlet."""

    lens: Lens
    limit: NotRequired[int]
    cursor: NotRequired[str | None]


class OneOutletQuery(Body):
    """A query about one outlet. Its parameters become a lens, except for those of the page."""

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
    """The parameters of every score."""

    topic = topic()
    as_of = past_moment("A past moment: the score then uses only what was public at that moment.", load_default=None)
    level = level()


class ScoreQuery(LensQuery):
    """The parameters of one outlet's score."""

    basis = one_of(Basis, BASIS, load_default=Basis.RESOLVED)
    recorded_by = past_moment(
        "A past moment: the score then uses only what the service had recorded by that moment. Topics have "
        "their current names.",
        load_default=None,
    )


class ScoreTableRequest(TypedDict):
    """A request for a table of scores."""

    by: TableBy
    lens: Lens
    bom: bool


class ScoreTableQuery(LensQuery):
    """The parameters of a table of scores."""

    by = one_of(TableBy, "The rows of the table.", load_default=TableBy.OUTLET)
    basis = one_of(Basis, BASIS, load_default=Basis.MATURED)
    bom = byte_order_mark()

    @ma.post_load
    def make_request(self, given: _Table, **_: object) -> ScoreTableRequest:
        lens = Lens(given["topic"], given["basis"], given["as_of"], recorded_by=None, level=given["level"])
        return ScoreTableRequest(by=given["by"], lens=lens, bom=given["bom"])


class _Table(LensMembers):
    """The parsed parameters of a table of scores."""

    by: TableBy
    bom: bool


class ScoresQuery(LensQuery):
    """The parameters of the ranking, or of the scores of the outlets that are named."""

    outlet = ma.fields.List(
        Text(SLUG_LENGTH),
        validate=Length(1, MAX_BATCH),
        metadata={
            "description": "The slug or id of an outlet. Repeat the parameter to get the scores of up to 200 "
            "outlets in that order, instead of the ranking."
        },
    )
    basis = one_of(Basis, f"{BASIS} The default is `matured` for the ranking and `resolved` for named outlets.")
    min_resolved = Count(
        validate=Range(1),
        metadata={"description": f"Only outlets with at least this many resolved claims. The default is {RATED_FROM}."},
    )
    sort = one_of(RankBy, "The order of the ranking. The default is `lower`.")
    order = one_of(Order, "The direction of the order. The default is `desc`.")
    kind = one_of(OutletKind, "Only outlets of this kind.")
    limit = Count(
        validate=Range(1, MAX_PAGE),
        metadata={"description": "The maximum number of items on a page. The default is 50."},
    )
    cursor = Text(
        4000,
        metadata={
            "description": "The `next_cursor` of the previous page; leave it out for the first page. A cursor is "
            "valid only for the same filters, and for 15 minutes after the first page."
        },
    )

    @ma.validates_schema
    def refuse_ranking_of_named(self, given: Container[str], **_: object) -> None:
        if "outlet" in given and (others := [name for name in _OF_RANKING if name in given]):
            raise ma.ValidationError({name: [_ONLY_RANKING] for name in others})

    @ma.post_load
    def make_request(self, given: _Given, **_: object) -> ScoresRequest:
        outlets = given.get("outlet")
        basis = given.get("basis", Basis.MATURED if outlets is None else Basis.RESOLVED)
        usual = RankingCriteria()
        return ScoresRequest(
            outlets=outlets,
            lens=Lens(topic=given["topic"], basis=basis, as_of=given["as_of"], recorded_by=None, level=given["level"]),
            criteria=RankingCriteria(
                min_resolved=given.get("min_resolved", usual.min_resolved),
                kind=given.get("kind"),
                sort=given.get("sort", usual.sort),
                order=given.get("order", usual.order),
            ),
            paging=PageRequest(limit=given.get("limit", 50), cursor=given.get("cursor")),
        )


class _Given(LensMembers, total=False):
    """The parsed parameters of the ranking, or of the scores of named outlets."""

    outlet: list[str]
    min_resolved: int
    kind: OutletKind
    sort: RankBy
    order: Order


class ScoresRequest(TypedDict):
    """A request for the ranking, or for the scores of named outlets."""

    outlets: list[str] | None
    """None for the ranking."""
    lens: Lens
    criteria: RankingCriteria
    paging: PageRequest


_ONLY_RANKING = "Applies only to the ranking. Leave it out when you name outlets."
_OF_RANKING = ("cursor", "kind", "limit", "min_resolved", "order", "sort")
