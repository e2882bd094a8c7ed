"""GET /v1/changes"""

from __future__ import annotations

import contextlib
import datetime as dt
import threading

import pytest

from service.ledger.seal import seal_entries
from service.storage.models import Claim, ContextRow, Seal
from service.values.vocabulary import Scope
from tests.support.awaiting import wait_until
from tests.support.busy_world import all_scores, fill
from tests.support.contexts import fitted_contexts
from tests.support.follower import Follower
from tests.support.world import report

PATH = "/v1/changes"


@pytest.fixture
def follower(world):
    return Follower(lambda query: world.get(PATH, query_string=query).json)


def seal(world):
    seal_entries(world.runtime.db, now=dt.datetime.now(dt.UTC))


def changes(world, follower):
    seal(world)
    return [(one["kind"], one["id"]) for one in follower.follow()]


def test_every_change_once(world, follower):
    """
    Every write of the record is one change, the oldest first; further pages have the later ones only.
    """
    outlet = world.outlet("Herald", domains=["herald.example"], aliases=["The Herald"])
    claim = world.record(report("Herald", quote="It opens."), text="It opens.", topic="bridges")
    [filed] = claim["reports"]
    first = changes(world, follower)
    resolution = world.resolve(claim, "true")
    world.patch(f"/v1/outlets/{outlet['slug']}", {"aliases": ["Her"]}, headers={"If-Match": "*"})
    world.post(f"/v1/reports/{filed['id']}/withdrawal", {"reason": "Another one's."})
    later = changes(world, follower)

    assert [("outlet", outlet["id"]), ("claim", claim["id"]), ("report", filed["id"])] == first
    assert [("resolution", resolution["id"]), ("outlet", outlet["id"]), ("withdrawal", filed["id"])] == later
    assert [] == changes(world, follower)
    assert ["It opens.", "bridges"] == [follower.changes[1]["data"][name] for name in ("text", "topic")]
    assert [] == follower.changes[1]["data"]["reviews"]
    told = follower.changes[2]["data"]
    assert (claim["id"], "herald", "It opens.") == (told["claim"], told["outlet"], told["quote"])
    assert ["Her"] == follower.objects("outlet")[0]["aliases"]


def test_pages(world, follower):
    """
    Pages of any size have the same changes in the same order, and each change has a cursor that leads on after it.
    """
    fill(world)
    changes(world, follower)
    paged = Follower(follower.get)
    paged.follow(limit=7)

    assert follower.changes == paged.changes
    assert len(follower.changes) == len({one["cursor"] for one in follower.changes})
    place = follower.changes[10]["cursor"]
    page = world.get(PATH, query_string={"cursor": place, "limit": 3})
    assert follower.changes[11:14] == page.json["items"]
    assert page.json["next_cursor"] in page.headers["Link"]


def test_empty_feed(world):
    """
    The cursor of an empty feed leads to the first change.
    """
    page = world.get(PATH).json
    world.outlet("Herald")
    seal(world)

    assert ([], True) == (page["items"], bool(page["next_cursor"]))
    assert 1 == len(world.get(PATH, query_string={"cursor": page["next_cursor"]}).json["items"])


def test_objects_as_they_were(world, follower):
    """
    A change has the object as it was after it.
    """
    claim = world.record(text="One.", topic="a")
    for text in ("Two.", "Three."):
        world.patch(f"/v1/claims/{claim['id']}", {"text": text, "topic": text[0]}, headers={"If-Match": "*"})
    changes(world, follower)

    told = [(one["data"]["text"], one["data"]["topic"]) for one in follower.changes if one["kind"] == "claim"]
    assert [("One.", "a"), ("Two.", "t"), ("Three.", "t")] == told


def test_redaction(world, follower):
    """
    A redaction is a change, and removes the content from the earlier changes, also from former versions.
    """
    claim = world.record(report(quote="Secret quote.", url="https://herald.example/1"), text="Secret one.")
    world.patch(f"/v1/claims/{claim['id']}", {"text": "Secret two."}, headers={"If-Match": "*"})
    seal(world)
    follower.follow()
    for subject, member in ((claim["id"], "text"), (claim["reports"][0]["id"], "quote")):
        world.post("/v1/redactions", {"subject": subject, "members": [member], "reason": "By law."})
    seal(world)
    redacted = [one["data"] for one in follower.follow() if one["kind"] == "redaction"]
    again = world.get(PATH)

    assert [["text"], ["quote"]] == [one["members"] for one in redacted]
    assert "Secret" not in again.text
    assert "https://herald.example/1" in again.text
    assert {"[redacted]"} == {one["data"]["text"] for one in again.json["items"] if one["kind"] == "claim"}


def test_nothing_private(world, follower):
    """
    Keys and the authors of changes are not in the feed.
    """
    key = world.post("/v1/keys", {"name": "feed-key", "scopes": ["claims:write"]}).json
    author = world.get("/v1/me").json["id"]
    fill(world)
    seal(world)

    told = str(follower.follow())
    assert [] == [secret for secret in (key["id"], author, "feed-key", "filed_by", "fingerprint") if secret in told]


def test_scores_from_the_feed(world, follower, tmp_path):
    """
    R19: a follower computes the scores from the changes alone, with merges, withdrawals, corrections and contexts.
    """
    fill(world)
    duplicate = world.record(report("Herald"), report("Echo"), text="Twice.")
    world.resolve(duplicate, "true")
    world.post(f"/v1/claims/{duplicate['id']}/merge", {"into": world.record(report("Herald"))["id"]})
    contexts = fitted_contexts((None, 50, 30), ("roads", 20, 5), kappa=3.5)
    with world.runtime.db.write() as session:
        session.add(ContextRow(number=1, contexts=contexts, recorded_at=dt.datetime.now(dt.UTC)))
    seal(world)
    follower.follow()

    check_scores(world, follower.recompute(tmp_path / "export"))


def check_scores(world, told):
    served = {score["outlet"]: score for score in all_scores(world).values() if score["reliability"]}
    assert served.keys() == told.keys()
    for outlet, score in served.items():
        assert score["context"]["id"] == told[outlet]["context"]
        for member in ("reliability", "adjusted", "record"):
            assert pytest.approx(score[member], rel=0, abs=1e-9) == told[outlet][member]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one writer at a time
def test_transaction_that_commits_late(world, follower):
    """
    A transaction that began first and commits last comes last, and is not skipped.
    """
    db = world.runtime.db
    may_commit, flushed, now = threading.Event(), threading.Event(), dt.datetime.now(dt.UTC)

    def write_slowly():
        with db.write() as session:
            session.add(Claim(text="Late.", kind="fact", tags=[], recorded_at=now, reports=[], resolutions=[]))
            session.flush()
            flushed.set()
            may_commit.wait()

    slow = threading.Thread(target=write_slowly)
    slow.start()
    flushed.wait()
    world.record(text="Early.")
    seal(world)
    early = follower.follow()
    may_commit.set()
    slow.join()
    seal(world)
    late = follower.follow()

    assert ["Early."] == [one["data"]["text"] for one in early if one["kind"] == "claim"]
    assert ["Late."] == [one["data"]["text"] for one in late]


class Waiting:
    """A call that waits in a thread."""

    def __init__(self, world, cursor):
        self.response = None
        self._thread = threading.Thread(target=self._call, args=(world, cursor))
        self._thread.start()

    def _call(self, world, cursor):
        self.response = world.get(PATH, query_string={"cursor": cursor, "wait": 30})

    def result(self):
        self._thread.join()
        return self.response


@contextlib.contextmanager
def waiting(world, cursor):
    """Let a call wait within a block, and end it."""
    call = Waiting(world, cursor)
    waits = world.runtime.waits
    wait_until(lambda: waits.count)
    try:
        yield call
    finally:
        waits.stop()
        call.result()


@pytest.fixture
def end(world):
    """The cursor of the end of the feed."""
    return world.get(PATH).json["next_cursor"]


def test_wait(world, end):
    """
    A call waits until there is a change, and is then answered with it.
    """
    with waiting(world, end) as call:
        world.outlet("Herald")
        seal(world)
        response = call.result()

    assert ["outlet"] == [one["kind"] for one in response.json["items"]]
    assert "Retry-After" not in response.headers


def test_wait_in_vain(world, end):
    """
    A call that waits in vain is answered with a cursor that it can wait with again.
    """
    response = world.get(PATH, query_string={"cursor": end, "wait": 1})

    assert (200, [], True) == (response.status_code, response.json["items"], bool(response.json["next_cursor"]))
    assert "Retry-After" not in response.headers


def test_who_may_wait(world, end):
    """
    A key has one waiting call and the process a limited number; other calls and those without a key are answered at
    once, and say when to retry.
    """
    other = world.with_scopes(Scope.READ)
    query = {"cursor": end, "wait": 30}
    with waiting(world, end):
        world.runtime.waits.at_most = 2
        second = world.get(PATH, query_string=query)
        world.runtime.waits.at_most = 1
        crowded = other.get(PATH, query_string=query)
        anonymous = world.client.get(PATH, query_string=query)
        without = world.get(PATH, query_string={"cursor": end})

    assert ["5"] * 3 == [one.headers.get("Retry-After") for one in (second, crowded, anonymous)]
    assert [200] * 3 == [one.status_code for one in (second, crowded, anonymous)]
    assert "Retry-After" not in without.headers


def test_wait_in_another_process(world, end):
    """
    A key that waits in another process has no second wait, and may wait again afterwards.
    """
    waits, link = world.runtime.waits, world.runtime.cache.link
    key = f"{link.prefix}wait:{world.get('/v1/me').json['id']}"
    link.writer.set(key, "other", px=60_000)
    refused = world.get(PATH, query_string={"cursor": end, "wait": 30})
    link.writer.delete(key)
    allowed = world.get(PATH, query_string={"cursor": end, "wait": 1})

    assert ("5", None) == (refused.headers.get("Retry-After"), allowed.headers.get("Retry-After"))
    assert (False, None) == (bool(waits.count), link.writer.get(key))


def test_wait_ends_with_the_process(world, end):
    """
    A wait ends when the process stops, and holds no connection to the database meanwhile.
    """
    with waiting(world, end) as call:
        wait_until(lambda: world.runtime.db.engine.pool.checkedout() == 0)
        world.runtime.waits.stop()
        assert 200 == call.result().status_code

    assert "5" == world.get(PATH, query_string={"cursor": end, "wait": 30}).headers["Retry-After"]


@pytest.mark.sqlite_alone
@pytest.mark.parametrize(
    "query", [{"cursor": "x"}, {"wait": 31}, {"wait": -1}, {"wait": "x"}, {"limit": 0}, {"kind": "x"}]
)
def test_bad_queries(world, query):
    """
    An unknown cursor and a wait of more than 30 s are rejected.
    """
    response = world.get(PATH, query_string=query)
    assert (400, "/problems/invalid-query") == (response.status_code, response.json["type"])


def test_cursor_of_a_later_state(world):
    """
    A cursor that is ahead of the database, such as after a restore of an older backup, is rejected.
    """
    world.outlet("Herald")
    seal(world)
    cursor = world.get(PATH).json["next_cursor"]
    with world.runtime.db.engine.begin() as connection:
        connection.execute(Seal.__table__.delete())

    response = world.get(PATH, query_string={"cursor": cursor})
    assert (400, "/problems/cursor-expired") == (response.status_code, response.json["type"])
