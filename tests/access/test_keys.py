"""service.access.keys: create, find and revoke API keys"""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from service.access.authenticate import KEY, find_caller
from service.access.keys import create_key, ensure_first_key, list_keys, revoke_key
from service.errors import NotFound
from service.storage.models import ApiKey
from service.values.ids import new_id
from service.values.vocabulary import Scope

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
GIVEN = "bo_given_by_the_operator_0123"


def make(db, *scopes, name="feed"):
    return create_key(db, name=name, scopes=scopes, now=NOW).secret


def test_key_names_its_caller(db):
    """
    A created key is found by its secret, with its scopes.
    """
    secret = make(db, Scope.CLAIMS_WRITE, Scope.READ, Scope.READ)

    caller = find_caller(db, secret, now=NOW)

    assert {Scope.CLAIMS_WRITE, Scope.READ} == caller.scopes
    assert Scope.CLAIMS_WRITE in caller.scopes
    assert Scope.RESOLUTIONS_WRITE not in caller.scopes


@pytest.mark.parametrize("scope", Scope)
def test_admin_implies_every_scope(db, scope):
    """
    R14: the scope `admin` implies every other scope.
    """
    assert scope in find_caller(db, make(db, Scope.ADMIN), now=NOW).scopes


def test_secret_is_not_kept(db):
    """
    The database stores only a hash of the secret.
    """
    secret = make(db, Scope.READ)

    with db.read() as session:
        row = session.execute(sa.select(ApiKey.__table__)).one()

    assert KEY.fullmatch(secret)
    assert not any(secret[3:] in str(value) for value in row)
    assert find_caller(db, row.digest, now=NOW) is find_caller(db, "bo_" + row.digest, now=NOW) is None


@pytest.mark.parametrize(
    "text",
    ["", "bo_" + "a" * 19, "bo_" + "a" * 201, "BO_" + "a" * 30, "bo_" + "ä" * 30, "bo_" + "a" * 30 + "\n"],
)
def test_not_a_key(db, text):
    """
    A text that does not have the form of a key belongs to no caller.
    """
    assert find_caller(db, text, now=NOW) is None


def test_key_that_is_nearly_right(db):
    """
    A key with one changed character belongs to no caller.
    """
    secret = make(db, Scope.READ)

    assert find_caller(db, secret[:-1] + ("a" if secret[-1] != "a" else "b"), now=NOW) is None


def test_revoked_key(db):
    """
    A revoked key is invalid for good; revoking it again keeps the first date; other keys stay valid.
    """
    secret, other = make(db, Scope.READ), make(db, Scope.READ, name="other")
    key_id = find_caller(db, secret, now=NOW).key_id

    revoke_key(db, key_id, now=NOW)
    again = revoke_key(db, key_id, now=NOW + dt.timedelta(days=1))

    assert (NOW, None) == (again.revoked_at, find_caller(db, secret, now=NOW))
    assert find_caller(db, other, now=NOW) is not None


def test_revoking_an_unknown_key(db):
    """
    Revoking an unknown key is an error.
    """
    with pytest.raises(NotFound):
        revoke_key(db, new_id(), now=NOW)


def test_list_of_keys(db):
    """
    All keys are listed, the oldest first, including the revoked ones.
    """
    secrets = [make(db, Scope.READ, name=name) for name in "abc"]
    revoke_key(db, find_caller(db, secrets[0], now=NOW).key_id, now=NOW)

    assert ["a", "b", "c"] == [key.name for key in list_keys(db)]


def test_first_key_is_made_once(db):
    """
    An empty database gets an admin key; a database with a key does not.
    """
    first = ensure_first_key(db, given=None, now=NOW)

    assert Scope.ADMIN in find_caller(db, first, now=NOW).scopes
    assert ensure_first_key(db, given=None, now=NOW) is None
    assert ensure_first_key(db, given=GIVEN, now=NOW) is None
    assert find_caller(db, GIVEN, now=NOW) is None


def test_first_key_given(db):
    """
    The operator's own first key is accepted and not returned.
    """
    assert ensure_first_key(db, given=GIVEN, now=NOW) is None
    assert Scope.ADMIN in find_caller(db, GIVEN, now=NOW).scopes


def test_first_key_when_several_start_at_once(db):
    """
    When processes start concurrently on an empty database, only one creates the first key.
    """
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: ensure_first_key(db, given=None, now=NOW), range(4)))

    assert 1 == len([secret for secret in made if secret])
    assert 1 == len(list_keys(db))
