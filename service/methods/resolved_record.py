"""The sums over resolved claims that a context is fitted to. Pure."""

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
"""A year and its half, 0 or 1."""
Sides: TypeAlias = tuple[tuple[Cell, int], ...]
"""The own reports on one claim, sorted: the cell and the result of each, in billionths."""


class Result(NamedTuple):
    """The resolved claims in one cell, of one outlet or of all outlets."""

    resolved: int = 0
    right: int = 0
    """In billionths."""

    def plus(self, resolved: int, right: int) -> Result:
        return Result(self.resolved + resolved, self.right + right)


NO_RESULT = Result()


class ResolvedReports(NamedTuple):
    """The contribution of a claim with an established truth to a context."""

    votes: list[tuple[Cell, TruthCount]]
    """The counts of all reports published in time."""
    sides: list[tuple[UUID, Cell, int]]
    """The outlets that are scored on it, each with its cell and its result in billionths."""


def resolved_reports(
    claim: ClaimFacts, positions: Mapping[UUID, Position], scorable: Collection[UUID]
) -> ResolvedReports:
    """Return the contribution of a claim to a context.

    Args:
        claim: The claim; without an established truth it adds nothing.
        positions: The position of each outlet on it.
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
    """The sums over all resolved claims that a context is fitted to. The order of claims does not matter."""

    outlets: dict[UUID, dict[Cell, Result]] = field(default_factory=lambda: defaultdict(dict))
    halves: dict[Half, Counter[Sides]] = field(default_factory=lambda: defaultdict(Counter))
    """The own reports, by the half-year from which their claims count."""
    votes: dict[Half, dict[Cell, TruthCount]] = field(default_factory=lambda: defaultdict(dict))

    @property
    def cells(self) -> dict[Cell, TruthCount]:
        """The counts by cell, over all half-years."""
        cells: dict[Cell, TruthCount] = {}
        for votes in self.votes.values():
            for cell, count in votes.items():
                cells[cell] = cells.get(cell, NO_COUNT).plus(count)
        return cells

    def add(self, reports: ResolvedReports, *, since: dt.datetime) -> None:
        """Add a claim that counts from a moment on."""
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
    """Return the sort key of a report. It has no None, which cannot be compared."""
    cell, right = side
    return cell.stance, cell.kind, cell.commitment or 0, cell.topic or "", right
