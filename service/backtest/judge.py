"""How good predictions were, and how sure that is: bootstrap intervals that draw whole claims."""

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
    """A prediction and what came of it."""

    claim: str
    probability: float
    proved: bool


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure with its interval; None where it cannot be told."""

    value: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How good a method was."""

    log_loss: Figure
    brier: Figure
    auc: Figure
    ece: Figure


def judge(judged: Sequence[Judged]) -> Verdict:
    """The measures of a method with 95 % intervals, from as many claims drawn again and again.

    Reports on one claim stand or fall together, so claims are drawn and not reports. Every method gets
    the same draws.
    """
    outcomes = [Outcome(one.probability, one.proved) for one in judged]
    whole = (log_loss(outcomes), brier(outcomes), auc(outcomes), calibration_error(outcomes))
    sample = _Sample(judged)
    drawn = [sample.measures(weights) for weights in _draws(sample.claims)] or [(None,) * len(whole)]
    columns = zip(*drawn, strict=True)
    return Verdict(*(_figure(value, column) for value, column in zip(whole, columns, strict=True)))


def _draws(claims: int) -> Iterator[list[int]]:
    """How often each claim is drawn, for each draw."""
    source = random.Random(_SEED)  # noqa: S311 - it has to be the same draws each time
    for _ in range(DRAWS if claims else 0):
        weights = [0] * claims
        for claim in source.choices(range(claims), k=claims):
            weights[claim] += 1
        yield weights


class _Sample:
    """Predictions added up by claim, so that a draw costs little."""

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
    """The sum of products; Python's own comes with 3.12."""
    total: float = sum(map(mul, left, right))
    return total


def _figure(value: float | None, drawn: Sequence[float | None]) -> Figure:
    told = sorted(one for one in drawn if one is not None)
    if value is None or not told:
        return Figure(value, None, None)
    tail = (1 - _LEVEL) / 2
    return Figure(value, _quantile(told, tail), _quantile(told, 1 - tail))


def _quantile(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
