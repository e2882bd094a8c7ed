"""Fit the parameters of a context: shrinkage, offset and kappa. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from math import fsum, log
from typing import NamedTuple

from service.methods.beta import logistic
from service.methods.cells import lineage_of
from service.methods.rates import UNIT, Rates, TruthCount
from service.methods.shares import log_evidence
from service.methods.tally import UNFITTED_KAPPA, Context, Shrinkage, clamped

KAPPAS = tuple(3 * 20 ** (step / 60) for step in range(61))
"""The candidate weights of the prior: 3 to 60 in steps of 5 %, finer than any data can resolve."""
SHRINKAGES = tuple(5 * 2 ** (step / 2) for step in range(-6, 10))
"""The candidate shrinkages: 0.6 to 113, in steps of a factor of 1.4."""
_SHRINKAGE_DEVIATION = log(2)
"""The standard deviation of the logarithm of a shrinkage, whose median is 5."""
_OFFSETS = 8.0
"""The largest offset in log-odds. A larger one would change nothing, because rates are clamped."""
_HALVINGS = 60


def fit_shrinkage(rates: Rates) -> Shrinkage:
    """Return the most probable shrinkage for each level of cells, given the counts in the cells.

    With the shrinkage s and the rate m of the next wider cell, the true weight of a cell is beta-binomial with the
    parameters s m and s (1 - m). The prior of s is lognormal with a median of 5.
    """
    shrinkage = Shrinkage()
    for level, name in enumerate(Shrinkage._fields, start=2):
        context = Context(id="fitted", as_of=None, rates=rates, shrinkage=shrinkage)
        cells = [
            (count, context.nested_rate(lineage_of(key)[:-1]))
            for key, count in rates.counts.items()
            if len(key) == level
        ]
        best = max(SHRINKAGES, key=lambda s: _shrinkage_likelihood(s, cells))
        shrinkage = shrinkage._replace(**{name: best})
    return shrinkage


def _shrinkage_likelihood(shrinkage: float, cells: Iterable[tuple[TruthCount, float]]) -> float:
    prior = -((log(shrinkage / 5) / _SHRINKAGE_DEVIATION) ** 2) / 2
    return prior + fsum(
        log_evidence(count.true / UNIT, count.weight / UNIT, shrinkage * m, shrinkage * (1 - m)) for count, m in cells
    )


def fit_offset(cells: Collection[tuple[int, float]], right: float) -> float:
    """Return the offset, in log-odds, at which all outlets together are right as often as expected.

    Args:
        cells: The number of resolved claims in each cell, and the log-odds expected there without an offset.
        right: The number of these claims that the outlets got right.
    """
    low, high = -_OFFSETS, _OFFSETS
    for _ in range(_HALVINGS if cells else 0):
        middle = (low + high) / 2
        if fsum(n * clamped(logistic(odds + middle)) for n, odds in cells) < right:
            low = middle
        else:
            high = middle
    return (low + high) / 2


class Showing(NamedTuple):
    """The number of claims that one outlet got right, and that an average outlet would have got right."""

    right: float
    expected: float
    resolved: int


def fit_kappa(showings: Iterable[Showing]) -> float:
    """Return kappa, the weight of the prior in claims, which is larger if outlets differ less.

    The result is the candidate in `KAPPAS`, 3..60, under which the results of the outlets are most likely, if each is
    drawn from a beta-binomial distribution around the expected result.

    Args:
        showings: The results of the outlets; those without resolved claims are ignored.
    """
    known = [showing for showing in showings if showing.resolved]
    if not known:
        return UNFITTED_KAPPA
    return max(KAPPAS, key=lambda kappa: fsum(_kappa_likelihood(showing, kappa) for showing in known))


def _kappa_likelihood(showing: Showing, kappa: float) -> float:
    m = clamped(showing.expected / showing.resolved)
    return log_evidence(showing.right, showing.resolved, kappa * m, kappa * (1 - m))
