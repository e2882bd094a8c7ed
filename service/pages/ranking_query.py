"""The query of the pages that show a ranking."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import NotRequired, TypedDict

import marshmallow as ma
from marshmallow.validate import Range

from service.methods.reliability import RATED_FROM
from service.pages.fields import Day
from service.pages.ranking_columns import Column
from service.pages.ranking_view import RankingView
from service.schemas.fields import Body, Count, TopicPath, one_of
from service.values.vocabulary import Basis, Order, OutletKind


class RankingQuery(Body):
    """The query of a page that shows a ranking: its filters, its order and its first row."""

    topic = TopicPath(load_default=None)
    kind = one_of(OutletKind, load_default=None)
    basis = one_of(Basis, load_default=Basis.MATURED)
    as_of = Day(load_default=None)
    min_resolved = Count(load_default=RATED_FROM, validate=Range(1))
    start = Count(data_key="from", load_default=1, validate=Range(1))
    sort = ma.fields.Enum(Column, by_value=ma.fields.String, load_default=Column.LOWER)
    order = one_of(Order)

    @ma.post_load
    def make_view(self, given: _Given, **_: object) -> RankingView:
        view = RankingView(**given)
        return view if "order" in given else replace(view, order=view.sort.first)


class _Given(TypedDict):
    """The query after parsing. `order` is missing if the column's usual order applies."""

    topic: str | None
    kind: OutletKind | None
    basis: Basis
    as_of: dt.datetime | None
    min_resolved: int
    start: int
    sort: Column
    order: NotRequired[Order]
