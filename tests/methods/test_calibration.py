from __future__ import annotations

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from service.methods.calibration import bins, calibration_error
from service.methods.decomposition import decompose
from service.methods.scoring import Outcome, auc, brier, log_loss

STATED = [Outcome(0.1, 0), Outcome(0.15, 1), Outcome(0.7, 1), Outcome(0.75, 0), Outcome(0.78, 1), Outcome(1.0, 1)]

outcomes = st.lists(
    st.builds(Outcome, st.floats(0, 1), st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from([0.5, 1.0, 3.0])), min_size=1
)


def test_nothing_stated():
    """
    Without outcomes every measure is None, not zero.
    """
    assert [None] * 5 == [measure([]) for measure in (log_loss, brier, auc, calibration_error, decompose)]
    assert [] == bins([])


def test_scores_by_hand():
    """
    Log loss, Brier score, calibration error and AUC of six outcomes match a calculation by hand.
    """
    mean_log = -(log(0.9) + log(0.15) + log(0.7) + log(0.25) + log(0.78) + log(0.999)) / 6

    assert pytest.approx(mean_log) == log_loss(STATED)
    assert pytest.approx((0.01 + 0.7225 + 0.09 + 0.5625 + 0.0484 + 0) / 6) == brier(STATED)
    # In the second bin 0.25 of 1, in the eighth 2.23 of 2, in the last 1 of 1.
    assert pytest.approx((0.75 + 0.23 + 0) / 6) == calibration_error(STATED)
    # Of eight pairs of a true and a false one, 0.15 and 0.7 lose to 0.75.
    assert pytest.approx(6 / 8) == auc(STATED)


def test_certain_error_does_not_end_everything():
    """
    A probability of 0 for a true claim costs as much as 0.001.
    """
    assert pytest.approx(-log(0.001)) == log_loss([Outcome(0.0, 1)])


def test_bins_by_hand():
    """
    A bin has the weight, the mean probability and the mean truth of its outcomes; empty bins are left out.
    """
    low, high, last = bins(STATED)

    assert (0.1, 0.2, 2, 0.125, 0.5) == (low.lower, low.upper, low.weight, pytest.approx(low.probability), low.truth)
    assert (3, pytest.approx(2.23 / 3), pytest.approx(2 / 3)) == (high.weight, high.probability, high.truth)
    assert (0.9, 1.0, 1, 1.0) == (last.lower, last.upper, last.weight, last.probability)


def test_auc_equals_that_of_scipy():
    """
    AUC equals the Mann-Whitney statistic divided by the number of pairs, with ties counted half.
    """
    stated = [Outcome(step % 7 / 7, step % 3 == 0) for step in range(60)]
    true = [outcome.probability for outcome in stated if outcome.truth]
    false = [outcome.probability for outcome in stated if not outcome.truth]

    assert pytest.approx(stats.mannwhitneyu(true, false).statistic / (len(true) * len(false))) == auc(stated)


def test_auc_needs_both():
    """
    AUC is undefined if all claims are true.
    """
    assert auc([Outcome(0.3, 1), Outcome(0.6, 1)]) is None


@given(outcomes)
def test_decomposition_adds_up(stated):
    """
    The Brier score is reliability - resolution + uncertainty + within_bins, and the base rate has no skill.
    """
    found = decompose(stated)
    total = sum(outcome.weight for outcome in stated)
    base = sum(outcome.truth * outcome.weight for outcome in stated) / total
    by_base_rate = decompose([outcome._replace(probability=base) for outcome in stated])

    assert pytest.approx(brier(stated), abs=1e-12) == (
        found.reliability - found.resolution + found.uncertainty + found.within_bins
    )
    assert by_base_rate.skill is None or pytest.approx(0, abs=1e-9) == by_base_rate.skill
    assert found.reliability >= 0
    assert -1e-12 <= found.resolution <= found.uncertainty + 1e-12


def test_decomposition_without_spread():
    """
    Equal probabilities within each bin make within_bins zero, and perfect forecasts have a skill of one.
    """
    found = decompose([Outcome(0.2, 0), Outcome(0.2, 1), Outcome(0.8, 1)])
    perfect = decompose([Outcome(0.0, 0), Outcome(1.0, 1)])

    assert pytest.approx(0, abs=1e-12) == found.within_bins
    assert pytest.approx((2 * 0.09 + 0.04) / 3) == found.reliability
    assert pytest.approx((2 * (1 / 2 - 2 / 3) ** 2 + (1 / 3) ** 2) / 3) == found.resolution
    assert pytest.approx(2 / 9) == found.uncertainty
    assert 1 == perfect.skill


@given(outcomes)
def test_weights_count_like_copies(stated):
    """
    An outcome of weight three counts like three outcomes.
    """
    copies = [outcome._replace(weight=0.5) for outcome in stated for _ in range(round(outcome.weight * 2))]

    for measure in (log_loss, brier, calibration_error):
        assert pytest.approx(measure(copies), abs=1e-12) == measure(stated)
    assert auc(stated) is None or pytest.approx(auc(copies), abs=1e-9) == auc(stated)


def test_truths_all_the_same_have_no_skill():
    """
    Skill is undefined if all truths are equal, even with rounding errors in their sum.
    """
    found = decompose([Outcome(0.2, 0.1)] * 3)

    assert found.uncertainty < 1e-12
    assert found.skill is None
