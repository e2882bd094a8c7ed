"""Check the coverage of the intervals of `record/2`: the first half of each record predicts the second half.

The interval is about the skill of an outlet, but the second half shows the number of claims that it got right. So the
skill of each outlet is drawn from the distribution of the interval, and the number right from a binomial distribution
with the mean chance of an outlet with this skill on the later claims.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import groupby
from math import exp, fsum, lgamma, log, log1p
from operator import attrgetter
from typing import NamedTuple

from service.backtest.protocol import ResolvedClaim
from service.backtest.records import Record
from service.methods.beta import logistic, logit
from service.methods.claim import share_of
from service.methods.context_fit import Showing, fit_kappa, fit_offset
from service.methods.drift import HalfError, fit_drift
from service.methods.rates import Cell, Rates
from service.methods.reliability import CellRecord, Skill, skill_bounds
from service.methods.tally import Context, clamped
from service.values.vocabulary import ClaimKind, Stance

LEVEL = 0.9
CLAIMS = 8
"""The smallest number of claims in the second half."""

_QUANTILES = 50  # on each side of the median, equally probable


class Coverage(NamedTuple):
    """The number of outlets whose second half was within the interval that the first half predicts."""

    level: float
    outlets: int
    low: int
    """The outlets whose second half was worse than predicted."""
    high: int
    """The outlets whose second half was better than predicted."""

    @property
    def inside(self) -> int:
        return self.outlets - self.low - self.high

    @property
    def share(self) -> float | None:
        return self.inside / self.outlets if self.outlets else None


class ClaimResult(NamedTuple):
    """The result of an outlet on one claim."""

    claim: int
    known_at: dt.datetime
    right: float
    expected: float
    """The rate of an average outlet, given what was known before the claim was resolved."""


def coverage(resolutions: Iterable[ResolvedClaim]) -> Coverage:
    """Return the coverage of the intervals.

    Args:
        resolutions: Every resolved claim, in the order of `known_at`.
    """
    halves = [(record[: len(record) // 2], record[len(record) // 2 :]) for record in _records(resolutions)]
    past = [claim for first, _ in halves for claim in first]
    offset = fit_offset([(1, logit(claim.expected)) for claim in past], fsum(claim.right for claim in past))
    halves = [(_centred(first, offset), _centred(later, offset)) for first, later in halves]
    kappa = fit_kappa(Showing(*_sums(first)) for first, _ in halves)
    drift = fit_drift(_half_errors(claim for first, _ in halves for claim in first))
    misses = [_miss(first, later, kappa, drift) for first, later in halves if len(later) >= CLAIMS]
    return Coverage(LEVEL, len(misses), low=misses.count(-1), high=misses.count(1))


def _records(resolutions: Iterable[ResolvedClaim]) -> list[list[ClaimResult]]:
    """Return the results of each outlet in order, each with the rate that was expected at that time."""
    records: defaultdict[str, list[ClaimResult]] = defaultdict(list)
    rates = Rates()
    number = 0
    for known_at, together in groupby(resolutions, key=attrgetter("known_at")):
        context = Context("backtest", None, rates)
        batch = [(resolution.proved, _sides(resolution.reports)) for resolution in together]
        for proved, sides in batch:
            number += 1
            for side in sides:
                right = proved == (side.stance is Stance.SUPPORT)
                records[side.outlet].append(ClaimResult(number, known_at, right, context.expected(_cell(side))))
        for proved, sides in batch:
            for side in sides:
                rates.add_count(_cell(side).lineage, share_of(float(proved), among=len(sides)))
    return list(records.values())


def _centred(record: Iterable[ClaimResult], offset: float) -> list[ClaimResult]:
    return [claim._replace(expected=clamped(logistic(logit(claim.expected) + offset))) for claim in record]


def _half_errors(claims: Iterable[ClaimResult]) -> list[HalfError]:
    """Return the common errors of all outlets by half-year."""
    halves: defaultdict[tuple[int, int], dict[int, list[ClaimResult]]] = defaultdict(dict)
    for claim in claims:
        halves[claim.known_at.year, claim.known_at.month // 7].setdefault(claim.claim, []).append(claim)
    return [_half_error(by_claim.values()) for by_claim in halves.values()]


def _half_error(claims: Collection[Sequence[ClaimResult]]) -> HalfError:
    errors = [fsum(side.right - side.expected for side in sides) for sides in claims]
    variances = [side.expected * (1 - side.expected) for sides in claims for side in sides]
    return HalfError(fsum(errors), fsum(error**2 for error in errors), fsum(variances))


def _sides(reports: Sequence[Record]) -> list[Record]:
    """Return the last support or deny of each outlet (R6)."""
    return list({report.outlet: report for report in reports if report.stance.takes_side}.values())


def _cell(record: Record) -> Cell:
    return Cell(record.stance, ClaimKind.FACT, record.commitment, record.topic)


def _sums(record: Sequence[ClaimResult]) -> tuple[float, float, int]:
    return fsum(claim.right for claim in record), fsum(claim.expected for claim in record), len(record)


def _miss(first: Sequence[ClaimResult], later: Sequence[ClaimResult], kappa: float, drift: float) -> int:
    """Return -1 or 1 if the number right in the second half is below or above the predicted interval, else 0."""
    skill = Skill(tuple(CellRecord(1, claim.right, claim.expected) for claim in first), kappa)
    skills = [d for step in range(_QUANTILES) for d in skill_bounds(skill, drift, level=(step + 0.5) / _QUANTILES)]
    chances = [fsum(logistic(logit(claim.expected) + d) for claim in later) / len(later) for d in skills]
    right, number, tail = round(fsum(claim.right for claim in later)), len(later), (1 - LEVEL) / 2
    if count_below(right, number, chances) <= tail:
        return -1
    return 1 if count_below(right - 1, number, chances) >= 1 - tail else 0


def count_below(most: int, number: int, rates: Sequence[float]) -> float:
    """Return the probability of at most this many right, averaged over the rates."""
    return fsum(_binomial(right, number, rate) for rate in rates for right in range(most + 1)) / len(rates)


def _binomial(right: int, number: int, rate: float) -> float:
    if rate in (0, 1):
        return float(right == number * rate)
    ways = lgamma(number + 1) - lgamma(right + 1) - lgamma(number - right + 1)
    return exp(ways + right * log(rate) + (number - right) * log1p(-rate))
