"""The contribution of each claim to a score, and the calculation in words with its numbers. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from math import log1p

from service.methods.reliability import Reliability, Working


def share(working: Working, *, right: float, expected: float) -> float:
    """Return the contribution of one claim to the shift of a score, in log-odds; they sum to the shift.

    It is the integrated gradient from the record in which every claim came out as expected, whose shift is 0, straight
    to the actual record: (right - expected') shift/(k - m n). If m was clamped, expected' is scaled with it, so that
    the sum is exact.

    Args:
        working: The numbers of the calculation, with at least one resolved claim.
        right: The extent to which the outlet was right on this claim, 0..1.
        expected: The same for an average outlet, 0..1.

    Source:
        Sundararajan, Taly and Yan (2017), Axiomatic attribution for deep networks.

    >>> working = Working(right=1, expected=0.5, resolved=1, reference=0.5, kappa=8.0)
    >>> round(share(working, right=1, expected=0.5), 12) == round(working.shift, 12)
    True
    """
    return (right - expected * clamping(working)) * slope(working)


def clamping(working: Working) -> float:
    """Return the factor by which clamping m scales the expected result of each claim; 1 without clamping."""
    return working.m * working.resolved / working.expected


def slope(working: Working) -> float:
    """Return the average gain of the shift for each claim right beyond the expected number.

    It is shift/(k - m n), in a form that is precise if both are near 0, with the limit 1/((n + kappa) m (1 - m)).
    """
    weight, m = working.resolved + working.kappa, working.m
    beyond = (working.right - m * working.resolved) / weight
    return (_log1p_over(beyond / m) / m + _log1p_over(-beyond / (1 - m)) / (1 - m)) / weight


def put_in_words(working: Working, reliability: Reliability | None) -> Iterator[str]:
    """Yield a sentence for each step from the sums to the score."""
    if reliability is None:
        yield "Nothing that the outlet reported is resolved, so there is no number."
        return
    n, k, m, mu, d = working.resolved, working.right, working.m, working.mu, working.shift
    clamped = "" if abs(clamping(working) - 1) < 1e-12 else ", kept within 0.01 and 0.99,"
    yield (
        f"Of n = {n} resolved claims k = {k:.6g} proved right; of an average outlet one would expect "
        f"{working.expected:.6g}, a share{clamped} of m = {m:.6g}."
    )
    yield (
        f"That average counts like kappa = {working.kappa:.6g} claims more: mu = (k + kappa m)/(n + kappa) = "
        f"({k:.6g} + {working.kappa * m:.6g})/({n + working.kappa:.6g}) = {mu:.6g}."
    )
    yield (
        f"In log-odds the outlet does {'better' if d >= 0 else 'worse'} than the average by "
        f"d = logit(mu) - logit(m) = {d:.6g}."
    )
    yield (
        f"Of all scored reports in the scope a share of b = {working.reference:.6g} proves right, so the mean is "
        f"logistic(logit(b) + d) = {reliability.mean:.6g}."
    )
    yield (
        f"The interval that holds {100 * reliability.level:.6g} % of Beta(mu nu, (1 - mu) nu), where nu = kappa + n/2 "
        f"= {working.nu:.6g}, moved by logit(b) - logit(m) in log-odds, reaches from {reliability.lower:.6g} to "
        f"{reliability.upper:.6g}."
    )
    scaled = f"{clamping(working):.6g} * expected" if clamped else "expected"
    yield f"A claim's share of d is (right - {scaled}) * d/(k - m n) = (right - {scaled}) * {slope(working):.6g}."


def _log1p_over(x: float) -> float:
    """Return log(1 + x)/x, which is 1 in the limit x = 0."""
    return log1p(x) / x if x else 1.0
