"""Check the coverage of the intervals of `record/1`: the first half of each record predicts the second half.

The interval is about the outlet's rate, but the second half shows a number of claims. So for each outlet, the rate is
drawn from the distribution of the interval, relative to an average outlet on the later claims, and the number right
from a binomial distribution with that rate (scoring.md, point 5).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby
from math import exp, fsum, lgamma, log, log1p
from operator import attrgetter
from typing import NamedTuple

from service.backtest.protocol import Record, ResolvedClaim
from service.methods.context import Context, Showing, clamped_share, fit_kappa
from service.methods.rates import Cell, Rates
from service.methods.reliability import reliability
from service.values.vocabulary import ClaimKind, Stance

LEVEL = 0.9
CLAIMS = 8
"""The smallest number of claims in the second half."""

_QUANTILES = 50  # on each side of the median, equally probable


class Coverage(NamedTuple):
    """The number of outlets whose second half was within the interval that the first half predicts."""

    level: float
    outlets: int
    inside: int

    @property
    def share(self) -> float | None:
        return self.inside / self.outlets if self.outlets else None


class ClaimResult(NamedTuple):
    """The result of an outlet on one claim."""

    right: float
    expected: float


def coverage(resolutions: Iterable[ResolvedClaim]) -> Coverage:
    """Return the coverage of the intervals.

    Args:
        resolutions: Every resolved claim, in the order of `known_at`.
    """
    halves = [(record[: len(record) // 2], record[len(record) // 2 :]) for record in _records(resolutions)]
    kappa = fit_kappa(Showing(*_sums(first)) for first, _ in halves)
    inside = [_is_inside(first, later, kappa) for first, later in halves if len(later) >= CLAIMS]
    return Coverage(LEVEL, len(inside), sum(inside))


def _records(resolutions: Iterable[ResolvedClaim]) -> list[list[ClaimResult]]:
    """Return the results of each outlet in order, with the results expected of an average outlet at that time."""
    context = Context(id="backtest", as_of=None, kappa=1.0, rates=Rates())
    records: defaultdict[str, list[ClaimResult]] = defaultdict(list)
    for _, together in groupby(resolutions, key=attrgetter("known_at")):
        batch = [(resolution.proved, _sides(resolution.reports)) for resolution in together]
        for proved, sides in batch:
            for side in sides:
                right = proved == (side.stance is Stance.SUPPORT)
                records[side.outlet].append(ClaimResult(right, context.expected(_cell(side))))
        for proved, sides in batch:
            for side in sides:
                context.rates.add(_cell(side), truth=float(proved), among=len(sides))
    return list(records.values())


def _sides(reports: Sequence[Record]) -> list[Record]:
    """Return the last support or deny of each outlet (R6)."""
    return list({report.outlet: report for report in reports if report.stance.takes_side}.values())


def _cell(record: Record) -> Cell:
    return Cell(record.stance, ClaimKind.FACT, record.commitment, record.topic)


def _sums(record: Sequence[ClaimResult]) -> tuple[float, float, int]:
    return fsum(claim.right for claim in record), fsum(claim.expected for claim in record), len(record)


def _is_inside(first: Sequence[ClaimResult], later: Sequence[ClaimResult], kappa: float) -> bool:
    """Return whether the number right in the second half is between the 5 % and 95 % quantiles of the prediction."""
    right, expected, resolved = _sums(first)
    seen, expected_later, number = _sums(later)
    reference = clamped_share(expected_later, number)
    rates = []
    for step in range(_QUANTILES):
        found = reliability(
            right=right,
            expected=expected,
            resolved=resolved,
            reference=reference,
            kappa=kappa,
            level=(step + 0.5) / _QUANTILES,
        )
        if found is not None:
            rates += [found.lower, found.upper]
    tail = (1 - LEVEL) / 2
    return _below(round(seen), number, rates) > tail and _below(round(seen) - 1, number, rates) < 1 - tail


def _below(most: int, number: int, rates: Sequence[float]) -> float:
    """Return the probability of at most so many right, averaged over the rates."""
    return fsum(_binomial(right, number, rate) for rate in rates for right in range(most + 1)) / len(rates)


def _binomial(right: int, number: int, rate: float) -> float:
    if rate in (0, 1):
        return float(right == number * rate)
    ways = lgamma(number + 1) - lgamma(right + 1) - lgamma(number - right + 1)
    return exp(ways + right * log(rate) + (number - right) * log1p(-rate))
