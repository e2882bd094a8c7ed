"""The place of an outlet in a ranking, and the numbers that determine it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from service.methods.reliability import RATED_FROM
from service.methods.tally import Context, Tally
from service.values.vocabulary import Order, OutletKind, RankBy


class Measures(NamedTuple):
    """The numbers that rankings sort an outlet by. All but `claims` are 0 if no claim is resolved."""

    claims: int
    """The number of its own claims."""
    resolved: int
    lower: float
    """The lower bound of the adjusted reliability, 0..1."""
    upper: float
    mean: float
    share: float
    """The share of its resolved claims that proved right, 0..1."""


class Place(NamedTuple):
    """The place of an outlet in a ranking."""

    key: tuple[float, str]
    """The sort key, ascending: the value that outlets are ranked by, negated if descending, and the slug."""
    lower: float
    """The lower bound of its adjusted reliability; `upper` is the upper one."""
    upper: float

    @property
    def slug(self) -> str:
        return self.key[1]


@dataclass(frozen=True, slots=True)
class RankingCriteria:
    """The outlets that a ranking includes, and their order."""

    min_resolved: int = RATED_FROM
    kind: OutletKind | None = None
    """Only outlets of this kind; None for all."""
    sort: RankBy = RankBy.LOWER
    order: Order = Order.DESC

    def place(self, slug: str, measures: Measures) -> Place:
        """Return the place of an outlet with these measures. Outlets with equal values are sorted by slug."""
        value = self._value(measures)
        key = (-value if self.order is Order.DESC else value), slug
        return Place(key, measures.lower, measures.upper)

    def _value(self, measures: Measures) -> float:
        match self.sort:
            case RankBy.LOWER:
                return measures.lower
            case RankBy.MEAN:
                return measures.mean
            case RankBy.RECORD:
                return measures.share
            case RankBy.RESOLVED:
                return measures.resolved


def measure(own: Tally, context: Context, *, topic: str | None, level: float) -> Measures:
    """Return the measures of an outlet, given the tally of its own claims."""
    claims = own.total.claims
    if (rating := own.rating(context, topic=topic, level=level)) is None:
        return Measures(claims, 0, 0.0, 0.0, 0.0, 0.0)
    adjusted = rating.adjusted
    return Measures(claims, own.resolved, adjusted.lower, adjusted.upper, adjusted.mean, own.right / own.resolved)
