"""Bayesian logistic regression: the most probable weights, and their covariance.

It uses Newton's method with a line search. The priors make the objective strictly convex, so there is one minimum for
any data, and every accepted step descends.

Sources:
    MacKay (1992), The evidence framework applied to classification networks, Neural Computation 4.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from service.methods.forecast.terms import Floats, Reals

_STEPS = 1000  # a dozen suffice for log-odds; extreme features have needed 161
_CHUNK = 1 << 15
_CONVERGED = 1e-20  # the predicted fall of a full step, relative to the objective
_SLOPE = 1e-4
_ROUNDING = 1e-13  # the apparent rise of the objective near its minimum


class Matrix(Protocol):
    """A matrix of features whose rows are computed part by part, to save memory."""

    def __getitem__(self, part: slice, /) -> Reals: ...


class FitProblem(NamedTuple):
    """The rows to train on, and the priors of the weights."""

    features: Matrix
    truth: Floats
    """The truth of the claim of each row, 0..1."""
    weight: Floats
    mean: Floats
    deviation: Floats


class Fit(NamedTuple):
    """The normal approximation of the posterior distribution of the weights."""

    weights: Floats
    covariance: Floats
    evidence: float
    """The log probability of the data, up to a constant (Laplace's method)."""


def fit(problem: FitProblem, start: Floats | None = None) -> Fit:
    """Return the most probable weights given rows and priors, with their covariance and evidence.

    Args:
        problem: The rows and the priors.
        start: The weights to begin with; None for the prior means. The result does not depend on them.
    """
    here = _evaluate(problem, problem.mean if start is None else start)
    for _ in range(_STEPS):
        step: Floats = np.linalg.solve(here.hessian, here.gradient).astype(np.float64)
        fall = float(here.gradient @ step)
        if fall <= _CONVERGED * (1 + abs(here.value)):
            break
        lower = _descend(problem, here, step=step, fall=fall)
        if lower is None:
            break
        here = lower
    _, log_volume = np.linalg.slogdet(here.hessian)
    covariance = np.linalg.inv(here.hessian).astype(np.float64)
    return Fit(here.weights, covariance, -here.value - 0.5 * float(log_volume))


class _Point(NamedTuple):
    """Weights, the negative log of their posterior density (up to a constant), and its derivatives."""

    weights: Floats
    value: float
    gradient: Floats
    hessian: Floats


def _descend(problem: FitProblem, here: _Point, *, step: Floats, fall: float) -> _Point | None:
    """Halve the step until the objective falls enough; return the point reached, or None if none does."""
    length = 1.0
    while length > 1e-8:
        found = _evaluate(problem, here.weights - length * step)
        if found.value <= here.value - _SLOPE * length * fall + _ROUNDING * (1 + abs(here.value)):
            return found
        length /= 2
    return None


def _evaluate(problem: FitProblem, weights: Floats) -> _Point:
    precision = problem.deviation**-2.0
    distance = weights - problem.mean
    value = 0.5 * float(distance @ (precision * distance))
    gradient = precision * distance
    hessian = np.diag(precision)
    for start in range(0, len(problem.truth), _CHUNK):
        part = slice(start, start + _CHUNK)
        features = problem.features[part].astype(np.float64, copy=False)
        truth, weight = problem.truth[part], problem.weight[part]
        z = features @ weights
        p = logistic(z)
        value += float(weight @ (np.logaddexp(0, z) - truth * z))
        gradient = gradient + features.T @ (weight * (p - truth))
        hessian = hessian + features.T @ (features * (weight * p * (1 - p))[:, None])
    return _Point(weights, value, gradient, hessian)


def logistic(z: Floats) -> Floats:
    """Return the probabilities of log-odds, without overflow."""
    return np.asarray(np.exp(-np.logaddexp(0, -z)))
