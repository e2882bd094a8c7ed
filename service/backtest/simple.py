"""Simple methods as baselines."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from math import fsum, sqrt
from typing import NamedTuple

from service.backtest.records import Record
from service.methods.beta import log_evidence
from service.values.vocabulary import Stance

_Z = 1.96
_WEIGHTS = tuple(0.5 * 1.25**step for step in range(25))  # weights of the average, in reports: 0.5 to 106
_START_WEIGHT = 8.0


class HitCount(NamedTuple):
    """The number of reports, and the number of hits among them."""

    n: int = 0
    k: int = 0

    def plus(self, *, hit: bool) -> HitCount:
        return HitCount(self.n + 1, self.k + hit)

    @property
    def share(self) -> float:
        """The share of hits, by Laplace's rule of succession."""
        return (self.k + 1) / (self.n + 2)


class BaseRate:
    """The share of reports whose claim proved true."""

    def __init__(self) -> None:
        self._all = HitCount()

    def predict(self, reports: Sequence[Record]) -> float:
        return self._all.share

    def learn(self, reports: Sequence[Record], *, proved: bool, known_at: dt.datetime) -> None:
        for _ in reports:
            self._all = self._all.plus(hit=proved)


class StanceRate:
    """The share of reports of the same stance whose claim proved true."""

    def __init__(self) -> None:
        self._stances: defaultdict[Stance, HitCount] = defaultdict(HitCount)

    def predict(self, reports: Sequence[Record]) -> float:
        return self._stances[reports[-1].stance].share

    def learn(self, reports: Sequence[Record], *, proved: bool, known_at: dt.datetime) -> None:
        for report in reports:
            self._stances[report.stance] = self._stances[report.stance].plus(hit=proved)


class HitRate(BaseRate):
    """The share of claims that the outlet got right, by Laplace's rule; the base rate if it takes no side."""

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
    """The lower bound of Wilson's interval for the share of claims that the outlet got right."""

    def _rate(self, outlet: str) -> float:
        n, k = self._hits[outlet]
        if n == 0:
            return 0.5
        p = k / n
        spread = _Z * sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2))
        return (p + _Z**2 / (2 * n) - spread) / (1 + _Z**2 / n)


class Shrunk:
    """Shares shrunk towards their average (empirical Bayes).

    The weight of the average is the most probable one if each share is drawn from a beta distribution. It is refitted
    when the number of reports has grown by a tenth.
    """

    def __init__(self) -> None:
        self._all = HitCount()
        self._counts: defaultdict[Hashable, HitCount] = defaultdict(HitCount)
        self._weight = _START_WEIGHT
        self._weighed = 0

    def add(self, key: Hashable, *, hit: bool) -> None:
        self._all = self._all.plus(hit=hit)
        self._counts[key] = self._counts[key].plus(hit=hit)

    def rate(self, key: Hashable) -> float:
        if 10 * self._all.n >= 11 * self._weighed and self._all.n > self._weighed:
            self._weighed = self._all.n
            self._weight = _most_probable_weight(self._counts.values(), self._all.share)
        count = self._counts.get(key, HitCount())
        return (count.k + self._weight * self._all.share) / (count.n + self._weight)


class ShrunkHitRate(HitRate):
    """The share of claims that the outlet got right, shrunk towards the share of all outlets."""

    def __init__(self) -> None:
        super().__init__()
        self._shrunk = Shrunk()

    def _rate(self, outlet: str) -> float:
        return self._shrunk.rate(outlet)

    def _add(self, outlet: str, *, right: bool) -> None:
        self._shrunk.add(outlet, hit=right)


class ShrunkStanceRate:
    """The share of true claims among those that the outlet reported with this stance, shrunk towards all outlets."""

    def __init__(self) -> None:
        self._rates: defaultdict[Stance, Shrunk] = defaultdict(Shrunk)

    def predict(self, reports: Sequence[Record]) -> float:
        return self._rates[reports[-1].stance].rate(reports[-1].outlet)

    def learn(self, reports: Sequence[Record], *, proved: bool, known_at: dt.datetime) -> None:
        for report in reports:
            self._rates[report.stance].add(report.outlet, hit=proved)


def _most_probable_weight(counts: Iterable[HitCount], share: float) -> float:
    known = list(counts)
    return max(_WEIGHTS, key=lambda weight: fsum(_log_likelihood(count, weight, share) for count in known))


def _log_likelihood(count: HitCount, weight: float, share: float) -> float:
    a, b = weight * share, weight * (1 - share)
    return log_evidence(count.k, count.n, a, b)
