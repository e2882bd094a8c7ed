"""`record/1`: the reliability of an outlet. Pure: no clock, no I/O, no mutable globals."""

from __future__ import annotations

from dataclasses import dataclass

from service.methods.beta import logistic, logit, logit_quantile
from service.methods.context import clamped_share

METHOD = "record/1"
RATED_FROM = 20
"""The number of resolved claims from which a score is `rated`, and ranked."""
LEVELS = (0.5, 0.8, 0.9, 0.95, 0.99)
DEFAULT_LEVEL = 0.9


@dataclass(frozen=True, slots=True)
class Reliability:
    """The estimated probability that an outlet's report proves right, with its credible interval."""

    mean: float
    lower: float
    upper: float
    level: float


@dataclass(frozen=True, slots=True)
class Working:
    """The input and the intermediate numbers of a score (scoring.md, record/1)."""

    right: float
    expected: float
    resolved: int
    reference: float
    kappa: float

    @property
    def m(self) -> float:
        """The share of the same claims that an average outlet would have got right."""
        return clamped_share(self.expected, self.resolved)

    @property
    def mu(self) -> float:
        """The share that the outlet got right, shrunk towards `m`."""
        return (self.right + self.kappa * self.m) / (self.resolved + self.kappa)

    @property
    def nu(self) -> float:
        """The precision of `mu`, in claims."""
        return self.kappa + self.resolved / 2

    @property
    def shift(self) -> float:
        """The difference from an average outlet on the same claims, in log-odds."""
        return logit(self.mu) - logit(self.m)


def reliability(
    *, right: float, expected: float, resolved: int, reference: float, kappa: float, level: float
) -> Reliability | None:
    """Return the posterior mean and the equal-tailed interval, relative to an average outlet.

    With n resolved claims, m = expected/n clamped to [0.01, 0.99] and mu = (right + kappa m)/(n + kappa),
    the mean is logistic(logit(reference) + logit(mu) - logit(m)), and each bound the same shift of a quantile
    of Beta(mu nu, (1 - mu) nu), nu = kappa + n/2. Counts are halved in nu because a plain
    beta interval covers too few of the later results of outlets (scoring.md, point 5).

    A beta distribution with one parameter far below 1 is so skewed that its mean can be outside a narrow interval. The
    interval is then widened to contain the mean.

    Args:
        right: The number of claims that the outlet got right, 0 <= right <= resolved.
        expected: The same number for an average outlet on the same claims, 0 <= expected <= resolved.
        resolved: The number of resolved claims, at least 0.
        reference: The rate at which all scored reports in the scope are right, 0 < reference < 1.
        kappa: The weight of the average outlet in pseudo-claims, positive.
        level: Posterior probability inside the interval, 0 < level < 1.

    Returns:
        Probabilities in [0, 1], or None if nothing is resolved (R17).

    Raises:
        ValueError: An argument is outside the range given above.

    >>> r = reliability(right=1, expected=0.5, resolved=1, reference=0.5, kappa=8.0, level=0.9)
    >>> round(r.mean, 4), round(r.lower, 4), round(r.upper, 4)
    (0.5556, 0.2821, 0.8133)
    """
    _check_range("resolved", resolved, within=resolved >= 0)
    _check_range("right", right, within=0 <= right <= resolved)
    _check_range("expected", expected, within=0 <= expected <= resolved)
    _check_range("reference", reference, within=0 < reference < 1)
    _check_range("kappa", kappa, within=kappa > 0)
    _check_range("level", level, within=0 < level < 1)
    if resolved == 0:
        return None
    working = Working(right, expected, resolved, reference, kappa)
    a, b = working.mu * working.nu, (1 - working.mu) * working.nu
    moved = logit(reference) - logit(working.m)
    tail = (1 - level) / 2
    mean = logistic(moved + logit(working.mu))
    return Reliability(
        mean=mean,
        lower=min(mean, logistic(moved + logit_quantile(tail, a, b))),
        upper=max(mean, logistic(moved - logit_quantile(tail, b, a))),
        level=level,
    )


def _check_range(name: str, value: float, *, within: bool) -> None:
    if not within:
        raise ValueError(f"{name}={value} is out of range")
