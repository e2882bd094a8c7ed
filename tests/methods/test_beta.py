from __future__ import annotations

from itertools import product
from math import exp, expm1, isfinite, log, log1p, pi, tan

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from service.methods.beta import logistic, logit, logit_quantile
from service.methods.shares import jeffreys_interval

# From less than the smallest weight a record can have (kappa 3, all wrong) to more than that of ten million claims.
SIZES = (1e-3, 0.015, 0.3, 0.5, 0.99, 1.0, 1.01, 2.5, 7.0, 9.0, 11.0, 60.0, 1e3, 1e5, 1e6, 1e7)
TAILS = (0.5, 0.25, 0.1, 0.05, 0.025, 0.005, 1e-4)
sizes = st.floats(log(1e-3), log(1e7)).map(exp)
tails = st.floats(1e-4, 0.5)


def probability_below(x, a, b):
    """Return the probability by the oracle that the log-odds of a Beta(a, b) variable are below x."""
    return special.betainc(a, b, logistic(x)) if x < 0 else special.betaincc(b, a, logistic(-x))


@pytest.mark.parametrize("tail", [0, -0.1, 0.51, 1, float("nan")])
def test_tail_out_of_range(tail):
    """
    A tail must be positive and at most one half.
    """
    with pytest.raises(ValueError, match="tail"):
        logit_quantile(tail, 2, 3)


@pytest.mark.parametrize(("a", "b"), [(0, 1), (1, 0), (-1, 2), (2, -1), (float("nan"), 1), (1, float("inf"))])
def test_parameters_out_of_range(a, b):
    """
    Both parameters must be positive and finite.
    """
    with pytest.raises(ValueError, match="positive"):
        logit_quantile(0.05, a, b)


@pytest.mark.parametrize("tail", TAILS)
@pytest.mark.parametrize("size", SIZES)
def test_quantile_of_a_power(tail, size):
    """
    Beta(a, 1) has the distribution function p^a, and Beta(1, b) 1 - (1 - p)^b.
    """
    log_p, log_q = log(tail) / size, log1p(-tail) / size

    assert pytest.approx(log_p - log(-expm1(log_p)), rel=1e-12, abs=1e-12) == logit_quantile(tail, size, 1)
    assert pytest.approx(log(-expm1(log_q)) - log_q, rel=1e-12, abs=1e-12) == logit_quantile(tail, 1, size)


@pytest.mark.parametrize("tail", TAILS)
def test_quantile_of_the_arcsine_distribution(tail):
    """
    Beta(1/2, 1/2) has the quantile sin^2(pi tail / 2), whose odds are the square of the tangent.
    """
    assert pytest.approx(2 * log(tan(pi * tail / 2)), abs=1e-11) == logit_quantile(tail, 0.5, 0.5)


def test_quantile_worked_by_hand():
    """
    Beta(2, 2) has the distribution function 3 p^2 - 2 p^3, which is 10/64 at a quarter.
    """
    assert pytest.approx(log(1 / 3), abs=1e-12) == logit_quantile(10 / 64, 2, 2)


@pytest.mark.parametrize("size", SIZES)
def test_median_of_a_symmetric_distribution(size):
    """
    The median of Beta(a, a) has even odds.
    """
    assert pytest.approx(0, abs=1e-10) == logit_quantile(0.5, size, size)


def test_quantile_that_no_float_can_hold():
    """
    The lower bound of Beta(0.001, 1) is 10^-2301, which underflows; its log-odds do not.
    """
    assert pytest.approx(log(0.005) / 0.001, rel=1e-12) == logit_quantile(0.005, 0.001, 1)


@pytest.mark.parametrize("tail", TAILS)
def test_quantiles_equal_those_of_scipy(tail):
    """
    A quantile and its complement agree with scipy to 1e-8 wherever scipy's own quantile is consistent.
    """
    compared = 0
    for a, b in product(SIZES, SIZES):
        x = logit_quantile(tail, a, b)
        p, q = special.betaincinv(a, b, tail), special.betainccinv(b, a, tail)
        if pytest.approx(tail, rel=1e-9) == special.betainc(a, b, p):
            compared += 1
            assert pytest.approx(p, rel=1e-8, abs=0) == logistic(x), (a, b)
        if pytest.approx(tail, rel=1e-9) == special.betaincc(b, a, q):
            compared += 1
            assert pytest.approx(q, rel=1e-8, abs=0) == logistic(-x), (a, b)

    assert compared > len(SIZES) ** 2


@pytest.mark.parametrize("tail", TAILS)
def test_distribution_function_gives_the_tail_back(tail):
    """
    The distribution function of a quantile is the tail, for extreme parameters whose probabilities fit a float.
    """
    for a, b in product(SIZES, SIZES):
        x = logit_quantile(tail, a, b)
        if abs(x) < 700:
            assert pytest.approx(tail, rel=1e-9) == probability_below(x, a, b), (a, b)


@given(sizes, sizes, tails)
def test_distribution_function_gives_any_tail_back(a, b, tail):
    """
    The distribution function of a quantile is the tail for any parameters.
    """
    x = logit_quantile(tail, a, b)

    if abs(x) < 700:
        assert pytest.approx(tail, rel=1e-9) == probability_below(x, a, b)


@given(sizes, sizes)
def test_median_mirrored(a, b):
    """
    The median is the same computed from either end.
    """
    assert pytest.approx(-logit_quantile(0.5, b, a), rel=1e-9, abs=1e-9) == logit_quantile(0.5, a, b)


@given(sizes, sizes, tails)
def test_tails_do_not_cross(a, b, tail):
    """
    The lower quantile is never above the upper one.
    """
    lower, upper = logit_quantile(tail, a, b), -logit_quantile(tail, b, a)

    assert lower <= upper + 1e-9 * max(1, abs(upper))


@given(sizes, sizes, tails, tails)
def test_quantile_rises_with_its_tail(a, b, one, other):
    """
    A larger tail never has a smaller quantile.
    """
    low, high = sorted((one, other))
    lower, upper = logit_quantile(low, a, b), logit_quantile(high, a, b)

    assert lower <= upper + 1e-9 * max(1, abs(upper))


@given(st.floats(1e-9, 1e12), st.floats(1e-9, 1e12), st.floats(1e-300, 0.5))
def test_quantile_never_overflows(a, b, tail):
    """
    Parameters and tails beyond any real record have finite log-odds.
    """
    assert isfinite(logit_quantile(tail, a, b))


@given(st.floats(-700, 700))
def test_logistic_undoes_itself_mirrored(x):
    """
    The probabilities of opposite log-odds sum to 1.
    """
    assert pytest.approx(1, abs=1e-15) == logistic(x) + logistic(-x)


@given(st.floats(1e-9, 1 - 1e-9))
def test_logistic_undoes_logit(p):
    """
    The logistic function inverts the logit.
    """
    assert pytest.approx(p, rel=1e-12) == logistic(logit(p))


def test_logistic_does_not_overflow():
    """
    Log-odds beyond the range of exp give 0 and 1.
    """
    assert (0.0, 1.0) == (logistic(-1e6), logistic(1e6))


@given(st.integers(1, 10**6), st.floats(0, 1), st.sampled_from([0.5, 0.9, 0.99]))
def test_jeffreys_interval_against_scipy(n, share, level):
    """
    The interval of a share is that of Beta(true + 1/2, n - true + 1/2), widened to contain the observed share.
    """
    true = n * share
    lower, upper = stats.beta.interval(level, true + 0.5, n - true + 0.5)

    found = jeffreys_interval(true, n, level)

    assert pytest.approx((min(lower, true / n), max(upper, true / n)), abs=1e-8) == found
    assert found[0] <= true / n <= found[1]


@pytest.mark.parametrize("n", [1, 10, 10**5])
def test_jeffreys_interval_at_its_ends(n):
    """
    The interval starts at 0 if none is true, and ends at 1 if all are.
    """
    assert 0 == jeffreys_interval(0, n, 0.9)[0] < jeffreys_interval(0, n, 0.9)[1] < 1
    assert 1 == jeffreys_interval(n, n, 0.9)[1] > jeffreys_interval(n, n, 0.9)[0] > 0
