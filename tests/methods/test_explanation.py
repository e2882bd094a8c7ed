from __future__ import annotations

import re
from math import fsum, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.methods.explanation import put_in_words, share
from service.methods.reliability import CellRecord, Skill, rate

parts = st.lists(st.tuples(st.sampled_from([0, 1, 0.3]) | st.floats(0, 1), st.floats(0.01, 0.99)), min_size=1)


def skill(claims, *, kappa=8.0):
    """Return the skill of some claims, given as (right, rate)."""
    return Skill(tuple(CellRecord(1, right, expected) for right, expected in claims), kappa)


def shares(claims, **members):
    found = skill(claims, **members)
    return [share(found, right=right, rate=expected) for right, expected in claims]


def test_shares_by_hand():
    """
    Two even claims, one right and one half right, with kappa 8: t = (1.5 + 4)/10 = .55, and each claim adds
    (right - .55)/8.
    """
    assert pytest.approx([0.45 / 8, -0.05 / 8], abs=1e-12) == shares([(1, 0.5), (0.5, 0.5)])


@given(parts, st.floats(3, 60))
def test_shares_sum_to_the_skill(claims, kappa):
    """
    R19: the shares sum to t - 1/2, and the reliability is the record minus kappa (t - 1/2)/n, to 1e-9.
    """
    found = skill(claims, kappa=kappa)

    assert pytest.approx(found.t - 0.5, abs=1e-9) == fsum(shares(claims, kappa=kappa))
    pulled = (found.right - kappa * (found.t - 0.5)) / found.resolved
    assert pytest.approx(pulled, abs=1e-9) == found.reliability


@pytest.mark.parametrize("right", [0, 1])
@pytest.mark.parametrize("expected", [0.01, 0.5, 0.99])
@pytest.mark.parametrize("n", [1, 1000, 10**6])
def test_shares_at_the_corners(right, expected, n):
    """
    R19: the shares also sum up for long records that are all right or all wrong.
    """
    found = Skill((CellRecord(n, right * n, expected),), 3.0)

    assert pytest.approx(found.t - 0.5, abs=1e-9) == n * share(found, right=right, rate=expected)


@given(parts)
def test_right_claims_help_and_wrong_ones_harm(claims):
    """
    A right claim has a positive share, and a wrong claim a negative one.
    """
    for (right, _), part in zip(claims, shares(claims), strict=True):
        assert right != 1 or part > 0
        assert right != 0 or part < 0


def words(found, **members):
    rating = rate(found, **({"reference": 0.6, "drift": 0.2, "level": 0.9} | members))
    return list(put_in_words(found, rating, drift=0.2))


def test_words_by_hand():
    """
    The sentences contain the numbers of the record.
    """
    said = words(Skill((CellRecord(100, 62.5, 0.5),), 25.0))

    assert "n = 100 resolved claims the outlet got R = 62.5 right" in said[0]
    assert said[0].endswith("E = 50 right.")
    assert f"d = {log(0.6 / 0.4):.6g}" in said[1]
    assert said[1].endswith("t = logistic(d) = 0.6 right.")
    assert said[2].endswith("is t = 0.6.")
    assert said[3].endswith("(62.5 - 2.5)/100 = 0.6.")
    assert "b = 0.6" in said[4]
    assert f"= {0.6 * 0.6 / (0.6 * 0.6 + 0.4 * 0.4):.6g}." in said[4]
    assert "With 90 % probability" in said[5]


def test_nothing_resolved_in_words():
    """
    R17: without resolved claims there is one sentence that says so, and no number.
    """
    [said] = put_in_words(Skill((), 8.0), None, drift=0.2)

    assert not re.search("[0-9]", said)
