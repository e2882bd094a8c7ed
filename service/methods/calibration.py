"""How good stated probabilities were: scores, calibration, and what they are made of. Pure."""

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
    """A probability that was stated, and what came of it."""

    probability: float
    """0..1."""
    truth: float
    """How much of it came true, 0..1."""
    weight: float = 1.0


def log_loss(outcomes: Iterable[Outcome]) -> float | None:
    """Mean of minus the log of the probability given to what came true; None of nothing.

    A probability counts as at least 0.001 and at most 0.999, so that one certain error is not all there is.

    >>> round(log_loss([Outcome(0.5, 1), Outcome(0.25, 0)]), 4)
    0.4904
    """
    return _mean((_log_loss(outcome.probability, outcome.truth), outcome.weight) for outcome in outcomes)


def _log_loss(probability: float, truth: float) -> float:
    low, high = _WITHIN
    p = min(max(probability, low), high)
    return -(truth * log(p) + (1 - truth) * log(1 - p))


def brier(outcomes: Iterable[Outcome]) -> float | None:
    """Mean squared distance of probability and truth; None of nothing.

    Source:
        Brier (1950), Verification of forecasts expressed in terms of probability.

    >>> brier([Outcome(0.5, 1), Outcome(0.25, 0)])
    0.15625
    """
    return _mean(((outcome.probability - outcome.truth) ** 2, outcome.weight) for outcome in outcomes)


def auc(outcomes: Iterable[Outcome]) -> float | None:
    """Probability that what came true was given more than what did not, ties counted half; None without both.

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
    """Statements of about the same probability."""

    lower: float
    """The bin holds what is at least this..."""
    upper: float
    """... and less than this; the last one holds 1 too."""
    weight: float
    """How many there are."""
    probability: float
    """Their mean."""
    truth: float
    """How much of them came true, on average."""


def bin_of(probability: float) -> int:
    """Which tenth it is in, from 0; 1 is in the last."""
    return min(int(probability * BINS), BINS - 1)


def bins(outcomes: Iterable[Outcome]) -> list[Bin]:
    """Statements by tenths of probability; a tenth without any is left out."""
    held: dict[int, list[Outcome]] = {}
    for outcome in outcomes:
        held.setdefault(bin_of(outcome.probability), []).append(outcome)
    return [_bin(place, held[place]) for place in sorted(held)]


def _bin(place: int, outcomes: Sequence[Outcome]) -> Bin:
    weight = fsum(outcome.weight for outcome in outcomes)
    return Bin(
        lower=place / BINS,
        upper=(place + 1) / BINS,
        weight=weight,
        probability=fsum(outcome.weight * outcome.probability for outcome in outcomes) / weight,
        truth=fsum(outcome.weight * outcome.truth for outcome in outcomes) / weight,
    )


def calibration_error(outcomes: Iterable[Outcome]) -> float | None:
    """Expected calibration error: how far the bins' probabilities are from what came true; None of nothing.

    >>> round(calibration_error([Outcome(0.5, 1), Outcome(0.5, 0), Outcome(0.9, 0)]), 4)
    0.3
    """
    return _mean((abs(part.probability - part.truth), part.weight) for part in bins(outcomes))


@dataclass(frozen=True, slots=True)
class Decomposition:
    """What a Brier score is made of: brier = reliability - resolution + uncertainty + within_bins."""

    brier: float
    reliability: float
    """Mean squared distance of probability and truth of the bins: 0 when calibrated."""
    resolution: float
    """How much the bins' truth differs from the base rate: the more the better."""
    uncertainty: float
    """What the base rate alone would score."""
    within_bins: float
    """What is lost or won by telling statements of one bin apart."""

    @property
    def skill(self) -> float | None:
        """How much better than the base rate: 1 is perfect, 0 no better; None where that cannot be told."""
        return 1 - self.brier / self.uncertainty if self.uncertainty > 1e-12 else None  # as `tally.Brier`


def decompose(outcomes: Sequence[Outcome]) -> Decomposition | None:
    """Murphy's decomposition of the Brier score; None of nothing.

    The sum is exact: what the bins hide is told as `within_bins`.

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
