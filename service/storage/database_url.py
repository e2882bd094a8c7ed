"""The URL of the database, checked before the service connects to it."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa

_PORT = "5432"
_HOST = re.compile(r"(?:\[([^\]]+)\]|([^:\[\]]+))(?::([^:]*))?")
_REFUSED = {
    "client_encoding": "the service always uses UTF-8",
    "replication": "the service sends SQL",
}
"""The libpq options that a database URL must not set, each with the reason."""
_NUMBERS = frozenset(
    {
        "connect_timeout",
        "keepalives",
        "keepalives_count",
        "keepalives_idle",
        "keepalives_interval",
        "tcp_user_timeout",
    }
)
"""The numeric libpq options that are checked here, because libpq checks them only when it connects."""


def sqlite_url(file: Path) -> str:
    """Return the URL of a SQLite file.

    >>> sqlite_url(Path("/srv/100%41?.db")), sa.make_url("sqlite:////srv/100%2541%3F.db").database
    ('sqlite:////srv/100%2541%3F.db', '/srv/100%41?.db')
    """
    return f"sqlite:///{quote(str(file))}"


def with_host_options(url: str) -> str:
    """Convert a PostgreSQL URL with several hosts from libpq's form to SQLAlchemy's.

    >>> with_host_options("postgresql://u@a:5433,[::1]/db?target_session_attrs=read-write")
    'postgresql://u@/db?host=a,::1&port=5433,5432&target_session_attrs=read-write'
    """
    scheme, _, rest = url.partition("://")
    authority, _, path = rest.partition("/")
    user, at, hosts = authority.rpartition("@")
    if "," not in hosts:
        return url
    name, question_mark, options = path.partition("?")
    pairs = [_HOST.fullmatch(host) for host in hosts.split(",")]
    names = ",".join([(pair[1] or pair[2]) if pair else "" for pair in pairs])
    ports = ",".join([pair[3] or _PORT if pair and pair[3] != "0" else "none" for pair in pairs])
    return f"{scheme}://{user}{at}/{name}?host={names}&port={ports}{'&' if question_mark else ''}{options}"


def check_database_url(url: str) -> None:
    """Check the URL of the database without connecting to it.

    Raises:
        ValueError: The URL cannot be used. The message completes the phrase "it must be a URL" and has no secret.
    """
    try:
        parsed = sa.make_url(url)
        url.encode()
    except (ValueError, sa.exc.ArgumentError):
        raise ValueError("in UTF-8 with a number as its port") from None
    if parsed.get_backend_name() == "sqlite":
        if parsed.query:
            raise ValueError("without options")
        return
    if parsed.port == 0:  # SQLAlchemy would ignore it and connect to the default port
        raise ValueError("with a number from 1 to 65535 as its port")
    _check_libpq(parsed)


def _check_libpq(url: sa.URL) -> None:
    """Check the options of a PostgreSQL URL against the rules of libpq and of the service."""
    # Imported late, because it is slow and SQLite does not need it.
    from psycopg import pq  # noqa: PLC0415

    try:
        _, options = url.get_dialect()().create_connect_args(url)
    except sa.exc.ArgumentError:
        raise ValueError("with as many ports as hosts, or one port, each a number") from None
    options = {name: str(value) for name, value in options.items() if name != "context"}
    for port in filter(None, options.get("port", "").split(",")):
        if not _is_number(port, 65535) or int(port) == 0:
            raise ValueError("with a number from 1 to 65535 as its port")
    if any("\0" in value for value in options.values()):  # libpq would stop reading there
        raise ValueError("without NUL characters")
    for name, reason in _REFUSED.items():
        if name in url.query:
            raise ValueError(f"without the option {name}, because {reason}")
    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
    if not known.issuperset(options):
        raise ValueError("with options that exist")
    for name in _NUMBERS & options.keys():
        if not _is_number(options[name].removeprefix("-"), 2**31 - 1):
            raise ValueError(f"with a number for the option {name}")
    _check_other_options({name: value for name, value in options.items() if name not in ("host", "hostaddr", "port")})


def _check_other_options(options: dict[str, str]) -> None:
    """Check options with libpq, which validates them before it fails to connect to a missing host."""
    from psycopg import Error, conninfo, pq  # noqa: PLC0415

    try:
        attempt = pq.PGconn.connect_start(conninfo.make_conninfo(**options, host="/nonexistent").encode())
    except (Error, ValueError):
        raise ValueError("with options that its client accepts") from None
    message = attempt.error_message.decode(errors="replace")
    attempt.finish()
    if not message.startswith("connection to server"):
        invalid = next((name for name in options if name in message.replace(" ", "_")), None)
        raise ValueError(f"with a valid value for the option {invalid}" if invalid else "with options that are valid")


def _is_number(text: str, highest: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= highest
