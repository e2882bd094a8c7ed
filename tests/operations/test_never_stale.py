"""R20 on a running service: no score that is read is older than a resolution already answered"""

from __future__ import annotations

import contextlib
import datetime as dt
import http.client
import json
import threading
import time
from dataclasses import dataclass, field

import psutil
import pytest
import sqlalchemy as sa

from service.schemas.lines import read_line
from service.storage.models import Claim
from service.transfer.lines import ReadLine
from service.transfer.load import load_lines
from service.values.vocabulary import OPERATOR
from tests.support.awaiting import DEADLINE, wait_until
from tests.support.live_service import KEY, running
from tests.support.redis_server import own_redis
from tests.support.world import NOTE

HEADERS = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}


class Connection:
    """Calls on one connection, made anew when it breaks and every so often, so that it comes to all workers."""

    def __init__(self, port):
        self._port = port
        self._http = None
        self._calls = 0

    def call(self, method, path, body=None):
        if self._http is None or self._calls % 25 == 0:
            self.close()
            self._http = http.client.HTTPConnection("127.0.0.1", self._port, timeout=DEADLINE)
        self._calls += 1
        self._http.request(method, path, None if body is None else json.dumps(body), HEADERS)
        answer = self._http.getresponse()
        return answer.status, answer.headers["Cache-Status"], json.loads(answer.read())

    def close(self):
        if self._http is not None:
            self._http.close()


@dataclass
class Race:
    """Six readers against one writer; what they saw."""

    port: int
    outlet: str
    answered: int = 0
    """Resolutions already answered."""
    reads: int = 0
    hits: int = 0
    stale: list[float] = field(default_factory=list)
    """When the reads began that gave too little."""
    failed: list[object] = field(default_factory=list)
    _done: threading.Event = field(default_factory=threading.Event)

    def read(self):
        connection = Connection(self.port)
        while not self._done.wait(0.02):  # or they leave no time for what they watch
            began, answered = time.monotonic(), self.answered
            try:
                status, cached, body = connection.call("GET", f"/v1/outlets/{self.outlet}/score")
            except (OSError, http.client.HTTPException) as exc:
                self.failed.append(exc)
                break
            self.reads += 1
            self.hits += cached == "borneout; hit"
            if status != 200:
                self.failed.append(body)
            elif body["counts"]["resolved"] < answered:
                self.stale.append(began)
        connection.close()

    def resolve(self, claims):
        """Resolve claims one after the other."""
        connection = Connection(self.port)
        for claim in claims:
            status, _, body = connection.call(
                "POST", f"/v1/claims/{claim}/resolutions", {"verdict": "true", "note": NOTE}
            )
            assert 201 == status, body
            self.answered += 1
        connection.close()

    def has_caught_up(self):
        """Whether every resolution is in the score that is cached for all workers."""
        return self.shown() == ("borneout; hit", self.answered)

    def shown(self):
        """How a score was cached, and how many resolutions are in it."""
        connection = Connection(self.port)
        _, cached, body = connection.call("GET", f"/v1/outlets/{self.outlet}/score")
        connection.close()
        return cached, body["counts"]["resolved"]

    @contextlib.contextmanager
    def hammering(self):
        readers = [threading.Thread(target=self.read) for _ in range(6)]
        for reader in readers:
            reader.start()
        try:
            yield
        finally:
            self._done.set()
            for reader in readers:
                reader.join()

    def tell(self, what):
        figures = f"{len(self.stale)} stale of {self.reads} reads ({self.hits} hits) in {self.answered} resolutions"
        print(f"\n{what}: {figures}")  # noqa: T201 - figures


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with own_redis(tmp_path_factory.mktemp("redis")) as redis_server:
        yield redis_server


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database_url(request):
    """A database of either kind, which the tests share."""
    return request.getfixturevalue({"sqlite": "empty_sqlite", "postgresql": "empty_postgres"}[request.param])(
        "standing"
    )


@pytest.fixture(scope="module")
def service(request, database_url, tmp_path_factory):
    """A service on either database: on SQLite with the Redis that it starts, on PostgreSQL with one of the tests'."""
    env = {"BORNEOUT_DATABASE_URL": database_url}
    if not database_url.startswith("sqlite"):
        env["BORNEOUT_REDIS_URL"] = request.getfixturevalue("server").url
    with running(tmp_path_factory.mktemp("raced"), workers=3, env=env) as started:
        yield started


@pytest.fixture
def race_of(service, db, cache):
    """Files claims of an outlet that no other test speaks of; the race that is run on them, and their ids."""

    def file(outlet, count):
        flat = {"outlet": outlet, "claim": "The bridge opens.", "published_at": "2026-01-01"}
        lines = [
            ReadLine(number, read_line(flat | {"claim_id": f"{outlet}-{number}"}, feed=None)) for number in range(count)
        ]
        load_lines(db, cache, lines, caller=OPERATOR, now=dt.datetime.now(dt.UTC))
        with db.read() as session:
            mine = Claim.external_id.startswith(f"{outlet}-")
            return Race(service.port, outlet.lower()), session.scalars(sa.select(Claim.id).where(mine)).all()

    return file


def test_six_readers_and_two_hundred_resolutions(race_of):
    """
    R20: on several workers, on either database, no read gives less than what was answered before it began.
    """
    race, claims = race_of("Herald", 200)
    with race.hammering():
        race.resolve(claims)

    race.tell("Redis alive")
    assert (200, [], []) == (race.answered, race.stale, race.failed)
    assert race.hits > 0


def resolve_through(race, claims, fault):
    """Resolve a third, then a third while Redis fails, then the rest; no score is behind but until Redis caught up."""
    third = len(claims) // 3
    with race.hammering():
        race.resolve(claims[:third])
        began = time.monotonic()
        with fault():
            race.resolve(claims[third : 2 * third])
        wait_until(race.has_caught_up)
        caught_up = time.monotonic()
        race.resolve(claims[2 * third :])
    assert [] == [at for at in race.stale if not began <= at <= caught_up]
    assert [] == race.failed


def is_degraded(service):
    status, body = service.call("GET", "/readyz")
    assert 200 == status
    return (body["status"], body["redis"]) == ("degraded", "away")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_redis_killed_in_the_middle(race_of, service):
    """
    R20: while the embedded Redis is killed and comes back, answers go on, and none is behind once it has caught up.
    """

    @contextlib.contextmanager
    def killed():
        watcher = psutil.Process(service.process.pid)
        [process] = service.processes("redis.sock")
        watcher.suspend()  # or Redis would be back sooner than a slow machine resolves a third of them
        try:
            process.kill()
            assert is_degraded(service)
            yield
        finally:
            watcher.resume()
        service.wait_until_ready(("ok",))

    race, claims = race_of("Tribune", 200)
    resolve_through(race, claims, killed)

    race.tell("Redis killed")
    assert 200 == race.answered


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_redis_hung_and_then_restored_from_an_old_snapshot(race_of, service, server):
    """
    R20: while Redis is stopped, answers go on and `/readyz` says degraded; and a Redis that comes back with what it
    held long ago serves that only until it has caught up.
    """

    @contextlib.contextmanager
    def hung():
        with server.hung():
            assert is_degraded(service)
            yield

    @contextlib.contextmanager
    def restored():
        server.kill()
        assert is_degraded(service)
        yield
        server.restart_from(dump)

    race, claims = race_of("Gazette", 90)
    resolve_through(race, claims[:30], hung)
    race.tell("Redis hung")
    assert {30} == {race.shown()[1] for _ in range(10)}
    dump = server.save()
    race = Race(service.port, race.outlet, answered=30)
    resolve_through(race, claims[30:], restored)
    race.tell("Redis restored")
    assert 90 == race.answered
