"""Calls with one Idempotency-Key at the same time"""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from service.access import idempotency
from service.access.keys import list_keys
from service.storage.models import Claim, StoredResponse
from tests.support.awaiting import DEADLINE
from tests.support.world import assert_problem, report

KEY = "key-0"
CLAIM = {"text": "The bridge opens in May.", "reports": [report()]}


def send(world, body, number=0):
    """File a claim as another connection does, under a key of this number."""
    headers = world.headers | {"Idempotency-Key": f"key-{number}"}
    return world.app.test_client().post("/v1/claims", json=body, headers=headers)


def test_many_at_once(world):
    """
    Of 24 calls with one key at the same time one makes the row, and all are given its answer.
    """
    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(lambda _: send(world, CLAIM), range(24)))

    assert {201} == {response.status_code for response in answers}
    assert 1 == len({response.data for response in answers})
    assert 23 == sum("Idempotency-Replayed" in response.headers for response in answers)
    assert (1, 1) == (world.count(Claim), world.count(StoredResponse))


def test_many_at_once_of_which_each_is_refused(world):
    """
    Calls that wait for one that is refused are refused by themselves.
    """
    body = {**CLAIM, "kind": "event"}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: send(world, body), range(8)))

    assert {422} == {response.status_code for response in answers}


def test_lost_race_is_run_again(world):
    """
    Keyed calls that want the same slug, or file the same claim, at once lose races as others do, and are run again.
    """
    body = {**CLAIM, "external_id": "bridge"}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: send(world, body, number), range(8)))

    assert [200] * 7 + [201] == sorted(response.status_code for response in answers)
    assert (1, 8) == (world.count(Claim), world.count(StoredResponse))


@pytest.fixture
def stuck(world):
    """A call that runs, its transaction open, until it is let go; and its answer then."""
    begun, go = threading.Event(), threading.Event()
    answers = []

    def hang():
        def give():
            begun.set()
            go.wait()
            return idempotency.Answer(201, b"{}", {"Content-Type": "application/json"})

        call = idempotency.Call(list_keys(world.runtime.db)[0].id, KEY, "another digest")
        now = dt.datetime.now(dt.UTC)
        answers.append(idempotency.answer_once(world.runtime.db, call, give=give, keep=lambda answer: answer, now=now))

    thread = threading.Thread(target=hang)
    thread.start()
    assert begun.wait(DEADLINE)
    yield go
    go.set()
    thread.join()
    assert 1 == len(answers)


def test_first_still_running(world, stuck, monkeypatch):
    """
    A call that finds the first still running waits five seconds for it, and gives up without having done anything.
    """
    assert 5.0 == idempotency.PATIENCE
    monkeypatch.setattr(idempotency, "PATIENCE", 0.1)

    response = world.post("/v1/claims", CLAIM, headers={"Idempotency-Key": KEY})

    assert_problem(response, 409, "still-running")
    assert "1" == response.headers["Retry-After"]
    stuck.set()
    assert 0 == world.count(Claim)


def test_waiting_ends_with_the_first(world, stuck, monkeypatch):
    """
    A call that waits is answered as soon as the first is.
    """
    monkeypatch.setattr(idempotency, "PATIENCE", DEADLINE)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(world.post, "/v1/claims", CLAIM, headers={"Idempotency-Key": KEY})
        waited, _ = wait([answer], timeout=0.2)
        stuck.set()

    assert set() == waited
    assert_problem(answer.result(), 422, "idempotency-key-reused")
