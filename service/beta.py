"""Quantiles of the beta distribution, in log-odds, where a quantile near 0 or 1 keeps all its digits.

Pure. Checked against scipy in the tests; scipy itself is not needed to serve two numbers.
"""

from __future__ import annotations

from math import exp, lgamma, log, log1p, sqrt

_TINY = 1e-300
_STEPS = 200
_PRECISION = 1e-13


def logistic(x: float) -> float:
    """The probability whose log-odds are x, without overflow at either end."""
    return 1 / (1 + exp(-x)) if x >= 0 else exp(x) / (1 + exp(x))


def logit(p: float) -> float:
    """The log-odds of a probability, 0 < p < 1."""
    return log(p) - log1p(-p)


def logit_quantile(tail: float, a: float, b: float) -> float:
    """Log-odds of the quantile of Beta(a, b) that has probability `tail` below it.

    The log-odds of a beta variable have a log-concave density, so the logarithm of their
    distribution function is concave, and Newton's method on it converges from any start: after
    the first step it comes from the left, never past the root.

    Args:
        tail: Probability below the quantile, 0 < tail <= 0.5. For an upper tail take
            `-logit_quantile(tail, b, a)`.
        a: First parameter, positive.
        b: Second parameter, positive.

    Raises:
        ValueError: An argument is outside the range given above.

    Source:
        Concavity: Bagnoli and Bergstrom (2005), Log-concave probability and its applications,
        Economic Theory 26, theorem 1.

    >>> round(logistic(logit_quantile(0.05, 9.5, 3.5)), 4)
    0.5162
    """
    if not 0 < tail <= 0.5:
        raise ValueError(f"tail={tail} is not within 0..0.5")
    if a <= 0 or b <= 0:
        raise ValueError(f"a={a}, b={b}: both must be positive")
    log_beta = lgamma(a) + lgamma(b) - lgamma(a + b)
    x = _start(tail, a, b, log_beta)
    for _ in range(_STEPS):
        log_cdf, log_density = _log_cdf_and_density(x, a, b, log_beta)
        step = (log(tail) - log_cdf) * exp(log_cdf - log_density)
        x += step
        if abs(step) <= _PRECISION * max(1.0, abs(x)):
            break
    return x


def _start(tail: float, a: float, b: float, log_beta: float) -> float:
    if min(a, b) > 1:
        # The log-odds are nearly normal; any start will do, this one is near.
        return log(a / b) - 1.5 * sqrt(1 / a + 1 / b)
    # The leading term x^a / (a B(a, b)) of the distribution function, solved for log x.
    return min((log(tail) + log(a) + log_beta) / a, log(a / b))


def _log_cdf_and_density(x: float, a: float, b: float, log_beta: float) -> tuple[float, float]:
    """Log of the distribution function and of the density of the log-odds, at x."""
    log_p, log_q = -_softplus(-x), -_softplus(x)
    log_density = a * log_p + b * log_q - log_beta
    if x <= log((a + 1) / (b + 1)):
        return log_density + log(_continued_fraction(exp(log_p), a, b) / a), log_density
    above = exp(log_density) * _continued_fraction(exp(log_q), b, a) / b
    return log1p(-min(above, 1 - 1e-16)), log_density


def _softplus(x: float) -> float:
    return x + log1p(exp(-x)) if x > 0 else log1p(exp(x))


def _continued_fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of the incomplete beta function, by Lentz's method (DLMF 8.17.22)."""
    c, d = 1.0, 1 / _away_from_zero(1 - (a + b) * x / (a + 1))
    fraction = d
    for m in range(1, 20_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / _away_from_zero(1 + term * d)
            c = _away_from_zero(1 + term / c)
            fraction *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return fraction


def _away_from_zero(x: float) -> float:
    return x if abs(x) > _TINY else _TINY
