"""service.cache.score_cache on a real Redis"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import threading

import pytest

from service.cache.score_cache import RANKING, Answer, Question, ScoreCache
from tests.support.cache_questions import BYPASS, HERALD, HIT, MISS, TRIBUNE, Rows, generations, read, write


@pytest.fixture
def rows():
    return Rows()


def test_second_read_is_a_hit(cache, rows):
    """
    What was computed once is answered from Redis, with its tag and its cursor.
    """
    answer = Answer(b'{"a":\n"\xc3\xa4"}', "tag", next_cursor="next")

    first, missed = cache.get_or_compute([HERALD], lambda _: [answer])
    second, hit = cache.get_or_compute([HERALD], rows.compute)

    assert ([answer], [answer], MISS, HIT, []) == (first, second, missed, hit, rows.asked)


def test_hit_takes_one_round_trip(own, rows, server):
    """
    A hit asks Redis one command, however many outlets are asked for.
    """
    read(own, rows, HERALD, TRIBUNE)
    server.client.config_resetstat()

    assert ("herald 0", "tribune 0", HIT) == read(own, rows, HERALD, TRIBUNE)
    stats = server.client.info("commandstats")
    assert {"cmdstat_mget": 1} == {name: of["calls"] for name, of in stats.items() if "config" not in name}


@pytest.mark.parametrize("option", ["decode_responses=true", "protocol=3", "socket_timeout=86400"])
def test_options_in_the_url(server, rows, option):
    """
    The protocol and the timeouts in the URL of Redis change nothing: a test would not end if a day counted.
    """
    with contextlib.closing(ScoreCache(f"{server.url}?{option}")) as scores:
        assert ("herald 0", MISS) == read(scores, rows)
        assert ("herald 0", HIT) == read(scores, rows)
        with server.hung():
            assert ("herald 0", BYPASS) == read(scores, rows)


def test_forget_makes_answers_old(cache, rows):
    """
    R20: after a write every answer about its outlet is computed anew, whatever was cached.
    """
    other_lens = Question("herald", "politics")
    read(cache, rows, HERALD, other_lens)

    assert write(cache, rows)
    assert ("herald 1", "herald 1", MISS) == read(cache, rows, HERALD, other_lens)


def test_forget_spares_other_outlets(cache, rows):
    """
    A write makes its own outlets' scores old, and the ranking, and no other's.
    """
    ranking = Question(RANKING, "all")
    read(cache, rows, HERALD, TRIBUNE, ranking)

    write(cache, rows)

    assert ("tribune 0", HIT) == read(cache, rows, TRIBUNE)
    assert ("* 1", MISS) == read(cache, rows, ranking)


def test_batch_partly_cached(cache, rows):
    """
    Of several outlets only those that are not cached are computed, and each stands in its place.
    """
    read(cache, rows, TRIBUNE)
    rows.number, rows.asked = 1, []
    gazette = Question("gazette", "all")

    assert ("herald 1", "tribune 0", "gazette 1", MISS) == read(cache, rows, HERALD, TRIBUNE, gazette)
    assert [HERALD, gazette] == rows.asked


def test_outlet_asked_for_twice(cache, rows):
    """
    An outlet that a batch names twice is answered twice.
    """
    assert ("herald 0", "herald 0", MISS) == read(cache, rows, HERALD, HERALD)
    assert ("herald 0", "herald 0", HIT) == read(cache, rows, HERALD, HERALD)


def test_answer_from_rows_that_changed_meanwhile(cache, rows):
    """
    R20: a reader that took its rows before a write stores its answer under the generation of then, where nobody
    takes it.
    """

    def compute(questions):
        answers = rows.compute(questions)
        write(cache, rows)
        return answers

    assert ([Answer(b"herald 0", "tag-0")], MISS) == cache.get_or_compute([HERALD], compute)
    assert ("herald 1", MISS) == read(cache, rows)


def test_slow_reader_does_not_overwrite_a_newer_answer_for_good(cache, rows):
    """
    R20: a slow reader's old answer may take the place of a newer one; it is still not served.
    """

    def compute(questions):
        answers = rows.compute(questions)
        write(cache, rows)
        assert ("herald 1", MISS) == read(cache, rows)
        return answers

    cache.get_or_compute([HERALD], compute)

    assert ("herald 1", MISS) == read(cache, rows)


def test_no_reader_sees_less_than_what_was_written_before_it_asked(redis_url):
    """
    R20: with readers and a writer on connections of their own, at full speed, no answer is older than the last write
    that had ended when it was asked for.
    """
    rows, done, stale, reads = Rows(), threading.Event(), [], itertools.count()

    def hammer():
        with contextlib.closing(ScoreCache(redis_url)) as scores:
            while not done.is_set():
                written = ended[0]
                (answer,), _ = scores.get_or_compute([HERALD], rows.compute)
                next(reads)
                if int(answer.body.split()[1]) < written:
                    stale.append(answer)

    ended = [0]
    readers = [threading.Thread(target=hammer) for _ in range(4)]
    with contextlib.closing(ScoreCache(redis_url)) as writer:
        for reader in readers:
            reader.start()
        for number in range(1, 501):
            assert write(writer, rows)
            ended[0] = number
        done.set()
        for reader in readers:
            reader.join()

    print(f"\ncache alone: {len(stale)} stale of {next(reads)} reads during 500 writes")  # noqa: T201 - a figure to look at
    assert [] == stale


def test_generations_are_random_and_never_reused(own, rows, server):
    """
    No generation comes twice, be it renewed, expired, evicted or lost with everything else.
    """
    own_tokens, shared_tokens = [], []
    for change in [lambda: own.invalidate(["herald"]), server.client.flushall] * 5:
        read(own, rows)
        token, shared = generations(server.client)
        own_tokens.append(token)
        shared_tokens.append(shared)
        change()

    assert (10, 5) == (len(set(own_tokens)), len(set(shared_tokens)))
    assert all(len(bytes.fromhex(token.decode())) == 8 for token in [*own_tokens, *shared_tokens])


@pytest.mark.parametrize("lost", ["*generation", "*generation:*", "*answer*", "*"])
def test_lost_keys_only_cost_time(own, rows, server, lost):
    """
    Whatever Redis evicts, what is left is not taken for new.
    """
    read(own, rows)
    rows.number = 1
    server.client.delete(*server.client.keys(lost))

    assert ("herald 1", MISS) == read(own, rows)
    assert ("herald 1", HIT) == read(own, rows)


def test_answer_expires_when_it_stops_being_right(cache, rows):
    """
    An answer that the passing of time makes wrong is gone by then.
    """
    read(cache, rows, HERALD)
    rows.expires_at = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5)
    read(cache, rows, TRIBUNE)

    always, for_a_while = (
        dt.timedelta(milliseconds=cache.link.writer.pttl(f"borneout:2:answer:{name}:all"))
        for name in ("herald", "tribune")
    )
    assert dt.timedelta() < for_a_while <= dt.timedelta(minutes=5) < always


def test_answer_already_expired_is_not_kept(cache, rows):
    """
    An answer whose time ran out while it was computed is given and not kept.
    """
    rows.expires_at = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)

    assert ("herald 0", MISS) == read(cache, rows)
    assert ("herald 0", MISS) == read(cache, rows)


def test_nothing_is_kept_for_good(own, rows, server):
    """
    Every key has an end, so that what nobody asks for any more goes by itself.
    """
    read(own, rows)
    own.invalidate(["herald"])
    read(own, rows)

    assert all(0 < server.client.ttl(key) <= 86400 for key in server.client.keys("*"))


def test_readers_share_a_cache(redis_url, rows):
    """
    Threads use one cache at once, as the threads of a gunicorn worker do.
    """
    with contextlib.closing(ScoreCache(redis_url)) as scores:
        bodies = []

        def look():
            bodies.extend(read(scores, rows)[0] for _ in range(100))

        threads = [threading.Thread(target=look) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert ["herald 0"] * 800 == bodies
