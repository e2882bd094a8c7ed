from __future__ import annotations

from itertools import product
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from service.beta import logistic, logit, logit_quantile

# From the smallest weight that a record can have (kappa 3, all wrong) to that of two hundred thousand claims.
SIZES = (0.015, 0.08, 0.3, 0.5, 0.99, 1.0, 1.01, 2.5, 8.0, 60.0, 1e3, 1e5)
TAILS = (0.5, 0.25, 0.1, 0.05, 0.025, 0.005, 1e-6)


@pytest.mark.parametrize("tail", [0, -0.1, 0.51, 1, float("nan")])
def test_tail_out_of_range(tail):
    """
    A tail is positive and at most a half; the other tail is asked for mirrored.
    """
    with pytest.raises(ValueError, match="tail"):
        logit_quantile(tail, 2, 3)


@pytest.mark.parametrize(("a", "b"), [(0, 1), (1, 0), (-1, 2), (2, -1)])
def test_parameters_out_of_range(a, b):
    """
    Both parameters of a beta distribution are positive.
    """
    with pytest.raises(ValueError, match="positive"):
        logit_quantile(0.05, a, b)


@pytest.mark.parametrize("tail", TAILS)
def test_quantile_of_a_power(tail):
    """
    Beta(a, 1) has the distribution function x^a, so its quantile is tail^(1/a).
    """
    for a in (0.5, 1, 3, 40):
        assert pytest.approx(logit(tail ** (1 / a)), abs=1e-10) == logit_quantile(tail, a, 1)


def test_quantile_that_no_float_can_hold():
    """
    The lower bound of Beta(0.001, 1) is 10^-2301, which underflows; its log-odds do not.
    """
    assert pytest.approx(log(0.005) / 0.001, rel=1e-12) == logit_quantile(0.005, 0.001, 1)


@pytest.mark.parametrize("tail", TAILS)
def test_quantiles_equal_those_of_scipy(tail):
    """
    Log-odds of quantiles agree with scipy to 1e-8, in the corners too.
    """
    compared = 0
    for a, b in product(SIZES, SIZES):
        p, q = special.betaincinv(a, b, tail), special.betainccinv(b, a, tail)
        if min(p, q) < 1e-280:  # scipy has run out of digits
            continue
        compared += 1

        assert pytest.approx(log(p) - log(q), rel=1e-8, abs=1e-8) == logit_quantile(tail, a, b), (a, b)

    assert compared > 100


@pytest.mark.parametrize("tail", TAILS)
def test_quantiles_of_huge_parameters(tail):
    """
    At five thousand million claims, where scipy wavers itself, its distribution function gives the tail back.
    """
    for a, b in product((8.0, 1e3, 5e9), (8.0, 1e3, 5e9)):
        x = logit_quantile(tail, a, b)
        below = special.betainc(a, b, logistic(x)) if x < 0 else special.betaincc(b, a, logistic(-x))

        assert pytest.approx(tail, rel=1e-4) == below, (a, b)


@given(st.floats(0.01, 1e6), st.floats(0.01, 1e6), st.floats(1e-4, 0.5))
def test_tails_do_not_cross(a, b, tail):
    """
    The lower quantile lies at or under the upper one, whichever parameters there are.
    """
    lower, upper = logit_quantile(tail, a, b), -logit_quantile(tail, b, a)

    assert lower <= upper + 1e-9 * max(1, abs(upper))


@given(st.floats(0.01, 1e5), st.floats(0.01, 1e5), st.floats(1e-4, 0.5), st.floats(1e-4, 0.5))
def test_quantile_rises_with_its_tail(a, b, one, other):
    """
    More probability below a quantile never moves it down.
    """
    low, high = sorted((one, other))
    lower, upper = logit_quantile(low, a, b), logit_quantile(high, a, b)

    assert lower <= upper + 1e-9 * max(1, abs(upper))


@given(st.floats(-700, 700))
def test_logistic_undoes_itself_mirrored(x):
    """
    What is left of a probability is that of the opposite log-odds.
    """
    assert pytest.approx(1, abs=1e-15) == logistic(x) + logistic(-x)


@given(st.floats(1e-9, 1 - 1e-9))
def test_logistic_undoes_logit(p):
    """
    A probability comes back from its log-odds.
    """
    assert pytest.approx(p, rel=1e-12) == logistic(logit(p))


def test_logistic_does_not_overflow():
    """
    Log-odds beyond what exp can take give 0 and 1.
    """
    assert (0.0, 1.0) == (logistic(-1e6), logistic(1e6))
