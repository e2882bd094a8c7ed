"""Bayesian logistic regression: the most probable weights, and their covariance.

Newton's method with a line search. The priors make the objective strictly convex, so that every accepted step descends
and there is one minimum, for any data.

Sources:
    MacKay (1992), The evidence framework applied to classification networks, Neural Computation 4.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from service.methods.forecast.features import Floats

_STEPS = 1000  # a dozen suffice for log-odds; extreme features have needed 161
_CHUNK = 1 << 15
_CONVERGED = 1e-20  # the predicted fall of a full step, relative to the objective
_SLOPE = 1e-4
_ROUNDING = 1e-13  # the apparent rise of the objective near its minimum


class FitProblem(NamedTuple):
    """The rows to train on, and the priors of the weights."""

    features: npt.NDArray[np.floating[Any]]
    truth: Floats
    """0..1."""
    weight: Floats
    mean: Floats
    deviation: Floats


class Fit(NamedTuple):
    """The normal approximation of the posterior distribution of the weights."""

    weights: Floats
    covariance: Floats
    evidence: float
    """The log probability of the data, up to a constant (Laplace's method)."""


def fit(problem: FitProblem) -> Fit:
    """Return the most probable weights a posteriori.

    It always starts at the prior mean, so that the same rows give the same weights.
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
    problem: FitProblem, weights: Floats, value: float, *, step: Floats, fall: float
) -> tuple[Floats, float] | None:
    """Return the first of a series of shorter steps that descends enough, or None if no float is lower."""
    length = 1.0
    while length > 1e-8:
        candidate = weights - length * step
        lower = _objective(problem, candidate)
        if lower <= value - _SLOPE * length * fall + _ROUNDING * (1 + abs(value)):
            return candidate, lower
        length /= 2
    return None


def _objective(problem: FitProblem, weights: Floats) -> float:
    """Return the negative log of the posterior density, up to a constant."""
    distance = (weights - problem.mean) / problem.deviation
    total = 0.5 * float(distance @ distance)
    for part in _chunks(problem):
        z = problem.features[part].astype(np.float64) @ weights
        total += float(problem.weight[part] @ (np.logaddexp(0, z) - problem.truth[part] * z))
    return total


def _derivatives(problem: FitProblem, weights: Floats) -> tuple[Floats, Floats]:
    precision = problem.deviation**-2.0
    gradient = precision * (weights - problem.mean)
    hessian = np.diag(precision)
    for part in _chunks(problem):
        features = problem.features[part].astype(np.float64)
        p = logistic(features @ weights)
        gradient = gradient + features.T @ (problem.weight[part] * (p - problem.truth[part]))
        hessian = hessian + features.T @ (features * (problem.weight[part] * p * (1 - p))[:, None])
    return gradient, hessian


def _laplace(problem: FitProblem, weights: Floats, value: float) -> Fit:
    _, hessian = _derivatives(problem, weights)
    _, log_volume = np.linalg.slogdet(hessian)
    return Fit(weights, np.linalg.inv(hessian).astype(np.float64), -value - 0.5 * float(log_volume))


def _chunks(problem: FitProblem) -> list[slice]:
    return [slice(start, start + _CHUNK) for start in range(0, len(problem.truth), _CHUNK)]


def logistic(z: Floats) -> Floats:
    """Return the probabilities of log-odds, without overflow."""
    return np.asarray(np.exp(-np.logaddexp(0, -z)))
