"""Read the operator's settings from the environment, and check them before the service starts."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote

from service.access.authenticate import KEY
from service.access.limits import Limits
from service.cache.redis_url import SCHEMES, check_redis_url
from service.environment import PREFIX, Variable, absolute_path, drain_seconds, find_data_dir, find_variable
from service.errors import CannotRun
from service.storage.database_url import check_database_url, sqlite_url, with_host_options
from service.transfer.files.options import DEFAULT_LIMIT
from service.values.names import is_visible

log = logging.getLogger(__name__)

_CONTACT = re.compile(r"mailto:[!-~]+@[!-~]+|https://[!-~]+|tel:[+0-9-]+", re.ASCII)
_MAIL_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+", re.ASCII)
_LICENCE = re.compile(r"https?://[!-~]{1,500}|[A-Za-z0-9][A-Za-z0-9.+-]{0,99}", re.ASCII)
_BASE_PATH = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)+", re.ASCII)
_SITE = re.compile(r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?", re.ASCII)
_SECRET_LENGTH = 32
_OPERATOR = "Borneout"
_OPERATOR_LENGTH = 200
_FLAGS = {"true": True, "false": False}
_KNOWN = frozenset(
    PREFIX + name
    for name in (
        "BASE_PATH",
        "BOOTSTRAP_KEY",
        "CONTACT",
        "DATABASE_URL",
        "DATA_DIR",
        "DATA_LICENSE",
        "DRAIN",
        "KEY",
        "LEASE_MS",
        "MAX_IMPORT",
        "MIGRATE",
        "OPERATOR",
        "PUBLIC_DISPUTES",
        "PUBLIC_READ",
        "PUBLIC_URL",
        "RATE_LIMIT",
        "REDIS_URL",
        "REPLICA_URL",
        "SECRET_KEY",
        "SECURITY_CONTACT",
        "TRUSTED_PROXIES",
    )
)


class BadSetting(CannotRun):
    """An invalid value in the environment; the message names the variable and the valid values."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings that an operator can make; docs/operations.md describes them."""

    data_dir: Path
    database_url: str = field(repr=False)  # hidden because it may contain a password, as may redis_url
    redis_url: str = field(repr=False)
    replica_url: str | None = field(repr=False)
    """The URL of a replica of the database, for reads that may return slightly outdated rows."""
    embedded_redis: bool
    """Whether `serve` starts its own Redis, because no URL of Redis is set."""
    public_read: bool
    public_disputes: bool
    """Whether readers can send disputes and replies with the forms on the pages."""
    migrate: bool
    bootstrap_key: str | None = field(repr=False)
    max_import: int
    """The maximum size of an imported file in bytes, after decompression."""
    limits: Limits | None
    """The rate limits; None for no limits."""
    base_path: str
    """The prefix of all paths of the service, without a trailing slash; empty for none."""
    trusted_proxies: int
    """The number of the operator's proxies in front of the service."""
    public_url: str | None
    """The address at which readers reach the service, with the base path and without a trailing slash."""
    operator: str
    """The name of the operator, shown as the author of published reviews."""
    contact: str | None
    """The contact of the operator for readers, as a URI."""
    security_contact: str | None
    """The contact for reports of vulnerabilities, as a URI."""
    data_licence: str | None
    """The licence of the data, as an address or an identifier such as CC-BY-4.0; None if not given."""
    secret_key: str | None = field(repr=False)
    """The key to sign cookies with; None for a generated key stored in the data directory."""
    drain: float
    """The number of seconds for which a stopping service still accepts requests."""
    lease: float = 0.005
    """The seconds for which a process may reuse a score without asking Redis. Every write waits that long."""
    conventional: frozenset[str] = frozenset()
    """The variables without the prefix `BORNEOUT_` that are used: `DATABASE_URL`, `REDIS_URL`."""

    @property
    def sqlite_file(self) -> Path | None:
        """The file of the SQLite database; None for PostgreSQL."""
        scheme, _, path = self.database_url.partition(":///")
        return Path(unquote(path)) if scheme == "sqlite" else None

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ, *, data_dir: Path | None = None) -> Settings:
        """Read and check the settings.

        Args:
            env: The environment.
            data_dir: The data directory, which overrides the environment.

        Raises:
            BadSetting: A variable has an invalid value; the message names it.
        """
        for name in sorted(env):
            if name.startswith(PREFIX) and name not in _KNOWN:
                log.warning("Unknown setting %s has no effect", name)
        data_dir = _data_dir(find_data_dir(env) if data_dir is None else absolute_path(data_dir))
        database, cache = find_variable(env, "DATABASE_URL"), find_variable(env, "REDIS_URL")
        return cls(
            data_dir=data_dir,
            database_url=_database_url(database) if database else sqlite_url(data_dir / "borneout.db"),
            redis_url=_redis_url(cache) if cache else f"unix://{quote(str(data_dir / 'redis.sock'))}",
            replica_url=_replica_url(env, database),
            embedded_redis=cache is None,
            public_read=_flag(env, "PUBLIC_READ", default=True),
            public_disputes=_flag(env, "PUBLIC_DISPUTES", default=True),
            migrate=_flag(env, "MIGRATE", default=True),
            bootstrap_key=_bootstrap_key(env.get(PREFIX + "BOOTSTRAP_KEY") or None),
            max_import=_number(
                env, "MAX_IMPORT", DEFAULT_LIMIT, range(1, 10**15), f"a number of bytes, such as {DEFAULT_LIMIT}"
            ),
            limits=_limits(env.get(PREFIX + "RATE_LIMIT") or None),
            base_path=_base_path(env.get(PREFIX + "BASE_PATH") or ""),
            trusted_proxies=_number(env, "TRUSTED_PROXIES", 0, range(10), "a number from 0 to 9"),
            public_url=_public_url(env),
            operator=_operator(env.get(PREFIX + "OPERATOR") or _OPERATOR),
            contact=_contact(env, "CONTACT"),
            security_contact=_contact(env, "SECURITY_CONTACT"),
            data_licence=_licence(env.get(PREFIX + "DATA_LICENSE") or None),
            secret_key=_secret_key(env.get(PREFIX + "SECRET_KEY") or None),
            drain=_drain(env),
            lease=_number(env, "LEASE_MS", 5, range(1001), "a number of milliseconds from 0 to 1000") / 1000,
            conventional=frozenset(url.name for url in (database, cache) if url and not url.is_ours),
        )


def _flag(env: Mapping[str, str], name: str, *, default: bool) -> bool:
    if not (word := env.get(PREFIX + name)):
        return default
    if word.lower() not in _FLAGS:
        raise BadSetting(f"{PREFIX}{name} must be true or false, not {word!r}.")
    return _FLAGS[word.lower()]


def _data_dir(path: Path) -> Path:
    """Check that the path of the data directory is valid UTF-8, as a URL must be, and return it."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise BadSetting(f"The data directory {str(path)!a} must have a name that is valid UTF-8.") from None
    return path


def _database_url(variable: Variable) -> str:
    """Return the database URL in the form that SQLAlchemy needs, with psycopg 3 for PostgreSQL."""
    scheme, is_url, rest = variable.value.partition("://")
    if is_url and scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        url = with_host_options(f"postgresql+psycopg://{rest}")
    elif is_url and scheme == "sqlite" and len(rest) > 1 and rest.startswith("/"):
        file, *options = rest[1:].split("?")
        url = "?".join([sqlite_url(absolute_path(Path(unquote(file)))), *options])
    else:
        raise BadSetting(f"{variable.name} must begin with sqlite:/// or postgresql://.")
    return _checked(variable.name, url, check_database_url)


def _replica_url(env: Mapping[str, str], database: Variable | None) -> str | None:
    if not (value := env.get(PREFIX + "REPLICA_URL")):
        return None
    url = _database_url(Variable(PREFIX + "REPLICA_URL", value))
    if url.startswith("sqlite") or database is None or _database_url(database).startswith("sqlite"):
        raise BadSetting(
            f"{PREFIX}REPLICA_URL must be the URL of a replica of the PostgreSQL database in {PREFIX}DATABASE_URL."
        )
    return url


def _redis_url(variable: Variable) -> str:
    if not variable.value.startswith(SCHEMES):
        raise BadSetting(
            f"{variable.name} must begin with redis://, rediss://, unix://, redis+sentinel:// or redis+cluster://."
        )
    return _checked(variable.name, variable.value, check_redis_url)


def _checked(name: str, url: str, check: Callable[[str], None]) -> str:
    """Check a URL and return it. The error does not quote the URL, which may contain a password."""
    try:
        check(url)
    except ValueError as exc:
        raise BadSetting(f"{name} must be a URL {exc}.") from None
    return url


def _bootstrap_key(key: str | None) -> str | None:
    if key is not None and not KEY.fullmatch(key):
        raise BadSetting(
            f"{PREFIX}BOOTSTRAP_KEY must be bo_ followed by 20 to 200 characters of A-Z, a-z, 0-9, _ and -."
        )
    return key


def _secret_key(secret: str | None) -> str | None:
    if secret is not None and len(secret) < _SECRET_LENGTH:
        raise BadSetting(f"{PREFIX}SECRET_KEY must have {_SECRET_LENGTH} characters or more.")
    return secret


def _limits(text: str | None) -> Limits | None:
    if text is None:
        return Limits()
    try:
        return None if text.lower() == "off" else Limits.parse(text)
    except ValueError as exc:
        raise BadSetting(f"{PREFIX}RATE_LIMIT must be off, or limits like reads=6000/m,writes=600/m: {exc}.") from None


def _number(env: Mapping[str, str], name: str, default: int, allowed: range, words: str) -> int:
    """Return the value of a variable as a number. `words` describes the allowed range in the error."""
    text = env.get(PREFIX + name) or str(default)
    if not (text.isascii() and text.isdigit() and len(text) <= 15 and int(text) in allowed):
        raise BadSetting(f"{PREFIX}{name} must be {words}, not {text!r}.")
    return int(text)


def _base_path(path: str) -> str:
    """Check the base path, and return it without a trailing slash."""
    bare = path.removesuffix("/")
    if bare and not _BASE_PATH.fullmatch(bare):
        raise BadSetting(
            f"{PREFIX}BASE_PATH must be a path such as /reliability, with only A-Z, a-z, 0-9, ., _, ~ and - in its "
            f"segments, and without the segments . and .., not {path!r}."
        )
    return bare


def _public_url(env: Mapping[str, str]) -> str | None:
    """Return the public address with the base path, whether or not the variable includes it."""
    if not (url := (env.get(PREFIX + "PUBLIC_URL") or "").rstrip("/")):
        return None
    base_path = _base_path(env.get(PREFIX + "BASE_PATH") or "")
    site = url.removesuffix(base_path)
    if not _SITE.fullmatch(site):
        raise BadSetting(
            f"{PREFIX}PUBLIC_URL must be a scheme and a host, such as https://borneout.example, followed by no path or "
            f"by {PREFIX}BASE_PATH, not {url!r}."
        )
    return site + base_path


def _operator(name: str) -> str:
    if len(name) > _OPERATOR_LENGTH or not name.isprintable() or not is_visible(name):
        raise BadSetting(f"{PREFIX}OPERATOR must be a name of 1 to {_OPERATOR_LENGTH} characters on one line.")
    return name.strip()


def _contact(env: Mapping[str, str], name: str) -> str | None:
    """Return a contact as a URI. An email address becomes a `mailto:` URI."""
    if not (given := env.get(PREFIX + name)):
        return None
    uri = f"mailto:{given}" if _MAIL_ADDRESS.fullmatch(given) else given
    if not _CONTACT.fullmatch(uri):
        raise BadSetting(
            f"{PREFIX}{name} must be an email address, or a URI such as mailto:desk@example.org or https://..."
        )
    return uri


def _licence(text: str | None) -> str | None:
    if text is not None and not _LICENCE.fullmatch(text):
        raise BadSetting(f"{PREFIX}DATA_LICENSE must be an identifier such as CC-BY-4.0, or the URL of a licence.")
    return text


def _drain(env: Mapping[str, str]) -> float:
    try:
        return drain_seconds(env)
    except ValueError as exc:
        raise BadSetting(f"{exc}.") from None
