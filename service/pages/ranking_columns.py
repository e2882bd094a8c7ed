"""The columns by which pages sort the ranking."""

from __future__ import annotations

import enum
from collections.abc import Mapping

from service.values.vocabulary import Order, RankBy


class Column(enum.StrEnum):
    """A column by which a page can sort the ranking."""

    LOWER = "lower"
    MEAN = "mean"
    RECORD = "record"
    RESOLVED = "resolved"
    EXPECTED = "expected"
    CHANGE = "change"
    NAME = "name"

    @property
    def first(self) -> Order:
        """The order of the rows when a reader first sorts by the column."""
        return Order.ASC if self is Column.NAME else Order.DESC

    @property
    def ranks_by(self) -> RankBy | None:
        """The same column in the API, which sorts all outlets; None if only the page's rows can be sorted."""
        return RankBy(self.value) if self.value in list(RankBy) else None


COLUMNS: Mapping[Column, str] = {
    Column.LOWER: "Place",
    Column.NAME: "Outlet",
    Column.RECORD: "Share right",
    Column.RESOLVED: "Number of results",
    Column.EXPECTED: "Share expected",
    Column.MEAN: "Estimated reliability",
    Column.CHANGE: "Change in the last year",
}
"""The words for each column in the form, in the order of the table."""
