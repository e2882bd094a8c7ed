"""The part of the ranking that a page shows, with its filters and order in words."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from service.methods.reliability import DEFAULT_LEVEL, RATED_FROM
from service.outlets.track_record import Lens
from service.pages import formats, phrases
from service.pages.filters import KINDS_IN_WORDS, Chip, address, capitalised, chips
from service.pages.ranking_columns import Column
from service.scores.places import RankingCriteria
from service.scores.ranking_rows import RankedOutlet, RankingTable
from service.values.instants import format_instant
from service.values.vocabulary import Basis, Order, OutletKind

ROWS = 50
FRONT_ROWS = 20
"""The number of rows on the front page, which has other lists below them."""


@dataclass(frozen=True, slots=True)
class RankingView:
    """A part of the ranking to show on a page: its filters, its order and its first row."""

    topic: str | None = None
    kind: OutletKind | None = None
    basis: Basis = Basis.MATURED
    as_of: dt.datetime | None = None
    min_resolved: int = RATED_FROM
    start: int = 1
    """The place of the first row."""
    sort: Column = Column.LOWER
    order: Order = Order.DESC

    @property
    def lens(self) -> Lens:
        return Lens(self.topic, self.basis, self.as_of, recorded_by=None, level=DEFAULT_LEVEL)

    @property
    def criteria(self) -> RankingCriteria:
        """The criteria by which to rank outlets, in the usual order if the API cannot sort by the column."""
        if (ranks_by := self.sort.ranks_by) is None:
            return RankingCriteria(self.min_resolved, self.kind)
        return RankingCriteria(self.min_resolved, self.kind, ranks_by, self.order)

    @property
    def is_usual(self) -> bool:
        """Whether pages link to this part of the current ranking, so that it is worth caching."""
        return self.as_of is None and self.min_resolved == RATED_FROM and self.start % ROWS in (1, FRONT_ROWS + 1)

    @property
    def is_by_rank(self) -> bool:
        """Whether the rows are in the usual order, in which they form groups."""
        return (self.sort, self.order) == (Column.LOWER, Order.DESC)

    @property
    def ascends(self) -> bool:
        """Whether the values in the sorted column increase down the page.

        The column of lower ends shows places, which increase as the lower ends decrease.
        """
        return (self.order is Order.ASC) is not (self.sort is Column.LOWER)

    @property
    def by_rank(self) -> RankingView:
        """The same part of the ranking in the usual order."""
        return replace(self, sort=Column.LOWER, order=Order.DESC)

    @property
    def is_narrowed(self) -> bool:
        """Whether a filter differs from its default."""
        return replace(self.by_rank, start=1) != RankingView()

    @property
    def is_front(self) -> bool:
        """Whether this is the front page, however it is sorted."""
        return not self.is_narrowed and self.start == 1

    @property
    def rows(self) -> int:
        """The largest number of rows on the page."""
        return FRONT_ROWS if self.is_front and self.is_by_rank else ROWS

    @property
    def question(self) -> dict[str, str]:
        """The API query for the same ranking; in the usual order if the API cannot sort by the column."""
        query = {"basis": self.basis.value, "min_resolved": str(self.min_resolved)}
        query |= {} if self.topic is None else {"topic": self.topic}
        query |= {} if self.kind is None else {"kind": self.kind.value}
        query |= {} if self.as_of is None else {"as_of": format_instant(self.as_of)}
        return query if self.is_by_rank or self.sort.ranks_by is None else query | self._sorted

    @property
    def _sorted(self) -> dict[str, str]:
        return {} if self.is_by_rank else {"sort": self.sort.value, "order": self.order.value}

    def address(self, path: str, start: int = 1) -> str:
        """Return the address of the same ranking on a page, starting at a place."""
        return address(path, self.question | self._sorted | ({"from": start} if start > 1 else {}))

    @property
    def api(self) -> str:
        """The address of the whole ranking in the API."""
        return address("/v1/scores", self.question)

    def sorted_by(self, path: str, column: Column) -> str:
        """Return the address of the ranking sorted by a column, or reversed if it is sorted by it already."""
        order = column.first if column is not self.sort else Order.ASC if self.order is Order.DESC else Order.DESC
        same_rows = column.ranks_by is None and (self.is_by_rank or self.sort.ranks_by is None)
        return replace(self, sort=column, order=order).address(path, self.start if same_rows else 1)

    def arrange(self, table: RankingTable) -> list[RankedOutlet]:
        """Return the rows of a table in the order of the page. Equal rows stay in the usual order."""
        rows = [row for group in table.groups for row in group.rows]
        if self.sort.ranks_by is not None:
            return rows
        sign = -1 if self.order is Order.DESC else 1
        if self.sort is Column.NAME:
            return sorted(rows, key=lambda row: row.outlet.name.casefold(), reverse=sign < 0)
        return sorted(rows, key=lambda row: sign * self._value(row))

    def _value(self, row: RankedOutlet) -> float:
        if self.sort is Column.EXPECTED:
            return row.score.record.average or 0.0
        return phrases.change(row.trend) if phrases.rated(row.score) else 0.0

    @property
    def title(self) -> str:
        """The title of a page with these filters."""
        outlets = "outlets" if self.kind is None else KINDS_IN_WORDS[self.kind]
        parts = [f"Reliability of {outlets}{f' on {self.topic}' if self.topic else ''}"]
        parts += [self.words[name] for name in ("basis", "min_resolved", "as_of") if name in self.words]
        return ", ".join([parts[0], *(part[:1].lower() + part[1:] for part in parts[1:])])

    @property
    def words(self) -> dict[str, str]:
        """The description of each filter that differs from its default, by parameter."""
        least = formats.plural(self.min_resolved, "result")
        given = {
            "topic": self.topic and f"Topic: {self.topic}",
            "kind": self.kind and capitalised(KINDS_IN_WORDS[self.kind]),
            "basis": "Counting all resolved claims" if self.basis is Basis.RESOLVED else None,
            "min_resolved": self.min_resolved != RATED_FROM and f"With at least {least}",
            "as_of": self.as_of and f"As of {formats.day(self.as_of)}",
        }
        return {name: text for name, text in given.items() if text}

    def chips(self, path: str) -> list[Chip]:
        """Return a chip for each filter that differs from its default, except for the topic on its own page."""
        words = {name: text for name, text in self.words.items() if path == "/" or name != "topic"}
        return chips(path, self.question | self._sorted, words)
