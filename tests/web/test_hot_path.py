"""service.web.hot_path: the same responses as the application's, and never a stale one"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import gzip
import time

import pytest
import redis
from werkzeug.wrappers import Response

from service.access.limits import Limiter, Limits, Quota
from service.cache.lease import LeaseEnded
from service.cache.score_cache import ScoreCache
from service.telemetry.metrics import render_metrics
from service.web import hot_path, kept_responses
from service.web.runtime import Runtime
from tests.support.awaiting import wait_until
from tests.support.metrics_page import counted
from tests.support.redis_server import prove
from tests.support.world import World, application_on, report

LEASE = 0.05  # seconds
PASSING = {"date", "x-request-id", "ratelimit", "cache-status"}
LOOKUP = "/v1/outlets/lookup"


@pytest.fixture
def asked(world, monkeypatch):
    """The paths of the requests that reach the application."""
    paths, app = [], world.app.wsgi_app.app

    def answer(environ, start_response):
        paths.append(environ["PATH_INFO"])
        return app(environ, start_response)

    monkeypatch.setattr(world.app.wsgi_app, "app", answer)
    return paths


def essence(response):
    """Return the status, the body, and the headers that do not differ between two responses to one request."""
    headers = sorted((name.lower(), value) for name, value in response.headers if name.lower() not in PASSING)
    return response.status, response.data, headers


def record_all(world):
    """Record a resolved claim of two outlets, one of which has a domain."""
    world.outlet("Herald", domains=["herald.example"])
    claim = world.record(report("herald"), report("tribune"), topic="bridges")
    world.resolve(claim, "true")


REQUESTS = {
    "score": ("GET", "/v1/outlets/herald/score", {}),
    "score by topic": ("GET", "/v1/outlets/herald/score?topic=bridges&basis=matured&level=0.5", {}),
    "head": ("HEAD", "/v1/outlets/herald/score", {}),
    "compressed": ("GET", "/v1/scores?outlet=herald&outlet=tribune", {"headers": {"Accept-Encoding": "gzip"}}),
    "with a request id": ("GET", "/v1/outlets/herald/score", {"headers": {"X-Request-ID": "mine"}}),
    "from another site": ("GET", "/v1/outlets/herald/score", {"headers": {"Origin": "https://a.example"}}),
    "not modified": ("GET", "/v1/outlets/herald/score", {"headers": {"If-None-Match": "*"}}),
    "batch": ("GET", "/v1/scores?outlet=herald&outlet=tribune&outlet=herald", {}),
    "ranking": ("GET", "/v1/scores?min_resolved=1&limit=1", {}),
    "ranking as a table": ("GET", "/ranking.csv", {}),
    "badge": ("GET", "/outlets/herald/badge.svg", {}),
    "lookup": ("GET", f"{LOOKUP}?url=https://herald.example/a", {}),
    "lookup of many": ("POST", LOOKUP, {"json": {"urls": ["herald.example", "x.example"], "score": True}}),
}
MISTAKES = {
    "unknown outlet": ("GET", "/v1/outlets/nobody/score", {}),
    "unknown parameter": ("GET", "/v1/outlets/herald/score?toppic=x", {}),
    "unknown address": ("GET", f"{LOOKUP}?url=https://nobody.example", {}),
    "malformed body": ("POST", LOOKUP, {"data": b"{", "headers": {"Content-Type": "application/json"}}),
    "past score": ("GET", "/v1/outlets/herald/score?as_of=2024-01-01T00:00:00Z", {}),
    "wrong key": ("GET", "/v1/outlets/herald/score", {"headers": {"Authorization": f"Bearer bo_{'x' * 30}"}}),
    "part": ("GET", "/v1/outlets/herald/score", {"headers": {"Range": "bytes=0-1"}}),
    "encoded": ("GET", "/v1/outlets/herald/score", {"headers": {"Content-Encoding": "gzip"}}),
}


@pytest.mark.parametrize(("method", "path", "options"), REQUESTS.values(), ids=REQUESTS)
def test_same_responses(world, asked, method, path, options):
    """
    A response from memory equals that of the application in its status, its bytes and all headers, except for the
    request id, the rate limit and `Cache-Status`.
    """
    record_all(world)
    expected = essence(world.client.open(path, method=method, **options))
    asked.clear()

    response = world.client.open(path, method=method, **options)

    assert ([], expected) == (asked, essence(response))


@pytest.mark.parametrize(("method", "path", "options"), MISTAKES.values(), ids=MISTAKES)
def test_other_responses(world, asked, method, path, options):
    """
    The application itself answers errors, past scores, and requests with unusual headers, each time.
    """
    record_all(world)
    expected = essence(world.client.open(path, method=method, **options))[0]
    asked.clear()

    response = world.client.open(path, method=method, **options)

    assert (1, expected) == (len(asked), response.status)


def test_members_that_pass(world):
    """
    A response from memory has its own request id, counts against the limit of its key, and says that it is a hit.
    """
    record_all(world)
    first, second, third = (world.get("/v1/outlets/herald/score", headers={"X-Request-ID": i}) for i in "123")

    assert ["1", "2", "3"] == [response.headers["X-Request-ID"] for response in (first, second, third)]
    assert ["borneout; hit"] * 2 == [response.headers["Cache-Status"] for response in (second, third)]
    left = [int(response.headers["RateLimit"].split("r=")[1].split(";")[0]) for response in (second, third)]
    assert 1 == left[0] - left[1]


def test_compressed_bytes(world):
    """
    Each encoding that clients accept is kept by itself.
    """
    record_all(world)
    path = "/v1/scores?outlet=herald&outlet=tribune"
    for _ in range(2):
        plain = world.client.get(path)
        compressed = world.client.get(path, headers={"Accept-Encoding": "gzip"})
        assert plain.data == gzip.decompress(compressed.data)


def counting(world):
    """Return the list to which the path of each request is added that reaches the application."""
    paths, app = [], world.app.wsgi_app.app
    world.app.wsgi_app.app = lambda environ, start: paths.append(environ["PATH_INFO"]) or app(environ, start)
    return paths


@pytest.fixture
def hosts(application, db, redis_url, identify, settings):
    """Returns a function that starts a service on the same database and Redis, with a lease in seconds."""
    with contextlib.ExitStack() as stack:

        def start(lease):
            scores = stack.enter_context(contextlib.closing(ScoreCache(redis_url, identify, lease=lease)))
            prove(scores)
            return World(application_on(application, Runtime(db, scores, settings)))

        yield start


def resolved(world):
    return world.score()["record"]["resolved"]


def test_never_stale(hosts):
    """
    R20: a score that another host serves under a lease includes a resolution as soon as that is answered.
    """
    writer, reader = hosts(LEASE), hosts(LEASE)
    record_all(writer)
    for number in range(1, 6):
        assert [number] * 3 == [resolved(reader) for _ in range(3)]
        writer.resolve(writer.record(report("herald"), text=f"Bridge {number} opens."), "true")
    assert 6 == resolved(reader)


def test_a_lease_ends(hosts):
    """
    A lease covers responses until it ends, even if a writer does not wait for it, and no longer.
    """
    writer, reader = hosts(0.0), hosts(LEASE)
    record_all(writer)
    wait_until(lambda: 1 == resolved(reader) == resolved(reader))
    writer.resolve(writer.record(report("herald"), text="Another bridge opens."), "true")

    wait_until(lambda: 2 == resolved(reader))


def test_one_question_for_a_lease(hosts, monkeypatch):
    """
    Under a lease all responses are sent without asking Redis; without one, each asks once.
    """
    record_all(hosts(0.0))
    for lease, questions in ((3600.0, 0), (0.0, 4)):
        world = hosts(0.0)
        for _ in range(3):
            resolved(world)
            world.score("tribune")
        world.runtime.cache.lease = lease
        world.score()
        world.score("tribune")
        asked = []
        ask = world.runtime.cache.look_up
        monkeypatch.setattr(world.runtime.cache, "look_up", lambda *of, log=asked, ask=ask: log.append(of) or ask(*of))
        for _ in range(2):
            world.score()
            world.score("tribune")
        assert questions == len(asked)


def environ_of(world, path="/v1/outlets/herald/score", **more):
    """Return the WSGI environment of a request with a key."""
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "SCRIPT_NAME": "", "REMOTE_ADDR": "127.0.0.1"}
    site = {"SERVER_NAME": "localhost", "SERVER_PORT": "80", "HTTP_AUTHORIZATION": f"Bearer {world.secret}"}
    return {**environ, **site, **more}


def test_recalled(hosts):
    """
    The response that needs no thread equals the one that a thread sends from memory.
    """
    world = hosts(3600.0)
    record_all(hosts(0.0))
    world.get("/v1/outlets/herald/score")
    expected = world.get("/v1/outlets/herald/score")

    status, headers, body = world.app.wsgi_app.recall(environ_of(world))
    assert essence(expected) == essence(Response(body, status, headers))


def test_recalled_without_waiting(hosts, monkeypatch):
    """
    No response is recalled without its key, a part of the quota and a usual request; Redis is never called.
    """
    world = hosts(3600.0)
    record_all(hosts(0.0))
    recall, environ = world.app.wsgi_app.recall, environ_of(world)
    assert recall(environ) is None
    assert resolved(world) == resolved(world)

    monkeypatch.setattr(world.runtime.cache, "look_up", None)
    assert recall(environ) is not None
    assert recall(environ | {"REMOTE_ADDR": "192.0.2.7", "HTTP_AUTHORIZATION": f"Bearer bo_{'x' * 30}"}) is None
    assert recall({name: value for name, value in environ.items() if name != "HTTP_AUTHORIZATION"}) is None
    assert recall(environ | {"HTTP_COOKIE": "a=b"}) is None
    assert recall(environ | {"PATH_INFO": "/v1/outlets/nobody/score"}) is None
    world.runtime.limiter = Limiter(world.runtime.cache.link)
    assert recall(environ) is None


def test_recalled_under_a_new_lease(hosts):
    """
    R20: after the end of a lease a response is recalled under a new one, unless a write has changed any score.
    """
    writer, world = hosts(0.0), hosts(3600.0)
    record_all(writer)
    hot, environ = world.app.wsgi_app, environ_of(world)
    assert resolved(world) == resolved(world)
    world.runtime.cache.lease = LEASE
    hot.renew_lease()
    wait_until(lambda: hot.is_lease_ending)
    wait_until(lambda: is_lease_ended(hot, environ))

    world.runtime.cache.lease = 3600.0
    hot.renew_lease()
    assert hot.recall(environ) is not None
    writer.resolve(writer.record(report("tribune"), text="Another bridge opens."), "true")
    hot.renew_lease()
    assert hot.recall(environ) is None


def is_lease_ended(hot, environ):
    try:
        hot.recall(environ)
    except LeaseEnded:
        return True
    return False


def test_nothing_is_recalled_without_leases(hosts):
    """
    If leases are switched off, every request is handled by a thread, which calls Redis.
    """
    world = hosts(0.0)
    record_all(world)
    assert resolved(world) == resolved(world)

    assert world.app.wsgi_app.recall(environ_of(world)) is None


SHARED = [
    ("GET", "/v1/outlets/herald/score", {}),
    ("HEAD", "/v1/outlets/herald/score", {}),
    ("GET", "/v1/outlets/herald/score?topic=bridges&level=0.5", {"Accept-Encoding": "gzip"}),
]


@pytest.mark.parametrize(("method", "path", "headers"), SHARED)
def test_answers_of_another_process(hosts, method, path, headers):
    """
    A question about one outlet that another process has answered is answered from Redis, and the same in all members.
    """
    first, second = hosts(0.0), hosts(0.0)
    record_all(first)
    rendered = first.client.open(path, method=method, headers=headers)
    reached = counting(second)

    assert essence(rendered) == essence(second.client.open(path, method=method, headers=headers))
    assert [] == reached


def test_another_question(hosts, monkeypatch):
    """
    A question gets no answer to another one that has the same place in Redis.
    """
    monkeypatch.setattr(hot_path, "_PLACES", 1)
    first, second = hosts(0.0), hosts(0.0)
    record_all(first)
    first.score(level=0.5)

    wide, narrow = second.score(level=0.99)["adjusted"], second.score(level=0.5)["adjusted"]
    assert wide["lower"] < narrow["lower"]


def test_answers_of_another_process_end(hosts):
    """
    R20: a write ends the responses in Redis.
    """
    first, second = hosts(LEASE), hosts(LEASE)
    record_all(first)
    resolved(first)
    first.resolve(first.record(report("herald"), text="Another bridge opens."), "true")

    assert 2 == resolved(second)


def test_redis_fails(hosts):
    """
    If Redis does not answer, the application does.
    """
    world = hosts(0.0)
    record_all(world)
    resolved(world)
    world.runtime.cache.link.open_circuit("read", redis.RedisError("gone"))

    assert "borneout; fwd=bypass" == world.get("/v1/outlets/herald/score").headers["Cache-Status"]


def test_an_expired_response(world, asked, monkeypatch):
    """
    A score is not sent again after the time at which it changes without a write.
    """
    due = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1)
    world.record(report("herald"), resolves_by=due.isoformat())
    world.score(basis="matured")
    asked.clear()

    world.score(basis="matured")
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + 120)
    world.score(basis="matured")

    assert 1 == len(asked)


def test_a_new_outlet_is_found(world):
    """
    A lookup finds an outlet as soon as it is recorded or has a new domain.
    """
    body = {"urls": ["https://post.example/a"]}
    for _ in range(2):
        assert world.post(LOOKUP, body).json["items"][0]["outlet"] is None
    world.outlet("Post", domains=["post.example"])
    assert "post" == world.post(LOOKUP, body).json["items"][0]["outlet"]["slug"]
    assert "post" == world.get(LOOKUP, query_string={"url": "post.example"}).json["outlet"]["slug"]


def test_closed_reading(world, asked, settings):
    """
    If public reading is closed, every request reaches the application, which checks the reader.
    """
    record_all(world)
    closed = dataclasses.replace(settings, public_read=False)
    world.app.extensions["runtime"] = Runtime(world.runtime.db, world.runtime.cache, closed)
    asked.clear()

    assert [200, 200, 401] == [
        world.get("/v1/outlets/herald/score").status_code,
        world.get("/v1/outlets/herald/score").status_code,
        world.client.get("/v1/outlets/herald/score").status_code,
    ]
    assert 3 == len(asked)


def test_bounded_memory(world, asked, monkeypatch):
    """
    The responses in memory have a maximum size; the longest unused ones make room for new ones.
    """
    record_all(world)
    monkeypatch.setattr(kept_responses, "_CAPACITY", 5_000)

    def read(level):
        return world.get("/v1/scores", query_string={"outlet": "herald", "level": level})

    for level in (0.5, 0.8, 0.9, 0.95, 0.99):
        read(0.5)
        read(level)
    asked.clear()

    for level in (0.5, 0.99, 0.8):
        read(level)

    assert 1 == len(asked)
    assert world.app.wsgi_app.memory.size <= 5_000


def test_limits(application, db, cache, settings):
    """
    The limit of an address ends responses from memory, too.
    """
    limits = Limits(reads=Quota(3, 3600))
    world = World(application_on(application, Runtime(db, cache, dataclasses.replace(settings, limits=limits))))
    record_all(world)

    assert [200, 200, 200, 429, 429] == [world.client.get("/v1/outlets/herald/score").status_code for _ in range(5)]


def test_metrics(world):
    """
    Responses from memory are counted like those of the application.
    """
    record_all(world)
    resolved(world)
    before = render_metrics().decode()
    resolved(world)
    after = render_metrics().decode()

    route = {"method": "GET", "route": "/v1/outlets/{outlet}/score", "status": "200"}
    for name, labels in {"borneout_http_requests_total": route, "borneout_score_reads_total": {"cache": "hit"}}.items():
        assert 1 == counted(after, name, **labels) - counted(before, name, **labels)
