"""service.cache.score_cache with a real Redis"""

from __future__ import annotations

import datetime as dt
import itertools
import threading

import pytest

from service.cache.invalidation import invalidate
from service.cache.redis_link import RANKING
from service.cache.score_cache import CacheKey, EncodedResponse, response_key
from tests.support.cache_questions import (
    BYPASS,
    HERALD,
    HIT,
    MISS,
    TRIBUNE,
    Rows,
    generations,
    proven_cache,
    read,
    write,
)
from tests.support.redis_server import prove


@pytest.fixture
def rows():
    return Rows()


def test_second_read_is_a_hit(cache, rows):
    """
    A computed response is read from Redis afterwards, with its ETag and cursor.
    """
    response = EncodedResponse(b'{"a":\n"\xc3\xa4"}', "tag", next_cursor="next")

    first, missed = cache.get_or_compute([HERALD], lambda _: [response])
    second, hit = cache.get_or_compute([HERALD], rows.compute)

    assert ([response], [response], MISS, HIT, []) == (first, second, missed, hit, rows.asked)


def test_hit_takes_one_round_trip(private_cache, rows, private_redis):
    """
    A hit takes one Redis command, however many outlets are read.
    """
    read(private_cache, rows, HERALD, TRIBUNE)
    private_redis.client.config_resetstat()

    assert ("herald 0", "tribune 0", HIT) == read(private_cache, rows, HERALD, TRIBUNE)
    stats = private_redis.client.info("commandstats")
    assert {"cmdstat_mget": 1} == {name: of["calls"] for name, of in stats.items() if "config" not in name}


@pytest.mark.parametrize("option", ["decode_responses=true", "protocol=3", "socket_timeout=86400"])
def test_options_in_the_url(private_redis, rows, option):
    """
    The protocol and the timeouts in the Redis URL have no effect: with a timeout of a day the test would hang.
    """
    with proven_cache(f"{private_redis.url}?{option}") as scores:
        assert ("herald 0", MISS) == read(scores, rows)
        assert ("herald 0", HIT) == read(scores, rows)
        with private_redis.hung():
            assert ("herald 0", BYPASS) == read(scores, rows)


def test_write_invalidates_its_outlet(cache, rows):
    """
    R20: a write invalidates all cached responses about its outlet.
    """
    other_lens = CacheKey("herald", "politics")
    read(cache, rows, HERALD, other_lens)

    assert write(cache, rows)
    assert ("herald 1", "herald 1", MISS) == read(cache, rows, HERALD, other_lens)


def test_write_invalidates_no_other_outlet(cache, rows):
    """
    A write invalidates the responses about its outlet and the ranking, and no others.
    """
    ranking = CacheKey(RANKING, "all")
    read(cache, rows, HERALD, TRIBUNE, ranking)

    write(cache, rows)

    assert ("tribune 0", HIT) == read(cache, rows, TRIBUNE)
    assert ("* 1", MISS) == read(cache, rows, ranking)


def test_batch_partly_cached(cache, rows):
    """
    Of several outlets only the uncached are computed, and the order is kept.
    """
    read(cache, rows, TRIBUNE)
    rows.number, rows.asked = 1, []
    gazette = CacheKey("gazette", "all")

    assert ("herald 1", "tribune 0", "gazette 1", MISS) == read(cache, rows, HERALD, TRIBUNE, gazette)
    assert [HERALD, gazette] == rows.asked


def test_outlet_named_twice(cache, rows):
    """
    An outlet that a batch names twice is returned twice.
    """
    assert ("herald 0", "herald 0", MISS) == read(cache, rows, HERALD, HERALD)
    assert ("herald 0", "herald 0", HIT) == read(cache, rows, HERALD, HERALD)


def test_write_during_a_read(cache, rows):
    """
    R20: a response computed before a write is stored under the old generation and never served.
    """

    def compute(keys):
        responses = rows.compute(keys)
        write(cache, rows)
        return responses

    assert ([EncodedResponse(b"herald 0", "tag-0")], MISS) == cache.get_or_compute([HERALD], compute)
    assert ("herald 1", MISS) == read(cache, rows)


def test_slow_reader_overwrites_a_newer_response(cache, rows):
    """
    R20: an old response that overwrites a newer one is never served.
    """

    def compute(keys):
        responses = rows.compute(keys)
        write(cache, rows)
        assert ("herald 1", MISS) == read(cache, rows)
        return responses

    cache.get_or_compute([HERALD], compute)

    assert ("herald 1", MISS) == read(cache, rows)


def test_no_stale_reads_under_load(redis_url):
    """
    R20: with concurrent readers and a writer, no response is older than the last write that ended before the read.
    """
    rows, done, stale, reads = Rows(), threading.Event(), [], itertools.count()

    def hammer():
        with proven_cache(redis_url) as scores:
            while not done.is_set():
                written = ended[0]
                (response,), _ = scores.get_or_compute([HERALD], rows.compute)
                next(reads)
                if int(response.body.split()[1]) < written:
                    stale.append(response)

    ended = [0]
    readers = [threading.Thread(target=hammer) for _ in range(4)]
    with proven_cache(redis_url) as writer:
        for reader in readers:
            reader.start()
        for number in range(1, 501):
            assert write(writer, rows)
            ended[0] = number
        done.set()
        for reader in readers:
            reader.join()

    print(f"\ncache alone: {len(stale)} stale of {next(reads)} reads during 500 writes")  # noqa: T201 - for information
    assert [] == stale


def test_generations_are_random_and_never_reused(private_cache, rows, private_redis):
    """
    No generation comes back after an invalidation or a loss of all keys.
    """
    own_tokens, shared_tokens = [], []
    for change in [lambda: invalidate(private_cache, ["herald"]), private_redis.client.flushall] * 5:
        prove(private_cache)
        read(private_cache, rows)
        token, shared = generations(private_redis.client)
        own_tokens.append(token)
        shared_tokens.append(shared)
        change()

    assert (10, 5) == (len(set(own_tokens)), len(set(shared_tokens)))
    assert all(len(bytes.fromhex(token.decode())) == 8 for token in [*own_tokens, *shared_tokens])


@pytest.mark.parametrize("lost", ["*generation", "*generation:*", "*response*", "*"])
def test_evicted_keys(private_cache, rows, private_redis, lost):
    """
    If Redis evicts some keys, the remaining ones are not served as current.
    """
    read(private_cache, rows)
    rows.number = 1
    private_redis.client.delete(*private_redis.client.keys(lost))
    prove(private_cache)

    assert ("herald 1", MISS) == read(private_cache, rows)
    assert ("herald 1", HIT) == read(private_cache, rows)


def test_expiry_of_a_response(cache, rows):
    """
    A response with `expires_at` expires then.
    """
    read(cache, rows, HERALD)
    rows.expires_at = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5)
    read(cache, rows, TRIBUNE)

    default, shorter = (
        dt.timedelta(milliseconds=cache.link.writer.pttl(response_key(cache.link.prefix, CacheKey(name, "all"))))
        for name in ("herald", "tribune")
    )
    assert dt.timedelta() < shorter <= dt.timedelta(minutes=5) < default


def test_expired_response_is_not_stored(cache, rows):
    """
    A response that expired while it was computed is returned and not stored.
    """
    rows.expires_at = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)

    assert ("herald 0", MISS) == read(cache, rows)
    assert ("herald 0", MISS) == read(cache, rows)


def test_every_key_expires(private_cache, rows, private_redis):
    """
    Every key has a time to live.
    """
    read(private_cache, rows)
    invalidate(private_cache, ["herald"])
    read(private_cache, rows)

    assert all(0 < private_redis.client.ttl(key) <= 86400 for key in private_redis.client.keys("*"))


def test_readers_share_a_cache(redis_url, rows):
    """
    Threads can share a cache, as the threads of a gunicorn worker do.
    """
    with proven_cache(redis_url) as scores:
        bodies = []

        def look():
            bodies.extend(read(scores, rows)[0] for _ in range(100))

        threads = [threading.Thread(target=look) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert ["herald 0"] * 800 == bodies
