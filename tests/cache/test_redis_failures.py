"""service.cache.score_cache while Redis is dead, hung, restarted, restored, full or another one"""

from __future__ import annotations

import contextlib
import socket
import threading

import pytest

from service.cache.score_cache import Answer, Question, ScoreCache
from service.telemetry.metrics import render_metrics
from tests.support.awaiting import wait_until
from tests.support.cache_questions import BYPASS, HIT, MISS, Rows, failures, long_rest, read, write
from tests.support.redis_server import SHORT, OwnRedis, own_redis, patient


@pytest.fixture
def rows():
    return Rows()


@contextlib.contextmanager
def killed(server):
    server.kill()
    yield


@pytest.mark.parametrize("hurt", [killed, OwnRedis.hung])
def test_redis_that_fails_is_left_alone(own, rows, server, hurt):
    """
    Of a hundred reads one asks a Redis that is dead or hangs, once; the others compute their answer without asking.
    """
    read(own, rows)
    with hurt(server), long_rest():
        rows.number = 1
        before = render_metrics(None).decode()
        assert [("herald 1", BYPASS)] * 100 == [read(own, rows) for _ in range(100)]
        assert {"read": 1} == failures(before)


def test_redis_refused(own, rows, server):
    """
    A Redis that was away is used again when it is back.
    """
    server.kill()
    assert ("herald 0", BYPASS) == read(own, rows)
    assert [False] * 3 == [own.answers(), own.invalidate(["herald"]), own.invalidate_after_restart()]

    server.start()

    wait_until(lambda: read(own, rows)[1] is HIT)
    assert own.answers()


def test_redis_hung(own, rows, server):
    """
    While Redis hangs, answers are right; then all is as before.
    """
    read(own, rows)
    with server.hung():
        rows.number = 1
        assert ("herald 1", BYPASS) == read(own, rows)
        assert [False] * 3 == [own.answers(), own.invalidate(["herald"]), own.invalidate_after_restart()]

    wait_until(lambda: own.invalidate(["herald"]))
    wait_until(lambda: read(own, rows)[1] is HIT)
    assert ("herald 1", HIT) == read(own, rows)
    assert write(own, rows)
    assert ("herald 2", MISS) == read(own, rows)


def test_answers_are_not_mixed_up_after_a_hang(own, server):
    """
    What Redis answers late, to a reader that has given up, is not taken for the answer to the next question.
    """
    outlets = [f"outlet-{number}" for number in range(20)]
    for about in outlets:
        own.get_or_compute([Question(about, "all")], lambda asked: [Answer(asked[0].about.encode(), "tag")])
    found = {}

    def look(about):
        answers, _ = own.get_or_compute([Question(about, "all")], lambda _: [Answer(b"computed", "tag")])
        found[about] = answers[0].body.decode()

    for _ in range(3):
        with server.hung():
            readers = [threading.Thread(target=look, args=(about,)) for about in outlets]
            for reader in readers:
                reader.start()
            for reader in readers:
                reader.join()
        wait_until(own.answers)
        for about in outlets:
            look(about)
            assert found[about] in (about, "computed")


def test_redis_restarted(own, rows, server):
    """
    A restart while nobody was asking is noticed by the connections: the first use afterwards works.
    """
    read(own, rows)
    own.invalidate(["herald"])
    server.restart()

    assert ("herald 0", MISS) == read(own, rows)
    server.restart()
    assert own.invalidate(["herald"])
    server.restart()
    assert own.answers()


def test_restored_from_an_old_snapshot(own, rows, server):
    """
    R20: a Redis that comes back with what it held long ago has that made old by the worker's next round.
    """
    own.invalidate_after_restart()
    read(own, rows)
    dump = server.save()
    write(own, rows)
    read(own, rows)
    server.restart_from(dump)
    assert ("herald 0", HIT) == read(own, rows), "the snapshot was not restored, so this tests nothing"

    assert own.invalidate_after_restart()

    assert ("herald 1", MISS) == read(own, rows)


def test_same_process_keeps_what_it_has(own, rows):
    """
    Nothing is made old while Redis is the process it was.
    """
    assert own.invalidate_after_restart()
    read(own, rows)

    assert own.invalidate_after_restart()

    assert ("herald 0", HIT) == read(own, rows)


@pytest.fixture
def full(tmp_path):
    """A Redis that has no memory left and evicts nothing."""
    with own_redis(tmp_path, maxmemory="0", maxmemory_policy="noeviction") as server:
        yield server


def test_redis_full_from_the_start(full, rows):
    """
    A Redis that takes nothing leaves answers right.
    """
    full.client.config_set("maxmemory", "1")
    with contextlib.closing(ScoreCache(full.url)) as scores:
        assert ("herald 0", BYPASS) == read(scores, rows)
        rows.number = 1
        assert ("herald 1", BYPASS) == read(scores, rows)


def test_redis_full_later_on(full, rows):
    """
    R20: a Redis that has run full still gives up what a write makes old.
    """
    with contextlib.closing(ScoreCache(full.url)) as writer, contextlib.closing(ScoreCache(full.url)) as reader:
        read(reader, rows)
        full.client.config_set("maxmemory", "1")
        assert ("herald 0", HIT) == read(reader, rows)

        assert write(writer, rows)

        assert ("herald 1", BYPASS) == read(reader, rows)
        full.client.config_set("maxmemory", "0")
        wait_until(lambda: read(reader, rows) == ("herald 1", HIT))


def fail_open(scores, rows):
    """No call of the cache raises; the answers are right."""
    with contextlib.closing(scores), long_rest():
        assert "herald 0" == read(scores, rows)[0]
        write(scores, rows)
        assert "herald 1" == read(scores, rows)[0]
        scores.invalidate_after_restart()
        scores.answers()


@pytest.mark.parametrize("setting", ["requirepass secret", "maxclients 1", "replicaof 127.0.0.1 1"])
def test_redis_that_refuses(server, rows, setting):
    """
    No error of Redis gets out: not a password that is wanted, too many clients, or a replica that is read only.
    """
    server.client.config_set(*setting.split(" ", 1)) if "replicaof" not in setting else server.client.replicaof(
        *setting.split()[1:]
    )
    fail_open(ScoreCache(server.url), rows)


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"*3\r\n$-1\r\n", b"$5\r\n\xff", None])
def test_something_else_listens_there(rows, said):
    """
    No error gets out when what listens is no Redis, closes at once, sends half an answer, or nothing at all; and each
    of the four calls that ask it asks once.
    """
    with patient(SHORT), socket.create_server(("127.0.0.1", 0)) as listener:
        held = []

        def answer():
            while True:
                with contextlib.suppress(ConnectionError):
                    connection, _ = listener.accept()
                    held.append(connection)
                    if said is None:
                        continue
                    connection.sendall(said)
                    connection.close()

        def until_closed():
            with contextlib.suppress(OSError):
                answer()

        thread = threading.Thread(target=until_closed)
        thread.start()
        try:
            fail_open(ScoreCache(f"redis://127.0.0.1:{listener.getsockname()[1]}"), rows)
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            assert 4 == len(held)
            for connection in held:
                connection.close()


def test_values_of_somebody_else(own, rows, server):
    """
    A key of ours that holds something of another kind counts as empty.
    """
    read(own, rows)
    for key in server.client.keys("*answer*"):
        server.client.delete(key)
        server.client.lpush(key, "a")

    assert ("herald 0", MISS) == read(own, rows)


def test_nobody_listens_on_the_port(rows):
    """
    A port that refuses is as good as no Redis.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        fail_open(ScoreCache(f"redis://127.0.0.1:{probe.getsockname()[1]}"), rows)
