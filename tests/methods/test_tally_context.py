from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from service.methods.cells import Cell
from service.methods.claim import share_of
from service.methods.rates import Rates
from service.methods.tally import STARTING_CONTEXT, Context
from service.values.vocabulary import ClaimKind, Stance

WIDE = Cell(Stance.SUPPORT, ClaimKind.FACT, None, None)
AGREED = Cell(Stance.SUPPORT, ClaimKind.FACT, 4, "transfers")
DENIED = Cell(Stance.DENY, ClaimKind.FACT, None, "transfers")


def context(*reports):
    """Return the context of reports, given as the cell, the truth of the claim, and the number of reports on it."""
    rates = Rates()
    for cell, truth, among in reports:
        rates.add_count(cell.lineage, share_of(truth, among=among))
    return Context("any", dt.datetime(2026, 1, 1, tzinfo=dt.UTC), rates)


@pytest.mark.parametrize("cell", [WIDE, AGREED, DENIED])
def test_starting_context(cell):
    """
    Without resolved claims, every rate is one half.
    """
    assert 0.5 == STARTING_CONTEXT.expected(cell) == STARTING_CONTEXT.reference("transfers")


def test_rates_by_hand():
    """
    Three supports, two true: (2+1)/(3+2) for the stance, then each narrower cell shrunk to it with a weight of five.
    """
    held = context((AGREED, 1, 1), (AGREED, 1, 1), (WIDE, 0, 1))
    stance = (2 + 1) / (3 + 2)
    kind = (2 + 5 * stance) / (3 + 5)
    agreed = (2 + 5 * kind) / (2 + 5)
    in_topic = (2 + 5 * agreed) / (2 + 5)

    assert pytest.approx(in_topic) == held.expected(AGREED)
    assert pytest.approx((0 + 5 * (0 + 5 * kind) / (1 + 5)) / (1 + 5)) == held.expected(WIDE)


def test_denials_of_what_is_false_are_right():
    """
    A denial is right as often as the claim is not true, and an unknown cell has the rate of the wider one.
    """
    held = context((DENIED, 0, 1), (DENIED, 0, 1))

    assert held.expected(DENIED) > held.expected(DENIED._replace(topic="else")) > 0.5


def test_reference_by_hand():
    """
    Of all scored reports three are right: (3+1)/(4+2); on the topic two of three, shrunk to that.
    """
    held = context((AGREED, 1, 1), (AGREED, 0, 1), (DENIED, 0, 1), (WIDE, 1, 1))
    overall = (3 + 1) / (4 + 2)

    assert pytest.approx(overall) == held.reference(None)
    assert pytest.approx((2 + 5 * overall) / (3 + 5)) == held.reference("transfers")
    assert pytest.approx(overall) == held.reference("untold")


def test_who_takes_no_side_is_neither_right_nor_wrong():
    """
    R5: comments and queries do not count in the reference rate.
    """
    asked = Cell(Stance.QUERY, ClaimKind.FACT, None, "transfers")
    told = [(AGREED, 1, 2), (DENIED, 0, 1)]

    assert context(*told).reference(None) == context(*told, (asked, 0, 2)).reference(None)
    assert context(*told).reference("transfers") == context(*told, (asked, 0, 2)).reference("transfers")


def test_claim_counts_once_however_many_report_it():
    """
    Ten reports of one claim weigh as much as one.
    """
    ten, one = context(*[(WIDE, 1, 10)] * 10), context((WIDE, 1, 1))

    assert pytest.approx(one.expected(WIDE), abs=1e-8) == ten.expected(WIDE)


cells = st.builds(
    Cell,
    st.sampled_from([Stance.SUPPORT, Stance.DENY]),
    st.sampled_from([ClaimKind.FACT, ClaimKind.EVENT]),
    st.sampled_from([None, 1, 4]),
    st.sampled_from([None, "a", "b"]),
)
reports = st.lists(st.tuples(cells, st.floats(0, 1), st.integers(1, 7)), max_size=40)


def test_reference_of_a_topic_covers_the_topics_below():
    """
    The reference of a topic is that of all reports on it and below it (R21b).
    """
    split = context((AGREED, 1, 1), (AGREED._replace(topic="transfers/women"), 0, 1))
    whole = context((AGREED, 1, 1), (AGREED, 0, 1))

    assert whole.reference("transfers") == split.reference("transfers")
    assert split.reference("transfers/women") < split.reference(None)


@given(reports, st.randoms(use_true_random=False), cells)
def test_order_does_not_matter(told, random, cell):
    """
    R11: the order of reports does not change the context.
    """
    one, other = context(*told), context(*random.sample(told, len(told)))

    assert one.rates.counts == other.rates.counts
    assert one.expected(cell) == other.expected(cell)
    assert one.reference("a") == other.reference("a")


@given(reports, cells)
def test_rates_are_never_certain(told, cell):
    """
    Every rate is strictly between 0 and 1.
    """
    held = context(*told)

    assert 0 < held.expected(cell) < 1
    assert 0 < held.reference(cell.topic) < 1


def test_topic_is_shrunk_to_the_topic_above():
    """
    R21b: a cell of a topic below another one is shrunk to the cell of that topic.
    """
    held = context((AGREED, 1, 1), (AGREED, 1, 1), (AGREED._replace(topic="transfers/women"), 0, 1))
    above = (2 + 5 * (2 + 5 * (2 + 5 * (2 + 1) / (3 + 2)) / (3 + 5)) / (3 + 5)) / (3 + 5)

    assert pytest.approx(above) == held.expected(AGREED)
    assert pytest.approx((0 + 5 * above) / (1 + 5)) == held.expected(AGREED._replace(topic="transfers/women"))


def test_offset_is_added_before_the_clamp():
    """
    The offset is added to the log-odds of each rate, and the sum is clamped to 0.01..0.99.
    """
    assert pytest.approx(expit(1)) == replace(STARTING_CONTEXT, offset=1.0).expected(WIDE)
    assert [0.01, 0.99] == [replace(STARTING_CONTEXT, offset=offset).expected(DENIED) for offset in (-9.0, 9.0)]
