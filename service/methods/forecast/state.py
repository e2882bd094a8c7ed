"""The state of the trained model, as JSON of a few kilobytes."""

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
"""The method with its terms; a state is only valid for the terms that it was trained with."""
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class State:
    """The weights with their covariance, and the record of all outlets together at the fit."""

    weights: tuple[float, ...]
    """In the order of `features.TERMS`."""
    covariance: tuple[tuple[float, ...], ...]
    """The lower triangle of the covariance."""
    delta: float
    """The discount for outlets with the same stance; one of `features.COPYING`."""
    evidence: tuple[float, ...]
    """The log evidence on the rows that delta was chosen on, for each of `features.COPYING`."""
    trained_on: int
    """The number of resolved claims with a report."""
    reports: int
    """The number of reports on these claims."""
    true: float
    """The number of these claims that proved true."""
    votes: tuple[StanceCount, ...]
    """The votes on these claims, and on those that proved true, in the order of `features.STANCES`."""
    fitted_at: dt.datetime | None
    """The `known_at` of the last outcomes that were learned."""

    @property
    def base_rate(self) -> float:
        """The rate at which claims prove true, strictly between 0 and 1."""
        return (self.true + 1) / (self.trained_on + 2)

    def matrix(self) -> Floats:
        """Return the full covariance matrix."""
        return _matrix(self.covariance)

    def to_json(self) -> dict[str, Any]:
        """Return the state as JSON, which `from_json` restores exactly."""
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
        """Return the state that `to_json` wrote.

        Raises:
            ValueError: Another version of the method wrote it.
        """
        if row["method"] != METHOD or row["terms"] != list(NAMES):
            raise ValueError(f"This state is of another version of {METHOD}. Train it again.")
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
    """Return values with twelve significant digits, which hides differences in the last bits between machines."""
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
"""The state before any training: the priors of the weights."""
