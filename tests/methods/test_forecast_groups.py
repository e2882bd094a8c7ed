"""Forecasts of rival claims, and the rate at which one of a group proves true"""

from __future__ import annotations

import dataclasses
import random
from math import log

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.methods.beta import logistic, logit
from service.methods.forecast import START, choose, forecast, rivals_before, topic_of
from service.methods.forecast.groups import GroupCount, Member, count_groups, group_rate
from service.methods.rates import Rates
from tests.support.synthetic_claims import CLAIM, at, report

ALONE = forecast(START, Rates(), {}, CLAIM, [report()], enough=0)


def of(log_odds):
    """Return the forecast of a claim alone."""
    return dataclasses.replace(
        ALONE,
        probability=logistic(log_odds),
        lower=logistic(log_odds - 1),
        upper=logistic(log_odds + 1),
        base=log_odds,
        contributions=(),
        log_odds=log_odds,
        lower_log_odds=log_odds - 1,
        upper_log_odds=log_odds + 1,
    )


def test_choice_by_hand():
    """
    R3: with the odds 1, 1/3 and 1/9, and a chance of .6 that one is true, the formula gives these probabilities and
    bounds, and the contribution of the rivals is the difference in log-odds.
    """
    odds = [1, 1 / 3, 1 / 9]
    theta = 0.4 / 0.8
    expected = [one / (theta + sum(odds)) for one in odds]
    found = choose([of(log(one)) for one in odds], 0.6)

    assert pytest.approx(expected) == [one.probability for one in found]
    upper = odds[0] * 2.718281828459045
    assert pytest.approx(upper / (theta + upper + odds[1] + odds[2])) == found[0].upper
    [part] = found[2].contributions
    assert ("its_rivals", "its rivals: at most one of these three claims can be true") == part[:2]
    assert pytest.approx(logit(expected[2]) - logit(0.1)) == part.log_odds
    assert pytest.approx(logit(expected[2])) == found[2].base + part.log_odds == found[2].log_odds


def test_single_claim_is_unchanged():
    """
    R3: the forecast of a claim without open rivals is unchanged, for any rate.
    """
    assert [ALONE] == choose([ALONE], 0.999)
    assert [] == choose([], 0.5)


@given(st.lists(st.floats(-800, 800), min_size=2, max_size=9), st.floats(0.001, 0.999))
@example([800.0, 800.0, 800.0], 0.999)
@example([0.0] * 9, 0.999)
def test_forecasts_of_a_group_describe_possible_worlds(log_odds, rate):
    """
    R3: the forecasts of a group sum to at most 1, for any odds; the bounds contain the probability; the order of the
    claims does not matter.
    """
    alone = [of(one) for one in log_odds]
    found = choose(alone, rate)

    assert sum(one.probability for one in found) <= 1 + 1e-12
    assert all(0 <= one.lower <= one.probability <= one.upper <= 1 for one in found)
    assert found == choose(alone[::-1], rate)[::-1]


def test_rate_of_groups_by_hand():
    """
    The rate of a topic is shrunk to that of all groups with the weight of five groups, and is at most .999.
    """
    counts = [GroupCount("cup", 8, 6), GroupCount(None, 10, 3)]

    assert 1 / 2 == group_rate([], "cup")
    assert pytest.approx((6 + 5 * 10 / 20) / 13) == group_rate(counts, "cup")
    assert pytest.approx(10 / 20) == group_rate(counts, None) == group_rate(counts, "other")
    assert 0.999 == group_rate([GroupCount("cup", 10**6, 10**6)], "cup")


def member(truth=None, *, topic="cup", opened=0, due=None):
    return Member(topic, truth, at(opened), None if due is None else at(due))


@pytest.mark.parametrize(
    ("members", "until", "expected"),
    [
        ([member(1.0, due=5), member(0.0, due=9)], 9, (1, 1.0)),
        ([member(1.0, due=5), member(0.0, due=9)], 8, None),
        ([member(1.0, due=5), member()], 5, (1, 1.0)),
        ([member(1.0, due=5), member(due=9)], 8, None),
        ([member(0.0, due=5), member()], 99, None),
        ([member(0.0, due=5), member(0.0, due=6)], 6, (1, 0.0)),
        ([member(0.0, due=5), member(0.3, due=6)], 6, (1, 0.3)),
        ([member(1.0, due=5)], 99, None),
        ([member(1.0, due=5), member(opened=7)], 6, None),
        ([member(1.0, due=5), member(opened=7)], 7, (1, 1.0)),
    ],
)
def test_group_counts_when_all_its_claims_are_due(members, until, expected):
    """
    A group of two or more counts once it is decided and all its claims are due, so that "one is true" does not count
    before "none is" can.
    """
    found = count_groups([members], until=at(until))

    assert ((GroupCount("cup", *expected),) if expected else ()) == found


def test_group_with_several_topics_has_none():
    """
    A group with claims on several topics counts for all groups only.
    """
    members = [member(1.0, due=5), member(0.0, topic="league", due=5)]

    assert (GroupCount(None, 1, 1.0),) == count_groups([members], until=at(5))
    assert [None, None, "a"] == [topic_of(topics) for topics in (["a", "b"], [None, "a"], ["a", "a"])]


def test_rivals_at_a_report():
    """
    The rivals at a report are the other claims of the group that were reported before it.
    """
    opened = [at(0), at(1), at(1), at(5)]

    assert [0, 1, 2, 3] == [rivals_before(opened, at(1), at(hours)) for hours in (0, 1, 5, 6)]


@pytest.mark.parametrize("truth", [0.2, 0.6, 0.95])
def test_simulated_groups(truth):
    """
    With the rate from 300 groups, forecasting 2,000 groups of two to six claims as a choice has a log loss no worse
    than forecasting each claim alone, and the mean forecast is within .01 of the share that proves true.
    """
    source = random.Random(20261130)  # noqa: S311 - reproducible
    learned = [member_group(source, truth) for _ in range(300)]
    rate = group_rate(count_groups(learned, until=at(1)), "cup")
    losses, counts = [0.0, 0.0], [0.0, 0.0, 0]
    for _ in range(2000):
        truths, alone = simulated(source, truth)
        for place, forecasts in enumerate((alone, choose(alone, rate))):
            losses[place] -= sum(
                log(one.probability if true else 1 - one.probability)
                for true, one in zip(truths, forecasts, strict=True)
            )
        counts[0] += sum(one.probability for one in choose(alone, rate))
        counts[1] += sum(truths)
        counts[2] += len(truths)

    assert losses[1] <= losses[0]
    assert abs(counts[0] - counts[1]) / counts[2] <= 0.01


def member_group(source, chance):
    """Return a settled group of two to six claims, of which one is true with a chance."""
    size = source.randint(2, 6)
    winner = source.randrange(size) if source.random() < chance else None
    return [member(float(place == winner), due=1) for place in range(size)]


def simulated(source, chance):
    """Return the truths of a group, and a forecast of each claim from its own evidence: calibrated if it were alone."""
    group = member_group(source, chance)
    k = len(group)
    strength = 1.5
    alone = [
        of(log(chance / k / (1 - chance / k)) + strength * source.gauss((one.truth - 0.5) * strength, 1))
        for one in group
    ]
    return [one.truth for one in group], alone
