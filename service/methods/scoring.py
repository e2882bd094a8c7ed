"""The accuracy of stated probabilities: log loss, Brier score and AUC. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from math import fsum, log
from operator import itemgetter
from typing import NamedTuple

_WITHIN = (0.001, 0.999)


class Outcome(NamedTuple):
    """A stated probability and the truth of its claim."""

    probability: float
    """The stated probability, 0..1."""
    truth: float
    """The extent to which the claim proved true, 0..1."""
    weight: float = 1.0


def log_loss(outcomes: Iterable[Outcome]) -> float | None:
    """Return the mean negative log of the probability of the truth, or None without outcomes.

    Probabilities are clamped to 0.001..0.999; otherwise a single wrong prediction of 0 or 1 would dominate.

    >>> round(log_loss([Outcome(0.5, 1), Outcome(0.25, 0)]), 4)
    0.4904
    """
    return weighted_mean((_log_loss(outcome.probability, outcome.truth), outcome.weight) for outcome in outcomes)


def _log_loss(probability: float, truth: float) -> float:
    low, high = _WITHIN
    p = min(max(probability, low), high)
    return -(truth * log(p) + (1 - truth) * log(1 - p))


def brier(outcomes: Iterable[Outcome]) -> float | None:
    """Return the mean squared distance between probability and truth, or None without outcomes.

    Source:
        Brier (1950), Verification of forecasts expressed in terms of probability.

    >>> brier([Outcome(0.5, 1), Outcome(0.25, 0)])
    0.15625
    """
    return weighted_mean(((outcome.probability - outcome.truth) ** 2, outcome.weight) for outcome in outcomes)


def auc(outcomes: Iterable[Outcome]) -> float | None:
    """Return the chance that a true claim has a higher probability than a false one; ties count half.

    It is None unless there are both true and false claims.

    >>> auc([Outcome(0.9, 1), Outcome(0.4, 0), Outcome(0.4, 1), Outcome(0.1, 0)])
    0.875
    """
    ranked = sorted(outcomes)
    wins = passed = true_weight = 0.0
    for _, tied in groupby(ranked, key=itemgetter(0)):
        true, false = 0.0, 0.0
        for outcome in tied:
            true += outcome.weight * outcome.truth
            false += outcome.weight * (1 - outcome.truth)
        wins += true * (passed + false / 2)
        passed += false
        true_weight += true
    return wins / (true_weight * passed) if true_weight > 0 and passed > 0 else None


def weighted_mean(values: Iterable[tuple[float, float]]) -> float | None:
    """Return the mean of values, each with its weight, or None if the total weight is 0."""
    pairs = list(values)
    weight = fsum(weight for _, weight in pairs)
    return fsum(value * weight for value, weight in pairs) / weight if weight > 0 else None
