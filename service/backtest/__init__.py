"""Evaluate forecasts and intervals on a file of records, without a database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from service.backtest.coverage import Coverage, coverage
from service.backtest.judge import Figure, Measures, judge
from service.backtest.learned import Learned
from service.backtest.protocol import Method, Prediction
from service.backtest.record_lines import BadRecord, read_records
from service.backtest.records import Record
from service.backtest.sample import Judged
from service.backtest.shrunk import ShrunkHitRate, ShrunkStanceRate
from service.backtest.simple import BaseRate, HitRate, StanceRate, WilsonBound
from service.backtest.timeline import run

__all__ = [
    "METHODS",
    "BacktestResult",
    "BadRecord",
    "Coverage",
    "Figure",
    "Measures",
    "MethodScore",
    "Prediction",
    "Record",
    "backtest",
    "read_records",
]

METHODS: dict[str, type[Method]] = {
    "forecast/2": Learned,
    "base rate": BaseRate,
    "stance base rate": StanceRate,
    "Laplace hit rate": HitRate,
    "Wilson lower bound": WilsonBound,
    "empirical-Bayes hit rate": ShrunkHitRate,
    "outlet x stance EB": ShrunkStanceRate,
}
"""The forecast methods to compare, by name; the first is the one that the service uses."""


class MethodScore(NamedTuple):
    """The accuracy of one method's predictions: for reports at publication, for claims at resolution."""

    method: str
    reports: Measures
    claims: Measures


class BacktestResult(NamedTuple):
    """The accuracy and the predictions of all methods, and the coverage of the intervals."""

    scores: list[MethodScore]
    reports: list[Prediction]
    """The evaluated predictions; their probabilities are in the order of `METHODS`."""
    claims: list[Prediction]
    coverage: Coverage


def backtest(records: Sequence[Record], *, burn: float) -> BacktestResult:
    """Evaluate every method on records, in time order.

    Args:
        records: The records, in any order.
        burn: The share of predictions, the earliest ones, that are left out of the evaluation, 0 <= burn < 1.
    """
    made = run(records, [method() for method in METHODS.values()])
    reports = made.reports[int(len(made.reports) * burn) :]
    claims = made.claims[int(len(made.claims) * burn) :]
    scores = [
        MethodScore(name, judge(_judged(reports, place)), judge(_judged(claims, place)))
        for place, name in enumerate(METHODS)
    ]
    return BacktestResult(scores, reports, claims, coverage(made.resolutions))


def _judged(predictions: Sequence[Prediction], method: int) -> list[Judged]:
    return [Judged(one.record.claim, one.probabilities[method], one.proved) for one in predictions]
