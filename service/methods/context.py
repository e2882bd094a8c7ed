"""The average outlet that every score is compared with; each fitted version has a date and a name. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from service.methods.beta import logistic, logit
from service.methods.rates import NO_COUNT, ROOT_RATE, ROOT_WEIGHT, SHRINKAGE, UNIT, Cell, Key, Rates
from service.values.vocabulary import Stance

FITTED_FROM = 200
"""The number of resolved claims from which a context is fitted."""
EXPECTED_WITHIN = (0.01, 0.99)
"""The range to which the expected rate of a cell is clamped."""
UNFITTED_KAPPA = 8.0
UNFITTED_DRIFT = 0.2


class Shrinkage(NamedTuple):
    """The weight of the next wider cell in the rate of a cell, in claims, by the level of the narrower cell."""

    kind: float = SHRINKAGE
    commitment: float = SHRINKAGE
    topic: float = SHRINKAGE


UNFITTED_SHRINKAGE = Shrinkage()


@dataclass(frozen=True)
class Context:
    """The rates at which reports are right, by cell.

    The rate of a cell is (true + s x the rate of the next wider cell)/(weight + s), with the shrinkage s of its level;
    that of a stance is shrunk to one half with a weight of 2.

    >>> STARTING_CONTEXT.reference("transfers")
    0.5
    """

    id: str
    as_of: dt.datetime | None
    rates: Rates = field(default_factory=Rates)
    """The rates at which the claims proved true."""
    kappa: float = UNFITTED_KAPPA
    """The weight of the prior on the skill of an outlet, in claims, positive."""
    shrinkage: Shrinkage = UNFITTED_SHRINKAGE
    offset: float = 0.0
    """The centre: added to the log-odds of every rate, so that outlets are right as often as expected altogether."""
    drift: float = UNFITTED_DRIFT
    """The standard deviation of the error that outlets share in half a year, in log-odds."""

    def expected(self, cell: Cell) -> float:
        """Return the rate at which reports of a cell, which takes a side, are right: 0.01..0.99."""
        if (rate := self._expected.get(cell)) is None:
            rate = self._expected[cell] = clamped(logistic(self.log_odds(cell) + self.offset))
        return rate

    def log_odds(self, cell: Cell) -> float:
        """Return the log-odds with which reports of a cell are right, before the offset and the clamp."""
        odds = logit(self.nested_rate(cell.lineage))
        return odds if cell.stance is Stance.SUPPORT else -odds

    def reference(self, topic: str | None) -> float:
        """Return the rate at which all scored reports, or those on a topic and below it, are right: between 0 and 1."""
        right, weight = self._rights.get(None, (0.0, 0.0))
        over_all = (right + ROOT_WEIGHT * ROOT_RATE) / (weight + ROOT_WEIGHT)
        if topic is None:
            return over_all
        right, weight = self._rights.get(topic, (0.0, 0.0))
        return (right + self.shrinkage.topic * over_all) / (weight + self.shrinkage.topic)

    @cached_property
    def _expected(self) -> dict[Cell, float]:
        """The results of `expected`, because a ranking reads the same cells for every outlet."""
        return {}

    def nested_rate(self, lineage: Iterable[Key]) -> float:
        """Return the rate of the narrowest of nested cells, the widest first; one half without any."""
        rate = ROOT_RATE
        for key in lineage:
            weight = ROOT_WEIGHT if len(key) == 1 else self.shrinkage[len(key) - 2]
            count = self.rates.counts.get(key, NO_COUNT)
            rate = (count.true / UNIT + weight * rate) / (count.weight / UNIT + weight)
        return rate

    @cached_property
    def _rights(self) -> dict[str | None, tuple[float, float]]:
        """The weight right and the total weight by topic, with all topics below; None is the key for all topics."""
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
    """Return a rate, clamped to `EXPECTED_WITHIN`."""
    low, high = EXPECTED_WITHIN
    return min(max(rate, low), high)
