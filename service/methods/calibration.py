"""The calibration of stated probabilities, grouped into tenths of the scale. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import fsum

from service.methods.scoring import Outcome, weighted_mean

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """The outcomes whose stated probabilities fall in one tenth of the scale 0..1."""

    lower: float
    """The smallest probability in the bin."""
    upper: float
    """The end of the bin. A probability equal to it is in the next bin, or in the last one if it is 1."""
    weight: float
    """The total weight of the outcomes."""
    probability: float
    """The mean of the probabilities stated for the outcomes."""
    truth: float
    """The mean truth of the outcomes."""


def bin_of(probability: float) -> int:
    """Return the tenth of the scale that a probability falls in, 0..9; probability 1 is in the last."""
    return min(int(probability * BINS), BINS - 1)


def bins(outcomes: Iterable[Outcome]) -> list[Bin]:
    """Group outcomes into tenths by their stated probability; empty tenths are left out."""
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
    """Return the expected calibration error: the mean distance between probability and truth.

    The distance is between the means of each bin, weighted by the outcomes in it. It is None without outcomes.


    >>> round(calibration_error([Outcome(0.5, 1), Outcome(0.5, 0), Outcome(0.9, 0)]), 4)
    0.3
    """
    return weighted_mean((abs(part.probability - part.truth), part.weight) for part in bins(outcomes))
