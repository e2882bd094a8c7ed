"""service.access.limits: quotas, and counting across processes"""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.access import limits
from service.access.limits import Limiter, Limits, Quota
from service.cache.redis_link import RedisLink
from service.telemetry.metrics import render_metrics
from tests.support.awaiting import later, wait_until
from tests.support.cache_questions import DATABASE, circuit_stays_open, failures
from tests.support.redis_server import run_private_redis

FEW = Quota(5, 3600)  # no test takes an hour, so no window ends in the middle of one


@pytest.fixture
def link(redis_url):
    with contextlib.closing(RedisLink(redis_url, lambda: DATABASE)) as link:
        yield link


def used_up(limiter, quota, who="ip:192.0.2.1"):
    """Count calls until one is over the quota, and return the number of allowed ones."""
    for count in range(quota.calls + 1000):
        if limiter.count("reads", who, quota).is_over:
            return count
    raise AssertionError("no end")


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("reads=6000/m,writes=600/m", Limits(Quota(6000, 60), Quota(600, 60))),
        ("writes=10/s", Limits(writes=Quota(10, 1))),
        ("failures=1/h , reads=999999999/s", Limits(reads=Quota(999_999_999, 1), failures=Quota(1, 3600))),
    ],
)
def test_limits_are_read(text, limits):
    """
    Limits are parsed as a number of calls per second, minute or hour; missing ones keep their defaults.
    """
    assert limits == Limits.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "on",
        "5/m",
        "reads=0/m",
        "reads=5",
        "reads=-5/m",
        "reads=5/d",
        "reads=5/m,reads=6/m",
        "all=5/m",
        "reads=\u0665/m",
    ],
)
def test_what_is_no_limit(text):
    """
    Malformed limits are rejected.
    """
    with pytest.raises(ValueError, match=r"number of calls|at most once"):
        Limits.parse(text)


def test_calls_that_count_like_several(link):
    """
    A call may count like several. If fewer are left it is rejected, and smaller ones are still allowed.
    """
    limiter = Limiter(link)

    standings = [limiter.count("reads", "key:a", FEW, calls=calls) for calls in (3, 3, 2, 1)]

    assert [(2, False), (2, True), (0, False), (0, True)] == [
        (standing.remaining, standing.is_over) for standing in standings
    ]


def test_large_calls_of_a_large_quota(link):
    """
    A call that counts like more than a process takes at a time is counted in full, by all processes together.
    """
    quota, one, two = Quota(40_000, 3600), Limiter(link), Limiter(link)

    taken = [limiter.count("reads", "key:a", quota, calls=15_000) for limiter in (one, two, one)]

    assert [False, False, True] == [standing.is_over for standing in taken]
    assert 10_000 >= taken[-1].remaining


def test_calls_up_to_the_quota(link):
    """
    Calls are allowed up to the quota, each reducing the remaining number by one; all later ones are rejected.
    """
    limiter = Limiter(link)
    standings = [limiter.count("reads", "key:a", FEW) for _ in range(8)]

    assert [4, 3, 2, 1, 0, 0, 0, 0] == [standing.remaining for standing in standings]
    assert [False] * 5 + [True] * 3 == [standing.is_over for standing in standings]
    assert {
        "RateLimit-Policy": '"reads";q=5;w=3600',
        "RateLimit": f'"reads";r=4;t={standings[0].resets_in}',
    } == standings[0].headers()
    assert 0 < standings[0].resets_in <= 3600


@pytest.mark.parametrize(
    "quota", [Quota(1, 3600), Quota(2, 3600), FEW, Quota(20_000, 3600), Quota(30_002, 3600)], ids=str
)
def test_a_process_gets_all_of_a_quota(link, quota):
    """
    A single process can use the whole quota, in shares of any size.
    """
    assert quota.calls == used_up(Limiter(link), quota)


@pytest.mark.parametrize("quota", [Quota(40, 3600), Quota(20_000, 3600)], ids=str)
def test_processes_share_a_quota(redis_url, quota):
    """
    Four processes with sixteen threads share one quota, except for the unused rest of a thread's share.
    """
    with contextlib.ExitStack() as stack:
        links = [stack.enter_context(contextlib.closing(RedisLink(redis_url, lambda: DATABASE))) for _ in range(4)]
        limiters = [Limiter(each) for each in links]

        def call(number):
            return not limiters[number % 4].count("writes", "key:a", quota).is_over

        with ThreadPoolExecutor(16) as pool:
            allowed = sum(pool.map(call, range(quota.calls + 400)))

    assert quota.calls - 16 * max(0, quota.calls // 10_000 - 1) <= allowed <= quota.calls


def test_quotas_are_apart(link):
    """
    Using up one quota does not affect the other quotas of a client, nor other clients.
    """
    limiter = Limiter(link)
    used_up(limiter, FEW)

    assert 4 == limiter.count("reads", "ip:192.0.2.2", FEW).remaining
    assert 4 == limiter.count("writes", "ip:192.0.2.1", FEW).remaining


def test_window_ends(link):
    """
    At the end of a window, in Redis and in the process, the whole quota is available again. Until then the status has
    the number of seconds left.
    """
    limiter, key = Limiter(link), f"{link.prefix}calls:reads:ip:192.0.2.1"
    assert 5 == used_up(limiter, FEW)
    assert 0 < limiter.count("reads", "ip:192.0.2.1", FEW).resets_in <= 3600
    assert 0 < link.reader.ttl(key) <= 3600
    link.writer.pexpire(key, 1)
    wait_until(lambda: not link.reader.exists(key))

    with later(3600):
        assert 5 == used_up(limiter, FEW)


def test_who_is_refused_does_not_reach_redis(tmp_path):
    """
    A client over its quota is rejected without Redis; while Redis is unavailable, other clients are allowed.
    """
    with run_private_redis(tmp_path) as server, contextlib.closing(RedisLink(server.url, lambda: DATABASE)) as link:
        limiter = Limiter(link)
        used_up(limiter, FEW)
        server.kill()

        assert limiter.count("reads", "ip:192.0.2.1", FEW).is_over
        assert limiter.known_over("reads", "ip:192.0.2.1", FEW).is_over
        assert limiter.count("reads", "ip:192.0.2.2", FEW) is None
        assert limiter.known_over("reads", "ip:192.0.2.2", FEW) is None
        server.start()
        wait_until(lambda: limiter.count("reads", "ip:192.0.2.2", FEW))


def test_redis_hangs(tmp_path):
    """
    After one timeout, Redis is not called again for a while.
    """
    before = render_metrics(None).decode()
    with (
        circuit_stays_open(),
        run_private_redis(tmp_path) as server,
        contextlib.closing(RedisLink(server.url, lambda: DATABASE)) as link,
    ):
        limiter = Limiter(link)
        assert 4 == limiter.count("reads", "key:a", FEW).remaining
        with server.hung():
            assert [None] * 100 == [limiter.count("reads", "key:b", FEW) for _ in range(100)]
    assert {"limit": 1} == failures(before)


def test_redis_loses_what_it_counted(link):
    """
    If Redis is emptied, or restarted without the script, a new window begins.
    """
    limiter = Limiter(link)
    for forget in (link.writer.flushall, link.writer.script_flush):
        limiter.count("reads", "key:a", FEW)
        forget()
        assert limiter.count("reads", "key:a", FEW) is not None


def test_window_that_would_never_end(link):
    """
    A counter that has lost its expiry gets a new one.
    """
    link.writer.set(f"{link.prefix}calls:reads:key:a", 2)

    standing = Limiter(link).count("reads", "key:a", FEW)

    assert 2 == standing.remaining
    assert 0 < standing.resets_in <= 3600


def test_memory_has_an_end(link, monkeypatch):
    """
    A process remembers a limited number of clients.
    """
    monkeypatch.setattr(limits, "_REMEMBERED", 5)
    limiter = Limiter(link)
    for number in range(12):
        limiter.count("reads", f"ip:{number}", FEW)

    assert 0 < len(limiter._shares) <= 5  # noqa: SLF001 - nowhere else to be seen
