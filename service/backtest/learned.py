"""Adapt `forecast/2` to the interface of a backtest."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from service.backtest.records import Record
from service.methods.forecast import ForecastClaim, ForecastReport, Learner, Resolved
from service.values.vocabulary import ClaimKind


class Learned:
    """The forecast of the service, trained on the records of a backtest as they are resolved."""

    def __init__(self) -> None:
        self._learner = Learner()
        self._now: dt.datetime | None = None

    def watch(self, claims: Sequence[Sequence[Record]], *, now: dt.datetime) -> None:
        """Store the current time and the claims with new reports, which may be rivals of later claims."""
        self._now = now
        for reports in claims:
            self._learner.see(_claim(reports[-1]), _reports(reports))

    def predict(self, reports: Sequence[Record]) -> float:
        claim, published_at = _claim(reports[-1]), reports[-1].published_at
        if self._learner.is_decided(claim):
            return 0.0
        now = published_at if self._now is None else max(self._now, published_at)
        return self._learner.forecast(claim, _reports(reports), now=now).probability

    def learn(self, reports: Sequence[Record], *, proved: bool, known_at: dt.datetime) -> None:
        self._learner.learn(Resolved(_claim(reports[-1]), _reports(reports), float(proved), known_at))


def _claim(record: Record) -> ForecastClaim:
    return ForecastClaim(
        record.claim, ClaimKind.FACT, record.topic, record.rivals or 0, record.group, record.resolves_by
    )


def _reports(records: Sequence[Record]) -> list[ForecastReport]:
    return [
        ForecastReport(
            outlet=record.outlet,
            stance=record.stance,
            published_at=record.published_at,
            commitment=record.commitment,
            probability=record.probability,
            rivals=record.rivals,
        )
        for record in records
    ]
