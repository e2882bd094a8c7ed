"""Contexts: fitted to resolved claims, dated, named by every score, and never changed."""

from __future__ import annotations

import datetime as dt
import json
import random
import shutil
from math import log

import pytest
import sqlalchemy as sa

from service.claims.learner import refit_learner
from service.methods.cells import Cell
from service.outlets.rebuild_sums import rebuild_sums
from service.scores import context_refit
from service.scores.context_refit import refit_context
from service.scores.read import context_of
from service.storage.db import Database
from service.storage.models import ContextRow, LearnerRow
from service.values.vocabulary import Basis, ClaimKind, Stance
from tests.support.load_lines import load_all

DAY = dt.timedelta(days=1)
DENIERS = ("Echo", "Gazette")
SUPPORT = Cell(Stance.SUPPORT, ClaimKind.FACT, None, None)


@pytest.fixture
def resolve_many(world):
    """Load claims that the Herald supports and others may deny; three of four prove true."""

    def load(numbers, *, deniers=(), now=None):
        load_all(world.runtime.db, world.runtime.cache, flat_lines(numbers, deniers), now=now)

    return load


def flat_lines(numbers, deniers=()):
    return [
        {
            "outlet": outlet,
            "claim_id": str(number),
            "claim": f"Claim {number}.",
            "stance": stance,
            "published_at": "2026-01-01",
            "outcome": number % 4 > 0,
            "resolved_at": f"2026-02-{1 + number % 28:02}",
        }
        for number in numbers
        for outlet, stance in (("Herald", "support"), *((outlet, "deny") for outlet in deniers))
    ]


def refit(world, *, now=None, at_once=False):
    now = now or dt.datetime.now(dt.UTC)
    return refit_context(world.runtime.db, world.runtime.cache, now=now, at_once=at_once)


def context(world, recorded_by=None, *, basis=Basis.RESOLVED):
    with world.runtime.db.read() as session:
        return context_of(session, basis, recorded_by)


def test_starting_context_stands_until_200_claims_are_resolved(world, resolve_many):
    """
    No context is fitted with 199 resolved claims. With 200 one is fitted, and it invalidates cached scores.
    """
    resolve_many(range(199), deniers=DENIERS)
    assert refit(world, at_once=True) is None
    assert "start" == world.score()["context"]["id"]

    resolve_many([199], deniers=DENIERS)
    assert "ctx_1" == refit(world)
    made, score = context(world), world.score()

    assert {"id": "ctx_1", "as_of": made.as_of.isoformat().replace("+00:00", "Z")} == score["context"]
    assert pytest.approx(150) == score["record"]["right"]
    assert pytest.approx(200 * made.expected(SUPPORT)) == score["record"]["expected"]


def test_rates_by_hand(world, resolve_many):
    """
    Of 200 claims 150 are true; each claim has a support and two denials, which weigh a third each.
    """
    resolve_many(range(200), deniers=DENIERS)
    refit(world)
    made = context(world)

    narrow = (50 + 2 * 0.5) / (200 / 3 + 2)
    for shrinkage in made.shrinkage:
        narrow = (50 + shrinkage * narrow) / (200 / 3 + shrinkage)
    assert 0.75 > narrow > 0.7
    assert pytest.approx(log(narrow / (1 - narrow)), abs=1e-6) == made.log_odds(SUPPORT)
    # Right are 150 supports and 50 times two denials, each a third: 250/3 of 200.
    assert pytest.approx((250 / 3 + 1) / 202, abs=1e-6) == made.reference(None)


def test_refit_that_says_the_same_leaves_the_scores_alone(world, resolve_many):
    """
    R11: a second fit of the same data stores no context and does not change responses.
    """
    resolve_many(range(200))
    refit(world)
    before = world.get("/v1/outlets/herald/score")

    assert refit(world, at_once=True) is None
    assert refit(world, now=dt.datetime.now(dt.UTC) + 2 * DAY) is None
    assert before.headers["ETag"] == world.get("/v1/outlets/herald/score").headers["ETag"]


def test_when_a_context_is_due(world, resolve_many):
    """
    A context is due a day after the last, or when the number of resolved claims has grown by a tenth.
    """
    resolve_many(range(200))
    refit(world)
    resolve_many(range(200, 219))
    assert refit(world) is None

    resolve_many([219])
    assert "ctx_2" == refit(world)

    resolve_many([220])
    assert refit(world) is None
    assert "ctx_3" == refit(world, now=dt.datetime.now(dt.UTC) + DAY)


def test_average_outlet_is_right_as_often_as_expected(world, resolve_many):
    """
    After a refit, all outlets together are right as often as an average outlet is expected to be.
    """
    resolve_many(range(240), deniers=DENIERS)
    refit(world)

    records = [world.score(outlet)["record"] for outlet in ("herald", "echo", "gazette")]
    assert pytest.approx(sum(each["right"] for each in records), abs=1e-6) == sum(each["expected"] for each in records)


def test_matured_scores_have_a_context_of_their_own(world, resolve_many):
    """
    R16: scores on the basis matured are compared with a context of matured claims.
    """
    due = (dt.datetime.now(dt.UTC) + DAY).isoformat()
    resolve_many(range(210))
    load_all(
        world.runtime.db,
        world.runtime.cache,
        [
            {"type": "claim", "external_id": f"e{n}", "text": "It opens.", "kind": "event", "resolves_by": due,
             "reports": [{"outlet": {"name": "Herald"}, "published_at": "2026-01-01"}],
             "resolution": {"verdict": "false", "known_at": "2026-02-01", "note": "Seen."}}
            for n in range(30)
        ],
    )  # fmt: skip
    refit(world)

    assert 240 == context(world).rates.claims
    assert 210 == context(world, basis=Basis.MATURED).rates.claims
    assert world.score(basis="matured")["record"]["expected"] > 0.7 * 210


def test_due_date_passes(world, resolve_many):
    """
    R16: a day after the last context, one is fitted again if a resolved claim fell due in between.
    """
    now = dt.datetime.now(dt.UTC)
    resolve_many(range(210))
    claim = world.record(kind="event", resolves_by=(now + DAY / 2).isoformat())
    world.resolve(claim, "true")
    refit(world)

    assert refit(world, now=now + 0.4 * DAY) is None
    assert "ctx_2" == refit(world, now=now + 1.5 * DAY)
    assert refit(world, now=now + 2 * DAY) is None


def test_old_contexts_stay(world, resolve_many):
    """
    R18: a score with `recorded_by` uses the context of that moment.
    """
    now = dt.datetime.now(dt.UTC)
    resolve_many(range(200), now=now - 9 * DAY)
    refit(world, now=now - 8 * DAY)
    first = context(world)
    before = world.score(recorded_by=(now - 7 * DAY).isoformat().replace("+00:00", "Z"))
    resolve_many(range(200, 300), now=now - 6 * DAY)
    refit(world, now=now - 5 * DAY)

    then = world.score(recorded_by=(now - 7 * DAY).isoformat().replace("+00:00", "Z"))
    assert before | {"computed_at": None} == then | {"computed_at": None}
    assert ("ctx_1", 200) == (then["context"]["id"], then["counts"]["resolved"])
    assert ("ctx_2", 300) == (world.score()["context"]["id"], world.score()["counts"]["resolved"])
    assert first.expected(SUPPORT) == context(world, now - 7 * DAY).expected(SUPPORT)
    assert "start" == context(world, now - 9 * DAY).id


def test_two_refits_at_once_make_one_context(world, resolve_many, monkeypatch):
    """
    Of two concurrent fits, only one stores its context.
    """
    resolve_many(range(200))
    fit = context_refit.fit_context

    def overtaken(*told):
        fitted = fit(*told)
        monkeypatch.setattr(context_refit, "fit_context", fit)
        assert "ctx_1" == refit(world)
        return fitted

    monkeypatch.setattr(context_refit, "fit_context", overtaken)

    assert refit(world) is None
    with world.runtime.db.read() as session:
        assert 1 == session.scalar(sa.select(sa.func.count()).select_from(ContextRow))


def test_order_of_events_leaves_no_trace(world, resolve_many, tmp_path, sqlite_template):
    """
    R11: the order of lines, and a correction that is undone, do not change the fitted context.
    """
    resolve_many(range(220), deniers=DENIERS)
    claim = world.get("/v1/claims", query_string={"external_id": "7"}).json["items"][0]
    corrected = world.resolve(claim, "false", supersedes=claim["resolution"]["id"])
    world.resolve(claim, "true", supersedes=corrected["id"])
    rebuild_sums(world.runtime.db, now=dt.datetime.now(dt.UTC))
    shutil.copy(sqlite_template, tmp_path / "other.db")
    other = Database(f"sqlite:///{tmp_path}/other.db")
    lines = flat_lines(range(220), DENIERS)
    random.Random(1).shuffle(lines)  # noqa: S311 - to be the same every time
    load_all(other, world.runtime.cache, lines)

    def learned(db):
        now = dt.datetime.now(dt.UTC)
        refit_context(db, world.runtime.cache, now=now)
        refit_learner(db, now=now)
        with db.read() as session:
            context, learner = session.get_one(ContextRow, 1), session.get_one(LearnerRow, 1)
            return json.dumps([context.contexts, learner.state])

    assert learned(world.runtime.db) == learned(other)
    other.close()


def test_topics_of_contexts_are_renamed(world):
    """
    A context counts for a renamed topic as one that is fitted afterwards. Undone, a new one is due at once (R21b).
    """
    lines = [line | {"topic": "ab"[int(line["claim_id"]) % 3 > 0]} for line in flat_lines(range(200), DENIERS)]
    load_all(world.runtime.db, world.runtime.cache, lines)
    refit(world)
    before = [world.score(topic=topic)["record"] for topic in "ab"]
    made = world.post("/v1/topics/renames", {"from": "a", "into": "b"}).json
    renamed = world.score(topic="b")["record"]

    assert refit(world) is None
    assert "ctx_2" == refit(world, at_once=True)
    # The shrinkage and the offset are fitted anew.
    assert pytest.approx(renamed["expected"], rel=0.03) == world.score(topic="b")["record"]["expected"]

    assert 204 == world.delete(f"/v1/topics/renames/{made['id']}", headers={"If-Match": "*"}).status_code
    assert "ctx_3" == refit(world)
    assert refit(world) is None
    assert before == [world.score(topic=topic)["record"] for topic in "ab"]
