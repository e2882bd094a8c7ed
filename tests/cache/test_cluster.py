"""The cache on a Redis Cluster of three primaries, each with a replica"""

from __future__ import annotations

import contextlib
from functools import partial

import pytest
import redis

from service.cache.cluster import by_hash_tag
from service.cache.delivery import Delivery
from service.cache.invalidation import invalidate, invalidate_all
from service.cache.redis_link import HASH_TAGS, RANKING, CacheState, generation_key
from service.cache.redis_url import connect
from service.cache.score_cache import CacheKey, ScoreCache
from service.storage.identity import database_id
from tests.support.cache_questions import BYPASS, HERALD, HIT, MISS, Rows, read
from tests.support.redis_sites import run_cluster

pytestmark = pytest.mark.sqlite_alone

QUESTIONS = [CacheKey(f"outlet-{number}", "all") for number in range(300)]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A cluster."""
    with run_cluster(tmp_path_factory.mktemp("cluster")) as site:
        yield site


@pytest.fixture
def cache(cluster, db):
    """A cache on the cluster."""
    with contextlib.closing(ScoreCache(cluster.url, partial(database_id, db))) as scores:
        yield scores


def test_scores_of_all_nodes(cache, db, cluster):
    """
    R20: scores are stored on all nodes and read from them together. A write invalidates the outlet and the rankings,
    and a node that has lost the last writes invalidates everything.
    """
    rows, worker = Rows(), Delivery(db, cache.link)
    assert BYPASS is read(cache, rows, HERALD)[-1]
    assert worker.run()
    assert (CacheState.OK, []) == (cache.link.state(), cache.link.refused_commands())

    assert [MISS, HIT] == [read(cache, rows, *QUESTIONS)[-1] for _ in range(2)]
    assert all(node.client.dbsize() > 50 for node in cluster.primaries)
    stamps = cache.stamps([RANKING, "outlet-1", "outlet-2"])
    rows.number = 1
    assert invalidate(cache, ["outlet-1"])
    assert ["outlet-2"] == [name for name, stamp in cache.stamps(stamps).items() if stamp == stamps[name]]
    assert ("outlet-0 0", "outlet-1 1", "outlet-2 0") == read(cache, rows, *QUESTIONS[:3])[:3]
    assert invalidate_all(cache)
    assert MISS is read(cache, rows, *QUESTIONS)[-1]

    assert worker.run()
    assert HIT is read(cache, rows, *QUESTIONS)[-1]
    generation = generation_key(cache.link.prefix, "outlet-7")
    for mark in cluster.owner(generation).client.keys("*mark:*"):
        cache.link.writer.delete(mark)
    assert worker.run()
    assert MISS is read(cache, rows, *QUESTIONS)[-1]


def test_home_is_read_first_and_deleted_last(cache, db):
    """
    R20: an unchanged generation of the rankings proves that no outlet read after it has changed, because the shared
    keys are read before those of outlets and deleted after them.
    """
    assert Delivery(db, cache.link).run()
    names = [generation_key(cache.link.prefix, subject) for subject in ("herald", RANKING, None, "tribune")]
    sent = []
    send = cache.link.reader.send
    for client in (cache.link.reader, cache.link.writer):
        client.send = lambda commands: (
            sent.append({name for command in commands for name in command[1:]}) or send(commands)
        )

    cache.link.read(names)
    cache.link.remove(names)

    home, others = set(names[1:3]), {names[0], names[3]}
    assert [home, others, others, home] == sent


def test_cluster_that_is_away():
    """
    A client of a cluster that is away is created, and its commands raise the error of a server that is away.
    """
    client = connect("redis+cluster://127.0.0.1:1", timeout=1)
    with pytest.raises(redis.ConnectionError, match="Redis Cluster does not work"):
        client.get("a")


def test_hash_tags():
    """
    Outlets share 64 hash tags, and the keys of an outlet have one of them.
    """
    names = [generation_key("borneout:1:", f"outlet-{number}") for number in range(2000)]
    assert {64} == {len(by_hash_tag(names)), len(HASH_TAGS)}
