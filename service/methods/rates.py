"""How often what is said proves true, by stance, kind, commitment and topic: shares shrunk towards wider ones. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

from service.values.vocabulary import ClaimKind, Stance

UNIT = 10**9
"""Weights and truths are added up as whole billionths, so that no order of adding changes a sum."""

ROOT_RATE, ROOT_WEIGHT = 0.5, 2.0
"""What a rate is before anything is known, and what that weighs in claims."""
SHRINKAGE = 5.0
"""What the rate of the next wider cell weighs in that of a cell, in claims."""

Key: TypeAlias = tuple[Stance, *tuple[ClaimKind | int | str | None, ...]]


class Count(NamedTuple):
    """Weight, and weight proved true, in billionths of a claim."""

    weight: int
    true: int

    def plus(self, other: Count) -> Count:
        return Count(self.weight + other.weight, self.true + other.true)

    def minus(self, other: Count) -> Count:
        return Count(self.weight - other.weight, self.true - other.true)


NO_COUNT = Count(0, 0)


class Cell(NamedTuple):
    """What reports have in common that an outlet is compared on."""

    stance: Stance
    kind: ClaimKind
    commitment: int | None
    """1 (interest) to 4 (stated as done); None when unknown."""
    topic: str | None

    @property
    def levels(self) -> tuple[Key, Key, Key, Key]:
        """The cell with what it is nested in, the widest first."""
        stance, kind, commitment, topic = self
        return (stance,), (stance, kind), (stance, kind, commitment), (stance, kind, commitment, topic)


class Rates:
    """Nested shares of reports whose claim proved true.

    The share of a cell is (true + 5 x the share of the next wider cell)/(weight + 5); that of a stance
    is shrunk to one half with a weight of 2. A claim weighs 1 altogether, however many reports it has
    (scoring.md, Context).
    """

    def __init__(self, counts: Mapping[Key, Count] | None = None) -> None:
        self._counts: dict[Key, Count] = dict(counts or {})
        self._truths: dict[Cell, float] = {}  # a ranking asks for the same cells again for every outlet

    @property
    def counts(self) -> Mapping[Key, Count]:
        return self._counts

    def add(self, cell: Cell, *, truth: float, among: int) -> None:
        """Count one report of a resolved claim.

        Args:
            cell: What kind of report it is.
            truth: How much of the claim proved true, 0..1.
            among: How many reports of the claim are counted, this one included.
        """
        self.add_count(cell.levels, share_of(truth, among=among))

    def add_count(self, keys: Iterable[Key], count: Count) -> None:
        """Add what is counted already, to a cell and those it is nested in."""
        self._truths.clear()
        for key in keys:
            self._counts[key] = self._counts.get(key, NO_COUNT).plus(count)

    @property
    def claims(self) -> int:
        """How many resolved claims are counted."""
        return round(sum(count.weight for key, count in self._counts.items() if len(key) == 1) / UNIT)

    def truth(self, cell: Cell) -> float:
        """The rate at which claims prove true of which such a report exists, strictly between 0 and 1."""
        if (rate := self._truths.get(cell)) is None:
            rate = self._truths[cell] = nested_rate(self._counts.get(key, NO_COUNT) for key in cell.levels)
        return rate


def nested_rate(counts: Iterable[tuple[Any, Any]]) -> Any:
    """The rate of the narrowest of nested cells, from the counts of all, the widest first.

    A count is a pair of numbers, or of arrays of them for many cells at once.
    """
    rate, shrinkage = ROOT_RATE, ROOT_WEIGHT
    for n, k in counts:
        rate = (k / UNIT + shrinkage * rate) / (n / UNIT + shrinkage)
        shrinkage = SHRINKAGE
    return rate


def share_of(truth: float, *, among: int) -> Count:
    """What one of so many reports of a claim counts."""
    weight = UNIT // among
    return Count(weight, round(weight * truth))
