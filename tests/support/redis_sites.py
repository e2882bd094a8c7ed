"""Several Redis servers of a test on ports: a primary with a replica and Sentinel, and a cluster"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import redis
from redis.crc import key_slot

from service.operations.redis_server import find_redis_server
from tests.support.awaiting import wait_until
from tests.support.live_service import free_port
from tests.support.redis_server import is_responding

_PRIMARY = "main"
_SLOTS = 16384
_NODE_TIMEOUT = 1000  # milliseconds until a node of a cluster, or Sentinel, believes that another one has failed


class Server:
    """A server on a port, without persistence."""

    def __init__(self, folder: Path, settings: Mapping[str, str], *, port: int | None = None) -> None:
        self.port = port or free_port()
        self.folder = folder / str(self.port)
        self.folder.mkdir(exist_ok=True)
        self.client = redis.Redis(port=self.port, socket_timeout=10)
        common = {
            "port": str(self.port),
            "bind": "127.0.0.1",
            "dir": str(self.folder),
            "save": "",
            "loglevel": "warning",
        }
        lines = [f'{name} "{value}"\n' for name, value in ({**common, "appendonly": "no"} | dict(settings)).items()]
        self._config = self.folder / "server.conf"
        self._config.write_text("".join(lines))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str) -> None:
        command = [str(find_redis_server()), str(self._config), *options]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: is_responding(self.client))

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def is_primary(self) -> bool:
        """Return whether the server is a primary."""
        with contextlib.suppress(redis.RedisError):
            return self.client.role()[0] == b"master"
        return False

    def close(self) -> None:
        self.client.close()
        self.kill()


class SentinelSite:
    """A primary, its replica, and three Sentinels that promote the replica when the primary has failed."""

    def __init__(self, folder: Path) -> None:
        self.first = Server(folder, {})
        self.second = Server(folder, {"replicaof": f"127.0.0.1 {self.first.port}"})
        self._sentinels = [Server(folder, {}) for _ in range(3)]
        hosts = ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in self._sentinels)
        self.url = f"redis+sentinel://{hosts}/{_PRIMARY}"

    def start(self) -> None:
        self.first.start()
        self.second.start()
        wait_until(lambda: self.second.client.info("replication")["master_link_status"] == "up")
        for sentinel in self._sentinels:
            sentinel.start("--sentinel")
            ask = sentinel.client.execute_command
            ask("SENTINEL", "MONITOR", _PRIMARY, "127.0.0.1", self.first.port, 2)
            for name, value in (("down-after-milliseconds", _NODE_TIMEOUT), ("failover-timeout", 5000)):
                ask("SENTINEL", "SET", _PRIMARY, name, value)
        wait_until(lambda: all(self._knows_the_others(sentinel) for sentinel in self._sentinels))

    def _knows_the_others(self, sentinel: Server) -> bool:
        state = sentinel.client.sentinel_master(_PRIMARY)
        return (int(state["num-other-sentinels"]), int(state["num-slaves"])) == (2, 1)

    def close(self) -> None:
        for server in (*self._sentinels, self.first, self.second):
            server.close()


class ClusterSite:
    """Three primaries with a replica each, which they promote when its primary has failed."""

    def __init__(self, folder: Path) -> None:
        settings = {
            "cluster-enabled": "yes",
            "cluster-node-timeout": str(_NODE_TIMEOUT),
            "cluster-config-file": "nodes",
        }
        settings |= {"cluster-replica-validity-factor": "0", "repl-diskless-sync-delay": "0"}
        self.nodes = [Server(folder, {**settings, "cluster-port": str(free_port())}) for _ in range(6)]
        self.url = "redis+cluster://" + ",".join(f"127.0.0.1:{node.port}" for node in self.nodes[:2])

    def start(self) -> None:
        for node in self.nodes:
            node.start()
        first, *others = self.nodes
        for node in others:
            [bus] = node.client.config_get("cluster-port").values()
            first.client.execute_command("CLUSTER", "MEET", "127.0.0.1", node.port, bus)
        for number, node in enumerate(self.primaries):
            edges = _SLOTS * number // 3, _SLOTS * (number + 1) // 3 - 1
            node.client.execute_command("CLUSTER", "ADDSLOTSRANGE", *edges)
        wait_until(lambda: all(self._info(node)["cluster_known_nodes"] == "6" for node in self.nodes))
        for primary, replica in zip(self.primaries, self.nodes[3:], strict=True):
            replica.client.execute_command("CLUSTER", "REPLICATE", self._id(primary))
        wait_until(lambda: all(self._info(node)["cluster_state"] == "ok" for node in self.nodes))
        wait_until(lambda: all(self._has_synced(node) for node in self.nodes[3:]))

    @property
    def primaries(self) -> Sequence[Server]:
        """The nodes that are primaries at first; the replica of number `n` is node `n + 3`."""
        return self.nodes[:3]

    def owner(self, key: str) -> Server:
        """Return the primary that stores a key."""
        slot = key_slot(key.encode())
        for start, end, primary, *_ in self.nodes[-1].client.execute_command("CLUSTER", "SLOTS"):
            if start <= slot <= end:
                return next(node for node in self.nodes if node.port == primary[1])
        raise AssertionError(f"no node has the slot {slot}")

    def move(self, key: str) -> None:
        """Move the slot of a key to the next primary, key by key, as `--cluster reshard` does."""
        slot, source = key_slot(key.encode()), self.owner(key)
        target = self.primaries[(self.primaries.index(source) + 1) % len(self.primaries)]
        target.client.execute_command("CLUSTER", "SETSLOT", slot, "IMPORTING", self._id(source))
        source.client.execute_command("CLUSTER", "SETSLOT", slot, "MIGRATING", self._id(target))
        while keys := source.client.execute_command("CLUSTER", "GETKEYSINSLOT", slot, 1):
            source.client.execute_command("MIGRATE", "127.0.0.1", target.port, keys[0], 0, 5000)
        for node in (target, source):
            node.client.execute_command("CLUSTER", "SETSLOT", slot, "NODE", self._id(target))
        wait_until(lambda: self.owner(key) is target)

    def _has_synced(self, node: Server) -> bool:
        return node.client.info("replication").get("master_link_status") == "up"

    def _id(self, node: Server) -> str:
        return str(node.client.execute_command("CLUSTER", "MYID").decode())

    def _info(self, node: Server) -> dict[str, str]:
        lines = node.client.execute_command("CLUSTER", "INFO")
        text = lines.decode() if isinstance(lines, bytes) else None
        return dict(lines) if text is None else dict(line.split(":") for line in text.split())

    def close(self) -> None:
        for node in self.nodes:
            node.close()


@contextlib.contextmanager
def run_sentinel(folder: Path) -> Iterator[SentinelSite]:
    """Run a primary, a replica and Sentinel."""
    site = SentinelSite(folder)
    try:
        site.start()
        yield site
    finally:
        site.close()


@contextlib.contextmanager
def run_cluster(folder: Path) -> Iterator[ClusterSite]:
    """Run a cluster."""
    site = ClusterSite(folder)
    try:
        site.start()
        yield site
    finally:
        site.close()
