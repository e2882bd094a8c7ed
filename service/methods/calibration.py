"""The accuracy of stated probabilities: scores, calibration and decomposition. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import fsum, log
from operator import itemgetter
from typing import NamedTuple

BINS = 10
_WITHIN = (0.001, 0.999)


class Outcome(NamedTuple):
    """A stated probability and the truth of its claim."""

    probability: float
    """0..1."""
    truth: float
    """The extent to which it proved true, 0..1."""
    weight: float = 1.0


def log_loss(outcomes: Iterable[Outcome]) -> float | None:
    """Return the mean negative log of the probability of the truth, or None without outcomes.

    Probabilities are clamped to 0.001..0.999; otherwise one error of a certain prediction would dominate.

    >>> round(log_loss([Outcome(0.5, 1), Outcome(0.25, 0)]), 4)
    0.4904
    """
    return _mean((_log_loss(outcome.probability, outcome.truth), outcome.weight) for outcome in outcomes)


def _log_loss(probability: float, truth: float) -> float:
    low, high = _WITHIN
    p = min(max(probability, low), high)
    return -(truth * log(p) + (1 - truth) * log(1 - p))


def brier(outcomes: Iterable[Outcome]) -> float | None:
    """Return the mean squared distance of probability and truth, or None without outcomes.

    Source:
        Brier (1950), Verification of forecasts expressed in terms of probability.

    >>> brier([Outcome(0.5, 1), Outcome(0.25, 0)])
    0.15625
    """
    return _mean(((outcome.probability - outcome.truth) ** 2, outcome.weight) for outcome in outcomes)


def auc(outcomes: Iterable[Outcome]) -> float | None:
    """Return the chance that a true claim has a higher probability than a false one; ties count half.

    It is None unless there are true and false claims.

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


@dataclass(frozen=True, slots=True)
class Bin:
    """Outcomes with about the same probability."""

    lower: float
    """The smallest probability in the bin."""
    upper: float
    """The end of the bin. A probability equal to it is in the next bin, or in the last one if it is 1."""
    weight: float
    """The total weight of the outcomes."""
    probability: float
    """The mean probability."""
    truth: float
    """The mean truth."""


def bin_of(probability: float) -> int:
    """Return the number of the tenth, from 0; 1 is in the last tenth."""
    return min(int(probability * BINS), BINS - 1)


def bins(outcomes: Iterable[Outcome]) -> list[Bin]:
    """Return the outcomes by tenths of probability; empty tenths are left out."""
    by_tenth: dict[int, list[Outcome]] = {}
    for outcome in outcomes:
        by_tenth.setdefault(bin_of(outcome.probability), []).append(outcome)
    return [_bin(number, by_tenth[number]) for number in sorted(by_tenth)]


def _bin(number: int, outcomes: Sequence[Outcome]) -> Bin:
    weight = fsum(outcome.weight for outcome in outcomes)
    return Bin(
        lower=number / BINS,
        upper=(number + 1) / BINS,
        weight=weight,
        probability=fsum(outcome.weight * outcome.probability for outcome in outcomes) / weight,
        truth=fsum(outcome.weight * outcome.truth for outcome in outcomes) / weight,
    )


def calibration_error(outcomes: Iterable[Outcome]) -> float | None:
    """Return the expected calibration error, the mean distance of probability and truth over the bins, or None.

    >>> round(calibration_error([Outcome(0.5, 1), Outcome(0.5, 0), Outcome(0.9, 0)]), 4)
    0.3
    """
    return _mean((abs(part.probability - part.truth), part.weight) for part in bins(outcomes))


@dataclass(frozen=True, slots=True)
class Decomposition:
    """The parts of a Brier score: brier = reliability - resolution + uncertainty + within_bins."""

    brier: float
    reliability: float
    """The mean squared distance between probability and truth over the bins; 0 if calibrated."""
    resolution: float
    """The mean squared difference between the truth of the bins and the base rate; higher is better."""
    uncertainty: float
    """The Brier score of a forecaster that always states the base rate."""
    within_bins: float
    """The part due to different probabilities within a bin."""

    @property
    def skill(self) -> float | None:
        """The improvement on the base rate: 1 is perfect, 0 is no better; None if all outcomes are equal."""
        return 1 - self.brier / self.uncertainty if self.uncertainty > 1e-12 else None  # as `tally.Brier`


def decompose(outcomes: Sequence[Outcome]) -> Decomposition | None:
    """Return Murphy's decomposition of the Brier score, or None without outcomes.

    The sum is exact, because `within_bins` contains the differences within bins.

    Source:
        Murphy (1973), A new vector partition of the probability score; Stephenson, Coelho and Jolliffe (2008),
        Two extra components in the Brier score decomposition.
    """
    score = brier(outcomes)
    base = _mean((outcome.truth, outcome.weight) for outcome in outcomes)
    if score is None or base is None:
        return None
    parts = bins(outcomes)
    total = fsum(part.weight for part in parts)
    reliability = fsum(part.weight * (part.probability - part.truth) ** 2 for part in parts) / total
    resolution = fsum(part.weight * (part.truth - base) ** 2 for part in parts) / total
    uncertainty = fsum(outcome.weight * (outcome.truth - base) ** 2 for outcome in outcomes) / total
    return Decomposition(
        brier=score,
        reliability=reliability,
        resolution=resolution,
        uncertainty=uncertainty,
        within_bins=score - (reliability - resolution + uncertainty),
    )


def _mean(values: Iterable[tuple[float, float]]) -> float | None:
    pairs = list(values)
    weight = fsum(weight for _, weight in pairs)
    return fsum(value * weight for value, weight in pairs) / weight if weight > 0 else None
