from __future__ import annotations

import contextlib
import datetime as dt
from dataclasses import replace

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from service.claims.change import change_claim
from service.claims.rename_topics import rename_topic, undo_rename
from service.errors import ServiceError
from service.methods.claim import add_up, count_claim, positions
from service.outlets.find import require_outlet
from service.outlets.positions import read_claims
from service.outlets.rebuild_sums import rebuild_sums
from service.outlets.track_record import OutletRecord
from service.scores.describe import describe_score
from service.scores.read import context_of, read_score
from service.storage.models import Claim, ContextRow
from service.values.vocabulary import OPERATOR, ClaimKind, Stance, Verdict
from tests.support.contexts import fitted_contexts
from tests.support.examples import slow
from tests.support.steps import END, START, WHOLE, Place, work_through

PATHS = ["a", "a/b", "a/b/c", "a/c", "ab", "a-b", "a b", "b/a", None]
"""Topics that share prefixes, also such that are not above each other."""
FITTED = fitted_contexts(("a", 4, 3), ("a/b", 2, 0), ("ab", 3, 2), kappa=6.0, offset=0.1)

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
        session.add(ContextRow(number=1, contexts=FITTED, recorded_at=START - dt.timedelta(days=90)))
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
    return describe_score(
        OutletRecord(slug, scorable=True, parts=parts), context_of(session, lens.basis), lens, now=END
    )


@slow
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


names = st.sampled_from(["a", "b", "a/x", "b/x", "a/x/y", "c"])
changes = st.lists(
    st.one_of(
        st.tuples(st.just("record"), names),
        st.tuples(st.just("record"), names),
        st.tuples(st.just("rename"), names, names),
        st.tuples(st.just("undo"), st.integers(0, 3)),
        st.tuples(st.just("change"), st.integers(0, 3), names),
    ),
    min_size=2,
    max_size=9,
)


class Model:
    """The topics of claims, as renames and undone renames should change them."""

    def __init__(self):
        self.topics, self.renames = [], []

    def rename(self, source, into):
        """Return the claims that a rename moves, with the topics before and after it; None if it is rejected."""
        within = {n: topic for n, topic in enumerate(self.topics) if f"{topic}/".startswith(f"{source}/")}
        moves = {n: (topic, into + topic[len(source) :]) for n, topic in within.items()}
        if not moves or f"{into}/".startswith(f"{source}/") or any(new.count("/") > 4 for _, new in moves.values()):
            return None
        for number, (_, new) in moves.items():
            self.topics[number] = new
        self.renames.append({"moves": moves, "undone": False})
        return moves

    def undo(self, number):
        """Return whether a rename can be undone, after undoing it."""
        rename = self.renames[number]
        later = (one for one in self.renames[number + 1 :] if not one["undone"])
        if rename["undone"] or any(one["moves"].keys() & rename["moves"].keys() for one in later):
            return False
        rename["undone"] = True
        for claim, (old, new) in rename["moves"].items():
            self.topics[claim] = old if self.topics[claim] == new else self.topics[claim]
        return True


@slow
@given(changes)
def test_renames(place, steps):
    """
    After any renames, undone renames and changes, each claim has the topic of the model, and so have the scores (R21b).
    """
    place.begin()
    root, model, ids, made = place.slugs[0], Model(), [], []
    at = {"caller": OPERATOR, "now": END}
    for kind, *arguments in steps:
        if kind == "record":
            model.topics.append(f"{root}/{arguments[0]}")
            [recorded] = work_through(place, list(steps_of([(model.topics[-1], Stance.SUPPORT, Verdict.TRUE)])))
            ids.append(recorded.id)
        elif kind == "rename":
            source, into = (f"{root}/{name}" for name in arguments)
            rejected = model.rename(source, into) is None
            with pytest.raises(ServiceError) if rejected else contextlib.nullcontext():
                made.append(rename_topic(place.db, place.cache, source=source, into=into, **at).id)
        elif kind == "undo" and made:
            number = arguments[0] % len(made)
            with contextlib.nullcontext() if model.undo(number) else pytest.raises(ServiceError):
                undo_rename(place.db, place.cache, made[number], if_match=None, **at)
        elif kind == "change" and ids:
            claim = arguments[0] % len(ids)
            model.topics[claim] = f"{root}/{arguments[1]}"
            changes_ = {"topic": model.topics[claim]}
            change_claim(place.db, place.cache, ids[claim], changes=changes_, if_match=None, **at)

    with place.db.read() as session:
        held = dict(session.execute(sa.select(Claim.id, Claim.topic).where(Claim.id.in_(ids))).all())
    assert model.topics == [held[id_] for id_ in ids]
    for scope in (root, f"{root}/a", f"{root}/b/x"):
        lens = replace(WHOLE, topic=scope)
        score = read_score(place.db, place.slugs[0], lens=lens, now=END)
        within = [topic for topic in model.topics if f"{topic}/".startswith(f"{scope}/")]
        assert len(within) == score.record.resolved
