"""service.methods.forecast.fitting"""

from __future__ import annotations

from math import log, pi

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import optimize

from service.methods.forecast.fitting import FitProblem, fit


@example(8, 17, 1e4)
@given(st.integers(1, 60), st.integers(0, 10**6), st.sampled_from([0.1, 1.0, 30.0, 1e4]))
def test_weights_are_the_most_probable(rows, seed, scale):
    """
    The weights equal those of scipy's minimiser, for features of any scale, constant or collinear.
    """
    source = np.random.default_rng(seed)
    features = source.normal(size=(rows, 4)) * scale
    features[:, 1] = 1
    features[:, 2] = features[:, 0]
    problem = FitProblem(
        features=features,
        truth=source.random(rows).round(),
        weight=source.random(rows),
        mean=np.array([0.3, 0.0, -0.2, 1.0]),
        deviation=np.array([0.5, 0.3, 0.4, 0.5]),
    )

    def cost(weights):
        z = features @ weights
        distance = (weights - problem.mean) / problem.deviation
        return problem.weight @ (np.logaddexp(0, z) - problem.truth * z) + distance @ distance / 2

    found = fit(problem)
    start = optimize.minimize(cost, problem.mean, method="BFGS").fun

    assert np.isfinite(found.weights).all()
    assert cost(found.weights) <= start + 1e-9 * (1 + abs(start))


def test_evidence_of_one_weight():
    """
    The evidence of a single weight agrees with the integral that it approximates.
    """
    source = np.random.default_rng(4)
    features = source.normal(size=(200, 1))
    truth = (source.random(200) < 0.5 + 0.2 * np.sign(features[:, 0])).astype(float)
    mean, deviation = np.array([0.0]), np.array([0.5])
    found = fit(FitProblem(features, truth, np.ones(200), mean, deviation))
    weights = np.linspace(-3, 4, 4001)
    z = features * weights
    log_density = (truth[:, None] * z - np.logaddexp(0, z)).sum(axis=0) - 2 * weights**2
    peak = log_density.max()
    integral = log(np.trapezoid(np.exp(log_density - peak), weights)) + peak - log(2 * pi) / 2

    assert pytest.approx(integral, abs=0.01) == found.evidence
