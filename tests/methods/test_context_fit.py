from __future__ import annotations

import random
import statistics

import numpy as np
import pytest
from scipy import optimize, stats
from scipy.special import expit, logit

from service.methods.cells import Cell
from service.methods.claim import share_of
from service.methods.context_parameters import Showing, fit_kappa, fit_offset, fit_shrinkage
from service.methods.drift import HalfError, fit_drift
from service.methods.rates import Rates
from service.values.vocabulary import ClaimKind, Stance
from tests.support.fields import covered, equal_reports, errors_of

TOPICS = [f"t{number}" for number in range(40)]


def test_kappa_equals_that_of_an_independent_maximisation():
    """
    Kappa is within 5 % of the maximum of the beta-binomial likelihood that scipy finds.
    """
    rng = np.random.default_rng(1)
    showings = []
    for expected_share in rng.uniform(0.3, 0.8, 300):
        n = int(rng.integers(1, 60))
        rate = rng.beta(12 * expected_share, 12 * (1 - expected_share))
        showings.append(Showing(float(rng.binomial(n, rate)), expected_share * n, n))

    def minus_log_likelihood(kappa):
        return -sum(
            stats.betabinom.logpmf(one.right, one.resolved, kappa * m, kappa * (1 - m))
            for one in showings
            for m in [one.expected / one.resolved]
        )

    best = optimize.minimize_scalar(minus_log_likelihood, bounds=(3, 60), method="bounded").x

    assert pytest.approx(best, rel=0.06) == fit_kappa(showings)


def test_kappa_is_kept_within_its_limits():
    """
    Kappa is 60 for outlets that are all alike, 3 for extremely different ones, and 8 without data.
    """
    alike = [Showing(50, 50, 100)] * 50
    different = [Showing(100, 50, 100), Showing(0, 50, 100)] * 25

    assert pytest.approx((60, 3, 8)) == (fit_kappa(alike), fit_kappa(different), fit_kappa([Showing(0, 0, 0)]))


def test_offset_by_hand():
    """
    With 10 claims expected at even odds and 10 at odds of 3, 17.5 right of 20 need an offset of log(odds) such that the
    chances sum up.
    """
    cells = [(10, logit(0.5)), (10, logit(0.75))]

    offset = fit_offset(cells, 17.5)

    assert pytest.approx(17.5, abs=1e-9) == 10 * expit(offset) + 10 * expit(logit(0.75) + offset)


@pytest.mark.parametrize(("right", "rate"), [(0, 0.01), (10, 0.99)])
def test_offset_of_a_record_without_exceptions(right, rate):
    """
    If all outlets are always right or always wrong, the offset is finite, and the rates are clamped.
    """
    assert pytest.approx(rate, abs=1e-3) == min(max(expit(fit_offset([(10, 0.0)], right)), 0.01), 0.99)


def rates_of(spread, seed=1):
    """Return the rates of 40 topics with 30 claims each, whose true rates differ by a spread in log-odds."""
    rng, rates = random.Random(seed), Rates()  # noqa: S311 - any numbers will do
    for topic in TOPICS:
        true = expit(rng.gauss(0, spread))
        for _ in range(30):
            rates.add_count(
                Cell(Stance.SUPPORT, ClaimKind.FACT, None, topic).lineage, share_of(float(rng.random() < true), among=1)
            )
    return rates


def test_shrinkage_is_larger_where_topics_are_alike():
    """
    Topics that differ a lot are hardly shrunk, and topics that are alike are shrunk a lot.
    """
    assert fit_shrinkage(rates_of(2.5)).topic < 5
    assert fit_shrinkage(rates_of(0.0)).topic > 20


def test_shrinkage_without_data():
    """
    Without data each shrinkage is the median of its prior.
    """
    assert (5, 5, 5) == fit_shrinkage(Rates())


def test_drift_by_hand():
    """
    One half-year with total 10, squares 20 and variance 25: z = .4, v = .032, w = 1/1.8.
    """
    weight = 1 / (1 + 0.032 / 0.04)
    expected = ((weight * (0.4**2 - 0.032) + 2 * 0.04) / (weight + 2)) ** 0.5

    assert pytest.approx(expected) == fit_drift([HalfError(10, 20, 25)])
    assert pytest.approx(0.2) == fit_drift([])


def test_drift_is_finite_when_everything_is_right():
    """
    A half-year in which every report is right has a finite drift.
    """
    assert 0 < fit_drift(errors_of([[[0.4]] * 100])) < 3


def test_drift_of_equal_reports():
    """
    Five equal reports per claim and no shared error: over ten half-years of 40 claims the median is at most .2.
    """
    assert statistics.median(fit_drift(equal_reports(seed)) for seed in range(50)) <= 0.2


def test_intervals_cover_a_common_shock():
    """
    With a common shock of .4 in each half-year the intervals cover at least 85 % of the next one, a tenth more than
    those of record/1; without a shock they cover 88 % to 97 %. `bench/record_2.py` has the long form.
    """
    shaken, earlier = map(statistics.mean, zip(*(covered(0.4, seed) for seed in range(4)), strict=True))
    calm, _ = map(statistics.mean, zip(*(covered(0.0, seed) for seed in range(4)), strict=True))

    assert shaken >= 0.85
    assert shaken - earlier > 0.1
    assert 0.88 <= calm <= 0.97
