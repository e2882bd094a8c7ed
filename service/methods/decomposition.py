"""The decomposition of a Brier score into reliability, resolution and uncertainty. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum

from service.methods.calibration import bins
from service.methods.scoring import Outcome, brier, weighted_mean


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
    """The part due to differences between the outcomes within a bin."""

    @property
    def skill(self) -> float | None:
        """The improvement on the base rate: 1 is perfect, 0 is no better; None if all outcomes are equal."""
        return (
            1 - self.brier / self.uncertainty if self.uncertainty > 1e-12 else None
        )  # the same limit as in `tally.Tally.brier`


def decompose(outcomes: Sequence[Outcome]) -> Decomposition | None:
    """Return Murphy's decomposition of the Brier score, or None without outcomes.

    The sum is exact, because `within_bins` contains the differences within bins.

    Source:
        Murphy (1973), A new vector partition of the probability score; Stephenson, Coelho and Jolliffe (2008),
        Two extra components in the Brier score decomposition.
    """
    score = brier(outcomes)
    base = weighted_mean((outcome.truth, outcome.weight) for outcome in outcomes)
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
