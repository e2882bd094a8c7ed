"""POST, GET and DELETE /v1/claims/{claim_id}/merge"""

from __future__ import annotations

import datetime as dt

import pytest

from service.ledger.verify import verify_ledger
from service.outlets.rebuild_sums import rebuild_sums
from service.values.vocabulary import Scope
from tests.support.load_lines import load
from tests.support.typed_lines import typed
from tests.support.world import assert_problem, report

ANY = {"If-Match": "*"}
UNKNOWN = "018e1a3c-7f00-7c11-a0a4-000000000001"


@pytest.fixture
def pair(world):
    """Two records of one claim: both outlets reported the first, and only one the second."""
    first = world.record(
        report("Herald", url="https://herald.example/1"),
        report("Echo", stance="deny"),
        text="The bridge opens in May",
        external_id="a:1",
        topic="bridges",
    )
    second = world.record(
        report("Herald", url="https://herald.example/1"),
        report("Mail", "2026-01-05T00:00:00Z"),
        external_id="b:1",
        topic="roads",
    )
    return first, second


def merge(world, claim, into):
    response = world.post(f"/v1/claims/{claim['id']}/merge", {"into": into["id"]})
    assert 201 == response.status_code, response.text
    return response


def undo(world, claim):
    """Undo a merge with its current tag."""
    path = f"/v1/claims/{claim['id']}/merge"
    response = world.delete(path, headers={"If-Match": world.get(path).headers["ETag"]})
    assert (204, b"") == (response.status_code, response.data), response.text


def resolved(world, outlet):
    counts = world.score(outlet)["counts"]
    return counts["claims"], counts["correct"], counts["incorrect"]


def numbers(world):
    """Return the claims with their reports, and the counts of their outlets."""
    claims = world.get("/v1/claims").json["items"]
    return [world.claim(claim) for claim in claims], [resolved(world, name) for name in ("herald", "echo", "mail")]


def check_record(world):
    """Check that the sums match the rows, and the rows the ledger."""
    assert [] == list(verify_ledger(world.runtime.db))
    assert 0 == rebuild_sums(world.runtime.db, now=dt.datetime.now(dt.UTC))


def test_merge_two_claims(world, pair):
    """
    R22a: the other claim has the reports of both, an outlet that reported both counts once, and topic, group and due
    date are those of the other claim.
    """
    first, second = pair
    world.resolve(second, "true")
    response = merge(world, first, second)
    claim = world.claim(second)

    assert {"claim": first["id"], "into": second["id"]}.items() <= response.json.items()
    read = world.get(response.headers["Location"])
    assert (response.json, response.headers["ETag"]) == (read.json, read.headers["ETag"])
    assert 4 == len(claim["reports"])
    assert {second["id"]} == {one["claim"] for one in claim["reports"]}
    assert "roads" == claim["topic"]
    assert [(1, 1, 0), (1, 0, 1), (1, 1, 0)] == [resolved(world, name) for name in ("herald", "echo", "mail")]
    check_record(world)


@pytest.mark.parametrize("path", ["", "/reports?limit=1", "/resolutions", "/disputes", "/forecast?level=0.5"])
def test_old_id_leads_on(world, pair, path):
    """
    R22a: every read of the merged claim redirects to the same path of the other one, and the redirect is not cached.
    """
    first, second = pair
    merge(world, first, second)
    response = world.get(f"/v1/claims/{first['id']}{path}")

    assert (308, f"/v1/claims/{second['id']}{path}", "no-cache") == (
        response.status_code,
        response.headers["Location"],
        response.headers["Cache-Control"],
    )
    assert 200 == world.get(response.headers["Location"]).status_code


def test_writes_to_the_old_id(world, pair):
    """
    R22a: a change of the merged claim is rejected and names the other one.
    """
    first, second = pair
    merge(world, first, second)
    path = f"/v1/claims/{first['id']}"

    for response in (
        world.patch(path, {"topic": "x"}, headers=ANY),
        world.post(f"{path}/reports", report("Sun")),
        world.post(f"{path}/resolutions", {"verdict": "true", "note": "Seen."}),
        world.post(f"{path}/disputes", {"reason": "No."}),
    ):
        assert_problem(response, 409, "claim-merged")
        assert second["id"] in response.json["detail"]


def test_both_external_ids(world, pair):
    """
    R22a, R4: the claim sent again under either external id, in a call or in a file, is the other claim.
    """
    first, second = pair
    merge(world, first, second)
    body = {"text": "The bridge opens in May", "external_id": "a:1", "topic": "bridges"}
    reports = [report("Herald", url="https://herald.example/1"), report("Echo", stance="deny")]
    again = world.post("/v1/claims", body | {"reports": reports})
    other = world.post("/v1/claims", body | {"topic": "rail", "reports": reports})
    [item] = world.post("/v1/claims/batch", {"claims": [body | {"reports": reports}]}).json["items"]
    db, cache = world.runtime.db, world.runtime.cache
    lines = [
        typed("claim", **body, reports=reports),
        typed("report", claim="a:1", **report("Sun")),
        typed("resolution", claim="a:1", verdict="true", note="Seen."),
        typed("report", claim="b:1", **report("Sun")),
    ]
    results = load(db, cache, lines)

    assert (200, second["id"]) == (again.status_code, again.json["id"])
    assert (200, second["id"]) == (item["status"], item["claim"]["id"])
    assert_problem(other, 409, "claim-differs", "/topic")
    assert ["unchanged", "created", "created", "unchanged"] == [one.status for one in results]
    assert second["id"] == str(results[0].id)
    assert (5, "resolved") == (len(world.claim(second)["reports"]), world.claim(second)["status"])
    assert [second["id"]] == [one["id"] for one in world.get("/v1/claims?external_id=a:1").json["items"]]
    check_record(world)


def test_lists_without_it(world, pair):
    """
    R22a: lists, searches, topics, the queue and `similar` leave the merged claim out.
    """
    first, second = pair
    merge(world, first, second)
    paths = ("?", "?q=bridge", "?like=bridge opens", "?outlet=echo", "?status=open")

    assert [[second["id"]]] * 5 == [
        [one["id"] for one in world.get(f"/v1/claims{path}").json["items"]] for path in paths
    ]
    assert ["roads"] == [one["topic"] for one in world.get("/v1/topics").json["items"]]
    assert [second["id"]] == world.record()["similar"]
    assert [] == world.get("/v1/queue").json["items"]


def test_undone(world, pair):
    """
    R22a: after an undo everything is as before; a report filed since the merge stays with the other claim.
    """
    first, second = pair
    world.resolve(first, "false")
    before = numbers(world)
    merge(world, first, second)
    undo(world, first)

    assert before == numbers(world)
    check_record(world)
    merge(world, first, second)
    world.post(f"/v1/claims/{second['id']}/reports", report("Sun"))
    world.patch(f"/v1/reports/{first['reports'][1]['id']}", {"quote": "No."}, headers=ANY)
    undo(world, first)
    assert (2, 3) == (len(world.claim(first)["reports"]), len(world.claim(second)["reports"]))
    assert "No." == world.claim(first)["reports"][1]["quote"]
    again = world.post(f"/v1/claims/{first['id']}/reports", report("Herald", url="https://herald.example/1"))
    assert (200, first["reports"][0]["id"]) == (again.status_code, again.json["id"])
    check_record(world)


@pytest.mark.parametrize(
    ("moved", "kept", "standing"),
    [
        (["true"], [], "true"),
        (["true"], ["false", None], "true"),
        (["false", None], ["true"], "true"),
        (["true"], ["true"], "true"),
        (["true", None], ["false", None], None),
        ([], [], None),
    ],
)
def test_verdict_of_the_two(world, pair, moved, kept, standing):
    """
    R11, R22a: the verdict in effect of either claim is that of both, can be corrected, and returns by an undo.
    """
    for claim, verdicts in zip(pair, (moved, kept), strict=True):
        newest = {}
        for verdict in verdicts:
            newest = {"supersedes": world.resolve(claim, verdict, **newest)["id"]}
    first, second = pair
    before = numbers(world)
    merge(world, first, second)
    claim = world.claim(second)

    assert standing == (claim["resolution"] or {"verdict": None})["verdict"]
    assert len(moved) + len(kept) == len(world.get(f"/v1/claims/{second['id']}/resolutions").json["items"])
    check_record(world)
    undo(world, first)
    assert before == numbers(world)
    merge(world, first, second)
    world.resolve(second, "partial", truth=0.5, supersedes=claim["supersedes"])
    assert "partial" == world.claim(second)["resolution"]["verdict"]
    undo(world, first)
    check_record(world)


def test_corrected_since(world, pair):
    """
    R22a: a resolution that supersedes a moved one returns with it, so that an undo never restores a superseded verdict.
    """
    first, second = pair
    resolution = world.resolve(first, "true")
    merge(world, first, second)
    world.resolve(second, "false", supersedes=resolution["id"])
    undo(world, first)

    assert "false" == world.claim(first)["resolution"]["verdict"]
    assert ("open", None) == (world.claim(second)["status"], world.claim(second)["supersedes"])
    check_record(world)


def test_kept_resolution(world, pair):
    """
    R22a: if both claims have the same verdict, the resolution of the other claim is in effect.
    """
    first, second = pair
    world.resolve(first, "true", known_at="2026-01-03T00:00:00Z")
    world.resolve(second, "true", known_at="2026-01-09T00:00:00Z")
    merge(world, first, second)

    assert "2026-01-09T00:00:00Z" == world.claim(second)["resolution"]["known_at"]
    assert (1, 1, 0) == resolved(world, "mail")


def test_claims_that_contradict(world, pair):
    """
    R22a: claims with different verdicts, and an opinion and another claim, are not merged.
    """
    first, second = pair
    opinion = world.record(kind="opinion")
    world.resolve(first, "true")
    newest = world.resolve(second, "partial", truth=0.5)
    before = numbers(world)

    for one, other in ((first, second), (first, opinion), (opinion, first)):
        response = world.post(f"/v1/claims/{one['id']}/merge", {"into": other["id"]})
        assert_problem(response, 409, "claims-contradict")
    assert before == numbers(world)
    third = world.record(text="A third.")
    world.resolve(third, "partial", truth=0.25)
    assert_problem(world.post(f"/v1/claims/{third['id']}/merge", {"into": second["id"]}), 409, "claims-contradict")
    world.resolve(second, "true", supersedes=newest["id"])
    merge(world, first, second)


def test_disputed_claim(world, pair):
    """
    R22a: a disputed resolution moves with its dispute; another one only replaces it once the dispute is closed.
    """
    first, second = pair
    world.resolve(first, "true")
    other = world.with_scopes(Scope.CLAIMS_WRITE)
    dispute = other.post(f"/v1/claims/{first['id']}/disputes", {"reason": "It did not."}).json
    merge(world, first, second)

    assert world.claim(second)["disputed"]
    undo(world, first)
    assert (True, False) == (world.claim(first)["disputed"], world.claim(second)["disputed"])
    world.resolve(second, "true")
    assert_problem(world.post(f"/v1/claims/{first['id']}/merge", {"into": second["id"]}), 409, "claims-contradict")
    assert 201 == world.post(f"/v1/disputes/{dispute['id']}/closure", {"reason": "It did."}).status_code
    merge(world, first, second)


def test_second_truth_of_a_group(world):
    """
    R3, R22a: a merge or an undo by which a second claim of a group would be true is rejected.
    """
    true, open_one = world.record(text="A", group="g"), world.record(text="B", group="g")
    outside, other = world.record(text="C"), world.record(text="D", group="h")
    world.resolve(true, "true")
    world.resolve(outside, "true")

    assert_problem(world.post(f"/v1/claims/{outside['id']}/merge", {"into": open_one["id"]}), 409, "group-resolved")
    merge(world, true, other)
    world.resolve(open_one, "true")
    refused = world.delete(f"/v1/claims/{true['id']}/merge", headers=ANY)
    assert_problem(refused, 409, "group-resolved")
    check_record(world)


def test_cycle_of_relays(world):
    """
    R7, R22a: a merge that would make outlets cite each other in a cycle is rejected.
    """
    for name in ("Herald", "Echo"):
        world.outlet(name)
    first = world.record(report("Herald", relays={"outlet": "echo"}))
    second = world.record(report("Echo", relays={"outlet": "herald"}))

    assert_problem(world.post(f"/v1/claims/{first['id']}/merge", {"into": second["id"]}), 409, "merge-cycle")
    assert_problem(world.post(f"/v1/claims/{first['id']}/merge", {"into": first["id"]}), 409, "merge-cycle")


def test_chains(world, pair):
    """
    A merge can be repeated; a merged claim is not merged elsewhere or merged into, and its target is not merged.
    """
    first, second = pair
    third = world.record(text="A third.")
    merge(world, first, second)
    path = f"/v1/claims/{first['id']}/merge"

    assert 200 == world.post(path, {"into": second["id"]}).status_code
    assert_problem(world.post(path, {"into": third["id"]}), 409, "claim-merged")
    assert_problem(world.post(f"/v1/claims/{third['id']}/merge", {"into": first["id"]}), 409, "merge-chain")
    assert_problem(world.post(f"/v1/claims/{second['id']}/merge", {"into": third["id"]}), 409, "merge-chain")
    merge(world, third, second)
    for claim in (first, third):
        undo(world, claim)
    check_record(world)


def test_unknown(world, pair):
    """
    Both claims must be on record, and an undo needs a merge and its tag.
    """
    path = f"/v1/claims/{pair[0]['id']}/merge"

    assert_problem(world.post(f"/v1/claims/{UNKNOWN}/merge", {"into": pair[0]["id"]}), 404, "not-found")
    assert_problem(world.post(path, {"into": UNKNOWN}), 422, "invalid-body", "/into")
    assert_problem(world.post(path, {}), 422, "invalid-body", "/into")
    assert_problem(world.get(path), 404, "not-found")
    assert_problem(world.delete(path, headers=ANY), 404, "not-found")
    merge(world, *pair)
    assert_problem(world.delete(path), 428, "precondition-required")
    assert_problem(world.delete(path, headers={"If-Match": 'W/"0"'}), 412, "precondition-failed")


def test_past_scores(world, pair):
    """
    R18, R22a: a merge applies to past moments as well, so that a claim never counts twice.
    """
    first, second = pair
    world.resolve(first, "true")
    moment = dt.datetime.now(dt.UTC).isoformat()
    merge(world, first, second)

    for query in ({"as_of": moment}, {"recorded_by": moment}, {}):
        assert (1, 1) == tuple(world.score("herald", **query)["counts"][name] for name in ("claims", "correct"))


def test_ranking_page_after_a_merge(world, pair):
    """
    A page of a ranking that was begun before a merge cannot be continued.
    """
    for claim in pair:
        world.resolve(claim, "true")
    page = world.get("/v1/scores?min_resolved=1&limit=1").json
    merge(world, *pair)

    again = world.get("/v1/scores", query_string={"min_resolved": 1, "limit": 1, "cursor": page["next_cursor"]})
    assert_problem(again, 400, "cursor-expired")


def test_replies_move(world, pair):
    """
    R22a: a reply to the merged claim is shown with the other one, and returns by an undo.
    """
    first, second = pair
    merge_first = {"text": "We stand by it.", "claim": first["id"]}
    world.post("/v1/outlets/herald/replies", merge_first)
    merge(world, first, second)

    assert [second["id"]] == [reply["claim"] for reply in world.claim(second)["replies"]]
    later = world.post("/v1/outlets/herald/replies", merge_first | {"text": "Still."})
    assert (201, second["id"]) == (later.status_code, later.json["claim"])
    undo(world, first)
    assert (1, 1) == (len(world.claim(first)["replies"]), len(world.claim(second)["replies"]))


def test_own_claims(world, pair):
    """
    R14b, R22a: once a claim is resolved, a key that filed either claim or a report on it needs `resolutions:own`.
    """
    checker = world.with_scopes(Scope.CLAIMS_WRITE, Scope.RESOLUTIONS_WRITE)
    own, (other, _) = checker.record(text="Mine."), pair
    path = f"/v1/claims/{own['id']}/merge"

    assert_problem(world.with_scopes(Scope.CLAIMS_WRITE).post(path, {"into": other["id"]}), 403, "forbidden")
    assert 201 == checker.post(path, {"into": other["id"]}).status_code
    world.resolve(other, "true")
    assert_problem(checker.delete(path, headers=ANY), 403, "own-claim")
    undo(world, own)
    assert_problem(checker.post(path, {"into": other["id"]}), 403, "own-claim")


def test_page_of_a_merged_claim(world, pair):
    """
    The pages of a merged claim redirect as well.
    """
    first, second = pair
    merge(world, first, second)

    assert (308, f"/claims/{second['id']}") == (
        (page := world.get(f"/claims/{first['id']}")).status_code,
        page.headers["Location"],
    )
