from __future__ import annotations

import re
from math import fsum, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.methods.beta import logistic, logit
from service.methods.explanation import put_in_words, share, slope
from service.methods.reliability import Working, reliability

parts = st.lists(st.tuples(st.sampled_from([0, 1, 0.3]) | st.floats(0, 1), st.floats(1e-4, 0.9999)), min_size=1)


def working(claims, *, reference=0.5, kappa=8.0):
    right, expected = (fsum(side) for side in zip(*claims, strict=True))
    return Working(right, expected, len(claims), reference, kappa)


def shares(claims, **members):
    told = working(claims, **members)
    return [share(told, right=right, expected=expected) for right, expected in claims]


def test_shares_by_hand():
    """
    Two claims, one right: k = 1, m = 0.4, mu = (1 + 8 * 0.4)/10 = 0.42; each claim gets d * (r - e)/(1 - 0.8).
    """
    d = log(0.42 / 0.58) - log(0.4 / 0.6)

    assert pytest.approx([d * 0.5 / 0.2, d * -0.3 / 0.2], abs=1e-12) == shares([(1, 0.5), (0, 0.3)])


def test_shares_where_the_average_is_clamped_by_hand():
    """
    Expected 0.002 of 2 claims is a share of 0.001, clamped to 0.01; the expected result of each claim is scaled with
    it.
    """
    d = logit((1 + 8 * 0.01) / 10) - logit(0.01)

    found = shares([(1, 0.0015), (0, 0.0005)])

    assert pytest.approx([d * (1 - 0.015) / 0.98, d * -0.005 / 0.98], abs=1e-12) == found


def test_shares_where_right_is_as_expected():
    """
    One right and one wrong, one half expected of each: the shift is 0, and the contributions have the slope 1/((n +
    kappa) m (1 - m)) = 1/(10 * 0.25).
    """
    assert [0.2, -0.2] == pytest.approx(shares([(1, 0.5), (0, 0.5)]), abs=1e-15)


@pytest.mark.parametrize("off", [1e-3, 1e-6, 1e-9, 1e-12, 1e-15, 0, -1e-15, -1e-9])
def test_slope_near_its_limit(off):
    """
    The slope stays precise as right approaches expected, where shift/(k - m n) is 0/0.
    """
    near = Working(right=50 + off, expected=50, resolved=100, reference=0.5, kappa=8.0)

    assert pytest.approx(1 / (108 * 0.25), rel=1e-9) == slope(near)


@given(parts, st.floats(0.01, 0.99), st.floats(3, 60))
def test_shares_sum_to_the_shift(claims, reference, kappa):
    """
    R19: the contributions sum to d, and the logistic of logit(b) + d is the mean of the score, to 1e-9.
    """
    told = working(claims, reference=reference, kappa=kappa)
    total = fsum(shares(claims, reference=reference, kappa=kappa))
    served = reliability(
        right=told.right,
        expected=told.expected,
        resolved=told.resolved,
        reference=reference,
        kappa=kappa,
        level=0.9,
    )

    assert pytest.approx(told.shift, abs=1e-9) == total
    assert pytest.approx(served.mean, abs=1e-9) == logistic(logit(reference) + total)


@pytest.mark.parametrize("right", [0, 1])
@pytest.mark.parametrize("expected", [1e-6, 0.5, 1 - 1e-6])
@pytest.mark.parametrize("n", [1, 1000, 10**6])
def test_shares_at_the_corners(right, expected, n):
    """
    R19: the contributions also sum to d for long records that are all right or all wrong, up to the clamps.
    """
    told = Working(right * n, expected * n, n, 0.5, 3.0)

    assert pytest.approx(told.shift, abs=1e-9) == n * share(told, right=right, expected=expected)


@given(parts)
def test_right_claims_help_and_wrong_ones_harm(claims):
    """
    A claim that came out better than expected never lowers a score, and one that came out worse never raises it.
    """
    told = working(claims)

    for right, expected in claims:
        beyond = right - expected * told.m * told.resolved / told.expected
        assert share(told, right=right, expected=expected) * beyond >= 0


def words(told):
    members = {name: getattr(told, name) for name in ("right", "expected", "resolved", "reference", "kappa")}
    return list(put_in_words(told, reliability(**members, level=0.9)))


def test_words_by_hand():
    """
    The sentences contain the numbers of the record.
    """
    said = words(Working(right=62.5, expected=50, resolved=100, reference=0.6, kappa=25))

    assert "n = 100 resolved claims k = 62.5 proved right" in said[0]
    assert said[0].endswith("one would expect 50, a share of m = 0.5.")
    assert said[1].endswith("(62.5 + 12.5)/(125) = 0.6.")
    assert said[2].endswith("better than the average by d = logit(mu) - logit(m) = 0.405465.")
    assert "b = 0.6 proves right" in said[3]
    assert said[3].endswith(f"= {0.6 * 0.6 / (0.6 * 0.6 + 0.4 * 0.4):.6g}.")
    assert "holds 90 %" in said[4]
    assert said[5].endswith(f"(right - expected) * {0.4054651 / 12.5:.6g}.")


def test_words_say_when_the_average_is_clamped():
    """
    The sentences mention that m is clamped, and the factor of the expected results.
    """
    said = words(Working(right=0, expected=0.5, resolved=100, reference=0.6, kappa=8))

    assert "kept within 0.01 and 0.99, of m = 0.01" in said[0]
    assert "worse than the average" in said[2]
    assert "(right - 2 * expected)" in said[5]


def test_nothing_resolved_in_words():
    """
    R17: without resolved claims there is one sentence that says so, and no number.
    """
    [said] = put_in_words(Working(0, 0, 0, 0.5, 8.0), None)

    assert not re.search("[0-9]", said)
