"""Idempotency-Key where it matters: several processes answer, and any of them may be killed at any moment

More kinds of failure, and what is on record after each, are in test_faults.py, where every writer uses keys.
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
MOST_ROUNDS = 30


def post(service, number):
    body = {"text": f"Bridge {number} opens in May.", "reports": [report()]}
    return service.call("POST", "/v1/claims", body, headers={"Idempotency-Key": f"bridge-{number}"})


def counts(db):
    with db.read() as session:
        return [session.scalar(sa.select(sa.func.count()).select_from(table)) for table in (Claim, StoredResponse)]


def test_one_key_on_several_workers(tmp_path, db, database_url):
    """
    24 calls with one key at once, answered by three processes, make one row and are given one answer; and so do 24
    that are each sent again until they are answered, while a process is killed in the middle.
    """
    with running(tmp_path, workers=3, env={"BORNEOUT_DATABASE_URL": database_url}) as service:
        with ThreadPoolExecutor(CALLS) as pool:
            answers = list(pool.map(lambda _: post(service, 0), range(CALLS)))
            ids, cut_off = [{body["id"] for _, body in answers}], []
            # A kill may come too late for all of a round; then it has shown nothing, and there is another one.
            while sum(map(bool, cut_off)) < ROUNDS and len(cut_off) < MOST_ROUNDS:
                told = [pool.submit(insist, service, len(ids)) for _ in range(CALLS)]
                time.sleep(random.uniform(0.0, 0.1))  # noqa: S311 - a moment like any other
                kill_one_worker(service)
                ids.append({each.result()[0] for each in told})
                cut_off.append(sum(each.result()[1] for each in told))

        print(f"\ncalls sent again after a kill: {cut_off}")  # noqa: T201 - figures
        assert {201} == {status for status, _ in answers}
        assert ROUNDS == sum(map(bool, cut_off))
        assert [1] * len(ids) == [len(each) for each in ids]
        assert [len(ids)] * 2 == counts(db)


def insist(service, number):
    """The id of a claim, posted until that is answered, and how many times it was posted in vain."""
    answers = []

    def is_answered():
        answers.append(sent(service, number))
        return answers[-1]

    wait_until(is_answered)
    return answers[-1], len(answers) - 1


def sent(service, number):
    """The id of a claim that is posted; None if the call has to be sent again."""
    try:
        status, body = post(service, number)
    except (OSError, http.client.HTTPException, ValueError):
        return None
    assert status in (201, 409, 503), body
    return body["id"] if status == 201 else None


def kill_one_worker(service):
    """Kill one of the processes that answer; gunicorn's master, the eldest, starts another."""
    _, *workers = service.processes("borneout-web")
    if workers:
        with contextlib.suppress(psutil.NoSuchProcess):
            random.choice(workers).kill()  # noqa: S311 - as above
