"""Draw bootstrap samples of claims, and measure the predictions in each."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter, mul
from typing import NamedTuple

from service.methods.calibration import bin_of
from service.methods.scoring import Outcome, brier, log_loss

DRAWS = 300
_SEED = 1


class Judged(NamedTuple):
    """A predicted probability for a claim, with the outcome."""

    claim: str
    probability: float
    proved: bool


def draw_weights(claims: int) -> Iterator[list[int]]:
    """Yield the bootstrap draws, each as the number of times that each claim is drawn."""
    source = random.Random(_SEED)  # noqa: S311 - the draws must be reproducible
    for _ in range(DRAWS if claims else 0):
        weights = [0] * claims
        for claim in source.choices(range(claims), k=claims):
            weights[claim] += 1
        yield weights


class Sample:
    """Sums of predictions by claim, from which the accuracy in a bootstrap draw is computed cheaply."""

    def __init__(self, judged: Sequence[Judged]) -> None:
        names = {claim: number for number, claim in enumerate(sorted({one.claim for one in judged}))}
        self.claims = len(names)
        self._numbers = [0] * self.claims
        self._losses = [0.0] * self.claims
        self._distances = [0.0] * self.claims
        self._gaps: dict[int, list[float]] = {}
        for claim, probability, proved in judged:
            number, outcome = names[claim], [Outcome(probability, proved)]
            self._numbers[number] += 1
            self._losses[number] += log_loss(outcome) or 0.0
            self._distances[number] += brier(outcome) or 0.0
            gaps = self._gaps.setdefault(bin_of(probability), [0.0] * self.claims)
            gaps[number] += probability - proved
        ranked = sorted((one.probability, names[one.claim], one.proved) for one in judged)
        self._ties = [[tied[1:] for tied in group] for _, group in groupby(ranked, key=itemgetter(0))]

    def measures(self, weights: Sequence[int]) -> tuple[float | None, ...]:
        total = _sumprod(weights, self._numbers)
        error = sum(abs(_sumprod(weights, gaps)) for gaps in self._gaps.values())
        loss, distance = _sumprod(weights, self._losses), _sumprod(weights, self._distances)
        return loss / total, distance / total, self._auc(weights), error / total

    def _auc(self, weights: Sequence[int]) -> float | None:
        wins, true_so_far, false_so_far = 0.0, 0, 0
        for tied in self._ties:
            true = false = 0
            for claim, proved in tied:
                if proved:
                    true += weights[claim]
                else:
                    false += weights[claim]
            wins += true * (false_so_far + false / 2)
            true_so_far += true
            false_so_far += false
        pairs = true_so_far * false_so_far
        return wins / pairs if pairs else None


def _sumprod(left: Iterable[float], right: Iterable[float]) -> float:
    """Return the sum of products, like math.sumprod of Python 3.12."""
    total: float = sum(map(mul, left, right))
    return total
