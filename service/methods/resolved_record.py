"""Sums over resolved claims, to which a context is fitted. Pure."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias
from uuid import UUID

from service.methods.cells import Cell
from service.methods.claim import ClaimFacts, Position, count_votes, rightness
from service.methods.rates import NO_COUNT, UNIT, TruthCount
from service.values.vocabulary import ClaimKind, Role

Half: TypeAlias = tuple[int, int]
"""A half-year: the year, and 0 or 1 for its half."""
Sides: TypeAlias = tuple[tuple[Cell, int], ...]
"""The own reports on one claim, sorted: the cell of each, and how right it was in billionths."""


class Result(NamedTuple):
    """The number of resolved claims in one cell, and of those right, for one outlet or for all."""

    resolved: int = 0
    right: int = 0
    """The number of these claims that are right, in billionths."""

    def plus(self, resolved: int, right: int) -> Result:
        return Result(self.resolved + resolved, self.right + right)


NO_RESULT = Result()


class ResolvedReports(NamedTuple):
    """The counts of one resolved claim, for the sums to which a context is fitted."""

    votes: list[tuple[Cell, TruthCount]]
    """The counts of all reports published before the answer was known."""
    sides: list[tuple[UUID, Cell, int]]
    """The outlets scored on the claim, each with its cell and how right it was in billionths."""


def resolved_reports(
    claim: ClaimFacts, positions: Mapping[UUID, Position], scorable: Collection[UUID]
) -> ResolvedReports:
    """Return the counts of a claim, for the sums to which a context is fitted.

    Args:
        claim: The claim; if its verdict is not scored, it adds nothing.
        positions: The position of each outlet on the claim.
        scorable: The outlets that are scored (R9).
    """
    if claim.kind is ClaimKind.OPINION or claim.truth is None:
        return ResolvedReports([], [])
    truth = claim.truth
    sides = [
        (
            outlet,
            Cell(report.stance, claim.kind, report.commitment, claim.topic),
            round(rightness(report.stance, truth) * UNIT),
        )
        for outlet, position in positions.items()
        if position.role is Role.OWN and (report := position.report) is not None and outlet in scorable
    ]
    return ResolvedReports(count_votes(claim, positions.values()), sides)


@dataclass
class ResolvedRecord:
    """The sums over resolved claims, in any order, to which a context is fitted."""

    outlets: dict[UUID, dict[Cell, Result]] = field(default_factory=lambda: defaultdict(dict))
    halves: dict[Half, Counter[Sides]] = field(default_factory=lambda: defaultdict(Counter))
    """The number of claims by half-year and by the own reports on them, for fitting the drift."""
    votes: dict[Half, dict[Cell, TruthCount]] = field(default_factory=lambda: defaultdict(dict))

    @property
    def cells(self) -> dict[Cell, TruthCount]:
        """The counts in each cell, summed over all half-years."""
        cells: dict[Cell, TruthCount] = {}
        for votes in self.votes.values():
            for cell, count in votes.items():
                cells[cell] = cells.get(cell, NO_COUNT).plus(count)
        return cells

    def add(self, reports: ResolvedReports, *, since: dt.datetime) -> None:
        """Add the counts of a claim to the half-year of the moment from which the claim counts."""
        half = since.year, since.month // 7
        votes = self.votes[half]
        for cell, count in reports.votes:
            votes[cell] = votes.get(cell, NO_COUNT).plus(count)
        for outlet, cell, right in reports.sides:
            record = self.outlets[outlet]
            record[cell] = record.get(cell, NO_RESULT).plus(1, right)
        if reports.sides:
            self.halves[half][tuple(sorted(((cell, right) for _, cell, right in reports.sides), key=_place))] += 1


def _place(side: tuple[Cell, int]) -> tuple[object, ...]:
    """Return the sort key of a report on a claim, without None, which cannot be compared."""
    cell, right = side
    return cell.stance, cell.kind, cell.commitment or 0, cell.topic or "", right
