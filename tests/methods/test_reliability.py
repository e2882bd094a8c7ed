from __future__ import annotations

import random
from itertools import islice
from math import fsum, hypot, sqrt
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats
from scipy.special import expit, logit

from service.methods.reliability import LEVELS, rate
from tests.support.examples import PER_TEST, costly
from tests.support.moves import check_moves, check_range, moves_in, random_move, skill_of

VALID = {"reference": 0.5, "drift": 0.2, "level": 0.9}


def skill(*cells, kappa=8.0):
    """Return the skill of a record, given as (resolved, right, rate) by cell."""
    return skill_of(cells, kappa)


def rated(*cells, kappa=8.0, **members):
    return rate(skill(*cells, kappa=kappa), **(VALID | members))


@pytest.mark.parametrize(
    "cell", [(0, 0, 0.5), (2, -0.1, 0.5), (2, 2.1, 0.5), (2, float("nan"), 0.5), (2, 1, 0), (2, 1, 1)]
)
def test_cell_out_of_range(cell):
    """
    A count or rate outside its range is rejected.
    """
    with pytest.raises(ValueError, match="out of range"):
        skill(cell)


@pytest.mark.parametrize(
    ("name", "value"),
    [("reference", 0), ("reference", 1), ("drift", -0.1), ("level", 0), ("level", 1), ("level", float("nan"))],
)
def test_argument_out_of_range(name, value):
    """
    An argument outside its range is rejected with its name.
    """
    with pytest.raises(ValueError, match=name):
        rated((2, 1, 0.5), **{name: value})


@pytest.mark.parametrize("kappa", [0, -1])
def test_kappa_out_of_range(kappa):
    """
    A prior without weight is rejected.
    """
    with pytest.raises(ValueError, match="kappa"):
        skill((2, 1, 0.5), kappa=kappa)


def test_nothing_resolved():
    """
    R17: without resolved claims there is no number, neither 0 nor one half.
    """
    assert rated() is None


@pytest.mark.parametrize(("right", "resolved"), [(1, 1), (0, 1), (0.25, 1), (9, 12), (445, 500)])
def test_even_claims_by_hand(right, resolved):
    """
    On even claims the reliability is (right + 4)/(resolved + 8), so 1 of 1 does not beat 445 of 500.
    """
    found = rated((resolved, right, 0.5))
    expected = (right + 4) / (resolved + 8)

    assert pytest.approx(expected, abs=1e-12) == found.reliability.mean
    assert pytest.approx(expected, abs=1e-12) == found.adjusted.mean
    assert pytest.approx(100 * (expected - 0.5), abs=1e-10) == found.advantage.points


def test_two_cells_by_hand():
    """
    With odds of 1/3 and 3 and the skill log 3, the chances are 1/2 and 9/10. So a record of 4.5 + 9 right of 9 + 10,
    with kappa 2 and t = 3/4, has this skill: 13.5 - 4.5 - 9 + ... = 2 (3/4 - 1/2) is the pull of the prior.
    """
    found = skill((9, 4.5 + 0.5, 0.25), (10, 9, 0.75), kappa=2)

    assert pytest.approx(logit(0.75), abs=1e-12) == found.d
    assert pytest.approx(0.75, abs=1e-12) == found.t
    assert pytest.approx(13.5 / 19, abs=1e-12) == found.reliability
    assert pytest.approx(2 + (9 * 0.25 + 10 * 0.09) / (2 * 0.75 * 0.25), abs=1e-9) == found.nu


def test_interval_by_hand():
    """
    With kappa 1 and one right of two even claims, nu = 2, and the interval is that of a uniform distribution. A drift
    adds to its half-width, logit(.95), like the standard deviations of independent errors.
    """
    alone, shared = (rated((2, 1, 0.5), kappa=1, drift=drift) for drift in (0, 0.5))

    assert pytest.approx((0.05, 0.5, 0.95)) == (alone.adjusted.lower, alone.adjusted.mean, alone.adjusted.upper)
    assert pytest.approx((0.05, 0.95)) == (alone.reliability.lower, alone.reliability.upper)
    assert pytest.approx(hypot(logit(0.95), 1.6448536 * 0.5)) == shared.advantage.upper


def test_partial_truths_by_hand():
    """
    Two claims that were right to one half count like one right and one wrong claim.
    """
    halves, whole = rated((2, 0.5 + 0.5, 0.4)), rated((1, 1, 0.4), (1, 0, 0.4))

    assert pytest.approx(whole.reliability.mean, abs=1e-12) == halves.reliability.mean
    assert pytest.approx(whole.advantage.lower, abs=1e-9) == halves.advantage.lower


def test_record_as_expected():
    """
    An outlet that is right as often as expected has the skill 0 and the reference as its adjusted mean.
    """
    found = rated((10, 3, 0.3), (20, 12, 0.6), reference=0.63)

    assert (0, 0) == (found.advantage.log_odds, found.advantage.points)
    assert pytest.approx(0.5, abs=1e-12) == found.reliability.mean
    assert pytest.approx(0.63, abs=1e-12) == found.adjusted.mean


def test_record_beside_its_number():
    """
    4 right of 11 with a rate of .4 has a reliability of about .38, whatever other outlets report.
    """
    one, other = (rated((11, 4, 0.4), reference=reference) for reference in (0.4, 0.9))

    assert 0.36 <= one.reliability.mean <= 0.40
    assert (one.reliability, one.advantage) == (other.reliability, other.advantage)


def test_one_lucky_rumour():
    """
    One right rumour, where an average outlet is right on 6 %, does not lift the low end above the reference.
    """
    assert rated((1, 1, 0.06), kappa=3, reference=0.87).adjusted.lower < 0.87


def test_right_denials_never_lower_a_score():
    """
    After 5 of 20 rumours, 20 right denials raise the adjusted mean.
    """
    rumours = (20, 5, 0.06)

    assert rated(rumours).adjusted.mean < rated(rumours, (20, 20, 0.92)).adjusted.mean


cells = st.lists(
    st.tuples(st.integers(1, 500), st.sampled_from([0, 1]) | st.floats(0, 1), st.floats(0.01, 0.99)).map(
        lambda drawn: (drawn[0], drawn[1] * drawn[0], drawn[2])
    ),
    min_size=1,
    max_size=6,
)
kappas = st.sampled_from([3, 60]) | st.floats(3, 60)
members = st.fixed_dictionaries(
    {"reference": st.floats(0.01, 0.99), "drift": st.sampled_from([0, 0.2, 0.7]), "level": st.sampled_from(LEVELS)}
)


@given(cells, kappas)
def test_skill_equals_the_root_of_scipy(record, kappa):
    """
    The skill solves R - sum n p(d) + kappa (1/2 - logistic(d)) = 0.
    """

    def excess(d):
        return sum(right - n * expit(logit(e) + d) for n, right, e in record) + kappa * (0.5 - expit(d))

    root = optimize.brentq(excess, -40, 40, xtol=1e-13)

    assert pytest.approx(root, abs=1e-9) == skill(*record, kappa=kappa).d


@given(cells, kappas, members)
def test_bounds_equal_those_of_scipy(record, kappa, options):
    """
    The bounds of the skill are those of the beta distribution and the drift together, by scipy.
    """
    found, bounds = skill(*record, kappa=kappa), rated(*record, kappa=kappa, **options)
    tail, drift = (1 - options["level"]) / 2, NormalDist().inv_cdf((1 + options["level"]) / 2) * options["drift"]
    below = logit(stats.beta.ppf(tail, found.t * found.nu, (1 - found.t) * found.nu)) - found.d
    above = -logit(stats.beta.ppf(tail, (1 - found.t) * found.nu, found.t * found.nu)) - found.d

    assert pytest.approx(found.d - hypot(min(below, 0), drift), abs=1e-6) == bounds.advantage.lower
    assert pytest.approx(found.d + hypot(max(above, 0), drift), abs=1e-6) == bounds.advantage.upper


@given(cells, kappas, members)
def test_three_views_of_one_skill(record, kappa, options):
    """
    Each mean is within its bounds, the reliability is between the shares right and expected, and the advantage has the
    sign of right - expected.
    """
    check_range(skill(*record, kappa=kappa), **options)


@given(cells, kappas, members, st.randoms(use_true_random=False))
def test_order_of_cells_does_not_matter(record, kappa, options, rng):
    """
    R11: the cells may be in any order.
    """
    assert rated(*record, kappa=kappa, **options) == rated(*rng.sample(record, len(record)), kappa=kappa, **options)


@given(cells, kappas, members)
def test_higher_level_has_a_wider_interval(record, kappa, options):
    """
    The interval of a higher level contains that of a lower one.
    """
    told = [rated(*record, kappa=kappa, **(options | {"level": level})).advantage for level in LEVELS]

    assert sorted((each.lower for each in told), reverse=True) == [each.lower for each in told]
    assert sorted(each.upper for each in told) == [each.upper for each in told]


@costly
@given(st.integers(0, 10**6))
def test_each_claim_moves_a_score_the_right_way(seed):
    """
    A right claim never lowers the skill or the adjusted mean, nor its low end by more than .001; a wrong one never
    raises them, nor the low end by more than .02. `bench/record_2.py` draws a hundred thousand records.
    """
    rng = random.Random(seed)  # noqa: S311 - Hypothesis draws the seed
    for _ in range(40):
        arguments, options = random_move(rng)
        check_moves(*arguments, **options)


@pytest.mark.parametrize("name", ["emergent_first90claims", "polls538_to2012", "forecastbench_markets"])
def test_each_claim_of_the_open_data_moves_a_score_the_right_way(open_folder, name):
    """
    The same holds after each claim of the open data, whether it was right or wrong. In the profile `ci` it is checked
    for a tenth of the claims.
    """
    for arguments, options in islice(moves_in(open_folder / f"{name}.ndjson"), 0, None, max(1, 500 // PER_TEST)):
        check_moves(*arguments, **options, level=0.9)


@pytest.mark.parametrize("kappa", [3, 60])
@pytest.mark.parametrize("e", [0.01, 0.5, 0.99])
def test_long_records(kappa, e):
    """
    A million claims that are all right, all wrong or half right have numbers in order and within 0..1.
    """
    for right in (0, 1, 5 * 10**5, 10**6):
        told = rated((10**6, right, e), kappa=kappa)
        for view in (told.reliability, told.adjusted):
            assert 0 <= view.lower <= view.mean <= view.upper <= 1
        assert pytest.approx(right / 10**6, abs=kappa / 10**6) == told.reliability.mean


def test_interval_narrows_with_the_root_of_the_number():
    """
    Without drift, a hundred times as many claims make the interval about a tenth as wide.
    """
    few, many = (rated((n, 0.6 * n, 0.5), drift=0).advantage for n in (1000, 100_000))

    assert pytest.approx(sqrt(100), rel=0.02) == (few.upper - few.lower) / (many.upper - many.lower)
    assert pytest.approx(0, abs=1e-12) == fsum([rated((10, 5, 0.5), drift=0).advantage.log_odds])
