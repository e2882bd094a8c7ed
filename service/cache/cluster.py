"""A client for Redis Cluster with the same interface as the client for one server."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, TypeVar

import redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.exceptions import RedisClusterException
from redis.retry import Retry

T = TypeVar("T")

HOME = "{home}"
"""The hash tag of the keys that all subjects share. A cluster stores keys with one tag on one node."""


class ClusterClient(redis.Redis):
    """A client that connects to a cluster with its first command, and so can be created without one.

    The keys of a redis-py command must share one hash tag. The methods added here take any keys. Errors have the same
    types as those of the client for one server.
    """

    def __init__(self, nodes: Iterable[tuple[str, int]], options: Mapping[str, Any]) -> None:
        """Connect on first use.

        Args:
            nodes: The addresses of some nodes, from which the others are discovered.
            options: The options of each connection.
        """
        super().__init__()  # without a connection
        self._nodes = list(nodes)
        self._options = {name: value for name, value in options.items() if name != "retry"}
        self._cluster: RedisCluster | None = None
        self._connecting = threading.Lock()

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Send a command to the node that stores its keys."""
        return self._run(lambda cluster: cluster.execute_command(*args, **options))

    def read(self, names: Sequence[str]) -> list[bytes | None]:
        """Return the values of keys in two round trips: first those with the tag HOME, then the others.

        The generation of the rankings has this tag, and writers delete in the opposite order. So as long as it is
        unchanged, the generations that were read after it are unchanged, too.
        """
        found: dict[str, bytes | None] = {}
        for is_home in (True, False):
            groups = by_hash_tag(name for name in names if (hash_tag_of(name) == HOME) is is_home)
            if groups:
                values = self.send([("MGET", *group) for group in groups])
                for group, of_group in zip(groups, values, strict=True):
                    found.update(zip(group, of_group, strict=True))
        return [found[name] for name in names]

    def remove(self, names: Iterable[str]) -> None:
        """Delete keys; those with the tag HOME are deleted last."""
        deleting = set(names)
        home = {name for name in deleting if hash_tag_of(name) == HOME}
        for part in (deleting - home, home):
            if part:
                self.send([("DEL", name) for name in part])

    def store(self, values: Mapping[str, tuple[bytes, dt.timedelta]]) -> None:
        """Store values with their times to live."""
        self.send(
            [("SET", name, value, "PX", round(life.total_seconds() * 1000)) for name, (value, life) in values.items()]
        )

    def close(self) -> None:
        """Close the connections."""
        with self._connecting:
            cluster, self._cluster = self._cluster, None
        if cluster is not None:
            cluster.close()
        super().close()

    def send(self, commands: Sequence[tuple[str | bytes | int, ...]]) -> list[Any]:
        """Send commands to the nodes that store their keys, in one pipeline, and return the responses."""

        def run(cluster: RedisCluster) -> list[Any]:
            with cluster.pipeline() as pipe:
                for command in commands:
                    pipe.execute_command(*command)
                responses: list[Any] = pipe.execute()
                return responses

        return self._run(run)

    def _run(self, call: Callable[[RedisCluster], T]) -> T:
        try:
            return call(self._connected())
        except RedisClusterException as exc:  # not a RedisError
            self.close()  # the next command asks the nodes in the URL again
            raise redis.ConnectionError(f"Redis Cluster does not work: {exc}") from exc

    def _connected(self) -> RedisCluster:
        with self._connecting:
            if self._cluster is None:
                # One retry, because after a failover the first attempt only finds the new primary.
                nodes = [ClusterNode(host, port) for host, port in self._nodes]
                self._cluster = RedisCluster(startup_nodes=nodes, retry=Retry(NoBackoff(), 1), **self._options)
            return self._cluster


def hash_tag_of(name: str) -> str:
    """Return the hash tag in the name of a key, with its braces.

    >>> hash_tag_of("borneout:1:{07}generation:herald")
    '{07}'
    """
    start = name.index("{")
    return name[start : name.index("}", start) + 1]


def by_hash_tag(names: Iterable[str]) -> list[list[str]]:
    """Group keys by hash tag."""
    return [list(group) for _, group in groupby(sorted(names, key=hash_tag_of), key=hash_tag_of)]
