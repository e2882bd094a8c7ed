"""What has been learned, as a row of some kilobytes."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from service.methods.forecast.features import COPYING, NAMES, STANCES, TERMS, Floats
from service.methods.forecast.records import StanceCount
from service.values.instants import format_instant, parse_instant
from service.values.vocabulary import Stance

METHOD = "forecast/1"
BUILD = f"{METHOD} {hashlib.sha256(repr((TERMS, COPYING)).encode()).hexdigest()[:16]}"
"""The method as it is in this code: a state is of use only to the terms that it was learned for."""
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class State:
    """The weights and how sure they are, and the record of all outlets together when they were fitted."""

    weights: tuple[float, ...]
    """By `features.TERMS`."""
    covariance: tuple[tuple[float, ...], ...]
    """Its lower triangle."""
    delta: float
    """How much outlets that say the same count; one of `features.COPYING`."""
    evidence: tuple[float, ...]
    """Log of the probability of the rows that delta was chosen on, for each of `features.COPYING`."""
    trained_on: int
    """Resolved claims that somebody reported."""
    reports: int
    """Reports on them."""
    true: float
    """How many of the claims proved true."""
    votes: tuple[StanceCount, ...]
    """By `features.STANCES`: outlets' votes on the claims, and how many of those on claims that proved true."""
    fitted_at: dt.datetime | None
    """The moment whose truths are the last that were learned from."""

    @property
    def base_rate(self) -> float:
        """How often claims prove true, strictly between 0 and 1."""
        return (self.true + 1) / (self.trained_on + 2)

    def matrix(self) -> Floats:
        """The covariance in full."""
        return _matrix(self.covariance)

    def to_json(self) -> dict[str, Any]:
        """The state as JSON has it; `from_json` gives it back to the last bit."""
        return {
            "method": METHOD,
            "terms": list(NAMES),
            "weights": list(self.weights),
            "covariance": [list(row) for row in self.covariance],
            "delta": self.delta,
            "evidence": dict(zip(map(str, COPYING), self.evidence, strict=True)),
            "trained_on": self.trained_on,
            "reports": self.reports,
            "true": self.true,
            "votes": {stance: list(count) for stance, count in zip(STANCES, self.votes, strict=True)},
            "fitted_at": None if self.fitted_at is None else format_instant(self.fitted_at),
        }

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> State:
        """Read what `to_json` wrote.

        Raises:
            ValueError: It was written by another version of the method.
        """
        if row["method"] != METHOD or row["terms"] != list(NAMES):
            raise ValueError(f"This state is not of {METHOD} as it is now: it has to be learned anew.")
        return cls(
            weights=tuple(row["weights"]),
            covariance=tuple(tuple(values) for values in row["covariance"]),
            delta=row["delta"],
            evidence=tuple(row["evidence"][str(delta)] for delta in COPYING),
            trained_on=row["trained_on"],
            reports=row["reports"],
            true=row["true"],
            votes=tuple(StanceCount(*row["votes"][Stance(stance)]) for stance in STANCES),
            fitted_at=None if row["fitted_at"] is None else parse_instant(row["fitted_at"]),
        )


@lru_cache(maxsize=2)
def _matrix(covariance: tuple[tuple[float, ...], ...]) -> Floats:
    full = np.zeros((len(covariance), len(covariance)))
    full[np.tril_indices(len(covariance))] = [value for row in covariance for value in row]
    return np.asarray(full + np.tril(full, -1).T)


def rounded(values: Floats) -> tuple[float, ...]:
    """Values to twelve significant digits, so that the last bits of another machine's arithmetic do not show."""
    return tuple(float(f"{value:.{_DIGITS}g}") for value in values)


START = State(
    weights=tuple(term.mean for term in TERMS),
    covariance=tuple((*(0.0,) * place, round(term.deviation**2, _DIGITS)) for place, term in enumerate(TERMS)),
    delta=0.5,
    evidence=(0.0,) * len(COPYING),
    trained_on=0,
    reports=0,
    true=0.0,
    votes=(StanceCount(),) * len(STANCES),
    fitted_at=None,
)
"""Before anything is known: the weights as guessed."""
