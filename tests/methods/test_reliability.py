from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from service.methods.reliability import LEVELS, reliability

VALID = {"right": 1, "expected": 1, "resolved": 2, "reference": 0.5, "kappa": 8, "level": 0.9}


def rate(right, resolved, *, expected=None, reference=0.5, kappa=8.0, level=0.9):
    """Return the reliability of an outlet, compared with one half unless given otherwise."""
    expected = resolved / 2 if expected is None else expected
    return reliability(right=right, expected=expected, resolved=resolved, reference=reference, kappa=kappa, level=level)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("resolved", -1),
        ("right", -0.1),
        ("right", 2.1),
        ("right", float("nan")),
        ("expected", -0.1),
        ("expected", 2.1),
        ("reference", 0),
        ("reference", 1),
        ("kappa", 0),
        ("kappa", -1),
        ("level", 0),
        ("level", 1),
    ],
)
def test_argument_out_of_range(name, value):
    """
    An argument outside its range is rejected with its name.
    """
    with pytest.raises(ValueError, match=name):
        reliability(**(VALID | {name: value}))


def test_nothing_resolved():
    """
    R17: without resolved claims there is no number, neither 0 nor one half.
    """
    assert rate(0, 0) is None


@pytest.mark.parametrize(
    ("right", "resolved", "mean"),
    [
        (1, 1, Fraction(5, 9)),
        (0, 1, Fraction(4, 9)),
        (0.25, 1, Fraction(17, 36)),
        (9, 12, Fraction(13, 20)),
        (445, 500, Fraction(449, 508)),
    ],
)
def test_mean_under_the_starting_context(right, resolved, mean):
    """
    Compared with one half, the mean is (right + 4)/(resolved + 8), so 1 of 1 does not beat 445 of 500.
    """
    assert pytest.approx(float(mean), abs=1e-12) == rate(right, resolved).mean


def test_mean_where_the_average_outlet_does_well():
    """
    8 right of 10 where 9 are expected, kappa 10: mu = 17/20 against 9/10 is odds of 17/3 over 9, and with a reference
    of 3/4 that is 17/9 odds in all.
    """
    assert pytest.approx(17 / 26, abs=1e-12) == rate(8, 10, expected=9, reference=0.75, kappa=10).mean


@pytest.mark.parametrize(("expected", "m"), [(0, 0.01), (10, 0.99)])
def test_expectation_is_kept_from_the_ends(expected, m):
    """
    The expected share right is clamped to 0.01..0.99.
    """
    assert rate(5, 10, expected=10 * m) == rate(5, 10, expected=expected)


def test_average_outlet_scores_the_reference():
    """
    An outlet that gets as many claims right as expected has the reference rate as its mean.
    """
    assert pytest.approx(0.63, abs=1e-12) == rate(30, 100, expected=30, reference=0.63).mean


@pytest.mark.parametrize("level", LEVELS)
def test_intervals_equal_those_of_scipy(level):
    """
    Under the starting context the bounds are quantiles of Beta(mu nu, (1 - mu) nu) with nu = 8 + n/2.
    """
    for right, resolved in [(0, 1), (1, 1), (0.5, 1), (3, 4), (0, 30), (30, 30), (445, 500), (10**6, 2 * 10**6)]:
        score = rate(right, resolved, level=level)
        mu, nu = (right + 4) / (resolved + 8), 8 + resolved / 2
        bounds = stats.beta.ppf([(1 - level) / 2, (1 + level) / 2], mu * nu, (1 - mu) * nu)

        assert pytest.approx(bounds, abs=1e-9) == [score.lower, score.upper], (right, resolved)
        assert level == score.level


def test_intervals_elsewhere_equal_those_of_scipy():
    """
    Under any context the bounds shift with the mean, in log-odds.
    """
    grid = product([0, 0.4, 1], [1, 7, 900], [0.05, 0.5, 0.97], [0.1, 0.9], [3, 60])
    for share, n, m, reference, kappa in grid:
        score = rate(share * n, n, expected=m * n, reference=reference, kappa=kappa)
        mu, nu = (share * n + kappa * m) / (n + kappa), kappa + n / 2
        low = stats.beta.ppf(0.05, mu * nu, (1 - mu) * nu)
        left = stats.beta.ppf(0.05, (1 - mu) * nu, mu * nu)
        odds = reference / (1 - reference) * (1 - m) / m
        lower, upper = odds * low / (1 - low), odds * (1 - left) / left

        assert pytest.approx([lower / (1 + lower), upper / (1 + upper)], abs=1e-8) == [score.lower, score.upper]


@pytest.mark.parametrize(("right", "resolved"), [(0, 10**9), (10**9, 10**9), (5 * 10**8, 10**9), (10**12, 10**12)])
def test_huge_records(right, resolved):
    """
    A billion claims neither overflow nor put the mean outside its interval.
    """
    score = rate(right, resolved, level=0.99)

    assert 0 <= score.lower <= score.mean <= score.upper <= 1


records = st.integers(1, 2000).flatmap(lambda n: st.tuples(st.floats(0, 1).map(lambda share: share * n), st.just(n)))
contexts = st.fixed_dictionaries(
    {
        "expected": st.floats(0, 1),
        "reference": st.floats(0.01, 0.99),
        "kappa": st.floats(3, 60),
        "level": st.sampled_from(LEVELS),
    }
)


def in_context(record, context):
    right, resolved = record
    return rate(right, resolved, **(context | {"expected": context["expected"] * resolved}))


@given(records, st.sampled_from(LEVELS))
def test_mean_lies_in_its_interval(record, level):
    """
    Under the starting context the mean is between its bounds, even at the lowest level.
    """
    score = rate(*record, level=level)

    assert 0 < score.lower < score.mean < score.upper < 1


@given(records, contexts)
def test_bounds_are_probabilities_in_order(record, context):
    """
    Under any context the mean is between the bounds, and all three are probabilities.
    """
    score = in_context(record, context)

    assert 0 <= score.lower <= score.mean <= score.upper <= 1
    assert 0 < score.mean < 1


@given(records, contexts, st.floats(0, 1))
def test_being_right_never_lowers_a_score(record, context, share):
    """
    Of two outlets with equally many claims, the one with more right has no lower mean or bound.
    """
    right, resolved = record
    more, less = in_context(record, context), in_context((right * share, resolved), context)

    assert less.mean <= more.mean
    assert less.lower <= more.lower + 1e-12
    assert less.upper <= more.upper + 1e-12


@given(records, contexts)
def test_a_higher_level_has_a_wider_interval(record, context):
    """
    The interval of a higher level contains that of a lower one.
    """
    scores = [in_context(record, context | {"level": level}) for level in LEVELS]

    assert sorted((score.lower for score in scores), reverse=True) == [score.lower for score in scores]
    assert sorted(score.upper for score in scores) == [score.upper for score in scores]


@given(records, contexts)
def test_mirrored_record_has_the_mirrored_score(record, context):
    """
    Swapping right and wrong mirrors the score.
    """
    right, resolved = record
    mirror = context | {"expected": 1 - context["expected"], "reference": 1 - context["reference"]}
    score, mirrored = in_context(record, context), in_context((resolved - right, resolved), mirror)

    assert pytest.approx(1 - score.mean, abs=1e-9) == mirrored.mean
    assert pytest.approx(1 - score.upper, abs=1e-7) == mirrored.lower


def test_scale_of_the_shift():
    """
    Odds of e against the average outlet are odds of e against the reference.
    """
    odds = exp(1)
    mu = odds / (1 + odds)
    score = rate(mu * 108 - 4, 100, reference=0.2)

    assert pytest.approx(odds * 0.25, rel=1e-9) == score.mean / (1 - score.mean)


@pytest.mark.parametrize("kappa", [3, 8, 60])
@pytest.mark.parametrize("share", [0, 0.01, 0.05, 0.5, 0.95, 0.99, 1])
def test_interval_holds_its_mean(kappa, share):
    """
    The interval contains the mean, from 0 of 0 to a million of a million, for any expected number.
    """
    for resolved, right_share, level in product(
        (0, 1, 5, 100, 1_000_000), (0, 1e-6, 0.01, 0.3, 0.5, 0.7, 0.99, 1 - 1e-6, 1), (LEVELS[0], LEVELS[-1])
    ):
        context = {"expected": share * resolved, "kappa": kappa, "level": level}
        for reference in (0.01, 0.5, 0.99):
            score = rate(right_share * resolved, resolved, **context, reference=reference)
            assert (score is None) is (resolved == 0)
            assert score is None or 0 <= score.lower <= score.mean <= score.upper <= 1
