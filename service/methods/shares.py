"""Estimate a share from counts, with a beta distribution as the prior. Pure."""

from __future__ import annotations

from math import lgamma

from service.methods.beta import logistic, logit_quantile


def jeffreys_interval(true: float, n: float, level: float) -> tuple[float, float]:
    """Return the equal-tailed credible interval of a share, given a sample, under Jeffreys' prior.

    The interval is widened to contain the share in the sample. It reaches 0 if none is true, and 1 if all are.

    Args:
        true: The number of true members of the sample, 0 <= true <= n; may be fractional.
        n: The size of the sample, positive.
        level: Posterior probability inside the interval, 0 < level < 1.

    Source:
        Brown, Cai and DasGupta (2001), Interval estimation for a binomial proportion, Statistical Science 16.

    >>> lower, upper = jeffreys_interval(9, 12, 0.95)
    >>> round(lower, 4), round(upper, 4)
    (0.4708, 0.9241)
    """
    a, b, tail = true + 0.5, n - true + 0.5, (1 - level) / 2
    shown, lower, upper = true / n, logistic(logit_quantile(tail, a, b)), logistic(-logit_quantile(tail, b, a))
    return min(shown, lower), max(shown, upper)


def log_evidence(right: float, resolved: float, a: float, b: float) -> float:
    """Return the log probability of a series of results, `right` of `resolved`, at a rate from Beta(a, b).

    >>> from math import exp
    >>> round(exp(log_evidence(1, 1, 1, 1)), 9), round(exp(log_evidence(1, 2, 1, 1)), 9)
    (0.5, 0.166666667)
    """
    return _log_beta(a + right, b + resolved - right) - _log_beta(a, b)


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)
