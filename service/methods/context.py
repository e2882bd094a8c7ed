"""The average outlet that every score is compared with; each fitted version has a date and a name. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from math import fsum
from typing import NamedTuple

from service.methods.beta import log_evidence
from service.methods.rates import ROOT_RATE, ROOT_WEIGHT, SHRINKAGE, UNIT, Cell, Rates
from service.values.topics import lineage
from service.values.vocabulary import Stance

FITTED_FROM = 200
"""The number of resolved claims from which a context is fitted."""
EXPECTED_WITHIN = (0.01, 0.99)
"""The range to which the expected share right is clamped."""

KAPPAS = tuple(3 * 20 ** (step / 60) for step in range(61))
"""The candidate weights of the average outlet: 3 to 60 in steps of 5 %, finer than any data can resolve."""


class Showing(NamedTuple):
    """The result of one outlet, with the result expected of an average outlet."""

    right: float
    expected: float
    resolved: int


@dataclass(frozen=True)
class Context:
    """The rates at which reports are right, by cell.

    >>> STARTING_CONTEXT.reference("transfers")
    0.5
    """

    id: str
    as_of: dt.datetime | None
    kappa: float
    """The weight of the average outlet in pseudo-claims, positive."""
    rates: Rates
    """The rates at which the claims proved true."""

    def expected(self, cell: Cell) -> float:
        """Return the rate at which reports of a cell, which takes a side, are right: 0..1, both excluded."""
        true = self.rates.truth(cell)
        return true if cell.stance is Stance.SUPPORT else 1 - true

    def reference(self, topic: str | None) -> float:
        """Return the rate at which all scored reports, or those on a topic and below it, are right: between 0 and 1."""
        right, weight = self._rights.get(None, (0.0, 0.0))
        over_all = (right + ROOT_WEIGHT * ROOT_RATE) / (weight + ROOT_WEIGHT)
        if topic is None:
            return over_all
        right, weight = self._rights.get(topic, (0.0, 0.0))
        return (right + SHRINKAGE * over_all) / (weight + SHRINKAGE)

    @cached_property
    def _rights(self) -> dict[str | None, tuple[float, float]]:
        """The weight right and the total weight by topic, with all topics below; None is the key for all topics."""
        sums: dict[str | None, tuple[int, int]] = {}
        for key, (weight, true) in self.rates.counts.items():
            if not key[0].takes_side:
                continue
            scopes: list[str | None] = [None] if len(key) == 1 else []
            if len(key) == 4 and key[3] is not None:
                scopes += lineage(str(key[3]))
            right = true if key[0] is Stance.SUPPORT else weight - true
            for scope in scopes:
                right_before, weight_before = sums.get(scope, (0, 0))
                sums[scope] = (right_before + right, weight_before + weight)
        return {topic: (right / UNIT, weight / UNIT) for topic, (right, weight) in sums.items()}


UNFITTED_KAPPA = 8.0
STARTING_CONTEXT = Context(id="start", as_of=None, kappa=UNFITTED_KAPPA, rates=Rates())
"""The context in use until 200 claims are resolved: every rate is one half."""


def fit_kappa(showings: Iterable[Showing]) -> float:
    """Return kappa, the weight of the average outlet in claims; the less outlets differ, the larger it is.

    It is the kappa within 3..60 under which the results of the outlets are most likely, if each is drawn from a
    beta-binomial distribution around its expected result (scoring.md, Context).

    Args:
        showings: The results of the outlets; those without resolved claims are ignored.
    """
    known = [showing for showing in showings if showing.resolved]
    if not known:
        return UNFITTED_KAPPA
    return max(KAPPAS, key=lambda kappa: fsum(_log_likelihood(showing, kappa) for showing in known))


def clamped_share(expected: float, resolved: int) -> float:
    """Return the expected share right, clamped to `EXPECTED_WITHIN`."""
    low, high = EXPECTED_WITHIN
    return min(max(expected / resolved, low), high)


def _log_likelihood(showing: Showing, kappa: float) -> float:
    m = clamped_share(showing.expected, showing.resolved)
    right, wrong = kappa * m, kappa * (1 - m)
    return log_evidence(showing.right, showing.resolved, right, wrong)
