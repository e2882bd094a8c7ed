"""Bayesian logistic regression: the most probable weights, and how sure they are.

Newton's method with a line search. The objective is strictly convex (the priors see to that), so
every step of it that is accepted goes down and there is one minimum, whatever the data.

Sources:
    MacKay (1992), The evidence framework applied to classification networks, Neural Computation 4.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from service.methods.forecast.features import Floats

_STEPS = 1000  # a dozen do for log-odds; features that are wild have needed 161
_CHUNK = 1 << 15
_CONVERGED = 1e-20  # the fall that a full step promises, relative to the objective
_SLOPE = 1e-4
_ROUNDING = 1e-13  # by which an objective may seem to rise near its minimum


class Problem(NamedTuple):
    """Rows to learn from, and where the weights start."""

    features: npt.NDArray[np.floating[Any]]
    truth: Floats
    """0..1."""
    weight: Floats
    mean: Floats
    deviation: Floats


class Fit(NamedTuple):
    """The normal distribution that comes nearest to what is known of the weights."""

    weights: Floats
    covariance: Floats
    evidence: float
    """Log of the probability of the data, up to a constant of the data (Laplace's method)."""


def fit(problem: Problem) -> Fit:
    """The weights that are most probable a posteriori.

    It starts at the prior's mean whatever was fitted before, so that the same rows give the same weights.
    """
    weights = problem.mean.copy()
    value = _objective(problem, weights)
    for _ in range(_STEPS):
        gradient, hessian = _derivatives(problem, weights)
        step: Floats = np.linalg.solve(hessian, gradient).astype(np.float64)
        fall = float(gradient @ step)
        if fall <= _CONVERGED * (1 + abs(value)):
            break
        moved = _descend(problem, weights, value, step=step, fall=fall)
        if moved is None:
            break
        weights, value = moved
    return _laplace(problem, weights, value)


def _descend(
    problem: Problem, weights: Floats, value: float, *, step: Floats, fall: float
) -> tuple[Floats, float] | None:
    """The first of ever shorter steps that goes down enough; None when no float is lower."""
    length = 1.0
    while length > 1e-8:
        candidate = weights - length * step
        lower = _objective(problem, candidate)
        if lower <= value - _SLOPE * length * fall + _ROUNDING * (1 + abs(value)):
            return candidate, lower
        length /= 2
    return None


def _objective(problem: Problem, weights: Floats) -> float:
    """Minus the log of the posterior density, up to a constant."""
    distance = (weights - problem.mean) / problem.deviation
    total = 0.5 * float(distance @ distance)
    for part in _chunks(problem):
        z = problem.features[part].astype(np.float64) @ weights
        total += float(problem.weight[part] @ (np.logaddexp(0, z) - problem.truth[part] * z))
    return total


def _derivatives(problem: Problem, weights: Floats) -> tuple[Floats, Floats]:
    precision = problem.deviation**-2.0
    gradient = precision * (weights - problem.mean)
    hessian = np.diag(precision)
    for part in _chunks(problem):
        features = problem.features[part].astype(np.float64)
        p = logistic(features @ weights)
        gradient = gradient + features.T @ (problem.weight[part] * (p - problem.truth[part]))
        hessian = hessian + features.T @ (features * (problem.weight[part] * p * (1 - p))[:, None])
    return gradient, hessian


def _laplace(problem: Problem, weights: Floats, value: float) -> Fit:
    _, hessian = _derivatives(problem, weights)
    _, log_volume = np.linalg.slogdet(hessian)
    return Fit(weights, np.linalg.inv(hessian).astype(np.float64), -value - 0.5 * float(log_volume))


def _chunks(problem: Problem) -> list[slice]:
    return [slice(start, start + _CHUNK) for start in range(0, len(problem.truth), _CHUNK)]


def logistic(z: Floats) -> Floats:
    """Probabilities of log-odds, without overflow."""
    return np.asarray(np.exp(-np.logaddexp(0, -z)))
