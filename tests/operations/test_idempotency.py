"""Idempotency-Key with several processes that are killed at random

test_faults.py tests more faults, with writers that all use Idempotency-Keys.
"""

from __future__ import annotations

import contextlib
import http.client
import random
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import sqlalchemy as sa

from service.storage.models import Claim, StoredResponse
from tests.support.awaiting import wait_until
from tests.support.live_service import running
from tests.support.world import report

CALLS = 24
ROUNDS = 2
MAX_ROUNDS = 30


def post(service, number):
    """Record a claim with an Idempotency-Key."""
    body = {"text": f"Bridge {number} opens in May.", "reports": [report()]}
    return service.call("POST", "/v1/claims", body, headers={"Idempotency-Key": f"bridge-{number}"})


def counts(db):
    """Return the numbers of claims and of stored responses."""
    with db.read() as session:
        return [session.scalar(sa.select(sa.func.count()).select_from(table)) for table in (Claim, StoredResponse)]


def test_one_key_on_several_workers(tmp_path, db, database_url):
    """
    24 concurrent calls with one key to three processes create one row and return one response, even if they are retried
    while a process is killed.
    """
    with running(tmp_path, workers=3, env={"BORNEOUT_DATABASE_URL": database_url}) as service:
        with ThreadPoolExecutor(CALLS) as pool:
            responses = list(pool.map(lambda _: post(service, 0), range(CALLS)))
            ids, retries = [{body["id"] for _, body in responses}], []
            # If a kill comes after all calls of a round, the round proves nothing and is repeated.
            while sum(map(bool, retries)) < ROUNDS and len(retries) < MAX_ROUNDS:
                calls = [pool.submit(post_until_answered, service, len(ids)) for _ in range(CALLS)]
                time.sleep(random.uniform(0.0, 0.1))  # noqa: S311 - not for cryptography
                kill_one_worker(service)
                ids.append({each.result()[0] for each in calls})
                retries.append(sum(each.result()[1] for each in calls))

        print(f"\ncalls retried after a kill: {retries}")  # noqa: T201 - figures
        assert {201} == {status for status, _ in responses}
        assert ROUNDS == sum(map(bool, retries))
        assert [1] * len(ids) == [len(each) for each in ids]
        assert [len(ids)] * 2 == counts(db)


def post_until_answered(service, number):
    """Post a claim until there is a response, and return its id and the number of failed calls."""
    ids = []

    def is_answered():
        ids.append(post_once(service, number))
        return ids[-1]

    wait_until(is_answered)
    return ids[-1], len(ids) - 1


def post_once(service, number):
    """Post a claim and return its id, or None if the call has to be retried."""
    try:
        status, body = post(service, number)
    except (OSError, http.client.HTTPException, ValueError):
        return None
    assert status in (201, 409, 503), body
    return body["id"] if status == 201 else None


def kill_one_worker(service):
    """Kill one of the processes that answer; gunicorn's master, the oldest, replaces it."""
    _, *workers = service.processes("borneout-web")
    if workers:
        with contextlib.suppress(psutil.NoSuchProcess):
            random.choice(workers).kill()  # noqa: S311 - not for cryptography
