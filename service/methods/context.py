"""What an average outlet gets right: the yardstick of every score, fitted, dated and named. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from math import fsum
from typing import NamedTuple

from service.methods.beta import log_evidence
from service.methods.rates import ROOT_RATE, ROOT_WEIGHT, SHRINKAGE, UNIT, Cell, Rates
from service.values.vocabulary import Stance

FITTED_FROM = 200
"""Resolved claims below which the starting context stands."""
EXPECTED_WITHIN = (0.01, 0.99)
"""Where the share of right that is expected of an outlet is kept."""

KAPPAS = tuple(3 * 20 ** (step / 60) for step in range(61))
"""Weights of the average that are tried: 3 to 60 in steps of 5 %, closer than any data tell."""


class Showing(NamedTuple):
    """How one outlet did beside what was expected of it."""

    right: float
    expected: float
    resolved: int


@dataclass(frozen=True)
class Context:
    """How often reports are right, by what they say and about what.

    >>> STARTING_CONTEXT.reference("transfers")
    0.5
    """

    id: str
    as_of: dt.datetime | None
    kappa: float
    """Weight of the average in pseudo-claims, positive."""
    rates: Rates
    """How often the claims proved true."""

    def expected(self, cell: Cell) -> float:
        """The rate of being right of such a report, which takes a side: 0..1, both excluded."""
        true = self.rates.truth(cell)
        return true if cell.stance is Stance.SUPPORT else 1 - true

    def reference(self, topic: str | None) -> float:
        """The rate of being right of all scored reports on a topic, or of all there are: 0..1, both excluded."""
        right, weight = self._rights.get(None, (0.0, 0.0))
        over_all = (right + ROOT_WEIGHT * ROOT_RATE) / (weight + ROOT_WEIGHT)
        if topic is None:
            return over_all
        right, weight = self._rights.get(topic, (0.0, 0.0))
        return (right + SHRINKAGE * over_all) / (weight + SHRINKAGE)

    @cached_property
    def _rights(self) -> dict[str | None, tuple[float, float]]:
        """Right and weight of each topic, and under None of everything."""
        sums: dict[str | None, tuple[int, int]] = {}
        for key, (weight, true) in self.rates.counts.items():
            if not key[0].takes_side:
                continue
            if len(key) == 1:
                topic = None
            elif len(key) == 4 and key[3] is not None:
                topic = str(key[3])
            else:
                continue
            right_before, weight_before = sums.get(topic, (0, 0))
            right = true if key[0] is Stance.SUPPORT else weight - true
            sums[topic] = (right_before + right, weight_before + weight)
        return {topic: (right / UNIT, weight / UNIT) for topic, (right, weight) in sums.items()}


UNFITTED_KAPPA = 8.0
STARTING_CONTEXT = Context(id="start", as_of=None, kappa=UNFITTED_KAPPA, rates=Rates())
"""Stands until 200 claims are resolved: every rate one half."""


def fit_kappa(showings: Iterable[Showing]) -> float:
    """How much outlets differ from one another, as a number of claims: the less they differ, the more.

    The kappa within 3..60 under which what the outlets got right is most likely, each drawn from a
    beta-binomial distribution about what was expected of it (scoring.md, Context).

    Args:
        showings: Of every outlet; those without resolved claims say nothing.
    """
    told = [showing for showing in showings if showing.resolved]
    if not told:
        return UNFITTED_KAPPA
    return max(KAPPAS, key=lambda kappa: fsum(_log_likelihood(showing, kappa) for showing in told))


def clamped_share(expected: float, resolved: int) -> float:
    """The share of right that is expected, kept away from 0 and 1."""
    low, high = EXPECTED_WITHIN
    return min(max(expected / resolved, low), high)


def _log_likelihood(showing: Showing, kappa: float) -> float:
    m = clamped_share(showing.expected, showing.resolved)
    right, wrong = kappa * m, kappa * (1 - m)
    return log_evidence(showing.right, showing.resolved, right, wrong)
