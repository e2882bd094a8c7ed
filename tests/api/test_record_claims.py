"""POST /v1/claims/batch"""

from __future__ import annotations

import datetime as dt
import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from service.access.limits import Limits, Quota
from service.ledger.verify import verify_ledger
from service.storage.models import Claim, Entry, Outlet, Resolution
from service.values.vocabulary import Scope
from service.web.runtime import Runtime
from tests.support.request_bodies import ahead, claim_of
from tests.support.statements import sent_statements
from tests.support.world import NOTE, World, application_on, assert_problem, report

BATCH = "/v1/claims/batch"
TRUE = {"verdict": "true", "note": NOTE}
WRITE, RESOLVE, OWN = Scope.CLAIMS_WRITE, Scope.RESOLUTIONS_WRITE, Scope.RESOLUTIONS_OWN
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NOW = re.compile(rf"{dt.datetime.now(dt.UTC).year}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z")


def send(world, *claims, **members):
    """Record claims in one call, and return the items."""
    response = world.post(BATCH, {"claims": list(claims), **members})
    assert 200 == response.status_code, response.text
    return response.json["items"]


def numbered(count, **members):
    return [claim_of(report(f"Outlet {n % 50}"), text=f"Bridge {n} opens in May.", **members) for n in range(count)]


def test_claims_are_recorded(world):
    """
    Each claim is recorded with its reports and its resolution, in the order of the request, and can be read.
    """
    one, two = send(world, claim_of(resolution=TRUE), claim_of(report("Courier"), text="The tunnel opens in June."))

    assert (201, "resolved", "true") == (one["status"], one["claim"]["status"], one["claim"]["resolution"]["verdict"])
    assert (201, "open", ["courier"]) == (
        two["status"],
        two["claim"]["status"],
        [filed["outlet"] for filed in two["claim"]["reports"]],
    )
    assert [{"status", "claim"}] * 2 == [one.keys(), two.keys()]
    assert [one["claim"], two["claim"]] == [world.claim(one["claim"]), world.claim(two["claim"])]


@pytest.mark.sqlite_alone
def test_empty_batch(world):
    """
    A batch without claims has no items.
    """
    assert [] == send(world)


def varied(name):
    """Return claims of every kind, valid and invalid, which name no object of another call with another name."""
    first = claim_of(report(f"{name} Herald"), text=f"{name} one.", external_id=f"{name}-1")
    rumour = claim_of(report(f"{name} Post", "2026-01-02T00:00:00Z"), text=f"{name} two.", group=f"{name} job")
    rumour["external_id"] = f"{name}-2"
    relays = [
        report(f"{name} A", relays={"outlet": {"name": f"{name} B"}}),
        report(f"{name} B", relays={"outlet": {"name": f"{name} A"}}),
    ]
    dated = report(f"{name} Herald", probability=0.8)
    return [
        first,
        first,  # the same again
        first | {"text": f"{name} other."},  # differs
        {**first, "reports": [*first["reports"], report(f"{name} New")]},  # has another report
        claim_of(report(f"{name} Herald"), text=f"{name} ONE"),  # similar to the first
        rumour | {"resolution": TRUE},
        rumour | {"external_id": f"{name}-3", "text": f"{name} three.", "resolution": TRUE},  # a rival is true
        rumour,  # is resolved by now
        rumour | {"resolution": TRUE},  # resolved already
        rumour | {"text": f"{name} four.", "external_id": None, "group": None, "resolution": {"verdict": "partial"}},
        claim_of(text=f"{name} five.", resolution={"verdict": "perhaps", "extra": 1}),
        claim_of(text=f"{name} six.", resolution=[]),
        claim_of(text=f"{name} seven.", resolution=None),
        claim_of(text=f"{name} eight.", kind="opinion", resolution=TRUE),
        claim_of(text=f"{name} nine.", resolution={**TRUE, "known_at": "2025-06-01"}),  # before every report
        claim_of(text=f"{name} ten.", resolution={"verdict": None, "note": NOTE}),
        claim_of(text=f"{name} eleven.", kind="event"),
        claim_of(text=f"{name} twelve.", resolution={**TRUE, "known_at": ahead(days=1)}),
        claim_of(report(f"{name} Herald", ahead(days=1)), text=f"{name} thirteen."),
        claim_of({"outlet": f"{name}-nobody", "published_at": "2026-01-01"}, text=f"{name} fourteen."),
        claim_of({"url": f"https://{name}.example/1", "published_at": "2026-01-01"}, text=f"{name} fifteen."),
        claim_of({**report(), "outlet": {"name": f"{name} Net", "domain": f"{name}.example"}}, text=f"{name} sixteen."),
        claim_of({"url": f"https://{name}.example/1", "published_at": "2026-01-01"}, text=f"{name} seventeen."),
        claim_of(*relays, text=f"{name} eighteen."),
        claim_of(relays[0], text=f"{name} nineteen."),
        claim_of(dated, {**dated, "probability": 0.9}, text=f"{name} twenty."),
        claim_of(dated, dated, text=f"{name} twenty-one."),
        claim_of(report(f"{name} Herald", stance="deny", probability=0.8), text=f"{name} twenty-two."),
        {"text": 1, "reports": []},
        {},
        None,
        [first],
        "claim",
        first | {"unknown": 1},
    ]


def alone(world, claim):
    """Return the item for a claim that is sent with single calls."""
    sent = dict(claim) if isinstance(claim, dict) else {}
    resolution = sent.pop("resolution", None)
    body = json.dumps(sent if isinstance(claim, dict) else claim)
    recorded = world.post("/v1/claims", data=body, content_type="application/json")
    if recorded.status_code >= 400:
        return {"status": recorded.status_code, "problem": recorded.json}
    item = {"status": recorded.status_code, "claim": recorded.json}
    if resolution is not None:
        resolved = world.post(f"/v1/claims/{recorded.json['id']}/resolutions", resolution)
        if resolved.status_code >= 400:
            whole = {"pointer": "", "code": resolved.json["type"].removeprefix("/problems/")}
            found = resolved.json.get("errors", [whole])
            places = [place | {"pointer": "/resolution" + place["pointer"]} for place in found]
            return item | {"problem": resolved.json | {"errors": places}}
        item |= {"warnings": resolved.json["warnings"]} if "warnings" in resolved.json else {}
        item["claim"] = world.claim(recorded.json) | {"similar": recorded.json["similar"]}
    return item


def comparable(items, name):
    """Return items with numbers in place of ids, and without the members that describe the call or the moment."""
    items = json.loads(json.dumps(items))
    for item in items:
        if (problem := item.get("problem")) is not None:
            item["problem"] = (
                problem["type"],
                problem["title"],
                problem["status"],
                [(place["pointer"], place["code"]) for place in problem.get("errors", [])],
            )
    numbers = {}
    text = _ID.sub(lambda found: str(numbers.setdefault(found[0], len(numbers))), json.dumps(items))
    text = _NOW.sub("now", text)
    return json.loads(text.replace(name, "NAME").replace(name.lower(), "name"))


def test_items_equal_single_calls(world):
    """
    Each item has the status and the claim or problem of the single calls in the same order.
    """
    single = [alone(world, claim) for claim in varied("Alpha")]
    batch = send(world, *varied("Bravo"))

    assert comparable(single, "Alpha") == comparable(batch, "Bravo")
    assert {200, 201, 409, 422} == {item["status"] for item in batch}
    assert 0 == sum(len(item["problem"].get("errors", [])) == 0 for item in batch if "problem" in item)


def test_scores_and_ledger_equal_those_of_single_calls(world, db):
    """
    The scores change as by single calls, and the ledger verifies.
    """
    for claim in varied("Alpha"):
        alone(world, claim)
    world.score("alpha-herald")
    send(world, *varied("Bravo"))

    scores = [world.score(f"{name}-{outlet}") for name in ("alpha", "bravo") for outlet in ("herald", "post")]
    shown = [{name: score[name] for name in ("record", "counts", "reliability")} for score in scores]

    assert shown[:2] == shown[2:]
    assert [] == list(verify_ledger(db))


def test_scores_are_fresh_after_a_batch(world):
    """
    R20: a score that was cached before a batch resolves a claim is not served after it.
    """
    send(world, claim_of(external_id="a"))
    before = world.score()["counts"]["resolved"]
    send(world, claim_of(external_id="a", resolution=TRUE))

    assert (0, 1) == (before, world.score()["counts"]["resolved"])


def test_rejected_claim_leaves_nothing_behind(world):
    """
    A rejected claim creates no outlet, gives none a domain, and hurts no other claim.
    """
    world.outlet("Courier")
    named = {"outlet": {"name": "Courier", "domain": "courier.example"}, "published_at": "2026-01-01"}
    bad = claim_of(named, report("Gazette"), report("Herald", ahead(days=1)))

    items = send(world, bad, claim_of(report("Courier")), bad, claim_of(report("Post"), text="The tunnel opens."))

    assert [422, 201, 422, 201] == [item["status"] for item in items]
    assert {"courier", "post"} == {outlet["slug"] for outlet in world.get("/v1/outlets").json["items"]}
    assert [] == world.get("/v1/outlets/courier").json["domains"]


def test_all_or_nothing(world):
    """
    An atomic batch with any error is rejected with a pointer to each, and records nothing.
    """
    claims = [
        claim_of(report("Gazette")),
        claim_of({"outlet": "nobody", "published_at": "2026-01-01"}),
        claim_of(kind="opinion", resolution=TRUE),
        claim_of(resolution={"verdict": "partial", "note": NOTE}),
        {"text": "No reports."},
    ]
    entries = world.count(Entry)

    response = world.post(BATCH, {"claims": claims, "atomic": True})

    pointers = ["/claims/1/reports/0/outlet", "/claims/2/resolution", "/claims/3/resolution/truth", "/claims/4/reports"]
    assert_problem(response, 422, "invalid-body", *pointers)
    assert (0, 0, 0) == (world.count(Claim), world.count(Outlet), world.count(Entry) - entries)


def test_all_or_nothing_when_all_are_right(world):
    """
    An atomic batch without errors is recorded, and so are claims that were on record before.
    """
    send(world, claim_of(external_id="a"))

    items = send(world, claim_of(external_id="a"), claim_of(text="The tunnel opens.", resolution=TRUE), atomic=True)

    assert ([200, 201], 2) == ([item["status"] for item in items], world.count(Claim))


@pytest.mark.parametrize(
    ("scopes", "problem"),
    [([WRITE], "forbidden"), ([WRITE, RESOLVE], "own-claim"), ([WRITE, RESOLVE, OWN], None), ([Scope.ADMIN], None)],
)
def test_rights_are_checked_per_claim(world, scopes, problem):
    """
    R14: a key that may not resolve the claims that it files records them without their resolutions.
    """
    item, plain = send(world.with_scopes(*scopes), claim_of(resolution=TRUE), claim_of(text="The tunnel opens."))

    assert (201, 201) == (item["status"], plain["status"])
    assert (None if problem is None else f"/problems/{problem}") == item.get("problem", {}).get("type")
    assert [place["pointer"] for place in item.get("problem", {}).get("errors", [])] == ["/resolution"] * bool(problem)
    assert int(problem is None) == world.count(Resolution)


def test_claims_of_another_key(world):
    """
    R14: a key may resolve a claim of another key that it sends again, without the scope for its own.
    """
    send(world.with_scopes(WRITE), claim_of(external_id="a"))

    [item] = send(world.with_scopes(WRITE, RESOLVE), claim_of(external_id="a", resolution=TRUE))

    assert (200, "resolved") == (item["status"], item["claim"]["status"])
    assert "problem" not in item


def test_correction_of_a_resolution(world):
    """
    A claim on record that is sent again with a resolution that supersedes its own is corrected, and its dispute closed.
    """
    [before] = send(world, claim_of(external_id="a", resolution=TRUE))
    path, newest = f"/v1/claims/{before['claim']['id']}", before["claim"]["supersedes"]
    dispute = world.post(f"{path}/disputes", {"reason": "It did not."}).json

    correction = {"verdict": "false", "note": NOTE, "supersedes": newest}
    [item] = send(world, claim_of(external_id="a", resolution=correction))

    assert (200, "false", newest) == (
        item["status"],
        item["claim"]["resolution"]["verdict"],
        item["claim"]["resolution"]["supersedes"],
    )
    assert ["closed"] == [each["status"] for each in item["claim"]["disputes"]]
    assert item["claim"]["supersedes"] == item["claim"]["disputes"][0]["closure"]["resolution"]
    assert world.claim(item["claim"]) == item["claim"]
    assert dispute["id"] == item["claim"]["disputes"][0]["id"]


def test_key_without_the_scope(world):
    """
    A key that may not record claims cannot send a batch.
    """
    assert_problem(world.with_scopes(RESOLVE).post(BATCH, {"claims": []}), 403, "forbidden")


@pytest.mark.sqlite_alone
def test_malformed_batches(world):
    """
    A batch that is malformed as a whole is rejected as a whole.
    """
    assert_problem(world.post(BATCH, {}), 422, "invalid-body", "/claims")
    assert_problem(world.post(BATCH, {"claims": {}}), 422, "invalid-body", "/claims")
    assert_problem(world.post(BATCH, {"claims": [], "atomic": 1, "x": 1}), 422, "invalid-body", "/atomic", "/x")
    assert_problem(world.post(BATCH, {"claims": [{}] * 1001}), 422, "invalid-body", "/claims")
    assert_problem(
        world.post(BATCH, data='{"claims": [{"text": NaN}]}', content_type="application/json"),
        400,
        "malformed-json",
        "/claims/0/text",
    )


@pytest.mark.sqlite_alone
def test_number_of_reports(world):
    """
    A batch with more than 10,000 reports is rejected.
    """
    full = claim_of(*[{"outlet": "nobody", "published_at": "2026-01-01"}] * 100)

    assert_problem(world.post(BATCH, {"claims": [full] * 100 + [claim_of()]}), 422, "invalid-body", "/claims")


@pytest.mark.sqlite_alone
def test_long_bodies(world):
    """
    A batch may have 16 MiB, also with an Idempotency-Key; other calls keep their limit.
    """
    blank = " " * (1 << 20)
    key = {"Idempotency-Key": "a"}
    body = json.dumps({"claims": [claim_of()]})

    answers = [
        world.post(BATCH, data=body + blank * n, content_type="application/json", headers=headers)
        for n, headers in ((15, {}), (15, key), (15, key), (16, {}), (16, key))
    ]
    single = world.post("/v1/claims", data=json.dumps(claim_of()) + blank, content_type="application/json")

    assert [200, 200, 200, 413, 413] == [answer.status_code for answer in answers]
    assert "true" == answers[2].headers["Idempotency-Replayed"]
    assert 413 == single.status_code
    assert 2 == world.count(Claim)


def test_idempotency_key_covers_the_batch(world):
    """
    A batch sent again with its Idempotency-Key receives the first response, and nothing is recorded twice.
    """
    body, key = {"claims": [claim_of(resolution=TRUE), {"text": ""}]}, {"Idempotency-Key": "a"}

    first, again = (world.post(BATCH, body, headers=key) for _ in range(2))

    assert (200, first.data) == (again.status_code, again.data)
    assert 1 == world.count(Claim)
    assert_problem(world.post(BATCH, {"claims": []}, headers=key), 422, "idempotency-key-reused")


def test_batches_at_once(world):
    """
    Batches that arrive at once with the same new claims and outlets record each once, and all succeed.
    """
    clients = [world.with_scopes(Scope.ADMIN) for _ in range(4)]
    claims = numbered(20, resolution=TRUE)
    claims = [claim | {"external_id": str(number)} for number, claim in enumerate(claims)]

    def run(client):
        return [item["status"] for item in send(client, *claims)]

    with ThreadPoolExecutor(len(clients)) as pool:
        answers = list(pool.map(run, clients))

    assert sorted([[201] * 20, *[[200] * 20] * 3]) == sorted(answers)
    assert (20, 20, 20) == (world.count(Claim), world.count(Outlet), world.count(Resolution))


@pytest.mark.sqlite_alone
def test_limit_counts_a_call_for_twenty_claims(app, db, cache, settings):
    """
    Twenty claims count as one call, rounded up. A batch over the limit is rejected and uses no more than one call.
    """
    limits = Limits(writes=Quota(7, 3600))
    world = World(application_on(app, Runtime(db, cache, replace(settings, limits=limits))))

    def left(count):
        response = world.post(BATCH, {"claims": [{}] * count})
        return response.status_code, int(re.search("r=([0-9]+)", response.headers["RateLimit"])[1])

    assert [(200, 6), (200, 5), (200, 4), (200, 2)] == [left(count) for count in (0, 1, 20, 21)]
    assert (429, 1) == left(41)
    assert (200, 0) == left(20)
    assert_problem(world.post(BATCH, {"claims": [claim_of()]}), 429, "too-many-requests")
    assert 0 == world.count(Claim)


def test_number_of_statements(world):
    """
    The number of statements does not grow with the number of claims whose outlets are on record.
    """
    send(world, *numbered(50))
    with sent_statements(world) as few:
        send(world, *numbered(50, topic="a", resolution=TRUE))
    with sent_statements(world) as many:
        send(world, *numbered(100, topic="a", resolution=TRUE))

    assert len(few) >= len(many)
    assert len(many) < 40
