"""Adapt `forecast/1` to the interface of a backtest."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from service.backtest.protocol import Record
from service.methods.forecast import ForecastClaim, ForecastReport, Learner, Resolved
from service.values.vocabulary import ClaimKind


class Learned:
    """The learner of the service, trained on the records."""

    def __init__(self) -> None:
        self._learner = Learner()

    def predict(self, reports: Sequence[Record]) -> float:
        return self._learner.forecast(_claim(reports[0]), [_report(record) for record in reports]).probability

    def learn(self, reports: Sequence[Record], *, proved: bool, known_at: dt.datetime) -> None:
        case = Resolved(_claim(reports[0]), [_report(record) for record in reports], float(proved), known_at)
        self._learner.learn(case)


def _claim(record: Record) -> ForecastClaim:
    return ForecastClaim(record.claim, ClaimKind.FACT, record.topic)


def _report(record: Record) -> ForecastReport:
    return ForecastReport(
        outlet=record.outlet,
        stance=record.stance,
        published_at=record.published_at,
        commitment=record.commitment,
        probability=record.probability,
    )
