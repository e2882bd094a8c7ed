"""The record of an outlet as sums by slot, and its rating in a context. Pure.

Sums are integers, so that the order of claims does not matter. Each fitted context has a date and an id.
"""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, TypeAlias

from service.methods.beta import logistic, logit
from service.methods.cells import Cell, Key
from service.methods.rates import NO_COUNT, ROOT_RATE, ROOT_WEIGHT, SHRINKAGE, UNIT, Rates
from service.methods.rating import Rating
from service.methods.reliability import CellRecord, Skill, rate
from service.values.vocabulary import ClaimKind, Role, Stance

FITTED_FROM = 200
"""The number of resolved claims from which a context is fitted."""
EXPECTED_WITHIN = (0.01, 0.99)
"""The range to which the expected rate of a cell is clamped."""
UNFITTED_KAPPA = 8.0
UNFITTED_DRIFT = 0.2


class Shrinkage(NamedTuple):
    """The weight, in claims, of the next wider cell in a cell's rate, for each level of the cell."""

    kind: float = SHRINKAGE
    commitment: float = SHRINKAGE
    topic: float = SHRINKAGE


UNFITTED_SHRINKAGE = Shrinkage()


@dataclass(frozen=True)
class Context:
    """The rates at which an average outlet's reports are right, by cell, and the parameters of scores.

    The rate of a cell is (true + s x the rate of the next wider cell)/(weight + s), with the shrinkage s of its level;
    the rate of a stance is shrunk to one half with a weight of 2.

    >>> STARTING_CONTEXT.reference("transfers")
    0.5
    """

    id: str
    as_of: dt.datetime | None
    rates: Rates = field(default_factory=Rates)
    """The rates at which claims with a report in each cell proved true."""
    kappa: float = UNFITTED_KAPPA
    """The weight of the prior on the skill of an outlet, in claims, positive."""
    shrinkage: Shrinkage = UNFITTED_SHRINKAGE
    offset: float = 0.0
    """A shift of the log-odds of every rate, so that all outlets together are right as often as expected."""
    drift: float = UNFITTED_DRIFT
    """The standard deviation of the error that outlets share in half a year, in log-odds."""

    def expected(self, cell: Cell) -> float:
        """Return the rate at which reports in a cell are right, 0.01..0.99; its stance must take a side."""
        if (rate := self._expected.get(cell)) is None:
            rate = self._expected[cell] = clamped(logistic(self.log_odds(cell) + self.offset))
        return rate

    def log_odds(self, cell: Cell) -> float:
        """Return the log-odds that a report in a cell is right, before the offset and the clamp."""
        odds = logit(self.nested_rate(cell.lineage))
        return odds if cell.stance is Stance.SUPPORT else -odds

    def reference(self, topic: str | None) -> float:
        """Return the rate, between 0 and 1, at which scored reports are right: on a topic, or all if None."""
        right, weight = self._rights.get(None, (0.0, 0.0))
        over_all = (right + ROOT_WEIGHT * ROOT_RATE) / (weight + ROOT_WEIGHT)
        if topic is None:
            return over_all
        right, weight = self._rights.get(topic, (0.0, 0.0))
        return (right + self.shrinkage.topic * over_all) / (weight + self.shrinkage.topic)

    @cached_property
    def _expected(self) -> dict[Cell, float]:
        """The cached results of `expected`. A ranking reads the same cells for every outlet."""
        return {}

    def nested_rate(self, lineage: Iterable[Key]) -> float:
        """Return the rate of the narrowest of nested cells, given their keys, the widest first.

        Without keys, the rate is one half.
        """
        rate = ROOT_RATE
        for key in lineage:
            weight = ROOT_WEIGHT if len(key) == 1 else self.shrinkage[len(key) - 2]
            count = self.rates.counts.get(key, NO_COUNT)
            rate = (count.true / UNIT + weight * rate) / (count.weight / UNIT + weight)
        return rate

    @cached_property
    def _rights(self) -> dict[str | None, tuple[float, float]]:
        """The weight of right reports and the total weight, by topic with its subtopics; None for all."""
        sums: dict[str | None, tuple[int, int]] = {}
        for key, (weight, true) in self.rates.counts.items():
            if not key[0].takes_side or not (len(key) == 1 or (len(key) == 4 and key[3] is not None)):
                continue
            scope = None if len(key) == 1 else str(key[3])
            right = true if key[0] is Stance.SUPPORT else weight - true
            right_before, weight_before = sums.get(scope, (0, 0))
            sums[scope] = (right_before + right, weight_before + weight)
        return {topic: (right / UNIT, weight / UNIT) for topic, (right, weight) in sums.items()}


STARTING_CONTEXT = Context(id="start", as_of=None)
"""The context in use until 200 claims are resolved: every rate is one half."""


def clamped(rate: float) -> float:
    """Return a rate clamped to the range `EXPECTED_WITHIN`."""
    low, high = EXPECTED_WITHIN
    return min(max(rate, low), high)


class Slot(NamedTuple):
    """The part of an outlet's record in which a claim counts."""

    role: Role
    kind: ClaimKind
    topic: str | None
    stance: Stance | None
    """The outlet's current stance, else that of its last report; None without a report in time."""
    commitment: int | None

    @property
    def cell(self) -> Cell | None:
        """The cell in which the outlet is compared with an average one; None if it took no side."""
        if self.stance is None or not self.stance.takes_side:
            return None
        return Cell(self.stance, self.kind, self.commitment, self.topic)


class Amounts(NamedTuple):
    """Sums over the claims of an outlet; truths and distances are in billionths."""

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
    """The number of scored claims for which the outlet stated a probability."""
    stated_true: int = 0
    """The sum of the truths of the claims in `stated`."""
    stated_true_squared: int = 0
    """The sum of the squared truths of the claims in `stated`."""
    brier: int = 0
    """The sum of the squared distances between probability and truth."""
    told: int = 0
    """The number of claims with a scored verdict that the outlet reported in time, with any stance."""
    told_true: int = 0
    """The sum of the truths of the claims in `told`."""

    @property
    def resolved(self) -> int:
        return self.correct + self.incorrect + self.partial

    def plus(self, other: Amounts) -> Amounts:
        return Amounts._make(map(operator.add, self, other))


NOTHING = Amounts()

Parts: TypeAlias = Mapping[Slot, Amounts]
"""The record of an outlet: its amounts in each slot."""


@dataclass(frozen=True, slots=True)
class Brier:
    """The Brier score of stated probabilities, and its skill over always stating the mean truth."""

    score: float
    """The mean squared distance, 0..1; 0 is best."""
    skill: float | None
    """1 - score / variance of the truths: 1 is best, 0 no better than their mean; None if all are equal."""
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
        """Return the number of resolved claims on which the outlet took this stance."""
        return sum(amounts.resolved for slot, amounts in self.parts.items() if slot.stance is stance)

    def skill(self, context: Context) -> Skill:
        """Return the skill that explains the resolved claims, compared with an average outlet in each cell."""
        cells = ((slot.cell, amounts) for slot, amounts in self.parts.items() if amounts.resolved)
        rated = (
            CellRecord(amounts.resolved, amounts.right / UNIT, context.expected(cell))
            for cell, amounts in cells
            if cell is not None
        )
        return Skill(tuple(rated), context.kappa)

    def rating(self, context: Context, *, topic: str | None, level: float) -> Rating | None:
        """Return the outlet's rating in a context and on a topic, or None if no claim is resolved."""
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
    """Return the part of an outlet's record with this role: own reports or relays.

    The claims of an outlet that is not scorable are unscored (R9).
    """
    chosen = {slot: amounts for slot, amounts in parts.items() if slot.role is role}
    if not scorable:
        chosen = {slot: _unscored(amounts) for slot, amounts in chosen.items()}
    return Tally(chosen, Amounts._make(map(sum, zip(NOTHING, *chosen.values(), strict=True))))


def _unscored(amounts: Amounts) -> Amounts:
    return Amounts(claims=amounts.claims, open=amounts.open, unscored=amounts.unscored + amounts.resolved)
