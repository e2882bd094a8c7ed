"""Quantiles of the beta distribution, in log-odds, so that values near 0 and 1 stay precise.

Pure. The tests compare them with those of scipy, which is too large a dependency for one function.

The log-odds x of a Beta(a, b) variable have the density exp(a log p + b log(1 - p)) / B(a, b), p = logistic(x).
It is log-concave with its peak at log(a / b), and so is its distribution function (Bagnoli and Bergstrom 2005,
Log-concave probability and its applications, Economic Theory 26, theorem 1).
"""

from __future__ import annotations

from functools import lru_cache
from math import cos, exp, expm1, inf, lgamma, log, log1p, pi, sqrt
from statistics import NormalDist

_STEPS = 50
"""The largest number of steps; five suffice for parameters from 1e-3 to 1e7 and tails down to 1e-4."""
_NEARLY = 1e-5
"""The relative error of the tail below which one more step is exact, because a step cubes the error."""
_NEGLIGIBLE = 32.0
"""The fall of the log density from which the rest of the tail is ignored: exp(-32) is 1e-14."""
_STEEP = 10.0
"""The smallest parameter `a` for which 20 quadrature nodes suffice in the lower tail."""


def logistic(x: float) -> float:
    """Return the probability with log-odds x, without overflow."""
    return 1 / (1 + exp(-x)) if x >= 0 else exp(x) / (1 + exp(x))


def logit(p: float) -> float:
    """Return the log-odds of a probability, 0 < p < 1."""
    return log(p) - log1p(-p)


@lru_cache(maxsize=10_000)  # a ranking page needs a hundred, most of them already computed
def logit_quantile(tail: float, a: float, b: float) -> float:
    """Return the log-odds of the quantile of Beta(a, b) with the probability `tail` below it.

    It applies Halley's method to the logarithm of the distribution function, which is concave.

    Args:
        tail: Probability below the quantile, 0 < tail <= 0.5. For an upper tail take
            `-logit_quantile(tail, b, a)`.
        a: First parameter, positive; tested from 1e-9 to 1e12.
        b: Second parameter, with the same range.

    Raises:
        ValueError: An argument is outside the range given above.

    >>> round(logistic(logit_quantile(0.05, 9.5, 3.5)), 4)
    0.5162
    """
    if not 0 < tail <= 0.5:
        raise ValueError(f"tail={tail} is not within 0..0.5")
    if not (0 < a < inf and 0 < b < inf):
        raise ValueError(f"a={a}, b={b}: both must be positive and finite")
    peak, x = _log_peak(a, b), _start(tail, a, b)
    for _ in range(_STEPS):
        log_density = peak - _descent(x, a, b)
        log_below = _log_below(x, a, b, log_density)
        missing, hazard = log(tail) - log_below, exp(log_density - log_below)
        newton = missing / hazard
        # To the left of the quantile, Newton's step is too short; Halley's correction at most doubles it.
        x += newton / max(0.5, 1 + newton * (_slope(x, a, b) - hazard) / 2)
        if abs(missing) < _NEARLY:
            break
    return x


def _start(tail: float, a: float, b: float) -> float:
    """Return a first estimate of the log-odds of the quantile.

    It uses Abramowitz and Stegun 26.5.22, or a power law if a or b is at most 1.
    """
    if min(a, b) > 1:
        u, v, y = 1 / (2 * a - 1), 1 / (2 * b - 1), NormalDist().inv_cdf(tail)
        h, c = 2 / (u + v), (y * y - 3) / 6
        return log(a / b) + 2 * (y * sqrt(h + c) / h + (v - u) * (c + 5 / 6 - 2 / (3 * h)))
    below, above = exp(a * log(a / (a + b))) / a, exp(b * log(b / (a + b))) / b
    if tail * (below + above) < below:
        log_p = log(a * tail * (below + above)) / a
        return log_p - log(-expm1(log_p))
    log_q = log(b * (1 - tail) * (below + above)) / b
    return log(-expm1(log_q)) - log_q


def _log_peak(a: float, b: float) -> float:
    """Return the log density at the peak, without cancellation (Loader 2000, binomial densities)."""
    n = a + b
    return log(a * b / n / (2 * pi)) / 2 + _beyond_stirling(n) - _beyond_stirling(a) - _beyond_stirling(b)


def _beyond_stirling(a: float) -> float:
    """Return log gamma minus its Stirling approximation (a - 1/2) log a - a + log(2 pi)/2 (DLMF 5.11.1)."""
    if a < 10:
        return lgamma(a) - (a - 0.5) * log(a) + a - log(2 * pi) / 2
    r = 1 / (a * a)
    return (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r / 1188)))) / a


def _descent(x: float, a: float, b: float) -> float:
    """Return the fall of the log density from its peak to x."""
    if x > 0:  # The mirror image has the same value, without cancellation.
        x, a, b = -x, b, a
    t = x - log(a / b)
    return (a + b) * log1p(a / (a + b) * expm1(t)) - a * t


def _slope(x: float, a: float, b: float) -> float:
    """Return the derivative of the log density at x."""
    return a * logistic(-x) - b * logistic(x)


def _log_below(x: float, a: float, b: float, log_density: float) -> float:
    """Return the log of the distribution function at x, computed from the nearer tail."""
    if x <= log((a + 1) / (b + 1)):
        return log_density + log(_mills_ratio(x, a, b))
    return log1p(-min(exp(log_density) * _mills_ratio(-x, b, a), 1 - 1e-16))


def _mills_ratio(x: float, a: float, b: float) -> float:
    """Return the probability below x divided by the density at x, by quadrature.

    A small `a` is first raised by a recurrence (DLMF 8.17.20).
    """
    if a < _STEEP:
        return (1 + logistic(x) * (a + b) * _mills_ratio(x, a + 1, b)) / a
    here, reach = _descent(x, a, b), _reach(x, a, b)
    return reach * sum(weight * exp(here - _descent(x - reach * node, a, b)) for node, weight in _RULE)


def _reach(x: float, a: float, b: float) -> float:
    """Return the distance below x at which the density is negligible.

    It is a normal approximation, corrected twice.
    """
    slope, bend = _slope(x, a, b), (a + b) * logistic(x) * logistic(-x)
    reach = 2 * _NEGLIGIBLE / (slope + sqrt(slope * slope + 2 * _NEGLIGIBLE * bend))
    for _ in range(2):
        fallen = _descent(x - reach, a, b) - _descent(x, a, b)
        reach *= (_NEGLIGIBLE / fallen) ** (fallen / (reach * _slope(x - reach, a, b)))
    return reach


def _gauss_legendre(count: int) -> list[tuple[float, float]]:
    """Return the Gauss-Legendre nodes and weights on 0..1 (Abramowitz and Stegun 25.4.30)."""
    rule = []
    for i in range(count):
        x, slope = cos(pi * (i + 0.75) / (count + 0.5)), 1.0
        for _ in range(6):
            p, before = 1.0, 0.0
            for k in range(count):
                p, before = ((2 * k + 1) * x * p - k * before) / (k + 1), p
            slope = count * (x * p - before) / (x * x - 1)
            x -= p / slope
        rule.append(((1 - x) / 2, 1 / ((1 - x * x) * slope * slope)))
    return rule


_RULE = _gauss_legendre(20)
