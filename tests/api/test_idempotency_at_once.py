"""Concurrent calls with one Idempotency-Key."""

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
    """Record a claim on another connection, with the key of this number."""
    headers = world.headers | {"Idempotency-Key": f"key-{number}"}
    return world.app.test_client().post("/v1/claims", json=body, headers=headers)


def test_many_at_once(world):
    """
    Of 24 concurrent calls with one key one creates the row, and all return its response.
    """
    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(lambda _: send(world, CLAIM), range(24)))

    assert {201} == {response.status_code for response in answers}
    assert 1 == len({response.data for response in answers})
    assert 23 == sum("Idempotency-Replayed" in response.headers for response in answers)
    assert (1, 1) == (world.count(Claim), world.count(StoredResponse))


def test_many_at_once_of_which_each_is_refused(world):
    """
    Calls that wait for a rejected call are rejected themselves.
    """
    body = {**CLAIM, "kind": "event"}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: send(world, body), range(8)))

    assert {422} == {response.status_code for response in answers}


def test_lost_race_is_run_again(world):
    """
    Concurrent calls with keys that want the same slug or record the same claim are retried like others.
    """
    body = {**CLAIM, "external_id": "bridge"}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: send(world, body, number), range(8)))

    assert [200] * 7 + [201] == sorted(response.status_code for response in answers)
    assert (1, 8) == (world.count(Claim), world.count(StoredResponse))


@pytest.fixture
def stuck(world):
    """A call whose transaction stays open until it is released, and its response."""
    begun, go = threading.Event(), threading.Event()
    answers = []

    def hang():
        def give():
            begun.set()
            go.wait()
            return idempotency.CallResponse(201, b"{}", {"Content-Type": "application/json"})

        call = idempotency.IdempotentCall(list_keys(world.runtime.db)[0].id, KEY, "another digest")
        now = dt.datetime.now(dt.UTC)
        db, same = world.runtime.db, lambda answer: answer
        answers.append(idempotency.run_once(db, call, run=give, redact=same, stored=None, now=now))

    thread = threading.Thread(target=hang)
    thread.start()
    assert begun.wait(DEADLINE)
    yield go
    go.set()
    thread.join()
    assert 1 == len(answers)


def test_first_still_running(world, stuck, monkeypatch):
    """
    A call waits five seconds for a running call with its key, and then fails without any change.
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
    A waiting call returns as soon as the first has finished.
    """
    monkeypatch.setattr(idempotency, "PATIENCE", DEADLINE)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(world.post, "/v1/claims", CLAIM, headers={"Idempotency-Key": KEY})
        waited, _ = wait([answer], timeout=0.2)
        stuck.set()

    assert set() == waited
    assert_problem(answer.result(), 422, "idempotency-key-reused")
