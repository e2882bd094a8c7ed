"""The protocol that forecasts and intervals are judged by, on anyone's records. Reads no database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from service.backtest.coverage import Coverage, coverage
from service.backtest.judge import Figure, Judged, Verdict, judge
from service.backtest.learned import Learned
from service.backtest.protocol import BadRecord, Method, Prediction, Record, read_records, run
from service.backtest.simple import BaseRate, HitRate, ShrunkHitRate, ShrunkStanceRate, StanceRate, WilsonBound

__all__ = [
    "METHODS",
    "BadRecord",
    "Coverage",
    "Figure",
    "Prediction",
    "Record",
    "Report",
    "Score",
    "Verdict",
    "backtest",
    "read_records",
]

METHODS: dict[str, type[Method]] = {
    "forecast/1": Learned,
    "base rate": BaseRate,
    "stance base rate": StanceRate,
    "Laplace hit rate": HitRate,
    "Wilson lower bound": WilsonBound,
    "empirical-Bayes hit rate": ShrunkHitRate,
    "outlet x stance EB": ShrunkStanceRate,
}
"""By name, ours first."""


class Score(NamedTuple):
    """How good a method was on reports when they were published, and on claims when they were resolved."""

    method: str
    reports: Verdict
    claims: Verdict


class Report(NamedTuple):
    """What a backtest finds."""

    scores: list[Score]
    reports: list[Prediction]
    """The predictions that were judged, the probabilities by `METHODS`."""
    claims: list[Prediction]
    coverage: Coverage


def backtest(records: Sequence[Record], *, burn: float) -> Report:
    """Judge every method on records, in time order.

    Args:
        records: The records, in any order.
        burn: The first share of predictions that are learned from and not judged, 0 <= burn < 1.
    """
    made = run(records, [method() for method in METHODS.values()])
    reports = made.reports[int(len(made.reports) * burn) :]
    claims = made.claims[int(len(made.claims) * burn) :]
    scores = [
        Score(name, judge(_judged(reports, place)), judge(_judged(claims, place))) for place, name in enumerate(METHODS)
    ]
    return Report(scores, reports, claims, coverage(made.resolutions))


def _judged(predictions: Sequence[Prediction], method: int) -> list[Judged]:
    return [Judged(made.record.claim, made.probabilities[method], made.proved) for made in predictions]
