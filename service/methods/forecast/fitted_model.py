"""The trained weights of one model, stored as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from service.methods.forecast.likelihood import COPYING
from service.methods.forecast.models import MODELS, Model
from service.methods.forecast.terms import Floats

_DIGITS = 12


@dataclass(frozen=True, slots=True)
class FittedModel:
    """The trained weights of one model, with their covariance."""

    weights: tuple[float, ...]
    """The weights, in the order of `Model.terms`."""
    covariance: tuple[tuple[float, ...], ...]
    """The lower triangle of the covariance."""
    delta: float
    """The exponent that discounts outlets with the same stance, one of `likelihood.COPYING`."""
    evidence: tuple[float, ...]
    """The log evidence for each delta in `likelihood.COPYING`, on the rows used to choose one."""

    def matrix(self) -> Floats:
        """Return the full covariance matrix."""
        return _matrix(self.covariance)

    def to_json(self) -> dict[str, Any]:
        """Return the model as JSON. `from_json` restores it exactly."""
        return {
            "weights": list(self.weights),
            "covariance": [list(row) for row in self.covariance],
            "delta": self.delta,
            "evidence": dict(zip(map(str, COPYING), self.evidence, strict=True)),
        }

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> FittedModel:
        """Return the model that `to_json` wrote."""
        return cls(
            weights=tuple(row["weights"]),
            covariance=tuple(tuple(values) for values in row["covariance"]),
            delta=row["delta"],
            evidence=tuple(row["evidence"][str(delta)] for delta in COPYING),
        )


@lru_cache(maxsize=2 * len(MODELS))
def _matrix(covariance: tuple[tuple[float, ...], ...]) -> Floats:
    full = np.zeros((len(covariance), len(covariance)))
    full[np.tril_indices(len(covariance))] = [value for row in covariance for value in row]
    return np.asarray(full + np.tril(full, -1).T)


def rounded(values: Floats) -> tuple[float, ...]:
    """Round values to 12 significant digits, to hide differences between machines in the last bits."""
    return tuple(float(f"{value:.{_DIGITS}g}") for value in values)


def unfitted(model: Model) -> FittedModel:
    """Return an untrained model, whose weights are the means of their priors."""
    return FittedModel(
        weights=tuple(term.mean for term in model.terms),
        covariance=tuple(
            (*(0.0,) * place, round(term.deviation**2, _DIGITS)) for place, term in enumerate(model.terms)
        ),
        delta=0.5,
        evidence=(0.0,) * len(COPYING),
    )
