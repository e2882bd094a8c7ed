"""service.config: the settings of an operator"""

from __future__ import annotations

import logging
import traceback
from dataclasses import fields
from pathlib import Path

import pytest

from service.access.limits import Limits, Quota
from service.config import BadSetting, Settings

KEY = "bo_0123456789abcdefghij"
SECRET = "hunter2"

DEPENDENT = {
    "data_dir": {"database_url", "redis_url"},
    "redis_url": {"embedded_redis"},
    "embedded_redis": {"redis_url"},
}
"""The fields that change with a field."""


def read(**env):
    return Settings.from_env({f"BORNEOUT_{name}": value for name, value in env.items()})


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("DATA_DIR", "/srv/b", "data_dir", Path("/srv/b")),
        ("DATA_DIR", "here", "data_dir", Path("here").absolute()),
        ("DATABASE_URL", "postgresql://u@h/b", "database_url", "postgresql+psycopg://u@h/b"),
        ("DATABASE_URL", "postgres://u@h/b", "database_url", "postgresql+psycopg://u@h/b"),
        ("DATABASE_URL", "postgresql+psycopg://u@h/b", "database_url", "postgresql+psycopg://u@h/b"),
        ("DATABASE_URL", "sqlite:////srv/b.db", "database_url", "sqlite:////srv/b.db"),
        ("DATABASE_URL", "sqlite:////srv/100%25%3f.db", "database_url", "sqlite:////srv/100%25%3F.db"),
        ("DATABASE_URL", "sqlite:///b.db", "database_url", f"sqlite:///{Path('b.db').absolute()}"),
        (
            "DATABASE_URL",
            "postgresql://u@a:5433,[::1]/b?target_session_attrs=read-write&options=-c%20x%3Dy",
            "database_url",
            "postgresql+psycopg://u@/b?host=a,::1&port=5433,5432&target_session_attrs=read-write&options=-c%20x%3Dy",
        ),
        ("REDIS_URL", "redis://h:1/2", "redis_url", "redis://h:1/2"),
        ("REDIS_URL", "rediss://h", "redis_url", "rediss://h"),
        ("REDIS_URL", "unix:///run/redis.sock", "redis_url", "unix:///run/redis.sock"),
        ("REDIS_URL", "redis://h", "embedded_redis", False),
        *(
            ("REDIS_URL", url, "redis_url", url)
            for url in (
                "redis+sentinel://:secret@a:26379,b,[::1]:26380/main/1?sentinel_password=s&client_name=x",
                "rediss+sentinel://a/main?ssl_cert_reqs=none",
                "redis+cluster://u:s@a:6379,b:6380?client_name=x",
                "rediss+cluster://[::1]:6379",
            )
        ),
        ("BASE_PATH", "/reliability", "base_path", "/reliability"),
        ("BASE_PATH", "/a/b.c/~d_e-1/...", "base_path", "/a/b.c/~d_e-1/..."),
        ("BASE_PATH", "/reliability/", "base_path", "/reliability"),
        ("PUBLIC_READ", "false", "public_read", False),
        ("PUBLIC_READ", "TRUE", "public_read", True),
        ("PUBLIC_DISPUTES", "false", "public_disputes", False),
        ("MIGRATE", "False", "migrate", False),
        ("BOOTSTRAP_KEY", KEY, "bootstrap_key", KEY),
        ("RATE_LIMIT", "off", "limits", None),
        ("RATE_LIMIT", "OFF", "limits", None),
        ("RATE_LIMIT", "reads=6000/m,writes=9/s", "limits", Limits(reads=Quota(6000, 60), writes=Quota(9, 1))),
        ("MAX_IMPORT", "1000", "max_import", 1000),
        ("TRUSTED_PROXIES", "2", "trusted_proxies", 2),
        ("PUBLIC_URL", "https://borneout.example/", "public_url", "https://borneout.example"),
        ("PUBLIC_URL", "http://[::1]:8000", "public_url", "http://[::1]:8000"),
        ("OPERATOR", "Check Example e. V.", "operator", "Check Example e. V."),
        ("SECURITY_CONTACT", "mailto:s@example.org", "security_contact", "mailto:s@example.org"),
        ("SECURITY_CONTACT", "s@example.org", "security_contact", "mailto:s@example.org"),
        ("SECURITY_CONTACT", "https://example.org/s", "security_contact", "https://example.org/s"),
        ("CONTACT", "desk@example.org", "contact", "mailto:desk@example.org"),
        ("CONTACT", "https://example.org/contact", "contact", "https://example.org/contact"),
        ("SECRET_KEY", 32 * "s", "secret_key", 32 * "s"),
        ("DRAIN", "0", "drain", 0),
        ("DRAIN", "2.5", "drain", 2.5),
    ],
)
def test_setting(name, value, field, expected):
    """
    Each variable sets its own field, and the others keep their defaults.
    """
    settings, default = read(**{name: value}), read()

    assert expected == getattr(settings, field)
    others = {f.name for f in fields(Settings)} - {field} - DEPENDENT.get(field, set())
    assert [getattr(default, name) for name in sorted(others)] == [getattr(settings, name) for name in sorted(others)]


@pytest.mark.parametrize(
    "name",
    [
        "DATA_DIR",
        "DATABASE_URL",
        "REDIS_URL",
        "PUBLIC_READ",
        "PUBLIC_DISPUTES",
        "CONTACT",
        "MIGRATE",
        "BOOTSTRAP_KEY",
        "RATE_LIMIT",
        "MAX_IMPORT",
        "TRUSTED_PROXIES",
        "BASE_PATH",
        "PUBLIC_URL",
        "OPERATOR",
        "SECURITY_CONTACT",
        "SECRET_KEY",
        "DRAIN",
    ],
)
def test_empty_is_not_set(name):
    """
    An empty variable, as compose files set it, counts as not set.
    """
    assert read() == read(**{name: ""})


@pytest.mark.parametrize("url", ["https://borneout.example", "https://borneout.example/a/"])
def test_public_url_with_base_path(url):
    """
    The public address includes the base path, whether it was given with or without it.
    """
    assert "https://borneout.example/a" == read(PUBLIC_URL=url, BASE_PATH="/a").public_url


def test_base_path_of_the_whole_site():
    """
    A single slash is the same as no base path.
    """
    assert read() == read(BASE_PATH="/")


def test_bad_base_path_is_explained():
    """
    The error explains the form of a base path and quotes the value.
    """
    with pytest.raises(BadSetting) as caught:
        read(BASE_PATH="/a/../b")

    assert (
        "BORNEOUT_BASE_PATH must be a path such as /reliability, with only A-Z, a-z, 0-9, ., _, ~ and - in its "
        "segments, and without the segments . and .., not '/a/../b'."
    ) == str(caught.value)


def test_data_dir_of_the_command_line():
    """
    A data directory on the command line overrides the environment, and other defaults follow it.
    """
    settings = Settings.from_env({"BORNEOUT_DATA_DIR": "/a"}, data_dir=Path("/b"))

    assert (Path("/b"), "sqlite:////b/borneout.db") == (settings.data_dir, settings.database_url)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUBLIC_READ", "yes"),
        ("MIGRATE", "1"),
        ("DATABASE_URL", f"mysql://u:{SECRET}@h/b"),
        ("DATABASE_URL", "borneout.db"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///"),
        ("DATABASE_URL", f"postgresql://u:{SECRET}@a,b:x/c"),
        ("DATABASE_URL", f"postgresql://u:{SECRET}@a,b:0/c"),
        ("DATABASE_URL", f"postgresql://u:{SECRET}@h/b?client_encoding=latin1"),
        ("DATABASE_URL", f"postgresql://u:{SECRET}@h/b?replication=database"),
        ("REPLICA_URL", f"postgresql://u:{SECRET}@h/b"),
        ("REDIS_URL", f"http://u:{SECRET}@h"),
        ("REDIS_URL", "localhost:6379"),
        ("REDIS_URL", f"redis+sentinel://:{SECRET}@a:26379,b:26379"),
        ("REDIS_URL", f"redis+sentinel://:{SECRET}@a:0/main"),
        ("REDIS_URL", f"redis+sentinel://:{SECRET}@a,,b/main"),
        ("REDIS_URL", f"redis+sentinel://:{SECRET}@a/main/x"),
        ("REDIS_URL", f"redis+sentinel://:{SECRET}@a/main?typo=1"),
        ("REDIS_URL", f"redis+cluster://:{SECRET}@a:99999"),
        ("REDIS_URL", f"redis+cluster://:{SECRET}@a/1"),
        ("REDIS_URL", f"redis+cluster://:{SECRET}@a?db=1"),
        ("REDIS_URL", f"redis+cluster://:{SECRET}@"),
        ("REDIS_URL", f"redis+cluster://:{SECRET}@a?sentinel_username=u"),
        ("DATABASE_URL", f"postgresql://u:{SECRET}@h:port/b"),
        ("DATABASE_URL", f"postgresql://u:{SECRET}@h/b?port=x"),
        ("DATABASE_URL", f"postgresql://u:{SECRET}@h/b?port=0"),
        ("DATABASE_URL", f"postgresql://u:{SECRET}@h:0/b"),
        ("DATABASE_URL", f"postgresql://u:{SECRET}@h/b?application_name=%00"),
        ("DATABASE_URL", f"postgresql://u:{SECRET}%00@h/b"),
        ("DATABASE_URL", f"sqlite:////srv/b.db?mode={SECRET}"),
        ("REDIS_URL", f"redis://:{SECRET}@h:port"),
        ("REDIS_URL", f"redis://:{SECRET}@h:65536"),
        ("REDIS_URL", f"redis://:{SECRET}@[h"),
        ("REDIS_URL", f"redis://:{SECRET}@h?db=x"),
        ("REDIS_URL", f"redis://:{SECRET}@h?typo=1"),
        ("BOOTSTRAP_KEY", SECRET),
        ("BOOTSTRAP_KEY", f"bo_{SECRET}"),
        ("BOOTSTRAP_KEY", f"{KEY}\n"),
        ("RATE_LIMIT", "600"),
        ("RATE_LIMIT", "reads=600"),
        ("RATE_LIMIT", "false"),
        ("MAX_IMPORT", "0"),
        ("MAX_IMPORT", "1 GiB"),
        ("TRUSTED_PROXIES", "-1"),
        ("TRUSTED_PROXIES", "10"),
        ("TRUSTED_PROXIES", "true"),
        ("TRUSTED_PROXIES", "10.0.0.0/8"),
        *(
            ("BASE_PATH", path)
            for path in ("reliability", "//", "/a//b", "/a//", "//a", "/.", "/a/../b", "/..", "/./a")
        ),
        *(
            ("BASE_PATH", path)
            for path in ("/a b", "/a?b", "/a%20b", "/ä", "/a\n", "https://example.org/a", "/a#b", "/a;b")
        ),
        *(("PUBLIC_URL", url) for url in ("borneout.example", "https://a/b", "https://a?b", "ftp://a", "https://u@a")),
        ("OPERATOR", "x" * 201),
        ("OPERATOR", " "),
        ("OPERATOR", "a\nb"),
        ("CONTACT", "desk at example.org"),
        ("SECURITY_CONTACT", "mailto:s@example.org\nContact: mailto:x@example.org"),
        ("SECURITY_CONTACT", "http://example.org"),
        ("SECRET_KEY", SECRET),
        ("DRAIN", "-1"),
        ("DRAIN", "301"),
        ("DRAIN", "nan"),
        ("DRAIN", "soon"),
    ],
)
def test_invalid_value(name, value):
    """
    An invalid value stops the start; the message names the variable and contains no secret.
    """
    with pytest.raises(BadSetting, match=f"^BORNEOUT_{name} must ") as caught:
        read(**{name: value})

    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_unknown_setting_logs_a_warning(caplog):
    """
    A misspelt setting of ours logs a warning; variables of other programs are ignored.
    """
    with caplog.at_level(logging.WARNING):
        assert read() == Settings.from_env({"BORNEOUT_REDIS_ULR": f"redis://:{SECRET}@h", "REDIS_ULR": "redis://h"})

    assert ["Unknown setting BORNEOUT_REDIS_ULR has no effect"] == [record.getMessage() for record in caplog.records]


def test_secrets_are_not_printed():
    """
    The repr of the settings contains no secrets.
    """
    url = "postgresql://u:pass-word-1@h/b"
    settings = read(DATABASE_URL=url, BOOTSTRAP_KEY=f"bo_{'k' * 30}", SECRET_KEY="s" * 40)

    assert not [secret for secret in ("pass-word-1", "kkk", "sss") if secret in repr(settings)]
