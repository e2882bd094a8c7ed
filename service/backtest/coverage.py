"""Check the intervals of `record/2`: the first half of each record predicts the second half.

An interval covers the skill of an outlet, but the second half shows only how many claims it got right. So the skill is
drawn from the distribution behind the interval, and the number right from a binomial distribution with the mean chance
that an outlet of this skill has on the later claims.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import exp, fsum, lgamma, log, log1p
from typing import NamedTuple

from service.backtest.outlet_results import ClaimResult, centred, half_errors, outlet_results, sums_of
from service.backtest.protocol import ResolvedClaim
from service.methods.beta import logistic, logit
from service.methods.context_parameters import Showing, fit_kappa, fit_offset
from service.methods.drift import fit_drift
from service.methods.reliability import CellRecord, Skill, skill_bounds

LEVEL = 0.9
CLAIMS = 8
"""The minimum number of claims in the second half; outlets with fewer are left out."""

_QUANTILES = 50  # skills drawn on each side of the median, all equally probable


class Coverage(NamedTuple):
    """The numbers of outlets whose second half was below, in or above the interval from the first half."""

    level: float
    outlets: int
    low: int
    """The number of outlets whose second half was below the interval."""
    high: int
    """The number of outlets whose second half was above the interval."""

    @property
    def inside(self) -> int:
        return self.outlets - self.low - self.high

    @property
    def share(self) -> float | None:
        return self.inside / self.outlets if self.outlets else None


def coverage(resolutions: Iterable[ResolvedClaim]) -> Coverage:
    """Count the outlets whose second half is in the interval predicted from the first half.

    Args:
        resolutions: Every resolved claim, in the order of `known_at`.
    """
    halves = [(record[: len(record) // 2], record[len(record) // 2 :]) for record in outlet_results(resolutions)]
    past = [claim for first, _ in halves for claim in first]
    offset = fit_offset([(1, logit(claim.expected)) for claim in past], fsum(claim.right for claim in past))
    halves = [(centred(first, offset), centred(later, offset)) for first, later in halves]
    kappa = fit_kappa(Showing(*sums_of(first)) for first, _ in halves)
    drift = fit_drift(half_errors(claim for first, _ in halves for claim in first))
    misses = [_miss(first, later, kappa, drift) for first, later in halves if len(later) >= CLAIMS]
    return Coverage(LEVEL, len(misses), low=misses.count(-1), high=misses.count(1))


def _miss(first: Sequence[ClaimResult], later: Sequence[ClaimResult], kappa: float, drift: float) -> int:
    """Return -1, 0 or 1 if the number right in the second half is below, in or above the interval."""
    skill = Skill(tuple(CellRecord(1, claim.right, claim.expected) for claim in first), kappa)
    skills = [d for step in range(_QUANTILES) for d in skill_bounds(skill, drift, level=(step + 0.5) / _QUANTILES)]
    chances = [fsum(logistic(logit(claim.expected) + d) for claim in later) / len(later) for d in skills]
    right, number, tail = round(fsum(claim.right for claim in later)), len(later), (1 - LEVEL) / 2
    if probability_up_to(right, number, chances) <= tail:
        return -1
    return 1 if probability_up_to(right - 1, number, chances) >= 1 - tail else 0


def probability_up_to(most: int, number: int, rates: Sequence[float]) -> float:
    """Return the probability of at most `most` right claims out of `number`, averaged over the rates."""
    return fsum(_binomial(right, number, rate) for rate in rates for right in range(most + 1)) / len(rates)


def _binomial(right: int, number: int, rate: float) -> float:
    if rate in (0, 1):
        return float(right == number * rate)
    ways = lgamma(number + 1) - lgamma(right + 1) - lgamma(number - right + 1)
    return exp(ways + right * log(rate) + (number - right) * log1p(-rate))
