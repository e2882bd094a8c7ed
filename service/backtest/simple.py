"""The simple methods that every better one has to beat."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from math import fsum, sqrt
from typing import NamedTuple

from service.backtest.protocol import Record
from service.methods.beta import log_evidence
from service.values.vocabulary import Stance

_Z = 1.96
_WEIGHTS = tuple(0.5 * 1.25**step for step in range(25))  # of the average, in reports: 0.5 to 106
_START_WEIGHT = 8.0


class Count(NamedTuple):
    """Reports, and how many of them came out so."""

    n: int = 0
    k: int = 0

    def plus(self, *, so: bool) -> Count:
        return Count(self.n + 1, self.k + so)

    @property
    def share(self) -> float:
        """Laplace's rule of succession."""
        return (self.k + 1) / (self.n + 2)


class BaseRate:
    """The share of reports whose claim proved true."""

    def __init__(self) -> None:
        self._all = Count()

    def predict(self, reports: Sequence[Record]) -> float:
        return self._all.share

    def learn(self, reports: Sequence[Record], *, proved: bool, known_at: dt.datetime) -> None:
        for _ in reports:
            self._all = self._all.plus(so=proved)


class StanceRate:
    """The share of reports of the same stance whose claim proved true."""

    def __init__(self) -> None:
        self._stances: defaultdict[Stance, Count] = defaultdict(Count)

    def predict(self, reports: Sequence[Record]) -> float:
        return self._stances[reports[-1].stance].share

    def learn(self, reports: Sequence[Record], *, proved: bool, known_at: dt.datetime) -> None:
        for report in reports:
            self._stances[report.stance] = self._stances[report.stance].plus(so=proved)


class HitRate(BaseRate):
    """How often the outlet was right, by Laplace's rule; the base rate where it takes no side."""

    def __init__(self) -> None:
        super().__init__()
        self._hits: defaultdict[str, Count] = defaultdict(Count)

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
        self._hits[outlet] = self._hits[outlet].plus(so=right)


class WilsonBound(HitRate):
    """The lower bound of Wilson's interval for how often the outlet was right."""

    def _rate(self, outlet: str) -> float:
        n, k = self._hits[outlet]
        if n == 0:
            return 0.5
        p = k / n
        spread = _Z * sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2))
        return (p + _Z**2 / (2 * n) - spread) / (1 + _Z**2 / n)


class Shrunk:
    """Shares drawn towards their average, as much as they differ from it by chance (empirical Bayes).

    The weight of the average is the most probable one, each share being drawn from a beta distribution; it is
    found anew when the reports have grown by a tenth.
    """

    def __init__(self) -> None:
        self._all = Count()
        self._counts: defaultdict[Hashable, Count] = defaultdict(Count)
        self._weight = _START_WEIGHT
        self._weighed = 0

    def add(self, key: Hashable, *, so: bool) -> None:
        self._all = self._all.plus(so=so)
        self._counts[key] = self._counts[key].plus(so=so)

    def rate(self, key: Hashable) -> float:
        if 10 * self._all.n >= 11 * self._weighed and self._all.n > self._weighed:
            self._weighed = self._all.n
            self._weight = _most_probable_weight(self._counts.values(), self._all.share)
        count = self._counts.get(key, Count())
        return (count.k + self._weight * self._all.share) / (count.n + self._weight)


class ShrunkHitRate(HitRate):
    """How often the outlet was right, drawn towards how often outlets are."""

    def __init__(self) -> None:
        super().__init__()
        self._shrunk = Shrunk()

    def _rate(self, outlet: str) -> float:
        return self._shrunk.rate(outlet)

    def _add(self, outlet: str, *, right: bool) -> None:
        self._shrunk.add(outlet, so=right)


class ShrunkStanceRate:
    """How often claims prove true that the outlet reports with this stance, drawn towards that of all outlets."""

    def __init__(self) -> None:
        self._rates: defaultdict[Stance, Shrunk] = defaultdict(Shrunk)

    def predict(self, reports: Sequence[Record]) -> float:
        return self._rates[reports[-1].stance].rate(reports[-1].outlet)

    def learn(self, reports: Sequence[Record], *, proved: bool, known_at: dt.datetime) -> None:
        for report in reports:
            self._rates[report.stance].add(report.outlet, so=proved)


def _most_probable_weight(counts: Iterable[Count], share: float) -> float:
    shown = list(counts)
    return max(_WEIGHTS, key=lambda weight: fsum(_log_likelihood(count, weight, share) for count in shown))


def _log_likelihood(count: Count, weight: float, share: float) -> float:
    a, b = weight * share, weight * (1 - share)
    return log_evidence(count.k, count.n, a, b)
