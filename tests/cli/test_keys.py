"""`borneout keys`"""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa

from service.access.authenticate import find_caller
from service.storage.models import Entry
from service.values.ids import new_id
from service.values.vocabulary import Scope
from tests.support.command import Command, fails, succeeds

KEY = re.compile(r"bo_[A-Za-z0-9_-]+")


@pytest.fixture
def borneout(settings):
    """The command, on an empty database."""
    return Command(settings)


def test_key_that_is_made_can_be_used(borneout, db):
    """
    `keys create` prints the secret on a line of its own, and the key has the scopes asked for.
    """
    secret = succeeds(borneout("keys", "create", "feed", "--scope", "claims:write", "--scope", "read")).strip()

    assert KEY.fullmatch(secret)
    assert {Scope.CLAIMS_WRITE, Scope.READ} == find_caller(db, secret, now=dt.datetime.now(dt.UTC)).scopes


@pytest.mark.sqlite_alone
@pytest.mark.parametrize("options", [[], ["--scope", "everything"]])
def test_key_without_a_scope_that_exists(borneout, options):
    """
    A key needs an existing scope.
    """
    result = borneout("keys", "create", "feed", *options)

    assert (2, True) == (result.exit_code, "--scope" in result.stderr)


def test_keys_are_listed_without_their_secrets(borneout, db):
    """
    `keys list` shows each key without its secret.
    """
    secret = succeeds(borneout("keys", "create", "feed", "--scope", "read")).strip()
    output = succeeds(borneout("keys", "list", COLUMNS="200"))

    assert str(find_caller(db, secret, now=dt.datetime.now(dt.UTC)).key_id) in output
    assert "feed" in output
    assert secret not in output


@pytest.mark.parametrize("env", [{"COLUMNS": "80"}, {"COLUMNS": "80", "TTY_COMPATIBLE": "1"}], ids=["pipe", "terminal"])
def test_listed_key_can_be_revoked(borneout, env):
    """
    `keys list` shows complete ids for `keys revoke`, in a pipe and in a terminal, and names without markup.
    """
    succeeds(borneout("keys", "create", "[red]feed of the day", "--scope", "read", "--scope", "claims:write"))
    output = succeeds(borneout("keys", "list", **env))
    key_id = re.search(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", output)[0]

    assert "[red]" in output
    assert "is revoked." in succeeds(borneout("keys", "revoke", key_id))


def test_revoked_key_cannot_be_used(borneout, db):
    """
    `keys revoke` revokes a key, and can be repeated.
    """
    secret = succeeds(borneout("keys", "create", "feed", "--scope", "read")).strip()
    key_id = find_caller(db, secret, now=dt.datetime.now(dt.UTC)).key_id

    assert "The key 'feed' is revoked." in succeeds(borneout("keys", "revoke", key_id))
    assert "The key 'feed' is revoked." in succeeds(borneout("keys", "revoke", key_id))
    assert find_caller(db, secret, now=dt.datetime.now(dt.UTC)) is None


def test_revoking_an_unknown_key(borneout):
    """
    The error for an unknown key names it.
    """
    key_id = new_id()

    fails(borneout("keys", "revoke", key_id), str(key_id))
    assert 2 == borneout("keys", "revoke", "feed").exit_code


def test_rotated_key(borneout, db):
    """
    `keys rotate` prints a new secret; the previous one stays valid for a day, or for the given overlap.
    """
    now = dt.datetime.now(dt.UTC)
    first = succeeds(borneout("keys", "create", "feed", "--scope", "read")).strip()
    key = find_caller(db, first, now=now)
    second = succeeds(borneout("keys", "rotate", key.key_id)).strip()
    third = succeeds(borneout("keys", "rotate", key.key_id, "--overlap", "0.5")).strip()

    for hours, good in ((0.4, {first, second, third}), (0.6, {third})):
        later = now + dt.timedelta(hours=hours)
        assert good == {secret for secret in (first, second, third) if find_caller(db, secret, now=later) == key}


def test_key_that_expires(borneout, db):
    """
    A key expires at the given instant, which must be in the future.
    """
    secret = succeeds(
        borneout("keys", "create", "feed", "--scope", "read", "--expires", "2100-01-01T00:00:00Z")
    ).strip()
    expiring = dt.datetime(2099, 1, 1, tzinfo=dt.UTC)
    key_id = find_caller(db, secret, now=dt.datetime.now(dt.UTC)).key_id

    output = succeeds(borneout("keys", "expire", key_id, "2099-01-01T00:00:00Z"))
    assert "The key 'feed' expires at 2099-01-01T00:00:00Z." in output
    assert find_caller(db, secret, now=expiring - dt.timedelta(seconds=1)) is not None
    assert find_caller(db, secret, now=expiring) is None
    fails(borneout("keys", "expire", key_id, "2020-01-01T00:00:00Z"), "Not in the future")
    assert 2 == borneout("keys", "expire", key_id, "tomorrow").exit_code


def test_last_admin_key(borneout, db):
    """
    The last admin key cannot be revoked, and the error names it.
    """
    secret = succeeds(borneout("keys", "create", "boss", "--scope", "admin")).strip()

    fails(borneout("keys", "revoke", find_caller(db, secret, now=dt.datetime.now(dt.UTC)).key_id), "boss")


@pytest.mark.sqlite_alone
@pytest.mark.parametrize("name", ["", "  ", "a" * 201, "\udcff"])
def test_key_with_a_name_that_is_none(borneout, name):
    """
    The name of a key has 1 to 200 printable characters.
    """
    result = borneout("keys", "create", name, "--scope", "read")

    assert (2, True) == (result.exit_code, "NAME" in result.stderr)


def test_commands_are_entered_as_such(borneout, db):
    """
    The ledger records writes of commands as `command line`, without a key.
    """
    succeeds(borneout("keys", "create", "feed", "--scope", "claims:write"))

    with db.read() as session:
        [entry] = session.scalars(sa.select(Entry))
    assert ("api_key", "command line", None) == (entry.table_name, entry.actor_name, entry.actor)
