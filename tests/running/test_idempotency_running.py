"""Idempotency-Key where it matters: several processes answer, and any of them may be killed at any moment"""

from __future__ import annotations

import contextlib
import http.client
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import sqlalchemy as sa

from service.models import Claim, KeptAnswer
from tests.live import running
from tests.world import report

CLAIMS = 150
KILLS = 8
ROUNDS = 3
PATIENCE = 120.0  # seconds for one claim; who is not answered by then, never is


def post(service, number):
    body = {"text": f"Bridge {number} opens in May.", "reports": [report()]}
    return service.call("POST", "/v1/claims", body, headers={"Idempotency-Key": f"bridge-{number}"}, timeout=20)


def counts(db):
    with db.read() as session:
        return [session.scalar(sa.select(sa.func.count()).select_from(table)) for table in (Claim, KeptAnswer)]


def test_one_key_on_several_workers(tmp_path, db, database_url):
    """
    24 calls with one key at once, answered by three processes, make one row and are given one answer; and so do 24
    that are each sent again until they are answered, while a process is killed in the middle.
    """
    with running(tmp_path, workers=3, env={"BORNEOUT_DATABASE_URL": database_url}) as service:
        with ThreadPoolExecutor(24) as pool:
            answers = list(pool.map(lambda _: post(service, 0), range(24)))
            ids = [{body["id"] for _, body in answers}]
            for number in range(1, ROUNDS):
                told = [pool.submit(insist, service, number) for _ in range(24)]
                time.sleep(random.uniform(0.0, 0.15))  # noqa: S311 - a moment like any other
                kill_one_worker(service)
                ids.append({each.result()[0] for each in told})

        assert {201} == {status for status, _ in answers}
        assert [1] * ROUNDS == [len(each) for each in ids]
        assert [ROUNDS, ROUNDS] == counts(db)


def test_processes_are_killed(tmp_path, db, database_url):
    """
    Two feeds that send the same calls, and each again until it is answered, while workers are killed every moment and
    once everything is: each claim is there once, with its answer, and both feeds were told the same.
    """
    with running(tmp_path, workers=3, env={"BORNEOUT_DATABASE_URL": database_url}) as service:
        feeds = [Feed(service), Feed(service)]
        for kills in range(KILLS):
            time.sleep(random.uniform(0.05, 1.0))  # noqa: S311 - a moment like any other
            kill_one_worker(service)
            if kills == KILLS // 2:
                service.kill_everything()
                service.start()
        for feed in feeds:
            feed.join()

    print(f"\n{KILLS} kills, calls sent again: {[feed.again for feed in feeds]}")  # noqa: T201 - figures
    assert sum(feed.again for feed in feeds) > 0
    assert feeds[0].told == feeds[1].told
    assert [CLAIMS, CLAIMS] == counts(db)


class Feed(threading.Thread):
    """Posts claims, one after the other, and each until it is answered."""

    def __init__(self, service):
        super().__init__(daemon=True)
        self.service = service
        self.told = []
        self.again = 0
        self.start()

    def run(self):
        for number in range(CLAIMS):
            answered, again = insist(self.service, number)
            self.told.append(answered)
            self.again += again


def insist(service, number):
    """The id of a claim, posted until that is answered, and how many times it was posted in vain."""
    deadline, again = time.monotonic() + PATIENCE, 0
    while (answered := sent(service, number)) is None:
        assert time.monotonic() < deadline, f"claim {number} is not answered"
        again += 1
        time.sleep(0.05)
    return answered, again


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
    _, *workers = service.processes("gunicorn.conf.py")
    if workers:
        with contextlib.suppress(psutil.NoSuchProcess):
            random.choice(workers).kill()  # noqa: S311 - as above
