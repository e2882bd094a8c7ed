"""Baseline methods, which predict from shares of true claims or of right reports."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

from service.backtest.records import Record
from service.values.vocabulary import Stance

_Z = 1.96


class HitCount(NamedTuple):
    """The number of reports, and of hits: reports that were right, or whose claim proved true."""

    n: int = 0
    k: int = 0

    def plus(self, *, hit: bool) -> HitCount:
        return HitCount(self.n + 1, self.k + hit)

    @property
    def share(self) -> float:
        """The share of hits, by Laplace's rule of succession."""
        return (self.k + 1) / (self.n + 2)


class BaseRate:
    """A baseline that predicts the share of all reports whose claim proved true."""

    def __init__(self) -> None:
        self._all = HitCount()

    def predict(self, reports: Sequence[Record]) -> float:
        return self._all.share

    def learn(self, reports: Sequence[Record], *, proved: bool, known_at: dt.datetime) -> None:
        for _ in reports:
            self._all = self._all.plus(hit=proved)


class StanceRate:
    """A baseline that predicts the share of reports with the same stance whose claim proved true."""

    def __init__(self) -> None:
        self._stances: defaultdict[Stance, HitCount] = defaultdict(HitCount)

    def predict(self, reports: Sequence[Record]) -> float:
        return self._stances[reports[-1].stance].share

    def learn(self, reports: Sequence[Record], *, proved: bool, known_at: dt.datetime) -> None:
        for report in reports:
            self._stances[report.stance] = self._stances[report.stance].plus(hit=proved)


class HitRate(BaseRate):
    """A baseline that uses the share of reports that the outlet got right, by Laplace's rule.

    For a report that takes no side, it predicts the base rate.
    """

    def __init__(self) -> None:
        super().__init__()
        self._hits: defaultdict[str, HitCount] = defaultdict(HitCount)

    def predict(self, reports: Sequence[Record]) -> float:
        latest = reports[-1]
        if not latest.stance.takes_side:
            return super().predict(reports)
        right = self._rate(latest.outlet)
        return right if latest.stance is Stance.SUPPORT else 1 - right

    def learn(self, reports: Sequence[Record], *, proved: bool, known_at: dt.datetime) -> None:
        super().learn(reports, proved=proved, known_at=known_at)
        for report in reports:
            if report.stance.takes_side:
                self._add(report.outlet, right=proved == (report.stance is Stance.SUPPORT))

    def _rate(self, outlet: str) -> float:
        return self._hits[outlet].share

    def _add(self, outlet: str, *, right: bool) -> None:
        self._hits[outlet] = self._hits[outlet].plus(hit=right)


class WilsonBound(HitRate):
    """A baseline that uses Wilson's lower bound for the share of reports that the outlet got right."""

    def _rate(self, outlet: str) -> float:
        n, k = self._hits[outlet]
        if n == 0:
            return 0.5
        p = k / n
        spread = _Z * sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2))
        return (p + _Z**2 / (2 * n) - spread) / (1 + _Z**2 / n)
