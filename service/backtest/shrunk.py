"""Baseline methods that shrink the share of each outlet towards the share of all outlets."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from math import fsum

from service.backtest.records import Record
from service.backtest.simple import HitCount, HitRate
from service.methods.shares import log_evidence
from service.values.vocabulary import Stance

_WEIGHTS = tuple(0.5 * 1.25**step for step in range(25))  # candidate weights in reports: 0.5 to 106
_START_WEIGHT = 8.0


class Shrunk:
    """The share of hits for each key, shrunk towards the share over all keys (empirical Bayes).

    The weight of the overall share is the one that makes the counts most likely, if each share is drawn from a beta
    distribution. It is refitted when the number of reports has grown by a tenth.
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
    """A baseline that uses the share of reports that the outlet got right, shrunk to that of all."""

    def __init__(self) -> None:
        super().__init__()
        self._shrunk = Shrunk()

    def _rate(self, outlet: str) -> float:
        return self._shrunk.rate(outlet)

    def _add(self, outlet: str, *, right: bool) -> None:
        self._shrunk.add(outlet, hit=right)


class ShrunkStanceRate:
    """A baseline that uses the share of true claims among an outlet's reports by stance, shrunk."""

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
