"""Measure predictions, with bootstrap intervals that draw whole claims."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter, mul
from typing import NamedTuple

from service.methods.calibration import Outcome, auc, bin_of, brier, calibration_error, log_loss

DRAWS = 300
_LEVEL = 0.95
_SEED = 1


class Judged(NamedTuple):
    """A prediction and its outcome."""

    claim: str
    probability: float
    proved: bool


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure with its interval; None if it is undefined."""

    value: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class Measures:
    """The measures of a method."""

    log_loss: Figure
    brier: Figure
    auc: Figure
    ece: Figure


def judge(judged: Sequence[Judged]) -> Measures:
    """Return the measures of a method with 95 % bootstrap intervals.

    The outcomes of reports on one claim depend on each other, so claims are drawn, not reports. Every method gets the
    same draws.
    """
    outcomes = [Outcome(one.probability, one.proved) for one in judged]
    whole = (log_loss(outcomes), brier(outcomes), auc(outcomes), calibration_error(outcomes))
    sample = _Sample(judged)
    drawn = [sample.measures(weights) for weights in _draws(sample.claims)] or [(None,) * len(whole)]
    columns = zip(*drawn, strict=True)
    return Measures(*(_figure(value, column) for value, column in zip(whole, columns, strict=True)))


def _draws(claims: int) -> Iterator[list[int]]:
    """Yield, for each draw, the number of times that each claim is drawn."""
    source = random.Random(_SEED)  # noqa: S311 - the draws must be reproducible
    for _ in range(DRAWS if claims else 0):
        weights = [0] * claims
        for claim in source.choices(range(claims), k=claims):
            weights[claim] += 1
        yield weights


class _Sample:
    """The sums of predictions by claim, which make a draw cheap."""

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


def _figure(value: float | None, drawn: Sequence[float | None]) -> Figure:
    known = sorted(value for value in drawn if value is not None)
    if value is None or not known:
        return Figure(value, None, None)
    tail = (1 - _LEVEL) / 2
    return Figure(value, _quantile(known, tail), _quantile(known, 1 - tail))


def _quantile(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
