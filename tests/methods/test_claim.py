from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.methods.claim import ORDER, Position, position
from service.values.vocabulary import Role
from tests.support.filed_reports import (
    COMMENT,
    DENY,
    HOUR,
    NOON,
    QUERY,
    SKY,
    SUPPORT,
    filed,
    report_lists,
)


def test_last_side_stands():
    """
    R6: the current stance is that of the last report with a side.
    """
    first, second = filed(hour=0), filed(stance=DENY, hour=1)

    assert Position(Role.OWN, second) == position([first, second], None)


@pytest.mark.parametrize("stance", [QUERY, COMMENT])
def test_doubt_does_not_erase_a_side(stance):
    """
    R6: a later query or comment does not replace a side.
    """
    first = filed()

    assert first == position([first, filed(stance=stance, hour=1)], None).report


def test_no_side_taken():
    """
    R5: an outlet with only queries and comments has no side, and its last report in time is kept.
    """
    asked, commented, late = filed(stance=QUERY), filed(stance=COMMENT), filed(stance=QUERY, hour=2)

    assert Position(Role.OWN, None, commented) == position([asked, commented, late], NOON + HOUR)
    assert Position(Role.OWN, None) == position([late], NOON + HOUR)


@pytest.mark.parametrize(("hour", "stands"), [(-1, True), (0, False), (1, False)])
def test_side_taken_when_the_answer_is_known(hour, stands):
    """
    R6: a report at or after `known_at` is not scored.
    """
    late = filed(hour=hour)

    assert (late if stands else None) == position([late], NOON).report
    assert stands is not late.is_after(NOON)


def test_open_claim_has_no_late_reports():
    """
    R6: no report is after the answer of an open claim.
    """
    assert not filed().is_after(None)


def test_ties():
    """
    R6: of two reports at one instant the one recorded last counts, and of two recorded together the later one in the
    file.
    """
    reports = [filed(recorded=1, id_=9), filed(recorded=2, id_=1), filed(recorded=2, id_=2)]

    for shuffled in permutations(reports):
        assert reports == sorted(shuffled, key=ORDER)


def test_backfilled():
    """
    R10: a report dated more than seven days before it was recorded is backfilled.
    """
    assert not filed(recorded=7 * 24).backfilled
    assert filed(recorded=7 * 24 + 1).backfilled


def test_relay_alone():
    """
    R7: an outlet that only relays a claim has the role relay.
    """
    relay = filed(cites=SKY)

    assert Position(Role.RELAY, relay) == position([relay], None)


def test_both_roles():
    """
    R7: an outlet that also reports in its own name has the role own, in any order.
    """
    own, relay = filed(hour=0), filed(hour=1, cites=SKY)

    assert Role.OWN == position([own, relay], None).role
    assert Role.OWN == position([filed(hour=-1, cites=SKY), own], None).role


@pytest.mark.parametrize("too_late", [{"hour": 5}, {"stance": COMMENT}])
def test_own_report_that_decides_nothing(too_late):
    """
    R7: an own report that takes no side, or is after `known_at`, does not change the role of a relay.
    """
    relay = filed(cites=SKY)

    assert Position(Role.RELAY, relay) == position([relay, filed(**({"hour": 1} | too_late))], NOON + 3 * HOUR)


@given(report_lists, st.none() | st.integers(0, 4).map(lambda hour: NOON + hour * HOUR))
def test_position_equals_the_rule_read_word_by_word(reports, known_at):
    """
    R2, R6, R7: the current report equals the one found by a plain search for the last side.
    """
    best, own = None, False
    for report in reports:
        if report.stance in (SUPPORT, DENY) and (known_at is None or report.published_at < known_at):
            own = own or not report.is_relay
            when = (report.published_at, report.recorded_at, report.id.int)
            if best is None or when > (best.published_at, best.recorded_at, best.id.int):
                best = report
    if best is None:
        own = any(not report.is_relay for report in reports)

    found = position(sorted(reports, key=ORDER), known_at)

    assert (Role.OWN if own else Role.RELAY, best) == (found.role, found.report)
