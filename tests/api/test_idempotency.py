"""Idempotency-Key on every POST that creates"""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from service.access.idempotency import prune_responses
from service.storage.models import Claim, Outlet, Report, Resolution, StoredResponse, Withdrawal
from service.values.vocabulary import Scope
from tests.support.world import NOTE, World, assert_problem, report

KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
CLAIM = {"text": "The bridge opens in May.", "reports": [report()]}


def now():
    return dt.datetime.now(dt.UTC)


def shown(response):
    """Return the response as a client sees it, without members that differ between responses."""
    own = {"X-Request-ID", "Idempotency-Replayed", "RateLimit"}
    return response.status_code, response.data, {name: value for name, value in response.headers if name not in own}


def calls(world):
    """Return every POST that creates a row, with the table of the row."""
    claim = world.record()
    return [
        ("/v1/claims", CLAIM, Claim),
        (f"/v1/claims/{claim['id']}/reports", report("Courier"), Report),
        ("/v1/outlets", {"name": "Gazette"}, Outlet),
        (f"/v1/claims/{claim['id']}/resolutions", {"verdict": "true", "note": NOTE}, Resolution),
        (f"/v1/reports/{claim['reports'][0]['id']}/withdrawal", {"reason": "Filed by mistake."}, Withdrawal),
    ]


def test_first_answer_is_given_again(world):
    """
    The same call with the same key returns the first response, marked as a replay, and creates nothing.
    """
    for number, (path, body, table) in enumerate(calls(world)):
        key = {"Idempotency-Key": f"key-{number}"}
        first = world.post(path, body, headers=key)
        made = world.count(table)

        again = [world.post(path, body, headers=key) for _ in range(2)]

        assert 201 == first.status_code, first.text
        assert "Idempotency-Replayed" not in first.headers
        assert [shown(first)] * 2 == [shown(response) for response in again]
        assert ["true"] * 2 == [response.headers["Idempotency-Replayed"] for response in again]
        assert made == world.count(table)


@pytest.mark.sqlite_alone
def test_every_creating_call_takes_a_key(shared_world):
    """
    The API document lists the Idempotency-Key and its responses for every POST that writes.
    """
    for path, item in shared_world.app.extensions["document"]["paths"].items():
        post = item.get("post")
        if post is not None and post["security"][0]["apiKey"] != [Scope.READ]:
            assert "Idempotency-Key" in [parameter.get("name") for parameter in post["parameters"]], path
            assert {"400", "409", "422"} <= post["responses"].keys(), path


def test_without_a_key(world):
    """
    Without a key nothing is stored, and a call sent twice creates two rows.
    """
    answers = [world.post("/v1/claims", CLAIM) for _ in range(2)]

    assert [201, 201] == [response.status_code for response in answers]
    assert (2, 0) == (world.count(Claim), world.count(StoredResponse))


def test_replay_tells_what_was_so_then(world):
    """
    A replay is the first response, even if the claim has since changed.
    """
    first = world.post("/v1/claims", CLAIM, headers=KEY)
    world.resolve(first.json, "true")

    assert shown(first) == shown(world.post("/v1/claims", CLAIM, headers=KEY))


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/claims", {**CLAIM, "topic": "bridges"}),
        ("/v1/claims", dict(reversed(CLAIM.items()))),
        ("/v1/outlets", CLAIM),
        ("/v1/outlets", {"name": "Gazette"}),
        ("/v1/claims", {}),
    ],
)
def test_key_of_another_request(world, path, body):
    """
    A key that was used with another body or path is rejected before the body is validated.
    """
    first = world.post("/v1/claims", CLAIM, headers=KEY)

    assert_problem(world.post(path, body, headers=KEY), 422, "idempotency-key-reused")
    assert shown(first) == shown(world.post("/v1/claims", CLAIM, headers=KEY))
    assert 1 == world.count(Claim)


def test_key_belongs_to_its_api_key(world):
    """
    Two feeds that choose the same key do not see each other's responses.
    """
    other = World(world.app)

    ids = {each.post("/v1/claims", CLAIM, headers=KEY).json["id"] for each in (world, other)}

    assert 2 == len(ids)


@pytest.mark.sqlite_alone
@pytest.mark.parametrize("key", ["", " ", "a b", "a\tb", "ä", "\x7f", "x" * 256, "\x80"])
def test_bad_key(shared_world, key):
    """
    A key that is empty, too long or not printable ASCII is rejected.
    """
    response = shared_world.post("/v1/outlets", {"name": "Gazette"}, headers={"Idempotency-Key": key})

    assert_problem(response, 400, "bad-request")


@pytest.mark.parametrize("key", ["x", "!", "~" * 255, '"quoted"', "a,b", "'; DROP TABLE kept_answer; --"])
def test_odd_key(world, key):
    """
    Any printable ASCII character is allowed, and keys are compared exactly.
    """
    key = key.replace(" ", "_")
    bodies = {"name": "Gazette"}, {"name": "Herald"}

    first = world.post("/v1/outlets", bodies[0], headers={"Idempotency-Key": key})
    other = world.post("/v1/outlets", bodies[1], headers={"Idempotency-Key": key[:-1] + "?"})

    assert [201, 201] == [first.status_code, other.status_code]


def test_bad_call_is_not_kept(world):
    """
    A rejected call is not stored: once corrected, it succeeds with the same key; malformed bodies are rejected as
    usual.
    """
    wrong = world.post("/v1/claims", {**CLAIM, "kind": "event"}, headers=KEY)
    malformed = world.client.post("/v1/claims", data=b"{", headers=world.headers | KEY, content_type="application/json")
    text = world.client.post("/v1/claims", data=b"{", headers=world.headers | KEY, content_type="text/plain")

    assert_problem(wrong, 422, "invalid-body", "/resolves_by")
    assert_problem(malformed, 400, "malformed-json", "")
    assert_problem(text, 415, "unsupported-media-type")
    assert 201 == world.post("/v1/claims", CLAIM, headers=KEY).status_code
    assert (1, 1) == (world.count(Claim), world.count(StoredResponse))


def test_conflict_is_not_kept(world):
    """
    A call with a conflict is not stored: each retry runs again and succeeds once the conflict is gone.
    """
    world.outlet("Herald", domains=["herald.example"])
    body = {"name": "Gazette", "domains": ["herald.example"]}

    refused = world.post("/v1/outlets", body, headers=KEY)
    kept = world.count(StoredResponse)
    world.patch("/v1/outlets/herald", {"domains": []}, headers={"If-Match": "*"})

    assert_problem(refused, 409, "domain-taken")
    assert 0 == kept
    assert 201 == world.post("/v1/outlets", body, headers=KEY).status_code


def test_key_without_its_scope(world):
    """
    A caller without the scope does not see stored responses, and does not use up a key.
    """
    reader = world.with_scopes(Scope.READ)

    assert_problem(reader.post("/v1/claims", CLAIM, headers=KEY), 403, "forbidden")
    assert_problem(world.client.post("/v1/claims", json=CLAIM, headers=KEY), 401, "unauthorized")
    assert 0 == world.count(StoredResponse)


def test_two_hundred_is_kept_too(world):
    """
    A 200 for a claim that is already recorded is stored and replayed.
    """
    body = {**CLAIM, "external_id": "bridge"}
    world.post("/v1/claims", body)

    first, again = (world.post("/v1/claims", body, headers=KEY) for _ in range(2))

    assert [200, 200] == [first.status_code, again.status_code]
    assert "true" == again.headers["Idempotency-Replayed"]


def test_kept_for_a_day(world):
    """
    After 24 hours a key can be used anew, with or without pruning; the worker prunes only expired responses.
    """
    first, second = ({"Idempotency-Key": name} for name in ("first", "second"))
    world.post("/v1/claims", CLAIM, headers=first)
    age(world, dt.timedelta(hours=24))
    world.post("/v1/claims", CLAIM, headers=second)
    again = world.post("/v1/outlets", {"name": "Gazette"}, headers=first)
    age(world, dt.timedelta(hours=23, minutes=59))
    world.post("/v1/claims", CLAIM, headers={"Idempotency-Key": "third"})

    prune_responses(world.runtime.db, now=now())
    assert (201, 3) == (again.status_code, world.count(StoredResponse))
    age(world, dt.timedelta(minutes=1))
    prune_responses(world.runtime.db, now=now())
    assert 1 == world.count(StoredResponse)


def age(world, span):
    with world.runtime.db.write() as session:
        for kept in session.scalars(sa.select(StoredResponse)):
            kept.recorded_at -= span
