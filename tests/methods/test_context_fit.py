from __future__ import annotations

import datetime as dt
import random
import statistics
from collections import Counter
from uuid import UUID

import numpy as np
import pytest
from scipy import optimize, stats
from scipy.special import expit

from service.backtest.coverage import count_below
from service.methods.beta import logistic, logit
from service.methods.context_fit import (
    HalfError,
    ResolvedRecord,
    Showing,
    fit_context,
    fit_drift,
    fit_kappa,
    fit_offset,
    fit_shrinkage,
    resolved_reports,
)
from service.methods.provenance import Filed, Position
from service.methods.rates import Cell, Rates
from service.methods.reliability import CellRecord, Skill, skill_bounds
from service.methods.tally import ClaimFacts
from service.values.vocabulary import ClaimKind, Role, Stance, Verdict

OUTLETS = [UUID(int=number) for number in range(30)]
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
            rates.add(Cell(Stance.SUPPORT, ClaimKind.FACT, None, topic), truth=float(rng.random() < true), among=1)
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


def halves(errors):
    """Return half-years with errors of reports, given by claim, at a rate of .6."""
    for claims in errors:
        sums = [sum(claim) for claim in claims]
        yield HalfError(sum(sums), sum(each**2 for each in sums), 0.24 * sum(map(len, claims)))


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
    assert 0 < fit_drift(halves([[[0.4]] * 100])) < 3


def test_drift_of_equal_reports():
    """
    Five equal reports per claim and no shared error: over ten half-years of 40 claims the median is at most .2.
    """
    drifts = []
    for seed in range(50):
        rng = random.Random(seed)  # noqa: S311
        drifts.append(fit_drift(halves([[[(rng.random() < 0.6) - 0.6] * 5 for _ in range(40)] for _ in range(10)])))

    assert statistics.median(drifts) <= 0.2


def field(rng, shock):
    """Yield the half-year, the outlet and the result of about 40 claims per outlet and half-year, 11 half-years long.

    The skills of 30 outlets differ by .5 in log-odds, and each half-year shifts all of them by a common shock.
    """
    skills = [rng.gauss(0, 0.5) for _ in OUTLETS]
    for half in range(11):
        common = rng.gauss(0, shock)
        for place, own in enumerate(skills):
            yield from ((half, place, rng.random() < logistic(logit(0.6) + own + common)) for _ in range(40))


def record_of(results):
    """Return the record of the first ten half-years."""
    record = ResolvedRecord()
    for half, place, right in results:
        if half < 10:
            at = dt.datetime(2015 + half // 2, 1 + 6 * (half % 2), 2, tzinfo=dt.UTC)
            fact = ClaimFacts(ClaimKind.FACT, None, None, Verdict.TRUE if right else Verdict.FALSE, float(right), at)
            report = Filed(OUTLETS[place], OUTLETS[place], Stance.SUPPORT, at, at, relays=False, cited_id=None)
            position = Position(Role.OWN, report)
            record.add(resolved_reports(fact, {OUTLETS[place]: position}, OUTLETS), since=at)
    return record


def covered(shock, seed):
    """Return the share of outlets whose last half-year is within the 90 % that their record predicts, with the fitted
    drift and without any.
    """
    results = list(field(random.Random(seed), shock))  # noqa: S311 - to be the same every time
    record = record_of(results)
    context = fit_context(record)
    seen = Counter(place for half, place, right in results if half == 10 and right)
    inside = [
        [is_inside(seen[place], record.outlets[outlet], context, drift) for drift in (context.drift, 0.0)]
        for place, outlet in enumerate(OUTLETS)
    ]
    return [statistics.mean(column) for column in zip(*inside, strict=True)]


def is_inside(seen, record, context, drift):
    """Return whether so many right of 40 are within the prediction of a record."""
    [(cell, (n, right))] = record.items()
    rate = context.expected(cell)
    skill = Skill((CellRecord(n, right / 1e9, rate),), context.kappa)
    skills = [d for step in range(15) for d in skill_bounds(skill, drift, level=(step + 0.5) / 15)]
    chances = [logistic(logit(rate) + d) for d in skills]
    return count_below(seen, 40, chances) > 0.05 and count_below(seen - 1, 40, chances) < 0.95


def test_intervals_cover_a_common_shock():
    """
    With a common shock of .4 in each half-year the intervals cover at least 85 % of the next one, a tenth more than
    without drift; without a shock they cover 88 % to 97 %.
    """
    shaken, blind = map(statistics.mean, zip(*(covered(0.4, seed) for seed in range(5)), strict=True))
    calm, _ = map(statistics.mean, zip(*(covered(0.0, seed) for seed in range(5)), strict=True))

    assert shaken >= 0.85
    assert shaken - blind > 0.1
    assert 0.88 <= calm <= 0.97
