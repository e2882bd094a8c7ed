from __future__ import annotations

import datetime as dt
import random
from contextlib import suppress
from dataclasses import replace

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from service.cache.invalidation import invalidate_all_scores
from service.errors import ServiceError
from service.methods.reliability import DEFAULT_LEVEL
from service.outlets.track_record import EVERYTHING
from service.scores.places import RankingCriteria
from service.scores.ranking_page import ranking_page
from service.scores.ranking_table import ranking_table
from service.scores.score_table import stream_scores
from service.scores.standings import update_standings
from service.storage.models import ContextRow, Outbox, Outlet, Standing
from service.values.vocabulary import Basis, ClaimKind, Order, OutletKind, RankBy, Stance, Verdict
from tests.support.contexts import fitted_contexts
from tests.support.examples import costly
from tests.support.statements import sent_statements
from tests.support.steps import OUTLETS, START, STEPS, Place
from tests.support.world import World, report


@pytest.fixture
def place(db, cache):
    return Place(db, cache)


def refit(place, rng):
    with place.db.write() as session:
        contexts = fitted_contexts(("a", 40, rng.randint(5, 35)), (None, 60, 20), kappa=rng.uniform(4, 12))
        number = 1 + (session.scalar(sa.select(sa.func.max(ContextRow.number))) or 0)
        session.add(ContextRow(number=number, contexts=contexts, recorded_at=START))
        invalidate_all_scores(session, place.cache, now=START)


def random_lens(rng, now):
    past = now - dt.timedelta(hours=rng.choice([0, 20, 200]))
    return replace(
        EVERYTHING,
        basis=rng.choice(list(Basis)),
        topic=rng.choice([None, "a", "a/b"]),
        as_of=rng.choice([None, None, past]),
        level=rng.choice([DEFAULT_LEVEL, DEFAULT_LEVEL, 0.5]),
    )


def check(place, rng, *, now):
    """Check that the pages of a ranking are those of all scores, which are computed without the stored order."""
    lens, kind = random_lens(rng, now), rng.choice([None, OutletKind.WEBSITE, OutletKind.AGENCY])
    criteria = RankingCriteria(rng.randint(1, 2), kind, rng.choice(list(RankBy)), rng.choice(list(Order)))
    of_kind = sa.true() if kind is None else Outlet.kind == kind
    with place.db.read() as session:
        every = list(stream_scores(session, of_kind, lens=lens, now=now))
    whole = in_order(every, criteria)
    shown = ranking_table(place.db, criteria, lens=lens, start=1, limit=3, now=now)
    rows = [row for group in shown.groups for row in group.rows]
    waiting = [score for score in every if score.counts.claims and score not in whole]
    waiting.sort(key=lambda score: (-score.record.resolved, -score.counts.claims, score.outlet))
    seen, cursor, more = [], None, True
    while more:
        page = ranking_page(place.db, criteria, lens=lens, cursor=cursor, limit=rng.randint(1, 4), now=now)
        seen += page.items
        cursor = page.next_cursor
        more = cursor is not None
        if rng.random() < 0.3:
            update_standings(place.db, now=now)
    assert whole == seen
    assert whole[1:4] == [row.score for row in rows]
    assert [2, 3, 4][: len(rows)] == [row.place for row in rows]
    assert groups_of(whole)[1:4] == [row.group for row in rows]
    assert [score.outlet for score in waiting] == [one.outlet.slug for one in shown.waiting]
    assert (len(whole), len(waiting)) == (shown.ranked, shown.unranked)


def in_order(scores, criteria):
    """Return the ranked scores in order."""
    values = {
        RankBy.LOWER: lambda score: score.adjusted.lower,
        RankBy.MEAN: lambda score: score.adjusted.mean,
        RankBy.RECORD: lambda score: score.record.right / score.record.resolved,
        RankBy.RESOLVED: lambda score: score.record.resolved,
    }
    value, sign = values[criteria.sort], -1 if criteria.order is Order.DESC else 1
    ranked = [score for score in scores if score.record.resolved >= criteria.min_resolved]
    return sorted(ranked, key=lambda score: (sign * value(score), score.outlet))


def groups_of(scores):
    """Return the number of the group of each score."""
    numbers, lowest = [0], float("inf")
    for score in scores:
        is_apart = score.adjusted.upper < lowest
        numbers.append(numbers[-1] + is_apart)
        lowest = score.adjusted.lower if is_apart else lowest
    return numbers[1:]


def random_report(rng, outlet=None):
    return {
        "outlet": rng.randrange(OUTLETS) if outlet is None else outlet,
        "stance": rng.choice([Stance.SUPPORT, Stance.DENY]),
        "published_at": START - dt.timedelta(days=rng.randint(1, 30)),
        "relays": rng.choice([None, None, "?", *range(OUTLETS)]),
        "commitment": rng.choice([None, 4]),
    }


def random_step(rng):
    """Return a step of `STEPS`; half of them resolve a claim or change its resolution."""
    number, verdict = rng.randrange(40), rng.choice([None, Verdict.PARTIAL, *[Verdict.TRUE, Verdict.FALSE] * 3])
    return rng.choice(
        [
            *[("resolve", number, verdict, None)] * 6,
            ("record", random_claim(rng), [random_report(rng)]),
            ("report", number, random_report(rng)),
            ("correct", number, 0, {"stance": rng.choice(list(Stance))}),
            ("withdraw", number, 0),
            ("merge", rng.randrange(OUTLETS), rng.randrange(OUTLETS)),
            ("part", rng.randrange(OUTLETS)),
        ]
    )


def random_claim(rng):
    """Return an event that falls due within three weeks or a fact."""
    kind, due = rng.choice([ClaimKind.EVENT, ClaimKind.EVENT, ClaimKind.FACT]), rng.randint(-4, 20)
    topic = rng.choice([None, "a", "a/b"])
    return {"kind": kind, "resolves_by": START + dt.timedelta(days=due), "topic": topic, "group": None}


@costly
@given(st.integers(0, 10_000))
def test_pages_of_the_stored_order(place, seed):
    """
    R20: whatever is recorded, resolved, corrected, withdrawn, merged or refitted, and however far the worker is, the
    pages that are read from the stored order are those of all scores, also after claims have fallen due.
    """
    place.begin()
    rng, on_record, now = random.Random(seed), [], START  # noqa: S311 - Hypothesis draws the seed
    steps = [("record", random_claim(rng), [random_report(rng, number % OUTLETS)]) for number in range(9)]
    steps += [("resolve", number, rng.choice([Verdict.TRUE, Verdict.FALSE]), None) for number in range(9)]
    for number, (name, *arguments) in enumerate([*steps, *(random_step(rng) for _ in range(12))]):
        now += dt.timedelta(hours=rng.choice([0, 0, 1, 30]))
        with suppress(ServiceError):
            STEPS[name](place, on_record, *arguments, now=now)
        if rng.random() < 0.3:
            update_standings(place.db, now=now)
        if number >= len(steps) and rng.random() < 0.5:
            check(place, rng, now=now)
    if seed % 3 == 0:
        refit(place, rng)
        check(place, rng, now=now)
    check(place, rng, now=now + dt.timedelta(days=30))


def test_outlets_in_their_place_are_not_computed(world: World):
    """
    Once the worker has stored the order, a page reads the records of its own outlets only, and with as many statements
    whatever the number of outlets.
    """
    for number in range(12):
        world.resolve(world.record(report(f"Outlet {number}"), topic="a"), "true")
    while update_standings(world.runtime.db, now=dt.datetime.now(dt.UTC)):
        pass
    with world.runtime.db.read() as session:
        assert 0 == session.scalar(sa.select(sa.func.count()).where(Outbox.kind == "standing"))
        assert 48 == session.scalar(sa.select(sa.func.count()).select_from(Standing))
        criteria = RankingCriteria(min_resolved=1)
        with sent_statements(world) as sent:
            page = ranking_page(
                world.runtime.db, criteria, lens=EVERYTHING, cursor=None, limit=3, now=dt.datetime.now(dt.UTC)
            )

    assert 3 == len(page.items)
    assert 9 >= len(sent), sent


def test_two_workers(world: World, monkeypatch):
    """
    If another worker has updated the same standings, the older ones are not stored.
    """
    db, now = world.runtime.db, dt.datetime.now(dt.UTC)
    claim = world.record(report("Herald"), topic="a")
    world.resolve(claim, "true")
    write = db.write

    def overtaken():
        monkeypatch.setattr(db, "write", write)
        resolution = world.claim(claim)["resolution"]
        world.resolve(claim, "false", supersedes=resolution["id"])
        update_standings(db, now=now)
        return write()

    monkeypatch.setattr(db, "write", overtaken)
    update_standings(db, now=now)

    with db.read() as session:
        assert {0.0} == set(session.scalars(sa.select(Standing.share)))
