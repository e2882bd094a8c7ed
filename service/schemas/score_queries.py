"""The query parameters of the ranking, of the scores of named outlets, and of the table of scores."""

from __future__ import annotations

from collections.abc import Container
from typing import TypedDict

import marshmallow as ma
from marshmallow.validate import Length, Range

from service.methods.reliability import RATED_FROM
from service.outlets.track_record import Lens
from service.schemas.fields import MAX_PAGE, Count, Text, byte_order_mark, one_of
from service.schemas.lens_queries import BASIS, LensMembers, LensQuery
from service.scores.places import RankingCriteria
from service.storage.paging import PageRequest
from service.values.ids import SLUG_LENGTH
from service.values.vocabulary import Basis, Order, OutletKind, RankBy, TableBy

MAX_BATCH = 200


class ScoreTableRequest(TypedDict):
    """A parsed request for a table of scores."""

    by: TableBy
    lens: Lens
    bom: bool


class ScoreTableQuery(LensQuery):
    """The query parameters of a table of scores."""

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
    """The query parameters of the ranking or, if outlets are named, of their scores."""

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
    """The parsed parameters of the ranking or, if outlets are named, of their scores."""

    outlet: list[str]
    min_resolved: int
    kind: OutletKind
    sort: RankBy
    order: Order


class ScoresRequest(TypedDict):
    """A parsed request for the ranking or, if outlets are named, for their scores."""

    outlets: list[str] | None
    """The slugs or ids of the named outlets; None for the ranking."""
    lens: Lens
    criteria: RankingCriteria
    paging: PageRequest


_ONLY_RANKING = "Applies only to the ranking. Leave it out when you name outlets."
_OF_RANKING = ("cursor", "kind", "limit", "min_resolved", "order", "sort")
