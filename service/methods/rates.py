"""The rates at which claims prove true, by cell, shrunk towards wider cells. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from service.methods.cells import Cell, Key

UNIT = 10**9
"""The unit of sums: weights and truths are whole billionths, so that order does not change a sum."""

ROOT_RATE, ROOT_WEIGHT = 0.5, 2.0
"""The prior rate for a stance, 0..1, and the weight of this prior in claims."""
SHRINKAGE = 5.0
"""The weight, in claims, of the next wider cell's rate in the rate of a cell, if none is fitted."""


class TruthCount(NamedTuple):
    """The weight of resolved claims, and of those that proved true, in billionths of a claim."""

    weight: int
    true: int

    def plus(self, other: TruthCount) -> TruthCount:
        return TruthCount(self.weight + other.weight, self.true + other.true)


NO_COUNT = TruthCount(0, 0)


class Rates:
    """The rates at which claims proved true, in nested cells.

    The rate of a cell is (true + 5 x the rate of the next wider cell)/(weight + 5). The rate of a stance is
    (true + 2 x 1/2)/(weight + 2). A claim has a total weight of 1, however many reports it has (docs/method.md, The
    context).
    """

    def __init__(self, counts: Mapping[Key, TruthCount] | None = None) -> None:
        self._counts: dict[Key, TruthCount] = dict(counts or {})
        self._truths: dict[Cell, float] = {}  # cached, because a ranking reads the same cells for every outlet

    @property
    def counts(self) -> Mapping[Key, TruthCount]:
        return self._counts

    def add_count(self, keys: Iterable[Key], count: TruthCount) -> None:
        """Add a count to a cell and to the cells that contain it."""
        self._truths.clear()
        for key in keys:
            self._counts[key] = self._counts.get(key, NO_COUNT).plus(count)

    @property
    def claims(self) -> int:
        """The number of resolved claims from which the rates are computed."""
        return round(sum(count.weight for key, count in self._counts.items() if len(key) == 1) / UNIT)

    def truth(self, cell: Cell) -> float:
        """Return the rate at which claims with a report in a cell prove true, strictly between 0 and 1."""
        if (rate := self._truths.get(cell)) is None:
            rate = self._truths[cell] = nested_rate(self._counts.get(key, NO_COUNT) for key in cell.levels)
        return rate


def rates_of(cells: Mapping[Cell, TruthCount]) -> Rates:
    """Return the rates computed from the counts of cells."""
    rates = Rates()
    for cell, count in cells.items():
        rates.add_count(cell.lineage, count)
    return rates


def nested_rate(counts: Iterable[tuple[Any, Any]]) -> Any:
    """Return the rate of the narrowest of nested cells, given the counts of each, the widest first.

    A count is a pair of numbers or, for many cells at once, a pair of arrays.
    """
    rate, shrinkage = ROOT_RATE, ROOT_WEIGHT
    for n, k in counts:
        rate = (k / UNIT + shrinkage * rate) / (n / UNIT + shrinkage)
        shrinkage = SHRINKAGE
    return rate
