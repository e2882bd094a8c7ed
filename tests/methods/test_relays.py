from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.methods.claim import ORDER, independent_roots
from service.methods.relays import relay_cycle
from tests.support.filed_reports import (
    ASS,
    BILD,
    COMMENT,
    DENY,
    HOUR,
    JOE,
    MARCA,
    NOON,
    QUERY,
    SKY,
    SUPPORT,
    UNKNOWN,
    filed,
    moments,
    outlets,
    report_lists,
    roots,
    sides,
)


def test_five_papers_relaying_one():
    """
    R8: five papers that relay one outlet are one root.
    """
    papers = [UUID(int=number) for number in range(10, 15)]
    reports = [filed(SKY), *(filed(paper, cites=SKY) for paper in papers)]

    assert (1, 1, 0) == independent_roots(reports, None, {SKY: SKY} | {paper: paper for paper in papers})


def test_cited_outlet_without_a_report():
    """
    R7: a cited outlet without a report is a root.
    """
    assert 1 == roots(filed(JOE, cites=SKY))
    assert 2 == roots(filed(JOE, cites=SKY), filed(ASS, cites=BILD))


def test_chain_of_relays():
    """
    R8: a relay of a relay leads to the root at its end.
    """
    assert 1 == roots(filed(JOE, cites=ASS), filed(ASS, cites=SKY), filed(SKY))


def test_relays_of_unknown_sources():
    """
    R7: all relays of unknown sources share one root.
    """
    assert 1 == roots(filed(JOE, cites=UNKNOWN), filed(ASS, cites=UNKNOWN))
    assert 2 == roots(filed(JOE, cites=UNKNOWN), filed(ASS, cites=UNKNOWN), filed(SKY))


def test_roots_under_one_parent():
    """
    R8: two outlets with one parent are one root.
    """
    assert 2 == roots(filed(BILD), filed(SKY))
    assert 1 == roots(filed(BILD), filed(SKY), under={BILD: MARCA, SKY: MARCA})


def test_a_root_that_also_relays():
    """
    R7: an outlet with both roles counts as own, and the outlet that it cites is another root.
    """
    assert 2 == roots(filed(JOE), filed(JOE, hour=1, cites=SKY))


def test_roots_by_side():
    """
    R8: the roots of each side are counted apart, and a root of both sides once together.
    """
    assert (2, 1, 1) == sides(filed(JOE), filed(SKY, DENY))
    assert (1, 1, 1) == sides(filed(JOE), filed(SKY, DENY), under={JOE: MARCA, SKY: MARCA})
    assert (1, 1, 1) == sides(filed(JOE, cites=SKY), filed(ASS, DENY, cites=SKY))
    assert (1, 1, 1) == sides(filed(JOE, cites=UNKNOWN), filed(ASS, DENY, cites=UNKNOWN))
    assert (1, 1, 1) == sides(filed(JOE, cites=SKY), filed(SKY, DENY))


def test_root_that_changed_its_mind():
    """
    R6, R8: an outlet is a root of its current stance only, and a relay of its former stance leads nowhere.
    """
    assert (1, 0, 1) == sides(filed(JOE), filed(JOE, DENY, hour=1))
    assert (1, 0, 1) == sides(filed(JOE, cites=SKY), filed(JOE, DENY, hour=1, cites=ASS))


def test_reports_that_are_not_roots():
    """
    R8: queries, comments and reports at or after known_at are not roots.
    """
    late = {"hour": 3}
    assert (0, 0, 0) == sides(filed(JOE, QUERY), filed(SKY, COMMENT), filed(ASS, COMMENT, cites=MARCA))
    assert (1, 1, 0) == sides(filed(JOE), filed(SKY, **late), filed(ASS, DENY, **late), known_at=NOON + 3 * HOUR)
    assert (1, 1, 0) == sides(filed(JOE), filed(JOE, DENY, **late), known_at=NOON + 3 * HOUR)
    assert (0, 0, 0) == sides(filed(JOE), known_at=NOON)


def test_cited_outlet_with_a_comment():
    """
    R7, R8: a cited outlet that only asked, or that reported too late, is a root like one without a report.
    """
    assert (1, 1, 0) == sides(filed(JOE, cites=SKY), filed(SKY, COMMENT))
    assert (1, 1, 0) == sides(filed(JOE, cites=SKY), filed(SKY, hour=4, cites=ASS), known_at=NOON + HOUR)


def test_cycle_of_relays_is_one_root():
    """
    R8: relays in a circle, whose own reports take no side, are one root, also with relays that lead into it.
    """
    circle = [filed(JOE, cites=ASS), filed(ASS, cites=SKY), filed(SKY, cites=JOE), filed(JOE, COMMENT, hour=1)]

    assert (1, 1, 0) == sides(*circle)
    assert (1, 1, 0) == sides(*circle, filed(BILD, cites=ASS), filed(MARCA, cites=BILD))
    assert (1, 1, 1) == sides(*circle, filed(MARCA, DENY, cites=ASS))


@pytest.mark.parametrize(
    ("reports", "cycle"),
    [
        ([], None),
        ([filed(JOE, cites=ASS)], None),
        ([filed(JOE, cites=ASS), filed(ASS, cites=JOE)], [JOE, ASS]),
        ([filed(JOE, cites=ASS), filed(ASS, cites=JOE), filed(ASS)], None),
        ([filed(JOE, cites=ASS), filed(ASS, cites=SKY), filed(SKY, cites=JOE)], [SKY, JOE, ASS]),
        ([filed(JOE, cites=ASS), filed(ASS, cites=JOE), filed(ASS, cites=SKY), filed(SKY)], [JOE, ASS]),
        ([filed(JOE, cites=UNKNOWN), filed(ASS, cites=JOE)], None),
    ],
)
def test_cycles(reports, cycle):
    """
    R7: a cycle of relays is found, unless one of its outlets also reports in its own name.
    """
    assert cycle == relay_cycle(reports)


def redirect_to(outlet, current, own, relays, seen):
    """Return the names of the sources that an outlet's relays lead to, or raise an error for a cycle."""
    if outlet in seen:
        raise RecursionError
    if outlet not in current or outlet in own:
        return {outlet}
    sources = set()
    for cited in [report.cited_id for report in relays if report.outlet_id == outlet]:
        sources |= {"?"} if cited is None else redirect_to(cited, current, own, relays, {*seen, outlet})
    return sources


@given(report_lists, st.dictionaries(outlets, outlets), moments)
def test_roots_equal_a_walk_along_every_relay(reports, parents, known_at):
    """
    R6, R7, R8: roots by side equal those found by following each relay of a current stance.
    """
    topmost = {outlet: parents.get(outlet, outlet) for outlet in (BILD, SKY, JOE, ASS, MARCA)}
    counted = [
        report
        for report in sorted(reports, key=ORDER)
        if report.stance in (SUPPORT, DENY) and (known_at is None or report.published_at < known_at)
    ]
    current = {report.outlet_id: report.stance for report in counted}
    own = {report.outlet_id for report in counted if not report.is_relay}
    relays = [report for report in counted if report.is_relay and report.stance == current[report.outlet_id]]
    found = {SUPPORT: set(), DENY: set()}
    try:
        for outlet, stance in current.items():
            found[stance] |= redirect_to(outlet, current, own, relays, set())
        for report in relays:
            start = report.cited_id
            found[report.stance] |= {"?"} if start is None else redirect_to(start, current, own, relays, set())
    except RecursionError:
        assert sides(*reports, known_at=known_at).together >= 1
        return

    support, deny = ({topmost.get(source, source) for source in found[stance]} for stance in (SUPPORT, DENY))
    assert (len(support | deny), len(support), len(deny)) == independent_roots(reports, known_at, topmost)


@given(report_lists)
def test_walk_along_every_relay_finds_cycles(reports):
    """
    R7: a cycle without an own report is found if and only if a walk along the relays does not end.
    """
    own = {report.outlet_id for report in reports if not report.is_relay}
    current = {report.outlet_id for report in reports}
    relays = [report for report in reports if report.is_relay]
    ends = True
    try:
        for outlet in current:
            redirect_to(outlet, current, own, relays, set())
    except RecursionError:
        ends = False

    assert ends is (relay_cycle(reports) is None)


@given(report_lists, st.randoms(use_true_random=False), moments)
def test_order_of_reports_does_not_matter(reports, random, known_at):
    """
    R8, R11: the order of reports does not change roots and cycles.
    """
    shuffled = random.sample(reports, len(reports))

    assert sides(*reports, known_at=known_at) == sides(*shuffled, known_at=known_at)
    assert relay_cycle(reports) == relay_cycle(shuffled)
