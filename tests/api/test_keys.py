"""/v1/keys"""

from __future__ import annotations

import contextvars
import datetime as dt
from uuid import UUID

import pytest
import sqlalchemy as sa

from service.access.authenticate import find_caller
from service.access.keys import change_key, list_keys
from service.errors import KeyEnded
from service.storage.models import ApiKey
from service.values.vocabulary import Scope
from tests.support.contract import NOTHING
from tests.support.world import NOTE, World, assert_problem

PAST, FUTURE = "2020-01-01T00:00:00Z", "2100-01-01T00:00:00Z"
INSTANT = dt.timedelta(microseconds=1)


def make(world, *scopes, **members):
    response = world.post("/v1/keys", {"name": "feed", "scopes": list(scopes) or ["claims:write"], **members})
    assert 201 == response.status_code, response.text
    return response.json


def can_call(world, key):
    """Return whether a secret is accepted for recording claims."""
    response = world.client.post("/v1/claims", json={}, headers={"Authorization": f"Bearer {key['secret']}"})
    assert response.status_code in (401, 422), response.text
    return response.status_code == 422


def is_known(world, key, *, at):
    """Return whether a secret will be valid at a moment."""
    return find_caller(world.runtime.db, key["secret"], now=at) is not None


def change(world, key, **members):
    return world.patch(f"/v1/keys/{key['id']}", members, headers={"If-Match": "*"})


def revoke(world, key_id):
    return world.delete(f"/v1/keys/{key_id}", headers={"If-Match": "*"})


def own_id(world):
    """Return the id of the world's key, which is the latest."""
    return list_keys(world.runtime.db)[-1].id


def test_make_a_key(world):
    """
    A key is created with its secret, which works and is not shown anywhere else.
    """
    response = world.post("/v1/keys", {"name": "feed", "scopes": ["claims:write", "read"], "expires_at": FUTURE})
    key = response.json

    assert (201, f"/v1/keys/{key['id']}") == (response.status_code, response.headers["Location"])
    assert ("feed", ["claims:write", "read"], FUTURE) == (key["name"], key["scopes"], key["expires_at"])
    assert (None, None) == (key["last_used_at"], key["revoked_at"])
    for path in ("/v1/keys", f"/v1/keys/{key['id']}"):
        assert key["secret"] not in world.get(path).text
    assert {name: value for name, value in key.items() if name != "secret"} == world.get(f"/v1/keys/{key['id']}").json
    assert can_call(world, key)


@pytest.mark.sqlite_alone
@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": "x" * 501}, "/name"),
        ({"scopes": []}, "/scopes"),
        ({"scopes": ["everything"]}, "/scopes/0"),
        ({"scopes": "admin"}, "/scopes"),
        ({"expires_at": PAST}, "/expires_at"),
        ({"expires_at": "2100-01-01T00:00:00"}, "/expires_at"),
        ({"secret": "bo_mine_0123456789012345"}, "/secret"),
    ],
)
def test_bad_key(shared_world, members, pointer):
    """
    A key needs a name, known scopes and an expiry in the future if any; the secret cannot be chosen.
    """
    body = {"name": "feed", "scopes": ["read"], **members}

    assert_problem(shared_world.post("/v1/keys", body), 422, "invalid-body", pointer)


def test_replay_is_without_the_secret(world):
    """
    A replayed creation returns the key without its secret, which is not stored.
    """
    headers = {"Idempotency-Key": "make-a-key"}
    body = {"name": "feed", "scopes": ["read"]}
    first, again = (world.post("/v1/keys", body, headers=headers) for _ in range(2))

    assert "true" == again.headers["Idempotency-Replayed"]
    assert (201, first.json) == (again.status_code, again.json | {"secret": first.json["secret"]})
    assert "secret" not in again.json
    assert 2 == len(world.get("/v1/keys").json["items"])


def test_list(world):
    """
    All keys are listed in pages, the oldest first, including the revoked ones.
    """
    made = [make(world, name=f"feed {number}") for number in range(3)]
    revoke(world, made[0]["id"])

    first = world.get("/v1/keys?limit=2").json
    rest = world.get("/v1/keys", query_string={"limit": 2, "cursor": first["next_cursor"]}).json

    assert ["test", "feed 0", "feed 1", "feed 2"] == [key["name"] for key in first["items"] + rest["items"]]
    assert first["items"][1]["revoked_at"] is not None
    assert rest["next_cursor"] is None


def test_last_use(world):
    """
    The last use of a key is stored at once, and again after an hour at the earliest; its tag stays the same.
    """
    user = make(world)
    tag = world.get(f"/v1/keys/{user['id']}").headers["ETag"]
    began = dt.datetime.now(dt.UTC)
    assert can_call(world, user)
    used = used_at(world, user)
    assert can_call(world, user)

    assert began <= used <= dt.datetime.now(dt.UTC)
    assert used == used_at(world, user)
    assert tag == world.get(f"/v1/keys/{user['id']}").headers["ETag"]  # nobody changed it
    almost, later = used + dt.timedelta(minutes=59), used + dt.timedelta(minutes=60)
    find_caller(world.runtime.db, user["secret"], now=almost)
    assert used == used_at(world, user)
    find_caller(world.runtime.db, user["secret"], now=later)
    assert later == used_at(world, user)


def test_last_use_while_the_database_is_busy(world):
    """
    While another writer holds the database or the key's row, a key is accepted without waiting and its use is not
    stored.
    """
    user = make(world)
    with world.runtime.db.write() as other:
        other.execute(sa.select(ApiKey).with_for_update())
        before = contextvars.Context()  # another request, which is no part of this transaction
        assert before.run(find_caller, world.runtime.db, user["secret"], now=dt.datetime.now(dt.UTC)) is not None

    assert world.get(f"/v1/keys/{user['id']}").json["last_used_at"] is None
    assert can_call(world, user)
    assert world.get(f"/v1/keys/{user['id']}").json["last_used_at"] is not None


def used_at(world, key):
    return dt.datetime.fromisoformat(world.get(f"/v1/keys/{key['id']}").json["last_used_at"])


def test_revoke(world):
    """
    A revoked key is invalid at once and for good; revoking it again changes nothing.
    """
    key = make(world)

    first, again = revoke(world, key["id"]), revoke(world, key["id"])

    assert (200, first.json) == (first.status_code, again.json)
    assert first.json["revoked_at"] is not None
    assert not can_call(world, key)
    assert_problem(change(world, key, name="other"), 409, "key-ended")
    assert_problem(world.post(f"/v1/keys/{key['id']}/rotation", {}), 409, "key-ended")


def test_last_admin_key(world):
    """
    The last admin key can neither be revoked nor expire; with another admin key it can.
    """
    mine = own_id(world)
    revoke(world, make(world, "admin")["id"])
    make(world, "claims:write")

    assert_problem(revoke(world, mine), 409, "last-admin-key")
    assert_problem(change(world, {"id": mine}, expires_at=FUTURE), 409, "last-admin-key")
    make(world, "admin")
    assert 200 == revoke(world, mine).status_code
    assert_problem(world.get("/v1/keys"), 401, "unauthorized")


def test_admin_keys_that_expire(world):
    """
    An admin key may expire before another admin key, and not after it.
    """
    mine, other = own_id(world), make(world, "admin", expires_at=FUTURE)

    assert_problem(change(world, {"id": mine}, expires_at="2100-01-01T00:00:01Z"), 409, "last-admin-key")
    assert 200 == change(world, {"id": mine}, expires_at="2099-12-31T23:59:59Z").status_code
    assert_problem(change(world, other, expires_at="2100-01-02T00:00:00Z"), 409, "last-admin-key")


def test_expiry(world):
    """
    A key expires at its date, which can be changed before.
    """
    key, kept = make(world), make(world)
    end = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)

    assert [200, 200] == [change(world, each, expires_at=end.isoformat()).status_code for each in (key, kept)]
    assert (True, True) == (can_call(world, key), can_call(world, kept))
    assert change(world, kept, expires_at=None).json["expires_at"] is None
    assert [True, True] == [is_known(world, each, at=end - INSTANT) for each in (key, kept)]
    assert [False, True] == [is_known(world, each, at=end) for each in (key, kept)]
    with pytest.raises(KeyEnded):
        change_key(world.runtime.db, UUID(key["id"]), changes={"expires_at": None}, if_match=None, now=end)


def test_change_needs_what_was_read(world):
    """
    Changing or revoking a key needs the tag of its current version.
    """
    key = make(world)
    path = f"/v1/keys/{key['id']}"
    tag = world.get(path).headers["ETag"]

    assert_problem(world.patch(path, {"name": "x"}), 428, "precondition-required")
    assert_problem(world.delete(path), 428, "precondition-required")
    changed = world.patch(path, {"name": "other"}, headers={"If-Match": tag})
    assert (200, "other") == (changed.status_code, changed.json["name"])
    assert_problem(world.delete(path, headers={"If-Match": tag}), 412, "precondition-failed")
    assert 200 == world.delete(path, headers={"If-Match": changed.headers["ETag"]}).status_code


def test_rotate(world):
    """
    A rotated key has a new secret; the former one stays valid during the overlap.
    """
    first = make(world)
    second = world.post(f"/v1/keys/{first['id']}/rotation", {"overlap": 3600}).json
    third = world.post(f"/v1/keys/{first['id']}/rotation", {}).json

    assert [first["id"]] * 2 == [second["id"], third["id"]]
    assert [True] * 3 == [can_call(world, key) for key in (first, second, third)]
    fourth = world.post(f"/v1/keys/{first['id']}/rotation", {"overlap": 0}).json
    assert [False, False, False, True] == [can_call(world, key) for key in (first, second, third, fourth)]
    revoke(world, first["id"])
    assert not can_call(world, fourth)


def test_former_secret_ends_by_itself(world):
    """
    The former secret expires at the end of the overlap, or earlier with the key.
    """
    first, other = make(world), make(world)
    began = dt.datetime.now(dt.UTC)
    second = world.post(f"/v1/keys/{first['id']}/rotation", {"overlap": 60}).json
    end = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=60)
    world.post(f"/v1/keys/{other['id']}/rotation", {"overlap": 3600})
    revoke(world, other["id"])

    assert ([True, True], False) == ([can_call(world, key) for key in (first, second)], can_call(world, other))
    assert is_known(world, first, at=began + dt.timedelta(seconds=60) - INSTANT)
    assert [False, True] == [is_known(world, key, at=end) for key in (first, second)]


@pytest.mark.sqlite_alone
@pytest.mark.parametrize("overlap", [-1, 90 * 24 * 3600 + 1, "1", 1.5, None, True])
def test_bad_overlap(world, overlap):
    """
    An overlap is a whole number of seconds, up to 90 days.
    """
    response = world.post(f"/v1/keys/{own_id(world)}/rotation", {"overlap": overlap})

    assert_problem(response, 422, "invalid-body", "/overlap")


def test_rotated_key_is_still_who_filed(world):
    """
    R14: a rotated key still may not resolve its own claims.
    """
    key = make(world, "claims:write", "resolutions:write")
    feed = World(world.app)
    feed.headers = {"Authorization": f"Bearer {key['secret']}"}
    claim = feed.record()
    rotated = world.post(f"/v1/keys/{key['id']}/rotation", {}).json
    feed.headers = {"Authorization": f"Bearer {rotated['secret']}"}

    response = feed.post(f"/v1/claims/{claim['id']}/resolutions", {"verdict": "true", "note": NOTE})

    assert_problem(response, 403, "own-claim")


def test_unknown_key(shared_world):
    """
    An unknown key is a 404 problem for every call.
    """
    path, headers = f"/v1/keys/{NOTHING}", {"If-Match": "*"}
    answers = [
        shared_world.get(path),
        shared_world.patch(path, {"name": "x"}, headers=headers),
        shared_world.delete(path, headers=headers),
        shared_world.post(f"{path}/rotation", {}),
    ]

    for response in answers:
        assert_problem(response, 404, "not-found")


def test_keys_are_for_admins(world):
    """
    A key with every scope but admin can neither see nor create keys.
    """
    other = world.with_scopes(*(scope for scope in Scope if scope is not Scope.ADMIN))

    assert_problem(other.get("/v1/keys"), 403, "forbidden")
    assert_problem(other.post("/v1/keys", {"name": "x", "scopes": ["admin"]}), 403, "forbidden")
