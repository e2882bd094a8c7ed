from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.methods.cells import Cell
from service.methods.claim import ClaimFacts, Filed, Position, add_up, count_claim, difference, rightness, share_of
from service.methods.rates import Rates
from service.methods.tally import STARTING_CONTEXT, Context, tally
from service.values.vocabulary import ClaimKind, Role, Stance, Verdict

KNOWN = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def stand(stance=Stance.SUPPORT, *, role=Role.OWN, backfilled=False, probability=None, commitment=None):
    """Return the position of an outlet that published the day before the answer was known."""
    published = KNOWN - DAY
    recorded = published + (30 * DAY if backfilled else DAY)
    ids = UUID(int=1), UUID(int=2)
    return Position(role, Filed(*ids, stance, published, recorded, role is Role.RELAY, None, commitment, probability))


def fact(truth, *, verdict=None, kind=ClaimKind.FACT, resolves_by=None, topic=None):
    """Return a claim that is resolved with a truth."""
    verdict = verdict or {0: Verdict.FALSE, 1: Verdict.TRUE}.get(truth, Verdict.PARTIAL)
    return ClaimFacts(kind, topic, resolves_by, verdict, truth, KNOWN)


def own(*claims, scorable=True):
    """Return the own record of an outlet with these positions on these claims."""
    return tally(add_up(count_claim(claim, position) for claim, position in claims), Role.OWN, scorable=scorable)


OPEN = ClaimFacts(ClaimKind.FACT, None, None, None, None, None)


@pytest.mark.parametrize(
    ("stance", "truth", "right"),
    [
        (Stance.SUPPORT, 1, 1),
        (Stance.SUPPORT, 0, 0),
        (Stance.DENY, 0, 1),
        (Stance.DENY, 1, 0),
        (Stance.SUPPORT, 0.3, 0.3),
        (Stance.DENY, 0.3, 0.7),
    ],
)
def test_rightness(stance, truth, right):
    """
    R5, R13: support is right to the extent that the claim was true, and deny to the extent that it was not.
    """
    assert pytest.approx(right) == rightness(stance, truth)


def test_one_claim_of_each_sort():
    """
    R17: a tally counts every claim once, as open, resolved or unscored.
    """
    side = own(
        (OPEN, stand()),
        (fact(1), stand()),
        (fact(1), stand(Stance.DENY)),
        (fact(0.25), stand(backfilled=True)),
        (fact(None, verdict=Verdict.VOID), stand()),
        (fact(None, verdict=Verdict.UNVERIFIABLE), stand()),
        (fact(1), Position(Role.OWN, None)),
    )
    total = side.total

    assert (7, 1, 3, 3) == (total.claims, total.open, side.resolved, total.unscored)
    assert (1, 1, 1) == (total.correct, total.incorrect, total.partial)
    assert (2, 1, 1) == (side.taking(Stance.SUPPORT), side.taking(Stance.DENY), total.backfilled)
    assert 1.25 == side.right


def test_opinion_is_never_scored():
    """
    R1: an opinion is unscored, and never open.
    """
    total = own((ClaimFacts(ClaimKind.OPINION, None, None, None, None, None), stand())).total

    assert (1, 0, 0, 1) == (total.claims, total.open, total.resolved, total.unscored)


def test_outlet_that_cannot_be_scored():
    """
    R9: the claims of a placeholder are counted as unscored.
    """
    side = own((fact(1), stand()), (OPEN, stand()), scorable=False)

    assert (2, 1, 0, 1) == (side.total.claims, side.total.open, side.resolved, side.total.unscored)
    assert side.rating(STARTING_CONTEXT, topic=None, level=0.9) is None


@pytest.mark.parametrize(("resolves_by", "early"), [(None, 0), (KNOWN, 0), (KNOWN + DAY, 1), (KNOWN - DAY, 0)])
def test_early(resolves_by, early):
    """
    R16: an answer is early if it was known before the claim was due.
    """
    assert early == own((fact(1, kind=ClaimKind.EVENT, resolves_by=resolves_by), stand())).total.early


def test_roles_are_kept_apart():
    """
    R7: relays are tallied separately from own reports.
    """
    parts = add_up([count_claim(fact(1), stand()), count_claim(fact(0), stand(role=Role.RELAY))])
    own_, relay = (tally(parts, role, scorable=True).total for role in (Role.OWN, Role.RELAY))

    assert (1, 1, 0) == (own_.resolved, own_.correct, own_.incorrect)
    assert (1, 0, 1) == (relay.resolved, relay.correct, relay.incorrect)


claims = st.lists(st.tuples(st.floats(0, 1), st.none() | st.floats(0, 1), st.sampled_from([None, 1, 4])), max_size=30)


@given(claims, st.randoms(use_true_random=False))
def test_order_of_claims_does_not_matter(given_, random):
    """
    R11: the order of claims does not change the record.
    """
    told = [(fact(truth), stand(probability=stated, commitment=level)) for truth, stated, level in given_]
    one, other = own(*told), own(*random.sample(told, len(told)))

    assert one.parts == other.parts
    assert one.total == other.total
    assert one.brier == other.brier


@given(claims, claims)
def test_what_is_added_can_be_taken_away(first, second):
    """
    R11: adding claims to a record and removing them again restores it.
    """
    few = add_up(count_claim(fact(truth), stand(commitment=level)) for truth, _, level in first)
    more = add_up(count_claim(fact(truth), stand(commitment=level)) for truth, _, level in first + second)

    assert few == difference(more, difference(more, few))


@given(claims)
def test_expected_never_exceeds_resolved(given_):
    """
    The expected number right of n claims is between 0 and n.
    """
    rates = Rates()
    rates.add_count(Cell(Stance.SUPPORT, ClaimKind.FACT, 4, None).lineage, share_of(1, among=1))
    side = own(*((fact(truth), stand(commitment=level)) for truth, _, level in given_))

    assert 0 <= side.skill(Context("any", None, rates)).expected <= side.resolved


def test_brier_score_by_hand():
    """
    Stated .9, .6 and .2 of claims that proved true, false and false: (.01 + .36 + .04)/3, against a variance of 2/9.
    """
    side = own(
        (fact(1), stand(probability=0.9)),
        (fact(0), stand(probability=0.6)),
        (fact(0), stand(Stance.DENY, probability=0.2)),
        (fact(1), stand()),
        (OPEN, stand(probability=0.5)),
    )

    assert pytest.approx((0.41 / 3, 1 - (0.41 / 3) / (2 / 9), 3)) == (
        side.brier.score,
        side.brier.skill,
        side.brier.resolved,
    )


def test_no_skill_where_all_came_out_alike():
    """
    Skill is undefined if all claims proved true.
    """
    brier = own((fact(1), stand(probability=0.9)), (fact(1), stand(probability=0.7))).brier

    assert pytest.approx(0.05) == brier.score
    assert brier.skill is None
