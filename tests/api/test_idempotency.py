"""Idempotency-Key on every POST that creates"""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
import sqlalchemy as sa

from service import idempotency
from service.db import after_commit
from service.idempotency import prune_answers
from service.keys import list_keys
from service.models import Claim, KeptAnswer, Outlet, Report, Resolution, Withdrawal
from service.resolutions import resolve_claim
from service.vocabulary import OPERATOR, Scope, Verdict
from tests.world import NOTE, World, assert_problem, report

KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
CLAIM = {"text": "The bridge opens in May.", "reports": [report()]}


def count(world, table):
    with world.runtime.db.read() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(table))


def now():
    return dt.datetime.now(dt.UTC)


def shown(response):
    """What a client sees of an answer, but for what every answer has of its own."""
    own = {"X-Request-ID", "Idempotency-Replayed", "RateLimit"}
    return response.status_code, response.data, {name: value for name, value in response.headers if name not in own}


def calls(world):
    """Every POST that creates, with what it makes a row of."""
    claim = world.record()
    return [
        ("/v1/claims", CLAIM, Claim),
        (f"/v1/claims/{claim['id']}/reports", report("Courier"), Report),
        ("/v1/outlets", {"name": "Gazette"}, Outlet),
        (f"/v1/claims/{claim['id']}/resolutions", {"verdict": "true", "note": NOTE}, Resolution),
        (f"/v1/reports/{claim['reports'][0]['id']}/withdrawal", {"reason": "Filed by mistake."}, Withdrawal),
    ]


def test_first_answer_is_given_again(world):
    """
    The same call with the same key is given the first answer, says so, and makes nothing more.
    """
    for number, (path, body, table) in enumerate(calls(world)):
        key = {"Idempotency-Key": f"key-{number}"}
        first = world.post(path, body, headers=key)
        made = count(world, table)

        again = [world.post(path, body, headers=key) for _ in range(2)]

        assert 201 == first.status_code, first.text
        assert "Idempotency-Replayed" not in first.headers
        assert [shown(first)] * 2 == [shown(response) for response in again]
        assert ["true"] * 2 == [response.headers["Idempotency-Replayed"] for response in again]
        assert made == count(world, table)


@pytest.mark.sqlite_alone
def test_every_creating_call_takes_a_key(standing_world):
    """
    Every POST that writes says in the document that it takes a key, and what it answers then.
    """
    for path, item in standing_world.app.extensions["document"]["paths"].items():
        post = item.get("post")
        if post is not None and post["security"][0]["apiKey"] != [Scope.READ]:
            assert "Idempotency-Key" in [parameter.get("name") for parameter in post["parameters"]], path
            assert {"400", "409", "422"} <= post["responses"].keys(), path


def test_without_a_key(world):
    """
    Without a key nothing is kept, and what is sent twice is there twice.
    """
    answers = [world.post("/v1/claims", CLAIM) for _ in range(2)]

    assert [201, 201] == [response.status_code for response in answers]
    assert (2, 0) == (count(world, Claim), count(world, KeptAnswer))


def test_replay_tells_what_was_so_then(world):
    """
    A replay is the first answer, whatever became of the claim meanwhile.
    """
    first = world.post("/v1/claims", CLAIM, headers=KEY)
    world.resolve(first.json, "true")

    assert shown(first) == shown(world.post("/v1/claims", CLAIM, headers=KEY))


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/claims", {**CLAIM, "topic": "bridges"}),
        ("/v1/claims", dict(reversed(CLAIM.items()))),
        ("/v1/outlets", CLAIM),
        ("/v1/outlets", {"name": "Gazette"}),
        ("/v1/claims", {}),
    ],
)
def test_key_of_another_request(world, path, body):
    """
    A key that came with another body or for another path is refused, before the body is looked at.
    """
    first = world.post("/v1/claims", CLAIM, headers=KEY)

    assert_problem(world.post(path, body, headers=KEY), 422, "idempotency-key-reused")
    assert shown(first) == shown(world.post("/v1/claims", CLAIM, headers=KEY))
    assert 1 == count(world, Claim)


def test_key_belongs_to_its_api_key(world):
    """
    Two feeds that choose the same key do not see one another's answers.
    """
    other = World(world.app)

    ids = {each.post("/v1/claims", CLAIM, headers=KEY).json["id"] for each in (world, other)}

    assert 2 == len(ids)


@pytest.mark.sqlite_alone
@pytest.mark.parametrize("key", ["", " ", "a b", "a\tb", "ä", "\x7f", "x" * 256, "\x80"])
def test_bad_key(standing_world, key):
    """
    A key that is empty, too long, or has a character that a header should not carry is refused.
    """
    response = standing_world.post("/v1/outlets", {"name": "Gazette"}, headers={"Idempotency-Key": key})

    assert_problem(response, 400, "bad-request")


@pytest.mark.parametrize("key", ["x", "!", "~" * 255, '"quoted"', "a,b", "'; DROP TABLE kept_answer; --"])
def test_odd_key(world, key):
    """
    Any printable character will do, and each key is only like itself.
    """
    key = key.replace(" ", "_")
    bodies = {"name": "Gazette"}, {"name": "Herald"}

    first = world.post("/v1/outlets", bodies[0], headers={"Idempotency-Key": key})
    other = world.post("/v1/outlets", bodies[1], headers={"Idempotency-Key": key[:-1] + "?"})

    assert [201, 201] == [first.status_code, other.status_code]


def test_bad_call_is_not_kept(world):
    """
    What was refused is not kept: put right, it is done under the same key; and what cannot be read is refused as ever.
    """
    wrong = world.post("/v1/claims", {**CLAIM, "kind": "event"}, headers=KEY)
    malformed = world.client.post("/v1/claims", data=b"{", headers=world.headers | KEY, content_type="application/json")
    text = world.client.post("/v1/claims", data=b"{", headers=world.headers | KEY, content_type="text/plain")

    assert_problem(wrong, 422, "invalid-body", "/resolves_by")
    assert_problem(malformed, 400, "malformed-json", "")
    assert_problem(text, 415, "unsupported-media-type")
    assert 201 == world.post("/v1/claims", CLAIM, headers=KEY).status_code
    assert (1, 1) == (count(world, Claim), count(world, KeptAnswer))


def test_conflict_is_not_kept(world):
    """
    A call that goes against what is on record is tried anew each time, and done when the way is free.
    """
    claim = world.record()
    path, body = f"/v1/claims/{claim['id']}/resolutions", {"verdict": None, "supersedes": None, "note": NOTE}
    refused = world.post(path, body, headers=KEY)

    assert_problem(refused, 409, "nothing-to-supersede")
    assert 0 == count(world, KeptAnswer)


def test_key_without_its_scope(world):
    """
    Who may not call does not learn what others were answered, nor use up a key.
    """
    reader = world.with_scopes(Scope.READ)

    assert_problem(reader.post("/v1/claims", CLAIM, headers=KEY), 403, "forbidden")
    assert_problem(world.client.post("/v1/claims", json=CLAIM, headers=KEY), 401, "unauthorized")
    assert 0 == count(world, KeptAnswer)


def test_two_hundred_is_kept_too(world):
    """
    A claim that is on record already is a 200, and so is its replay.
    """
    body = {**CLAIM, "external_id": "bridge"}
    world.post("/v1/claims", body)

    first, again = (world.post("/v1/claims", body, headers=KEY) for _ in range(2))

    assert [200, 200] == [first.status_code, again.status_code]
    assert "true" == again.headers["Idempotency-Replayed"]


def test_kept_for_a_day(world):
    """
    After 24 hours a key is as good as new, whether the worker has been by or not; the worker takes only what is older.
    """
    first, second = ({"Idempotency-Key": name} for name in ("first", "second"))
    world.post("/v1/claims", CLAIM, headers=first)
    age(world, dt.timedelta(hours=24))
    world.post("/v1/claims", CLAIM, headers=second)
    again = world.post("/v1/outlets", {"name": "Gazette"}, headers=first)
    age(world, dt.timedelta(hours=23, minutes=59))
    world.post("/v1/claims", CLAIM, headers={"Idempotency-Key": "third"})

    prune_answers(world.runtime.db, now=now())
    assert (201, 3) == (again.status_code, count(world, KeptAnswer))
    age(world, dt.timedelta(minutes=1))
    prune_answers(world.runtime.db, now=now())
    assert 1 == count(world, KeptAnswer)


def age(world, span):
    with world.runtime.db.write() as session:
        for kept in session.scalars(sa.select(KeptAnswer)):
            kept.recorded_at -= span


def test_many_at_once(world):
    """
    Of 24 calls with one key at the same time one makes the row, and all are given its answer.
    """
    with ThreadPoolExecutor(24) as pool:
        answers = list(
            pool.map(
                lambda _: world.app.test_client().post("/v1/claims", json=CLAIM, headers=world.headers | KEY), range(24)
            )
        )

    assert {201} == {response.status_code for response in answers}
    assert 1 == len({response.data for response in answers})
    assert 23 == sum("Idempotency-Replayed" in response.headers for response in answers)
    assert (1, 1) == (count(world, Claim), count(world, KeptAnswer))


def test_many_at_once_of_which_each_is_refused(world):
    """
    Calls that wait for one that is refused are refused by themselves.
    """
    body = {**CLAIM, "kind": "event"}
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(
                lambda _: world.app.test_client().post("/v1/claims", json=body, headers=world.headers | KEY), range(8)
            )
        )

    assert {422} == {response.status_code for response in answers}


def test_lost_race_is_run_again(world):
    """
    Keyed calls that want the same slug, or file the same claim, at once lose races as others do, and are run again.
    """

    def call(number):
        headers = world.headers | {"Idempotency-Key": f"key-{number}"}
        body = {**CLAIM, "external_id": "bridge"}
        return world.app.test_client().post("/v1/claims", json=body, headers=headers)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(call, range(8)))

    assert [200] * 7 + [201] == sorted(response.status_code for response in answers)
    assert (1, 8) == (count(world, Claim), count(world, KeptAnswer))


@pytest.fixture
def stuck(world):
    """A call that runs, its transaction open, until it is let go; and its answer then."""
    begun, go = threading.Event(), threading.Event()
    answers = []

    def hang():
        def give():
            begun.set()
            go.wait(20)
            return idempotency.Answer(201, b"{}", {"Content-Type": "application/json"})

        call = idempotency.Call(list_keys(world.runtime.db)[0].id, KEY["Idempotency-Key"], "another digest")
        answers.append(
            idempotency.answer_once(world.runtime.db, call, give=give, keep=lambda answer: answer, now=now())
        )

    thread = threading.Thread(target=hang)
    thread.start()
    assert begun.wait(5)
    yield go
    go.set()
    thread.join()
    assert 1 == len(answers)


def test_first_still_running(world, stuck, monkeypatch):
    """
    A call that finds the first still running waits for it, and gives up in the end without having done anything.
    """
    monkeypatch.setattr(idempotency, "PATIENCE", 0.6)
    began = time.monotonic()

    response = world.post("/v1/claims", CLAIM, headers=KEY)

    assert_problem(response, 409, "still-running")
    assert 0.6 <= time.monotonic() - began < 3
    assert "1" == response.headers["Retry-After"]
    stuck.set()
    assert 0 == count(world, Claim)


@pytest.mark.usefixtures("stuck")
def test_wait_is_five_seconds(world):
    """
    A call waits five seconds for the first, no less and not much more.
    """
    began = time.monotonic()

    assert_problem(world.post("/v1/claims", CLAIM, headers=KEY), 409, "still-running")
    assert 5 <= time.monotonic() - began < 7


def test_waiting_ends_with_the_first(world, stuck):
    """
    A call that waits is answered as soon as the first is.
    """
    threading.Timer(0.5, stuck.set).start()
    began = time.monotonic()

    response = world.post("/v1/claims", CLAIM, headers=KEY)

    assert_problem(response, 422, "idempotency-key-reused")
    assert 0.4 <= time.monotonic() - began < 3


def test_score_is_forgotten_after_the_commit_and_not_before(world):
    """
    R20: a reader that comes between a use case and the commit of the transaction that it is part of caches what was
    so until then, and nobody is served that afterwards.
    """
    claim, at = world.record(), world.runtime
    given = {"verdict": Verdict.TRUE, "truth": None, "known_at": None, "evidence": [], "note": NOTE, "supersedes": None}
    with at.db.write():
        resolve_claim(at.db, at.cache, UUID(claim["id"]), resolution=given, caller=OPERATOR, now=now())
        between = world.score()["counts"]["resolved"]

    assert (0, 1) == (between, world.score()["counts"]["resolved"])


def test_nothing_is_forgotten_when_the_transaction_fails(world):
    """
    What was to be done after the commit is not done where there is none.
    """
    done = []
    with contextlib.suppress(ZeroDivisionError), world.runtime.db.write() as session:
        with world.runtime.db.write() as inner:
            after_commit(inner, lambda: done.append(1))
        assert session is inner
        raise ZeroDivisionError

    assert [] == done
