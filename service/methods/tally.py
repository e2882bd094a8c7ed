"""The record of an outlet: sums in integers, so that the order of claims does not matter, and their rating. Pure."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from service.methods.context import Context
from service.methods.rates import UNIT, Cell
from service.methods.reliability import CellRecord, Rating, Skill, rate
from service.values.vocabulary import ClaimKind, Role, Stance


class Slot(NamedTuple):
    """The part of a record in which a claim counts."""

    role: Role
    kind: ClaimKind
    topic: str | None
    stance: Stance | None
    """The outlet's side, else its last stance; None without a report in time."""
    commitment: int | None

    @property
    def cell(self) -> Cell | None:
        """The cell on which the outlet is compared; None if it took no side."""
        if self.stance is None or not self.stance.takes_side:
            return None
        return Cell(self.stance, self.kind, self.commitment, self.topic)


class Amounts(NamedTuple):
    """The sums over claims; truths and distances are in billionths."""

    claims: int = 0
    open: int = 0
    unscored: int = 0
    correct: int = 0
    incorrect: int = 0
    partial: int = 0
    early: int = 0
    backfilled: int = 0
    right: int = 0
    stated: int = 0
    """Scored claims for which the outlet stated a probability."""
    stated_true: int = 0
    """The sum of their truths, and of the squares of their truths."""
    stated_true_squared: int = 0
    brier: int = 0
    """The sum of the squared distances between probability and truth."""
    told: int = 0
    """Claims with an established truth that the outlet reported in time, with any stance."""
    told_true: int = 0
    """The sum of their truths."""

    @property
    def resolved(self) -> int:
        return self.correct + self.incorrect + self.partial

    def plus(self, other: Amounts) -> Amounts:
        return Amounts._make(map(operator.add, self, other))


NOTHING = Amounts()

Parts: TypeAlias = Mapping[Slot, Amounts]
"""A record by slot."""


@dataclass(frozen=True, slots=True)
class Brier:
    """The Brier score of stated probabilities, and its skill over always stating the mean truth."""

    score: float
    """The mean squared distance, 0..1; 0 is best."""
    skill: float | None
    """1 - score / variance of the truths: 1 is best, 0 no better than their mean; None if all truths are equal."""
    resolved: int


@dataclass(frozen=True, slots=True)
class Tally:
    """The own part or the relay part of a record, from which a score is computed."""

    parts: Parts
    total: Amounts

    @property
    def resolved(self) -> int:
        return self.total.resolved

    @property
    def right(self) -> float:
        return self.total.right / UNIT

    def taking(self, stance: Stance) -> int:
        """Return the number of resolved claims with this stance."""
        return sum(amounts.resolved for slot, amounts in self.parts.items() if slot.stance is stance)

    def skill(self, context: Context) -> Skill:
        """Return the resolved claims by cell, compared with an average outlet, and the skill that explains them."""
        cells = ((slot.cell, amounts) for slot, amounts in self.parts.items() if amounts.resolved)
        rated = (
            CellRecord(amounts.resolved, amounts.right / UNIT, context.expected(cell))
            for cell, amounts in cells
            if cell is not None
        )
        return Skill(tuple(rated), context.kappa)

    def rating(self, context: Context, *, topic: str | None, level: float) -> Rating | None:
        """Return the rating, or None if nothing is resolved."""
        return rate(self.skill(context), reference=context.reference(topic), drift=context.drift, level=level)

    @property
    def brier(self) -> Brier | None:
        """The Brier score of the claims with a stated probability; None without any (Murphy 1973)."""
        n = self.total.stated
        if n == 0:
            return None
        score, mean = self.total.brier / UNIT / n, self.total.stated_true / UNIT / n
        variance = self.total.stated_true_squared / UNIT / n - mean**2
        return Brier(score, 1 - score / variance if variance > 1e-12 else None, n)


def tally(parts: Parts, role: Role, *, scorable: bool) -> Tally:
    """Return the own or the relay part of a record; claims of an outlet that is not scorable are unscored (R9)."""
    chosen = {slot: amounts for slot, amounts in parts.items() if slot.role is role}
    if not scorable:
        chosen = {slot: _unscored(amounts) for slot, amounts in chosen.items()}
    return Tally(chosen, Amounts._make(map(sum, zip(NOTHING, *chosen.values(), strict=True))))


def _unscored(amounts: Amounts) -> Amounts:
    return Amounts(claims=amounts.claims, open=amounts.open, unscored=amounts.unscored + amounts.resolved)
