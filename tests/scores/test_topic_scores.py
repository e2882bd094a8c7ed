from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.methods.provenance import positions
from service.methods.tally import add_up, count_claim
from service.outlets.find import require_outlet
from service.outlets.rebuild_sums import rebuild_sums
from service.outlets.track_record import OutletRecord, read_claims
from service.scores.contexts import context_of
from service.scores.describe import describe_score
from service.scores.read import read_score
from service.storage.models import ContextRow
from service.values.vocabulary import ClaimKind, Stance, Verdict
from tests.support.steps import END, START, WHOLE, Place, work_through

PATHS = ["a", "a/b", "a/b/c", "a/c", "ab", "a-b", "a b", "b/a", None]
"""Topics that share prefixes, also such that are not above each other."""
RATES = [
    [["support"], 9_000_000_000, 5_000_000_000],
    [["support", "fact"], 9_000_000_000, 5_000_000_000],
    [["support", "fact", None], 9_000_000_000, 5_000_000_000],
    *[
        [["support", "fact", None, topic], weight * 10**9, true * 10**9]
        for topic, weight, true in (("a", 4, 3), ("a/b", 2, 0), ("ab", 3, 2))
    ],
]

told = st.lists(
    st.tuples(
        st.sampled_from(PATHS), st.sampled_from([Stance.SUPPORT, Stance.DENY]), st.sampled_from([None, *Verdict])
    ),
    min_size=1,
    max_size=8,
)


@pytest.fixture
def place(db, cache):
    """A place with a context in which topics differ; its sums must equal a rebuild afterwards."""
    with db.write() as session:
        session.add(ContextRow(number=1, kappa=6.0, claims=9, rates=RATES, recorded_at=START - dt.timedelta(days=90)))
    yield Place(db, cache)
    assert 0 == rebuild_sums(db, now=END)


def steps_of(claims):
    """Yield the steps that record claims of the first outlet and resolve them; a verdict of None is none."""
    for number, (topic, stance, verdict) in enumerate(claims):
        claim = {"kind": ClaimKind.FACT, "resolves_by": START, "topic": topic, "group": None}
        report = {"outlet": 0, "stance": stance, "published_at": START - dt.timedelta(days=9), "relays": None}
        yield "record", claim, [report]
        if verdict is not None:
            yield "resolve", number, verdict, None


def filtered(session, slug, lens):
    """Return the score of an outlet, computed from the claims that Python selects by the prefix of their topics."""
    outlet = require_outlet(session, slug)
    scope = lens.topic.split("/")
    parts = add_up(
        count_claim(claim.facts, standing[outlet.id])
        for claim in read_claims(session)
        if (claim.facts.topic or "").split("/")[: len(scope)] == scope
        and outlet.id in (standing := positions(claim.reports, claim.facts.known_at))
    )
    return describe_score(OutletRecord(slug, scorable=True, parts=parts), context_of(session), lens, now=END)


@given(told, st.sampled_from([path for path in PATHS if path]))
def test_score_of_a_topic(place, claims, scope):
    """
    The score for a topic is the score of the claims whose path begins with it, from the sums and from the rows (R21b).
    """
    place.begin()
    work_through(place, steps_of(claims))

    for lens in (replace(WHOLE, topic=scope), replace(WHOLE, topic=scope, as_of=END)):
        score = read_score(place.db, place.slugs[0], lens=lens, now=END)
        with place.db.read() as session:
            expected = filtered(session, place.slugs[0], lens)
        assert expected == replace(score, ledger=None)
