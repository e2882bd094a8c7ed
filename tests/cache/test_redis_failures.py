"""service.cache.score_cache while Redis is dead, hung, restarted, restored, full or another server"""

from __future__ import annotations

import contextlib
import socket
import threading

import pytest

from service.cache.invalidation import invalidate
from service.cache.redis_link import CacheState
from service.cache.score_cache import CacheKey, EncodedResponse, ScoreCache
from service.telemetry.metrics import render_metrics
from tests.support.awaiting import wait_until
from tests.support.cache_questions import (
    BYPASS,
    DATABASE,
    HIT,
    MISS,
    Rows,
    circuit_stays_open,
    failures,
    proven_cache,
    read,
    write,
)
from tests.support.redis_server import SHORT, PrivateRedis, prove, redis_timeouts, run_private_redis


@pytest.fixture
def rows():
    return Rows()


@contextlib.contextmanager
def killed(private_redis):
    private_redis.kill()
    yield


@pytest.mark.parametrize("hurt", [killed, PrivateRedis.hung])
def test_circuit_opens_after_a_failure(private_cache, rows, private_redis, hurt):
    """
    After a failure the circuit is open: of a hundred reads only the first tries Redis.
    """
    read(private_cache, rows)
    with hurt(private_redis), circuit_stays_open():
        rows.number = 1
        before = render_metrics(None).decode()
        assert [("herald 1", BYPASS)] * 100 == [read(private_cache, rows) for _ in range(100)]
        assert {"read": 1} == failures(before)


def test_redis_refused(private_cache, rows, private_redis):
    """
    Redis is used again after it was unavailable.
    """
    private_redis.kill()
    assert ("herald 0", BYPASS) == read(private_cache, rows)
    assert (CacheState.AWAY, False) == (private_cache.link.state(), invalidate(private_cache, ["herald"]))

    private_redis.start()
    prove(private_cache)

    wait_until(lambda: read(private_cache, rows)[1] is HIT)
    assert CacheState.OK is private_cache.link.state()


def test_redis_hung(private_cache, rows, private_redis):
    """
    While Redis hangs, responses are correct; afterwards the cache works again.
    """
    read(private_cache, rows)
    with private_redis.hung():
        rows.number = 1
        assert ("herald 1", BYPASS) == read(private_cache, rows)
        assert (CacheState.AWAY, False) == (private_cache.link.state(), invalidate(private_cache, ["herald"]))

    wait_until(lambda: invalidate(private_cache, ["herald"]))
    wait_until(lambda: read(private_cache, rows)[1] is HIT)
    assert ("herald 1", HIT) == read(private_cache, rows)
    assert write(private_cache, rows)
    assert ("herald 2", MISS) == read(private_cache, rows)


def test_late_replies_are_dropped(private_cache, private_redis):
    """
    A late reply of Redis is not taken for the reply to the next request.
    """
    outlets = [f"outlet-{number}" for number in range(20)]
    for slug in outlets:
        private_cache.get_or_compute(
            [CacheKey(slug, "all")], lambda keys: [EncodedResponse(keys[0].subject.encode(), "tag")]
        )
    found = {}

    def look(slug):
        answers, _ = private_cache.get_or_compute(
            [CacheKey(slug, "all")], lambda _: [EncodedResponse(b"computed", "tag")]
        )
        found[slug] = answers[0].body.decode()

    for _ in range(3):
        with private_redis.hung():
            readers = [threading.Thread(target=look, args=(slug,)) for slug in outlets]
            for reader in readers:
                reader.start()
            for reader in readers:
                reader.join()
        wait_until(lambda: private_cache.link.state() is CacheState.OK)
        for slug in outlets:
            look(slug)
            assert found[slug] in (slug, "computed")


def test_redis_restarted(private_cache, rows, private_redis):
    """
    The first operation after a restart of Redis succeeds. Cached scores are used again when the worker has proven it.
    """
    read(private_cache, rows)
    invalidate(private_cache, ["herald"])
    private_redis.restart()

    assert ("herald 0", BYPASS) == read(private_cache, rows)
    private_redis.restart()
    assert invalidate(private_cache, ["herald"])
    private_redis.restart()
    assert CacheState.UNPROVEN is private_cache.link.state()
    prove(private_cache)
    assert ("herald 0", MISS) == read(private_cache, rows)


@pytest.fixture
def full(tmp_path):
    """A Redis without free memory that evicts nothing."""
    with run_private_redis(tmp_path, maxmemory="0", maxmemory_policy="noeviction") as server:
        yield server


def test_redis_full_from_the_start(full, rows):
    """
    Responses are correct with a Redis that stores nothing.
    """
    with proven_cache(full.url) as scores:
        full.client.config_set("maxmemory", "1")
        assert ("herald 0", BYPASS) == read(scores, rows)
        rows.number = 1
        assert ("herald 1", BYPASS) == read(scores, rows)


def test_redis_that_becomes_full(full, rows):
    """
    R20: a full Redis still invalidates.
    """
    with proven_cache(full.url) as writer, proven_cache(full.url) as reader:
        read(reader, rows)
        full.client.config_set("maxmemory", "1")
        assert ("herald 0", HIT) == read(reader, rows)

        assert write(writer, rows)

        assert ("herald 1", BYPASS) == read(reader, rows)
        full.client.config_set("maxmemory", "0")
        wait_until(lambda: read(reader, rows) == ("herald 1", HIT))


def fail_open(scores, rows):
    """Check that no method of the cache raises, and that responses are correct."""
    with contextlib.closing(scores), circuit_stays_open():
        assert "herald 0" == read(scores, rows)[0]
        write(scores, rows)
        assert "herald 1" == read(scores, rows)[0]
        scores.link.state()


@pytest.mark.parametrize("setting", ["requirepass secret", "maxclients 1", "replicaof 127.0.0.1 1"])
def test_errors_of_redis(private_redis, rows, setting):
    """
    Errors of Redis do not propagate: a missing password, too many clients, or a read-only replica.
    """
    private_redis.client.config_set(
        *setting.split(" ", 1)
    ) if "replicaof" not in setting else private_redis.client.replicaof(*setting.split()[1:])
    fail_open(ScoreCache(private_redis.url, lambda: DATABASE), rows)


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"*3\r\n$-1\r\n", b"$5\r\n\xff", None])
def test_another_server_on_the_port(rows, sent):
    """
    No error propagates if the server is not Redis, closes at once, or sends half a reply or none; each of three
    calls tries once.
    """
    with redis_timeouts(SHORT), socket.create_server(("127.0.0.1", 0)) as listener:
        connections = []

        def serve():
            while True:
                with contextlib.suppress(ConnectionError):
                    connection, _ = listener.accept()
                    connections.append(connection)
                    if sent is None:
                        continue
                    connection.sendall(sent)
                    connection.close()

        def until_closed():
            with contextlib.suppress(OSError):
                serve()

        thread = threading.Thread(target=until_closed)
        thread.start()
        try:
            fail_open(ScoreCache(f"redis://127.0.0.1:{listener.getsockname()[1]}", lambda: DATABASE), rows)
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            assert 3 == len(connections)
            for connection in connections:
                connection.close()


def test_values_of_another_type(private_cache, rows, private_redis):
    """
    A key with a value of another type counts as empty.
    """
    read(private_cache, rows)
    for key in private_redis.client.keys("*response*"):
        private_redis.client.delete(key)
        private_redis.client.lpush(key, "a")

    assert ("herald 0", MISS) == read(private_cache, rows)


def test_refused_connection(rows):
    """
    A refused connection counts as a failed Redis.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        fail_open(ScoreCache(f"redis://127.0.0.1:{probe.getsockname()[1]}", lambda: DATABASE), rows)
