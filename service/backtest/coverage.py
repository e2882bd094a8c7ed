"""Whether the intervals of `record/1` hold what they say: each outlet's first half against its second.

The interval is about the outlet's rate; what is seen of the second half is a number of claims. So for each
outlet the rate is drawn from the interval's distribution, moved to what an average outlet would have got
on the later claims, and the number right from a binomial distribution of it (scoring.md, point 5).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby
from math import exp, fsum, lgamma, log, log1p
from operator import attrgetter
from typing import NamedTuple

from service.backtest.protocol import Record, Resolution
from service.methods.context import Context, Showing, clamped_share, fit_kappa
from service.methods.rates import Cell, Rates
from service.methods.reliability import reliability
from service.values.vocabulary import ClaimKind, Stance

LEVEL = 0.9
CLAIMS = 8
"""Claims that the later half has at least."""

_QUANTILES = 50  # on each side of the middle, each as probable as the next


class Coverage(NamedTuple):
    """How many outlets did in the later half of their record what the first half let expect."""

    level: float
    outlets: int
    inside: int

    @property
    def share(self) -> float | None:
        return self.inside / self.outlets if self.outlets else None


class Scored(NamedTuple):
    """One claim in an outlet's record."""

    right: float
    expected: float


def coverage(resolutions: Iterable[Resolution]) -> Coverage:
    """The coverage of the intervals.

    Args:
        resolutions: Every resolved claim, in the order in which they became known.
    """
    halves = [(record[: len(record) // 2], record[len(record) // 2 :]) for record in _records(resolutions)]
    kappa = fit_kappa(Showing(*_sums(first)) for first, _ in halves)
    told = [_is_inside(first, later, kappa) for first, later in halves if len(later) >= CLAIMS]
    return Coverage(LEVEL, len(told), sum(told))


def _records(resolutions: Iterable[Resolution]) -> list[list[Scored]]:
    """What counts in the record of each outlet, in order, beside what an average one was expected to get by then."""
    context = Context(id="backtest", as_of=None, kappa=1.0, rates=Rates())
    records: defaultdict[str, list[Scored]] = defaultdict(list)
    for _, together in groupby(resolutions, key=attrgetter("known_at")):
        batch = [(resolution.proved, _sides(resolution.reports)) for resolution in together]
        for proved, sides in batch:
            for side in sides:
                right = proved == (side.stance is Stance.SUPPORT)
                records[side.outlet].append(Scored(right, context.expected(_cell(side))))
        for proved, sides in batch:
            for side in sides:
                context.rates.add(_cell(side), truth=float(proved), among=len(sides))
    return list(records.values())


def _sides(reports: Sequence[Record]) -> list[Record]:
    """The last side of each outlet (R6)."""
    return list({report.outlet: report for report in reports if report.stance.takes_side}.values())


def _cell(record: Record) -> Cell:
    return Cell(record.stance, ClaimKind.FACT, record.commitment, record.topic)


def _sums(record: Sequence[Scored]) -> tuple[float, float, int]:
    return fsum(claim.right for claim in record), fsum(claim.expected for claim in record), len(record)


def _is_inside(first: Sequence[Scored], later: Sequence[Scored], kappa: float) -> bool:
    """Whether the number right of the later half lies between the 5 % and the 95 % quantile of what is predicted."""
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
    """The probability of at most so many right, by whichever of the rates."""
    return fsum(_binomial(right, number, rate) for rate in rates for right in range(most + 1)) / len(rates)


def _binomial(right: int, number: int, rate: float) -> float:
    if rate in (0, 1):
        return float(right == number * rate)
    ways = lgamma(number + 1) - lgamma(right + 1) - lgamma(number - right + 1)
    return exp(ways + right * log(rate) + (number - right) * log1p(-rate))
