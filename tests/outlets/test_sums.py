"""The sums that current scores are read from equal the rows after any change."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from uuid import UUID

import pytest
import sqlalchemy as sa

from service.cache.delivery import Delivery
from service.cache.invalidation import invalidate_all
from service.claims.load import load_claim
from service.claims.resolve import NewResolution, new_resolution
from service.outlets.find import PLACES
from service.outlets.merge import undo_merge
from service.outlets.rebuild_sums import rebuild_sums
from service.outlets.sums import updating_sums
from service.storage.locks import lock_name
from service.storage.models import Outbox, Subtotal
from service.values.vocabulary import OPERATOR, Verdict
from tests.support.awaiting import wait_until
from tests.support.world import report

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
END = NOW + dt.timedelta(days=1)


@pytest.fixture
def busy(world):
    """A world with claims on which every kind of change was made."""
    late = report("Herald", stance="deny", published_at="2026-01-03T12:00:00Z", commitment=4, probability=0.2)
    passed_on = report("Echo", relays={"cited_as": "Herald"})
    moved = world.record(report(), late, passed_on, topic="bridges")
    resolution = world.resolve(moved, "true", known_at="2026-02-01T00:00:00Z")
    world.resolve(moved, "partial", truth=0.3, supersedes=resolution["id"])
    held = world.get(f"/v1/claims/{moved['id']}")
    world.patch(f"/v1/claims/{moved['id']}", {"topic": "roads"}, headers={"If-Match": held.headers["ETag"]})
    wrong = world.record(report(), report("Gazette"), text="The bridge is blue.")
    world.resolve(wrong, "false")
    world.post(f"/v1/reports/{wrong['reports'][0]['id']}/withdrawal", {"reason": "Another bridge."})
    world.record(kind="opinion", text="The bridge is nice.")
    world.record(report(), text="The bridge is long.", kind="event", resolves_by="2030-01-01T00:00:00Z")
    return world


def test_sums_equal_the_rows_after_every_kind_of_change(busy):
    """
    After reports, corrections, a change of topic and a withdrawal the sums equal the rows.
    """
    assert 0 == rebuild_sums(busy.runtime.db, now=NOW)


def test_score_from_sums_is_the_score_from_rows(busy):
    """
    A current score, read from the sums, equals the score as of now, read from the rows.
    """
    now = dt.datetime.now(dt.UTC).isoformat().replace("+00:00", "Z")
    passing = {"as_of": None, "computed_at": None}
    queries = {}, {"basis": "matured"}, {"topic": "roads"}, {"topic": "bridges"}, {"level": 0.5}

    for outlet, query in product(("herald", "echo", "gazette"), queries):
        from_rows = busy.score(outlet, as_of=now, **query)

        assert from_rows | passing == busy.score(outlet, **query) | passing


def test_changed_by_hand(busy):
    """
    A rebuild finds and corrects sums that were changed by hand, and invalidates every cached score even if it finds
    none.
    """
    before = busy.score()
    with busy.runtime.db.write() as session:
        session.execute(sa.update(Subtotal).values(claims=Subtotal.claims + 1))
        changed = len(session.scalars(sa.select(Subtotal)).all())
    invalidate_all(busy.runtime.cache)

    assert before["counts"] != busy.score()["counts"]
    assert changed == rebuild_sums(busy.runtime.db, now=NOW)
    invalidate_all(busy.runtime.cache)
    assert before["counts"] == busy.score()["counts"]
    Delivery(busy.runtime.db, busy.runtime.cache.link).run()
    assert 0 == rebuild_sums(busy.runtime.db, now=NOW)
    with busy.runtime.db.read() as session:
        assert [{"outlets": None}] == session.scalars(
            sa.select(Outbox.payload).where(Outbox.kind == "invalidate")
        ).all()


def test_nothing_is_left_of_what_was_taken_away(world):
    """
    A slot without claims has no row.
    """
    claim = world.record(topic="bridges")
    held = world.get(f"/v1/claims/{claim['id']}")
    world.patch(f"/v1/claims/{claim['id']}", {"topic": "roads"}, headers={"If-Match": held.headers["ETag"]})

    with world.runtime.db.read() as session:
        assert ["roads"] == session.scalars(sa.select(Subtotal.topic)).all()


def test_many_writers(world):
    """
    Claims of the same outlets that are resolved concurrently in any order leave sums that equal the rows.
    """
    names = [f"Paper {number}" for number in range(5)]
    claims = [
        world.record(*(report(name) for name in names[turn % 5 :] + names[: turn % 5]), text=f"Claim {turn}.")
        for turn in range(12)
    ]
    worlds = [world.with_scopes("admin") for _ in range(4)]

    def resolve(number):
        return worlds[number].resolve

    with ThreadPoolExecutor(4) as pool:
        jobs = [
            pool.submit(resolve(number), claim, ["true", "false"][turn % 2])
            for turn, claim in enumerate(claims)
            for number in [turn % 4]
        ]
    for job in jobs:
        job.result()

    assert 12 == world.score("paper-0")["counts"]["resolved"]
    assert 0 == rebuild_sums(world.runtime.db, now=NOW)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_merged_while_a_claim_is_resolved(world):
    """
    R22: a merge waits for a resolution of its outlet's claim, which then counts for the surviving outlet.
    """
    claim = world.record(report("Herald"), report("Echo"))
    merger, at = world.with_scopes("admin"), world.runtime
    given = NewResolution(verdict=Verdict.TRUE, truth=None, known_at=NOW, evidence=[], note="Seen.", supersedes=None)
    waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")

    with ThreadPoolExecutor(1) as thread:
        with at.db.write() as session:
            held = load_claim(session, UUID(claim["id"]), lock=True)
            merged = thread.submit(merger.post, "/v1/outlets/herald/merge", {"into": "echo"})
            wait_until(lambda: merged.done() or session.scalar(waiting))
            with updating_sums(session, [held]):
                held.resolutions.append(new_resolution(session, held, given, caller=OPERATOR, now=END))
        assert 201 == merged.result().status_code

    assert 1 == world.score("echo")["counts"]["resolved"]
    assert 0 == rebuild_sums(at.db, now=NOW)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_merge_undone_by_two_at_once(world):
    """
    R22: of two callers that undo a merge at once, one receives an error, and the sums are changed only once.
    """
    world.resolve(world.record(report("Herald"), report("Echo")), "true")
    at, merge = world.runtime, "/v1/outlets/herald/merge"
    assert 201 == world.post(merge, {"into": "echo"}).status_code
    waiting = sa.text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    other = world.with_scopes("admin")

    with ThreadPoolExecutor(1) as thread, at.db.write() as session:
        lock_name(session, PLACES)
        second = thread.submit(other.delete, merge, headers={"If-Match": "*"})
        wait_until(lambda: second.done() or session.scalar(waiting))
        undo_merge(at.db, at.cache, "herald", if_match=None, caller=OPERATOR, now=END)

    assert 404 == second.result().status_code
    assert 0 == rebuild_sums(at.db, now=NOW)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_topics_renamed_during_resolutions(world):
    """
    Renames of a topic that run at the same time as resolutions of its claims keep the sums equal to the rows (R21b).
    """
    claims = [world.record(report(f"Paper {number % 3}"), topic="a/x", text=f"{number}") for number in range(12)]
    renamer, resolver = world.with_scopes("admin"), world.with_scopes("admin")

    def rename():
        return [renamer.post("/v1/topics/renames", {"from": name, "into": "ba"[name == "b"]}) for name in "abab"]

    with ThreadPoolExecutor(2) as pool:
        renamed = pool.submit(rename)
        pool.submit(lambda: [resolver.resolve(claim, "true") for claim in claims]).result()

    assert [201] * 4 == [response.status_code for response in renamed.result()]
    assert {"a/x"} == {world.claim(claim)["topic"] for claim in claims}
    assert 4 == world.score("paper-0", topic="a")["counts"]["resolved"]
    assert 0 == rebuild_sums(world.runtime.db, now=NOW)
