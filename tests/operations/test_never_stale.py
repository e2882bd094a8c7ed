"""R20 on a running service: no score that is read is older than an acknowledged resolution"""

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
from tests.support.redis_server import run_private_redis
from tests.support.world import NOTE

HEADERS = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}


class Connection:
    """A connection that is reopened after errors and every 25 calls, so that calls reach all workers."""

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
        response = self._http.getresponse()
        return response.status, response.headers["Cache-Status"], json.loads(response.read())

    def close(self):
        if self._http is not None:
            self._http.close()


@dataclass
class Race:
    """Six readers and one writer, and the results of the reads."""

    port: int
    outlet: str
    acknowledged: int = 0
    """Acknowledged resolutions."""
    reads: int = 0
    hits: int = 0
    stale: list[float] = field(default_factory=list)
    """The start times of stale reads."""
    failed: list[object] = field(default_factory=list)
    _done: threading.Event = field(default_factory=threading.Event)

    def read(self):
        """Read scores until the writer is done."""
        connection = Connection(self.port)
        while not self._done.wait(0.02):  # leaves CPU time to the service
            began, acknowledged = time.monotonic(), self.acknowledged
            try:
                status, cached, body = connection.call("GET", f"/v1/outlets/{self.outlet}/score")
            except (OSError, http.client.HTTPException) as exc:
                self.failed.append(exc)
                break
            self.reads += 1
            self.hits += cached == "borneout; hit"
            if status != 200:
                self.failed.append(body)
            elif body["counts"]["resolved"] < acknowledged:
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
            self.acknowledged += 1
        connection.close()

    def has_caught_up(self):
        """Return whether the cached score includes every resolution."""
        return self.shown() == ("borneout; hit", self.acknowledged)

    def shown(self):
        """Return the cache status of a score, and the number of resolutions in it."""
        connection = Connection(self.port)
        _, cached, body = connection.call("GET", f"/v1/outlets/{self.outlet}/score")
        connection.close()
        return cached, body["counts"]["resolved"]

    @contextlib.contextmanager
    def reading(self):
        """Run the readers."""
        readers = [threading.Thread(target=self.read) for _ in range(6)]
        for reader in readers:
            reader.start()
        try:
            yield
        finally:
            self._done.set()
            for reader in readers:
                reader.join()

    def describe(self, fault):
        counts = f"{len(self.stale)} stale of {self.reads} reads ({self.hits} hits) in {self.acknowledged} resolutions"
        print(f"\n{fault}: {counts}")  # noqa: T201 - figures


@pytest.fixture(scope="module")
def private_redis(tmp_path_factory):
    """A Redis that the tests stop and kill."""
    with run_private_redis(tmp_path_factory.mktemp("redis")) as redis_server:
        yield redis_server


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database_url(request):
    """A database of either kind, shared by the tests."""
    return request.getfixturevalue({"sqlite": "empty_sqlite", "postgresql": "empty_postgres"}[request.param])(
        "standing"
    )


@pytest.fixture(scope="module")
def service(request, database_url, tmp_path_factory):
    """A service on either database: on SQLite with its embedded Redis, on PostgreSQL with an external one."""
    env = {"BORNEOUT_DATABASE_URL": database_url}
    if not database_url.startswith("sqlite"):
        env["BORNEOUT_REDIS_URL"] = request.getfixturevalue("private_redis").url
    with running(tmp_path_factory.mktemp("raced"), workers=3, env=env) as started:
        yield started


@pytest.fixture
def race_of(service, db, cache):
    """Returns a function that files claims of a new outlet, and returns the race and the ids of the claims."""

    def file(outlet, count):
        flat = {"outlet": outlet, "claim": "The bridge opens.", "published_at": "2026-01-01"}
        lines = [
            ReadLine(number, read_line(flat | {"claim_id": f"{outlet}-{number}"}, feed=None)) for number in range(count)
        ]
        load_lines(db, cache, lines, caller=OPERATOR, now=dt.datetime.now(dt.UTC))
        with db.read() as session:
            is_new = Claim.external_id.startswith(f"{outlet}-")
            return Race(service.port, outlet.lower()), session.scalars(sa.select(Claim.id).where(is_new)).all()

    return file


def test_six_readers_and_two_hundred_resolutions(race_of):
    """
    R20: with several workers on either database, every read includes all resolutions acknowledged before it began.
    """
    race, claims = race_of("Herald", 200)
    with race.reading():
        race.resolve(claims)

    race.describe("Redis alive")
    assert (200, [], []) == (race.acknowledged, race.stale, race.failed)
    assert race.hits > 0


def resolve_through(race, claims, fault):
    """Resolve a third of the claims, another third during a fault, and then the rest. Reads may be stale only until
    Redis has caught up.
    """
    third = len(claims) // 3
    with race.reading():
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
    """Return whether the service reports that Redis is unavailable."""
    status, body = service.call("GET", "/readyz")
    assert 200 == status
    return (body["status"], body["redis"]) == ("degraded", "away")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_redis_killed_in_the_middle(race_of, service):
    """
    R20: while the embedded Redis is killed and restarted, the service responds, and no read is stale after Redis has
    caught up.
    """

    @contextlib.contextmanager
    def killed():
        watcher = psutil.Process(service.process.pid)
        [process] = service.processes("redis.sock")
        watcher.suspend()  # so that Redis stays down until a third of the claims is resolved
        try:
            process.kill()
            assert is_degraded(service)
            yield
        finally:
            watcher.resume()
        service.wait_until_ready(("ok",))

    race, claims = race_of("Tribune", 200)
    resolve_through(race, claims, killed)

    race.describe("Redis killed")
    assert 200 == race.acknowledged


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_redis_hung_and_then_restored_from_an_old_snapshot(race_of, service, private_redis):
    """
    R20: while Redis hangs, the service responds and is degraded. After Redis was restored from an old snapshot, reads
    are stale only until it has caught up.
    """

    @contextlib.contextmanager
    def hung():
        with private_redis.hung():
            assert is_degraded(service)
            yield

    @contextlib.contextmanager
    def restored():
        private_redis.kill()
        assert is_degraded(service)
        yield
        private_redis.restart_from(dump)

    race, claims = race_of("Gazette", 90)
    resolve_through(race, claims[:30], hung)
    race.describe("Redis hung")
    assert {30} == {race.shown()[1] for _ in range(10)}
    dump = private_redis.save()
    race = Race(service.port, race.outlet, acknowledged=30)
    resolve_through(race, claims[30:], restored)
    race.describe("Redis restored")
    assert 90 == race.acknowledged
