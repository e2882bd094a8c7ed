"""Measure the accuracy of predictions, with bootstrap intervals from samples of whole claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.backtest.sample import Judged, Sample, draw_weights
from service.methods.calibration import calibration_error
from service.methods.scoring import Outcome, auc, brier, log_loss

_LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Figure:
    """The value of a measure with the bounds of its bootstrap interval; None for an undefined number."""

    value: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class Measures:
    """The log loss, Brier score, area under the curve and calibration error of a method."""

    log_loss: Figure
    brier: Figure
    auc: Figure
    ece: Figure


def judge(judged: Sequence[Judged]) -> Measures:
    """Return the accuracy of a method's predictions, with 95 % bootstrap intervals.

    The outcomes of reports on one claim depend on each other, so claims are drawn, not reports. Every method gets the
    same draws.
    """
    outcomes = [Outcome(one.probability, one.proved) for one in judged]
    whole = (log_loss(outcomes), brier(outcomes), auc(outcomes), calibration_error(outcomes))
    sample = Sample(judged)
    drawn = [sample.measures(weights) for weights in draw_weights(sample.claims)] or [(None,) * len(whole)]
    columns = zip(*drawn, strict=True)
    return Measures(*(_figure(value, column) for value, column in zip(whole, columns, strict=True)))


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
