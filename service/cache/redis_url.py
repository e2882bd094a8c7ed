"""Parse the URL of Redis: one server, a primary found through Sentinel, or Redis Cluster."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urlsplit

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel, SentinelConnectionPool

from service.cache.cluster import ClusterClient

_OF_SEVERAL_HOSTS = ("redis+sentinel://", "rediss+sentinel://", "redis+cluster://", "rediss+cluster://")
SCHEMES = ("redis://", "rediss://", "unix://", *_OF_SEVERAL_HOSTS)
_PARTS = re.compile(r"([a-z+]+)://(?:([^/?#]*)@)?([^/?#@]*)(?:/([^/?#]*))?(/[^?#]*)?(?:\?(.*))?", re.DOTALL)
_HOST = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::([0-9]{1,5}))?|([^\[\]:]+)(?::([0-9]{1,5}))?", re.ASCII)
_PORTS = {"sentinel": 26379, "cluster": 6379}
_BOOLEAN = "true|false|yes|no|1|0"
_SECONDS = r"[0-9]{1,9}(\.[0-9]{1,9})?"
_OPTION_VALUES = {
    "db": "[0-9]{1,9}",
    "health_check_interval": "[0-9]{1,9}",
    "max_connections": "0*[1-9][0-9]{0,8}",
    "socket_connect_timeout": _SECONDS,
    "socket_keepalive": _BOOLEAN,
    "socket_timeout": _SECONDS,
    "ssl_cert_reqs": "none|optional|required",
    "ssl_check_hostname": _BOOLEAN,
}
_OPTIONS = frozenset(
    {
        *_OPTION_VALUES,
        "client_name",
        "password",
        "ssl_ca_certs",
        "ssl_ca_path",
        "ssl_certfile",
        "ssl_keyfile",
        "ssl_password",
        "username",
    }
)
"""The options of redis-py that are allowed in a URL and are not set by `connect`."""
_OF_SENTINEL = ("sentinel_username", "sentinel_password")
"""The URL options with the user for Sentinel itself, which has its own users."""


@dataclass(frozen=True, slots=True)
class _Hosts:
    """The parts of a URL with several hosts, of Sentinel or a cluster."""

    scheme: str
    nodes: list[tuple[str, int]]
    service: str
    """The name by which Sentinel finds the primary; empty for a cluster."""
    one_server: str
    """The URL of one server with the same user, database and options."""
    of_sentinel: dict[str, str]
    """The user name and password for Sentinel itself."""

    @property
    def is_secure(self) -> bool:
        """Whether the connections use TLS."""
        return self.scheme.startswith("rediss")


def connect(url: str, *, timeout: float) -> redis.Redis:
    """Return a client that connects with its first command and never retries; the timeout is in seconds."""
    # By default redis-py retries ten times, which takes 4 s per call if nothing listens. RESP2, because with RESP3 the
    # pool does not notice that a restart closed an idle connection. Options in the URL do not override these.
    fixed: dict[str, object] = {
        "protocol": 2,
        "decode_responses": False,
        "socket_timeout": timeout,
        "socket_connect_timeout": timeout,
        "retry": Retry(NoBackoff(), 0),
    }
    if not url.startswith(_OF_SEVERAL_HOSTS):
        pool = redis.ConnectionPool.from_url(url)
        pool.connection_kwargs |= fixed
        return redis.Redis.from_pool(pool)
    hosts = _parse_hosts(url)
    given = redis.connection.parse_url(hosts.one_server)
    options = {name: value for name, value in given.items() if name not in ("host", "connection_class")} | fixed
    if hosts.scheme.endswith("cluster"):
        return ClusterClient(hosts.nodes, options | {"ssl": hosts.is_secure})
    tls = {name: value for name, value in options.items() if name.startswith("ssl_")} | {"ssl": hosts.is_secure}
    sentinel = Sentinel(hosts.nodes, sentinel_kwargs=fixed | tls | hosts.of_sentinel)
    return redis.Redis.from_pool(SentinelConnectionPool(hosts.service, sentinel, ssl=hosts.is_secure, **options))


def check_redis_url(url: str) -> None:
    """Check that the Redis client accepts a URL, without connecting.

    Raises:
        ValueError: The client would reject the URL. The message follows "it must be a URL" and contains no secret.
    """
    one_server = _parse_hosts(url).one_server if url.startswith(_OF_SEVERAL_HOSTS) else url
    _check_one_server(one_server)
    try:
        with connect(one_server, timeout=1.0) as client:
            client.connection_pool.make_connection()
    except (TypeError, ValueError, LookupError, OSError, redis.RedisError):
        raise ValueError("with options that its client accepts") from None


def _check_one_server(url: str) -> None:
    try:
        parsed = urlsplit(url)
        port = parsed.port
        url.encode()
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError("in UTF-8 with a number from 1 to 65535 as its port")
    if parsed.scheme == "unix":
        if parsed.netloc.rpartition("@")[2] or not parsed.path.strip("/"):
            raise ValueError("with the absolute path of a socket, such as unix:///run/redis.sock")
    elif not parsed.hostname or not re.fullmatch("/?[0-9]{0,9}", parsed.path, re.ASCII):
        raise ValueError("with a host, and the number of a database or nothing as its path")
    given = parse_qs(parsed.query, keep_blank_values=True)
    if not _OPTIONS.issuperset(given):
        raise ValueError("with options that exist")
    for name, values in given.items():
        valid = re.compile(_OPTION_VALUES.get(name, ".*"), re.ASCII | re.IGNORECASE | re.DOTALL)
        if not all(map(valid.fullmatch, values)):
            raise ValueError(f"with a valid value for the option {name}")


def _parse_hosts(url: str) -> _Hosts:
    """Parse a URL of Sentinel or of a cluster.

    Raises:
        ValueError: A part is missing or wrong. The message follows "it must be a URL".
    """
    parts = _PARTS.fullmatch(url)
    if parts is None:
        raise ValueError("with hosts, each with the number of its port, such as a:26379,b:26379")
    scheme, user, hosts, name, database, query = (part or "" for part in parts.groups())
    kind = scheme.partition("+")[2]
    nodes = [_parse_host(host, default_port=_PORTS[kind]) for host in hosts.split(",")]
    given = parse_qsl(query, keep_blank_values=True)
    if kind == "sentinel" and not name:
        raise ValueError("with the name of the primary as its path, such as redis+sentinel://a:26379,b:26379/main")
    if kind == "cluster" and (name or database or "db" in dict(given)):
        raise ValueError("without a path or db, because Redis Cluster has one database")
    of_sentinel = {key.removeprefix("sentinel_"): value for key, value in given if key in _OF_SENTINEL}
    rest = urlencode([(key, value) for key, value in given if kind == "cluster" or key not in _OF_SENTINEL])
    one_server = f"{scheme.partition('+')[0]}://{user}{'@' if user else ''}host{database}{'?' if rest else ''}{rest}"
    return _Hosts(scheme, nodes, unquote(name), one_server, of_sentinel)


def _parse_host(text: str, *, default_port: int) -> tuple[str, int]:
    if (found := _HOST.fullmatch(text)) is None:
        raise ValueError("with hosts, each with the number of its port, such as a:26379,b:26379")
    port = int(found[2] or found[4] or default_port)
    if not 0 < port < 1 << 16:
        raise ValueError("with a number from 1 to 65535 as its port")
    return found[1] or found[3], port
