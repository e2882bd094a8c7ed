"""The contribution of each claim to a score, and the calculation of the score in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from service.methods.rating import Rating
from service.methods.reliability import Skill


def share(skill: Skill, *, right: float, rate: float) -> float:
    """Return the contribution of one claim to `Skill.t`, which is 1/2 plus the sum over all claims.

    It is (right - p)/kappa, where p is the probability that an outlet of this skill is right on the claim.

    Args:
        skill: The skill, with at least one resolved claim.
        right: The extent to which the outlet was right on this claim, 0..1.
        rate: The rate at which an average outlet is right on such claims, between 0 and 1.

    >>> from service.methods.reliability import CellRecord
    >>> skill = Skill((CellRecord(1, 1.0, 0.5),), kappa=8.0)
    >>> round(share(skill, right=1, rate=0.5), 12) == round(skill.t - 0.5, 12)
    True
    """
    return (right - skill.chance(rate)) / skill.kappa


def put_in_words(skill: Skill, rating: Rating | None, *, drift: float) -> Iterator[str]:
    """Yield a sentence for each step in the calculation of a score from an outlet's record."""
    if rating is None:
        yield "None of the outlet's own claims is resolved, so it has no score."
        return
    n, right, kappa, d, t = skill.resolved, skill.right, skill.kappa, skill.d, skill.t
    found, adjusted = rating.reliability, rating.adjusted
    yield (
        f"Of n = {n} resolved claims the outlet got R = {right:.6g} right; an average outlet would have got "
        f"E = {skill.expected:.6g} right."
    )
    yield (
        f"The outlet's skill d = {d:.6g} is the number that, added to the log-odds of an average outlet on each claim, "
        f"explains this record together with kappa = {kappa:.6g} even claims, half of them right. On even claims it "
        f"would get t = logistic(d) = {t:.6g} right."
    )
    yield (
        f"A claim adds (right - p)/kappa to t, where p = logistic(logit(expected) + d) is the chance that an outlet "
        f"of this skill is right on it: 1/2 plus the sum over all claims is t = {t:.6g}."
    )
    yield (
        f"The reliability is the record with a pull toward the average: (R - kappa (t - 1/2))/n = "
        f"({right:.6g} - {kappa * (t - 0.5):.6g})/{n} = {found.mean:.6g}."
    )
    yield (
        f"An average outlet is right on a share b = {adjusted.reference:.6g} of all scored reports in the scope, and "
        f"this outlet would be right on logistic(logit(b) + d) = {adjusted.mean:.6g}. Rankings compare outlets by it."
    )
    yield (
        f"With {100 * found.level:.6g} % probability, d is between {rating.advantage.lower:.6g} and "
        f"{rating.advantage.upper:.6g}, from quantiles of Beta(t nu, (1 - t) nu), nu = {skill.nu:.6g}, and the drift "
        f"of {drift:.6g} that all outlets share. So the reliability is between {found.lower:.6g} and "
        f"{found.upper:.6g}, and the adjusted one between {adjusted.lower:.6g} and {adjusted.upper:.6g}."
    )
