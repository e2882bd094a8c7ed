"""GET /v1/audit, GET /v1/trail and GET /v1/ledger"""

from __future__ import annotations

import datetime as dt

import pytest

from service.ledger.seal import seal_entries
from service.storage.cursors import encode_cursor
from tests.support.full_database import NOW, fill
from tests.support.world import assert_problem, report

PRIVATE = ("actor", "request_id")


def audit(world, **query):
    return world.get("/v1/audit", query_string=query).json["items"]


def trail(world, **query):
    """Return the entries of the public trail."""
    response = world.client.get("/v1/trail", query_string=query)
    assert 200 == response.status_code, response.text
    return response.json["items"]


@pytest.fixture
def claim(world):
    """Return a claim that was resolved, sealed, and then changed by a request with the id `change-1`."""
    claim = world.record()
    resolution = world.resolve(claim, "true")
    seal_entries(world.runtime.db, now=NOW)
    change = {"If-Match": "*", "X-Request-ID": "change-1"}
    world.patch(f"/v1/claims/{claim['id']}", {"topic": "bridges"}, headers=change)
    return world.claim(claim) | {"resolution": resolution}


def test_it_works(world, claim):
    """
    A write is listed with its author, its request, and the row before and after it.
    """
    newest, oldest = audit(world, subject=claim["id"], table="claim")

    assert ("changed", "change-1", 2, None) == (
        newest["action"],
        newest["request_id"],
        newest["position"],
        newest["seal"],
    )
    assert "topic" not in newest["before"]
    assert "bridges" == newest["after"]["topic"]
    assert ("created", None, 1) == (oldest["action"], oldest["before"], oldest["seal"])
    assert newest["actor"] == oldest["actor"]
    assert claim["id"] == oldest["row"]
    assert oldest["after"]["filed_by"] == oldest["actor"]["key"]


def test_filters(world, claim):
    """
    Entries are filtered by subject, actor, table, action and time.
    """
    key = audit(world)[0]["actor"]["key"]
    outlet = world.get("/v1/outlets/herald").json["id"]

    assert {"claim", "report", "resolution", "version"} == {item["table"] for item in audit(world, subject=claim["id"])}
    assert {"outlet"} == {item["table"] for item in audit(world, subject=outlet)}
    assert "fingerprint" in audit(world, table="report")[0]["after"]
    assert {key} == {item["actor"]["key"] for item in audit(world, actor=key)}
    assert [] == audit(world, actor=claim["id"])
    assert {"report"} == {item["table"] for item in audit(world, table="report")}
    assert ["claim"] == [item["table"] for item in audit(world, action="changed")]
    assert [] == audit(world, action="deleted")
    middle = audit(world)[2]
    assert 3 == len(audit(world, since=middle["recorded_at"]))
    assert [] == audit(world, since=(dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)).isoformat())


def test_removed_names_of_an_outlet(world):
    """
    The entries of an outlet include those of its removed domains and aliases.
    """
    outlet = world.outlet("Herald", domains=["herald.example"], aliases=["The Herald"])
    world.patch("/v1/outlets/herald", {"domains": [], "aliases": []}, headers={"If-Match": "*"})

    deleted = [item["row"] for item in audit(world, subject=outlet["id"]) if item["action"] == "deleted"]
    assert [f"{outlet['id']} 0"] * 2 == deleted


def test_since_the_beginning_of_time(world):
    """
    `since` accepts any instant, even the earliest.
    """
    world.record()

    assert audit(world) == audit(world, since="0001-01-01T00:00:00Z")


def test_forged_position(world):
    """
    A forged cursor of the seals with a number that no database can store causes a 400.
    """
    forged = encode_cursor(("9" * 30,), ["/v1/ledger", {}])

    assert_problem(world.get("/v1/ledger", query_string={"cursor": forged}), 400, "invalid-query", "/cursor")


def test_pages(world):
    """
    The log is paged, the newest entry first, without repeating an entry.
    """
    fill(world)
    whole = [item["id"] for item in audit(world, limit=200)]
    found, path = [], "/v1/audit?limit=7"
    while path:
        page = world.get(path).json
        found += [item["id"] for item in page["items"]]
        path = page["next_cursor"] and f"/v1/audit?limit=7&cursor={page['next_cursor']}"

    assert sorted(whole, reverse=True) == whole == found
    assert len(whole) > 20


def test_secrets_are_not_shown(world):
    """
    The log contains neither the secret of a key nor the stored hash of it.
    """
    secret = world.secret
    text = world.get("/v1/audit").text

    assert secret not in text
    assert audit(world, table="api_key")[0]["after"]["digest"].startswith("sha256:")


def test_trail_is_public_and_anonymous(world):
    """
    The writes to the public record can be read without a key; they contain no keys and no request ids.
    """
    fill(world)
    shown = trail(world, limit=200)
    keys = {item["row"] for item in audit(world, table="api_key")}

    public = {"claim", "claim_merge", "report", "resolution", "version", "topic_rename", "withdrawal"}
    public |= {"dispute", "reply", "redaction"}
    assert public == {item["table"] for item in shown}
    assert [] == [item for item in shown if any(name in item for name in PRIVATE)]
    assert [] == [key for key in (*keys, "fingerprint") if key in str(shown)]
    assert {item["digest"] for item in shown} <= {item["digest"] for item in audit(world, limit=200)}


def test_trail_of_one_claim(world, claim):
    """
    The public trail of a claim lists all writes to it.
    """
    world.record(report("Echo"))
    writes = [(item["table"], item["action"]) for item in reversed(trail(world, subject=claim["id"]))]

    assert sorted([("claim", "created"), ("report", "created")]) == sorted(writes[:2])
    assert ("resolution", "created") == writes[2]
    assert {("version", "created"), ("claim", "changed")} == set(writes[3:])


@pytest.mark.usefixtures("claim")
def test_heads(world):
    """
    A score contains the newest head, and the ledger lists all heads with the previous ones.
    """
    seal_entries(world.runtime.db, now=NOW)
    last, first = world.get("/v1/ledger").json["items"]

    assert last["head"] == world.score(level=0.5)["ledger"]
    assert (2, first["head"]) == (last["number"], last["previous"])
    assert None is first["previous"]
    assert len(audit(world, limit=200)) == last["entries"] + first["entries"]


def test_score_before_the_first_seal(world):
    """
    Before the first seal a score contains no head.
    """
    world.record()

    assert None is world.score()["ledger"]


@pytest.mark.usefixtures("claim")
def test_etag_ignores_the_head(world):
    """
    Unrelated writes do not change the ETag of a score.
    """
    path = "/v1/outlets/herald/score?as_of=2026-06-01T00:00:00Z"
    before = world.get(path)
    world.outlet("Other")
    seal_entries(world.runtime.db, now=NOW)
    after = world.get(path)

    assert before.json["ledger"] != after.json["ledger"]
    assert before.headers["ETag"] == after.headers["ETag"]


@pytest.mark.sqlite_alone
@pytest.mark.parametrize("query", ["table=entry", "action=read", "subject=herald", "since=today", "actor=me"])
def test_invalid_filter(world, query):
    """
    An invalid filter causes a 400 that names it.
    """
    name = query.partition("=")[0]
    response = world.get(f"/v1/audit?{query}")

    assert (400, "/problems/invalid-query") == (response.status_code, response.json["type"])
    assert [name] == [place["pointer"] for place in response.json["errors"]] or name in response.text


def test_seals_are_paged_by_number(world):
    """
    The seals are paged by number, and a cursor of another list causes a 400.
    """
    for name in "abc":
        world.outlet(name)
        seal_entries(world.runtime.db, now=NOW)
    page = world.get("/v1/ledger?limit=2").json

    assert [3, 2] == [seal["number"] for seal in page["items"]]
    rest = world.get(f"/v1/ledger?limit=2&cursor={page['next_cursor']}").json
    assert ([1], None) == ([seal["number"] for seal in rest["items"]], rest["next_cursor"])
    response = world.get(f"/v1/trail?cursor={page['next_cursor']}")
    assert_problem(response, 400, "invalid-query", *[place["pointer"] for place in response.json["errors"]])
