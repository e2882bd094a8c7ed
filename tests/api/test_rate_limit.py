"""RateLimit, RateLimit-Policy and 429 on every call under /v1"""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from dataclasses import replace
from functools import partial

import pytest

from service.access.keys import list_keys, rotate_key
from service.access.limits import Limits, Quota
from service.cache.score_cache import ScoreCache
from service.storage.identity import database_id
from service.telemetry.metrics import render_metrics
from service.values.vocabulary import Scope
from service.web.runtime import Runtime
from tests.support.cache_questions import circuit_stays_open, failures
from tests.support.redis_server import run_private_redis
from tests.support.world import World, application_on, assert_problem, report

pytestmark = pytest.mark.sqlite_alone  # calls are counted in Redis

FEW = Limits(reads=Quota(4, 3600), writes=Quota(3, 3600), failures=Quota(2, 3600))  # no test takes an hour


@pytest.fixture
def limited(app, db, settings):
    """Create worlds with low limits on one database and one Redis, like several processes."""
    with contextlib.ExitStack() as stack:

        def make(limits=FEW, **members):
            said = replace(settings, limits=limits, **members)
            cache = stack.enter_context(contextlib.closing(ScoreCache(said.redis_url, partial(database_id, db))))
            return World(application_on(app, Runtime(db, cache, said)))

        yield make


def statuses(answers):
    return [response.status_code for response in answers]


def read(world, address="192.0.2.1", **headers):
    """Read without a key, from an address."""
    return world.client.get("/v1/outlets", environ_base={"REMOTE_ADDR": address}, headers=headers)


def test_told_how_many_are_left(shared_world):
    """
    Every response under /v1 has the limit and the remaining calls; other responses do not.
    """
    answers = [shared_world.get("/v1/outlets"), shared_world.get("/v1/outlets/nobody")]
    answers += [shared_world.post("/v1/outlets", {}), shared_world.client.head("/v1/scores")]

    for response, (name, calls) in zip(
        answers, [("reads", 120_000)] * 2 + [("writes", 30_000), ("reads", 120_000)], strict=True
    ):
        assert f'"{name}";q={calls};w=60' == response.headers["RateLimit-Policy"]
        assert re.fullmatch(rf'"{name}";r=\d+;t=[1-6]?\d', response.headers["RateLimit"])
    assert "RateLimit" not in shared_world.get("/healthz").headers


def test_one_too_many(limited):
    """
    A call over the limit is rejected with the seconds to wait, and changes nothing.
    """
    world = limited()
    answers = [world.post("/v1/outlets", {"name": f"Outlet {number}"}) for number in range(5)]

    assert [201] * 3 + [429] * 2 == statuses(answers)
    assert_problem(answers[3], 429, "too-many-requests")
    assert f'"writes";r=0;t={answers[3].headers["Retry-After"]}' == answers[3].headers["RateLimit"]
    assert 0 < int(answers[3].headers["Retry-After"]) <= 3600
    assert ['"writes";r=2', '"writes";r=1', '"writes";r=0'] == [
        response.headers["RateLimit"].rsplit(";", 1)[0] for response in answers[:3]
    ]
    assert 3 == len(world.get("/v1/outlets").json["items"])


def test_reads_and_writes_are_apart(limited):
    """
    A caller over the limit of writes may still read; looking up many outlets is a read.
    """
    world = limited()

    assert [422] * 3 + [429] == statuses(world.post("/v1/outlets", {}) for _ in range(4))
    assert [200] * 4 + [429] == statuses(world.post("/v1/outlets/lookup", {"urls": []}) for _ in range(5))
    assert 429 == world.get("/v1/outlets").status_code


def test_each_key_has_its_own(limited):
    """
    Keys have separate quotas, even from one address; a rotated secret has that of its key.
    """
    world = limited()
    other = world.with_scopes(Scope.CLAIMS_WRITE)
    claim = {"text": "The bridge opens.", "reports": [report()]}
    own = list_keys(world.runtime.db)[0].id

    assert [201] * 3 + [429] == statuses(world.post("/v1/claims", claim) for _ in range(4))
    assert [201] * 3 + [429] == statuses(other.post("/v1/claims", claim) for _ in range(4))
    secret = rotate_key(world.runtime.db, own, overlap=dt.timedelta(), now=dt.datetime.now(dt.UTC)).secret
    rotated = world.client.post("/v1/outlets", json={}, headers={"Authorization": f"Bearer {secret}"})
    assert 429 == rotated.status_code


def test_readers_with_and_without_a_key(limited):
    """
    With open reading, calls with a key count for the key, and those without one for the address.
    """
    world = limited()
    basic = {"Authorization": "Basic dXNlcjpwYXNz"}

    assert [200] * 4 + [429] == statuses(read(world) for _ in range(5))
    assert [429, 429] == statuses(read(world, **basic) for _ in range(2))
    assert [200] * 4 + [429] == statuses(read(world, **world.headers) for _ in range(5))
    assert 200 == read(world, "192.0.2.2").status_code


def test_who_lacks_the_scope_is_counted(limited):
    """
    Calls that are rejected for a missing scope count, too.
    """
    world = limited().with_scopes(Scope.READ)

    assert [403] * 3 + [429] == statuses(world.post("/v1/outlets", {}) for _ in range(4))


def test_processes_share(limited):
    """
    All processes count together.
    """
    one, two = limited(), limited()

    assert [200, 200, 200, 200, 429, 429] == statuses(read(world) for _ in range(3) for world in (one, two))


def test_off(limited):
    """
    Without limits no call is rejected, and no response has the headers.
    """
    world = limited(None)
    answers = [read(world) for _ in range(10)]

    assert {200} == set(statuses(answers))
    assert not any("RateLimit" in name for response in answers for name, _ in response.headers)


@pytest.mark.parametrize(
    ("proxies", "sent", "refused"),
    [
        (0, ["203.0.113.{}", "203.0.113.{}, 198.51.100.1", "for=203.0.113.{}"], True),
        (1, ["203.0.113.{}, 198.51.100.1", "203.0.113.{},, 198.51.100.1", "198.51.100.1"], True),
        (1, ["203.0.113.{}", "198.51.100.1, 203.0.113.{}"], False),
        (2, ["203.0.113.{}, 198.51.100.1, 10.0.0.1", "198.51.100.1, 10.0.0.{}"], True),
        (2, ["203.0.113.{}, 10.0.0.1"], False),
        (2, ["203.0.113.{}"], True),
    ],
)
def test_behind_proxies(limited, proxies, sent, refused):
    """
    The address is the entry of the first trusted proxy; entries that a client writes are ignored.
    """
    world = limited(trusted_proxies=proxies)
    answers = [
        read(world, **{"X-Forwarded-For": sent[number % len(sent)].format(number)}) for number in range(10 * len(sent))
    ]

    assert refused is (429 in statuses(answers))
    if refused:
        assert 4 == statuses(answers).count(200)


@pytest.mark.parametrize(
    "spellings",
    [
        ["203.0.113.7", "203.0.113.7:1001", "203.0.113.7:1002", "::ffff:203.0.113.7", "[::ffff:203.0.113.7]:1003"],
        ["2001:db8::1", "[2001:db8::1]", "[2001:db8::2]:443", "[2001:DB8:0:0::1]:1001", "2001:db8::1%eth0"],
        [
            "",
            "unknown",
            "_hidden",
            "203.0.113.7:port",
            "203.0.113.999",
            "[2001:db8::1",
            "x" * 999,
            '"203.0.113.7',
            "for=é",
        ],
    ],
)
def test_one_address_has_one_quota(limited, spellings):
    """
    An address in any spelling and with any port is one caller; so are all texts that are not an address.
    """
    world = limited(Limits(reads=Quota(len(spellings), 60)), trusted_proxies=1)
    sent = [{"X-Forwarded-For": f"198.51.100.1, {spelling}"} for spelling in spellings]

    assert [200] * len(sent) == statuses(read(world, **headers) for headers in sent)
    assert {429} == set(statuses(read(world, **headers) for headers in sent))
    assert 200 == read(world, **{"X-Forwarded-For": "192.0.2.99"}).status_code


def test_client_cannot_hide_its_address(limited):
    """
    Nothing that a client sends before the entry of the proxy changes its address, neither a quote nor a second header.
    """
    world = limited(trusted_proxies=1)
    sent = ['"1, 203.0.113.7', '"2", 203.0.113.7', "3,,203.0.113.7", "4,203.0.113.7 "]
    headers = [[("X-Forwarded-For", value)] for value in sent]
    headers.append([("X-Forwarded-For", '"5'), ("X-Forwarded-For", "203.0.113.7")])

    answers = [world.client.get("/v1/outlets", headers=each) for each in headers]

    assert [200] * 4 + [429] == statuses(answers)


def test_other_forwarding_headers_are_ignored(limited):
    """
    Forwarded, X-Real-IP and other headers are ignored.
    """
    world = limited(trusted_proxies=1)
    headers = ("Forwarded", "X-Real-IP", "X-Client-IP", "CF-Connecting-IP", "X-Forwarded-Host", "X-Forwarded-Port")

    assert [200] * 4 + [429] * 2 == statuses(read(world, **{name: f"203.0.113.{name}"}) for name in headers)


def test_network_of_ipv6(limited):
    """
    A /64 network of IPv6 is one caller, because its owner has all of its addresses.
    """
    world = limited()

    assert [200] * 4 + [429] == statuses(read(world, f"2001:db8:0:1::{number}") for number in range(5))
    assert 200 == read(world, "2001:db8:0:2::1").status_code


def test_keys_that_are_none(limited):
    """
    After too many invalid keys an address is rejected even with a valid key; other addresses are not.
    """
    world = limited()

    def attempt(headers, address="192.0.2.1"):
        return world.client.post("/v1/outlets", json={}, headers=headers, environ_base={"REMOTE_ADDR": address})

    wrong = [attempt({"Authorization": f"Bearer bo_guess_{number:020}"}) for number in range(4)]

    assert [401, 401, 429, 429] == statuses(wrong)
    assert_problem(attempt(world.headers), 429, "too-many-requests")
    assert_problem(attempt({}), 401, "unauthorized")
    assert 422 == attempt(world.headers, "192.0.2.2").status_code


def test_keys_that_are_none_on_open_reads(limited):
    """
    Invalid keys on open reads count, too, and the address is rejected in the end; other addresses are not.
    """
    world = limited()
    fake = [{"Authorization": f"Bearer bo_guess_{number:020}"} for number in range(4)]

    assert [401, 401, 429, 429] == statuses(read(world, **headers) for headers in fake)
    assert_problem(read(world, **world.headers), 429, "too-many-requests")
    assert 200 == read(world).status_code
    assert 200 == read(world, "192.0.2.2", **world.headers).status_code


def test_redis_is_away(limited, tmp_path):
    """
    Without Redis no call is rejected; after one timeout Redis is not called again for a while.
    """
    with circuit_stays_open(), run_private_redis(tmp_path) as server:
        world = limited(redis_url=server.url)
        world.record()
        before = render_metrics(None).decode()
        with server.hung():
            answers = [world.client.get("/v1/outlets/herald/score") for _ in range(40)]
        assert {"read": 1} == failures(before)
        assert {200} == set(statuses(answers))
        assert not any("RateLimit" in response.headers for response in answers)
        server.kill()
        assert {200} == set(statuses(read(world) for _ in range(10)))
        assert {422} == {world.post("/v1/outlets", {}).status_code for _ in range(10)}


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity, gzip", "GZIP", ""])
def test_compressed_body(shared_world, encoding):
    """
    A compressed body is rejected unread, so that a decompression bomb does no harm; `identity` is accepted.
    """
    for method, path in (("POST", "/v1/claims"), ("PATCH", "/v1/outlets/nobody")):
        response = shared_world.client.open(
            path,
            method=method,
            data=b"\x1f\x8b\x08" + b"\x00" * 1000,
            content_type="application/json",
            headers={**shared_world.headers, "Content-Encoding": encoding, "If-Match": "*"},
        )
        if encoding:
            assert_problem(response, 415, "unsupported-media-type")
    plain = shared_world.post("/v1/outlets", {}, headers={"Content-Encoding": "identity"})
    assert_problem(plain, 422, "invalid-body", "/name")
