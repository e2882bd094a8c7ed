"""`record/2`: the skill of an outlet, and its reliability on its own claims. Pure.

An outlet has one skill d. In each cell of its record, its log-odds of being right are d plus those of an average outlet
there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from math import fsum, hypot, log
from statistics import NormalDist
from typing import NamedTuple

from service.methods.beta import logistic, logit, logit_quantile
from service.methods.rating import Adjusted, Advantage, Rating, Reliability

METHOD = "record/2"
RATED_FROM = 20
"""The number of resolved claims from which a score is `rated` and its outlet is ranked."""
LEVELS = (0.5, 0.8, 0.9, 0.95, 0.99)
DEFAULT_LEVEL = 0.9

_STEPS = 9
"""The largest number of Newton steps; four usually suffice."""
_CLOSE = 1e-14
"""The relative step size at which Newton's method stops."""


class CellRecord(NamedTuple):
    """An outlet's resolved claims in one cell, with the rate at which an average outlet is right there."""

    resolved: int
    right: float
    """The number of these claims that the outlet got right, 0..resolved; may be fractional."""
    rate: float
    """The rate of an average outlet, strictly between 0 and 1."""


@dataclass(frozen=True)
class Skill:
    """The record of an outlet by cell, and the skill that explains it best.

    The skill d solves R - sum n p(d) + kappa (1/2 - logistic(d)) = 0, with p(d) = logistic(logit(rate) + d) in each
    cell. The prior is kappa even claims, half of them right: an average outlet is right on half of such claims.

    Args:
        cells: The cells with resolved claims.
        kappa: The weight of the prior in claims, positive.

    Raises:
        ValueError: A number is outside its range.
    """

    cells: tuple[CellRecord, ...]
    kappa: float

    def __post_init__(self) -> None:
        _check_range("kappa", self.kappa, within=self.kappa > 0)
        for cell in self.cells:
            _check_range("resolved", cell.resolved, within=cell.resolved > 0)
            _check_range("right", cell.right, within=0 <= cell.right <= cell.resolved)
            _check_range("rate", cell.rate, within=0 < cell.rate < 1)

    @cached_property
    def resolved(self) -> int:
        """n, the number of resolved claims."""
        return sum(cell.resolved for cell in self.cells)

    @cached_property
    def right(self) -> float:
        """R, the number of claims that the outlet got right."""
        return fsum(cell.right for cell in self.cells)

    @cached_property
    def expected(self) -> float:
        """E, the number of the same claims that an average outlet would have got right."""
        return self.expected_at(0.0)

    @cached_property
    def d(self) -> float:
        """The skill in log-odds: 0 for an average outlet. It has the sign of R - E."""
        wrong = fsum(cell.resolved - cell.right for cell in self.cells)
        if self.right == self.expected:
            return 0.0
        target = log(self.right + self.kappa / 2) - log(wrong + self.kappa / 2)
        # Newton's method on the log-odds of the expected share. Their slope is at most 1, so a first step with slope 1
        # ends between 0 and the root.
        d = target - self._log_odds(0.0)[0]
        for _ in range(_STEPS):
            log_odds, slope = self._log_odds(d)
            step = (target - log_odds) / slope
            d += step
            if abs(step) <= _CLOSE * (1 + abs(d)):
                break
        return d

    @property
    def t(self) -> float:
        """The share of even claims that the outlet would get right; an average outlet gets half right."""
        return logistic(self.d)

    @property
    def reliability(self) -> float:
        """The estimated share of the outlet's own claims that it gets right; between R/n and E/n."""
        return self.expected_at(self.d) / self.resolved

    @property
    def nu(self) -> float:
        """The precision of `t` in even claims: kappa + sum n p (1 - p)/(2 t (1 - t)).

        The counts of the record are halved, because a plain interval covers too few of the later results of outlets.
        """
        information = fsum(n * p * (1 - p) for n, p in self._chances(self.d))
        return self.kappa + information / (2 * self.t * logistic(-self.d))

    def chance(self, rate: float) -> float:
        """Return the probability that the outlet is right on a claim, given an average outlet's rate on it."""
        return logistic(logit(rate) + self.d)

    def expected_at(self, d: float) -> float:
        """Return the expected number of the same claims that an outlet of skill d gets right."""
        return fsum(n * p for n, p in self._chances(d))

    def _chances(self, d: float) -> Iterable[tuple[int, float]]:
        return [(n, logistic(x + d)) for n, x in self._logits]

    @cached_property
    def _logits(self) -> list[tuple[int, float]]:
        return [(cell.resolved, logit(cell.rate)) for cell in self.cells]

    def _log_odds(self, d: float) -> tuple[float, float]:
        """Return the log-odds of the expected share of right claims, prior included, and their slope in d."""
        chances = [(self.kappa, logistic(d), logistic(-d))]
        chances += [(n, logistic(x + d), logistic(-x - d)) for n, x in self._logits]
        right, wrong = fsum(n * p for n, p, _ in chances), fsum(n * q for n, _, q in chances)
        slope = fsum(n * p * q for n, p, q in chances) * (self.kappa + self.resolved) / (right * wrong)
        return log(right) - log(wrong), slope


def rate(skill: Skill, *, reference: float, drift: float, level: float) -> Rating | None:
    """Return an outlet's reliability, adjusted reliability and advantage, with credible intervals.

    With u the log-odds of a quantile of Beta(t nu, (1 - t) nu) minus those of t, and z the normal quantile of the
    level, the bounds of the skill are d -+ sqrt(u^2 + z^2 drift^2). The drift is included because outlets of one field
    make errors together, which the counts of one outlet do not show. The bounds of the reliability and the adjusted
    reliability are converted from those of the skill.

    Args:
        skill: The outlet's record, with the skill that explains it.
        reference: The rate at which all scored reports in the scope are right, 0 < reference < 1.
        drift: The standard deviation of the error that outlets share in half a year, in log-odds, at least 0.
        level: Posterior probability inside the interval, 0 < level < 1.

    Returns:
        The rating, or None if nothing is resolved (R17).

    Raises:
        ValueError: An argument is outside the range given above.

    >>> found = rate(Skill((CellRecord(1, 1.0, 0.5),), kappa=8.0), reference=0.5, drift=0.0, level=0.9)
    >>> round(found.reliability.mean, 4), round(found.adjusted.mean, 4), round(found.advantage.points, 2)
    (0.5556, 0.5556, 5.56)
    """
    _check_range("reference", reference, within=0 < reference < 1)
    _check_range("drift", drift, within=drift >= 0)
    _check_range("level", level, within=0 < level < 1)
    if not skill.cells:
        return None
    d, n = skill.d, skill.resolved
    low, high = skill_bounds(skill, drift, level=level)
    base = logit(reference)
    return Rating(
        Reliability(skill.reliability, skill.expected_at(low) / n, skill.expected_at(high) / n, level),
        Adjusted(logistic(base + d), logistic(base + low), logistic(base + high), reference),
        Advantage(d, low, high, 100 * (skill.expected_at(d) - skill.expected) / n),
    )


def skill_bounds(skill: Skill, drift: float, *, level: float) -> tuple[float, float]:
    """Return the lower and the upper bound of a skill, in log-odds, by the formula in `rate`."""
    d, tail = skill.d, (1 - level) / 2
    a, b = skill.t * skill.nu, logistic(-d) * skill.nu
    shared = NormalDist().inv_cdf(1 - tail) * drift
    below, above = logit_quantile(tail, a, b) - d, -logit_quantile(tail, b, a) - d
    return d - hypot(min(below, 0.0), shared), d + hypot(max(above, 0.0), shared)


def _check_range(name: str, value: float, *, within: bool) -> None:
    if not within:
        raise ValueError(f"{name}={value} is out of range")
