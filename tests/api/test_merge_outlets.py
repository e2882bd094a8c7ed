"""POST, GET and DELETE /v1/outlets/{outlet}/merge"""

from __future__ import annotations

import datetime as dt

import pytest

from service.outlets.rebuild_sums import rebuild_sums
from tests.support.world import assert_problem, report

BOTH = "/v1/outlets/bild/merge"
SUB_RESOURCES = [
    "",
    "/score",
    "/score?level=0.5&topic=a%20b",
    "/reports?limit=1",
    "/score/explanation",
    "/score/history",
]
SUB_RESOURCES += ["/calibration"]


def tell_apart(world):
    """Record Bild and Sport Bild, each with a claim of its own, and one claim that both reported."""
    world.resolve(world.record(report("Bild")), "true")
    world.resolve(world.record(report("Sport Bild")), "false")
    world.resolve(world.record(report("Bild"), report("Sport Bild", "2026-01-02T12:00:00Z", stance="deny")), "true")
    return world


@pytest.fixture
def apart(world):
    return tell_apart(world)


@pytest.fixture
def merged(apart):
    """The two outlets after their merge."""
    merge(apart)
    return apart


@pytest.fixture(scope="module")
def standing_merged(shared_world):
    """The merged outlets, for tests that change nothing."""
    merge(tell_apart(shared_world))
    return shared_world


def merge(world, outlet="bild", into="sport-bild"):
    response = world.post(f"/v1/outlets/{outlet}/merge", {"into": into})
    assert 201 == response.status_code, response.text
    return response


def part(world, outlet="bild"):
    """Undo a merge with its current tag."""
    seen = world.get(f"/v1/outlets/{outlet}/merge")
    return world.delete(f"/v1/outlets/{outlet}/merge", headers={"If-Match": seen.headers["ETag"]})


def numbers(world, outlet):
    """Return all responses about an outlet without their times."""
    passing = {"computed_at": None, "as_of": None, "ledger": None}
    paths = ("score", "score?basis=matured", "score/explanation", "calibration", "reports")
    told = [world.get(f"/v1/outlets/{outlet}/{path}").json | passing for path in paths]
    return [world.get(f"/v1/outlets/{outlet}").json, *told]


def test_merge_two_outlets(apart):
    """
    R22: the reports of both outlets count in one record, and a claim that both reported counts once.
    """
    response = merge(apart)
    score = apart.score("sport-bild")

    assert {"outlet", "into", "merged_at"} == response.json.keys()
    assert ("bild", "sport-bild", BOTH) == (
        response.json["outlet"],
        response.json["into"],
        response.headers["Location"],
    )
    read = apart.get(BOTH)
    assert (response.json, response.headers["ETag"]) == (read.json, read.headers["ETag"])
    assert (3, 1, 2) == tuple(score["counts"][name] for name in ("resolved", "correct", "incorrect"))
    assert 0 == rebuild_sums(apart.runtime.db, now=dt.datetime.now(dt.UTC))


def test_undone(apart):
    """
    R22: after an undo everything is as before; a report filed under the old name meanwhile counts for that outlet.
    """
    before = [numbers(apart, outlet) for outlet in ("bild", "sport-bild")]
    merge(apart)
    apart.score("sport-bild")
    done = part(apart)

    assert (204, b"") == (done.status_code, done.data)
    assert before == [numbers(apart, outlet) for outlet in ("bild", "sport-bild")]
    merge(apart)
    claim = apart.record(report("Bild"), text="Another one.")
    assert "sport-bild" == claim["reports"][0]["outlet"]
    assert 204 == part(apart).status_code
    assert "bild" == apart.claim(claim)["reports"][0]["outlet"]
    assert (3, 2) == tuple(apart.score(outlet)["counts"]["claims"] for outlet in ("bild", "sport-bild"))
    assert 0 == rebuild_sums(apart.runtime.db, now=dt.datetime.now(dt.UTC))


def test_one_after_another(world):
    """
    R22: claims of two outlets that are merged into a third count once, and for their own outlets after both merges are
    undone.
    """
    claim = world.record(report("Bild"), report("Sun"), report("Late Echo", relays={"outlet": "sun"}))
    world.resolve(claim, "true")
    world.resolve(world.record(report("Herald")), "true")
    before = [numbers(world, outlet) for outlet in ("herald", "bild", "sun", "late-echo")]
    for outlet in ("bild", "late-echo", "sun"):
        merge(world, outlet, into="herald")
        assert 0 == rebuild_sums(world.runtime.db, now=dt.datetime.now(dt.UTC))

    assert (2, 0) == (world.score("herald")["counts"]["resolved"], world.score("herald")["relay"]["resolved"])
    for outlet in ("late-echo", "bild", "sun"):
        assert 204 == part(world, outlet).status_code
        assert 0 == rebuild_sums(world.runtime.db, now=dt.datetime.now(dt.UTC))
    assert before == [numbers(world, outlet) for outlet in ("herald", "bild", "sun", "late-echo")]


@pytest.mark.parametrize("path", SUB_RESOURCES)
def test_old_slug_leads_on(standing_merged, path):
    """
    R22: every read under the old slug redirects to the same path of the surviving outlet. The redirect is not
    cacheable, because the merge may be undone.
    """
    response = standing_merged.get(f"/v1/outlets/bild{path}")

    assert (308, f"/v1/outlets/sport-bild{path}", b"") == (
        response.status_code,
        response.headers["Location"],
        response.data,
    )
    assert ("*", "no-cache") == (response.headers["Access-Control-Allow-Origin"], response.headers["Cache-Control"])
    assert 200 == standing_merged.get(response.headers["Location"]).status_code


def test_score_that_was_kept(apart):
    """
    R20, R22: cached scores of either outlet are invalidated by a merge and by its undo.
    """
    before = apart.score("bild")["counts"], apart.score("sport-bild")["counts"]
    merge(apart)
    together = apart.get("/v1/scores?outlet=bild&outlet=sport-bild").json["items"]

    assert 308 == apart.get("/v1/outlets/bild/score").status_code
    assert ["sport-bild", "sport-bild"] == [item["outlet"] for item in together]
    assert [3, 3] == [item["counts"]["resolved"] for item in together]
    apart.resolve(apart.record(report("Sport Bild"), text="One more."), "true")
    assert [4, 4] == [
        item["counts"]["resolved"] for item in apart.get("/v1/scores?outlet=bild&outlet=sport-bild").json["items"]
    ]
    part(apart)
    assert before[0] == apart.score("bild")["counts"]
    assert before[1]["resolved"] + 1 == apart.score("sport-bild")["counts"]["resolved"]


def test_found_by_what_the_other_was_found_by(merged):
    """
    R22: names, domains and filters of the merged outlet refer to the surviving one, and lists no longer show it.
    """
    merged.outlet("Bild Online", domains=["bild.example"], aliases=["Bild.de"])
    merged.outlet("Under Bild", parent="bild-online")
    merge(merged, "bild-online")

    assert "sport-bild" == merged.get("/v1/outlets/lookup?url=bild.example/1").json["outlet"]["slug"]
    [item] = merged.post("/v1/outlets/lookup", {"urls": ["bild.example"], "score": True}).json["items"]
    assert ("sport-bild", 3) == (item["outlet"]["slug"], item["score"]["counts"]["resolved"])
    assert ["sport-bild"] == slugs(merged.get("/v1/outlets?q=bild.de"))
    assert ["sport-bild", "under-bild"] == slugs(merged.get("/v1/outlets?q=bild"))
    assert ["under-bild"] == slugs(merged.get("/v1/outlets?parent=bild-online"))
    assert "sport-bild" == merged.get("/v1/outlets/under-bild").json["parent"]
    assert 3 == len(merged.get("/v1/claims?outlet=bild").json["items"])
    assert ["sport-bild"] == [item["outlet"] for item in merged.get("/v1/scores?min_resolved=1").json["items"]]


def slugs(response):
    return [item["slug"] for item in response.json["items"]]


def test_relay_between_the_two(world):
    """
    R7, R22: a relay between merged outlets counts as an own report, and as a relay again after an undo.
    """
    world.outlet("Sport Bild")
    claim = world.record(report("Bild", relays={"outlet": "sport-bild"}))
    path = f"/v1/claims/{claim['id']}/reports"
    world.post(path, report("Mirror", relays={"outlet": "bild"}))
    world.resolve(claim, "true")
    before = world.claim(claim)
    merge(world)
    own, relay = world.claim(claim)["reports"]

    assert ("own", None, "sport-bild") == (own["role"], own["relays"], own["outlet"])
    assert ("relay", "sport-bild") == (relay["role"], relay["relays"]["outlet"])
    assert (1, 0) == (world.score("sport-bild")["counts"]["resolved"], world.score("sport-bild")["relay"]["resolved"])
    assert 200 == world.post(path, report("Bild", relays={"outlet": "sport-bild"})).status_code
    part(world)
    assert before == world.claim(claim)
    assert 0 == rebuild_sums(world.runtime.db, now=dt.datetime.now(dt.UTC))


def test_again(merged):
    """
    Repeating a merge changes nothing; merging the outlet elsewhere or changing it is rejected.
    """
    merged.outlet("Other")

    assert 200 == merged.post(BOTH, {"into": "sport-bild"}).status_code
    assert_problem(merged.post(BOTH, {"into": "other"}), 409, "outlet-merged")
    changed = merged.patch("/v1/outlets/bild", {"name": "Bild-Zeitung"}, headers={"If-Match": "*"})
    assert_problem(changed, 409, "outlet-merged")


def test_chains(merged):
    """
    A merged outlet cannot be a target, and a target cannot be merged.
    """
    merged.outlet("Other")

    assert_problem(merged.post("/v1/outlets/other/merge", {"into": "bild"}), 409, "merge-chain")
    assert_problem(merged.post("/v1/outlets/sport-bild/merge", {"into": "other"}), 409, "merge-chain")


def test_circle_of_parents(world):
    """
    A merge or its undo that would make an outlet its own ancestor is rejected.
    """
    world.outlet("Springer")
    world.outlet("Bild", parent="springer")
    world.outlet("Sport Bild", parent="bild")
    world.outlet("Below", parent="sport-bild")
    no_circle = world.patch("/v1/outlets/springer", {"parent": "below"}, headers={"If-Match": "*"})

    assert_problem(no_circle, 422, "invalid-body", "/parent")
    assert_problem(world.post("/v1/outlets/springer/merge", {"into": "springer"}), 409, "merge-cycle")
    assert_problem(world.post("/v1/outlets/springer/merge", {"into": "below"}), 409, "merge-cycle")
    merge(world, "below", "springer")
    assert_problem(
        world.patch("/v1/outlets/springer", {"parent": "bild"}, headers={"If-Match": "*"}),
        422,
        "invalid-body",
        "/parent",
    )
    assert 204 == part(world, "below").status_code
    world.outlet("Elsewhere")
    merge(world, "bild", "elsewhere")
    assert 200 == world.patch("/v1/outlets/springer", {"parent": "sport-bild"}, headers={"If-Match": "*"}).status_code
    assert_problem(part(world), 409, "merge-cycle")


def test_circle_of_relays(world):
    """
    R7: a merge or its undo that would create a cycle of relays is rejected and changes nothing.
    """
    for name in ("Sport Bild", "Echo"):
        world.outlet(name)
    world.record(report("Bild", relays={"outlet": "echo"}), report("Echo", relays={"outlet": "sport-bild"}))
    before = numbers(world, "bild")

    assert_problem(world.post(BOTH, {"into": "sport-bild"}), 409, "merge-cycle")
    assert before == numbers(world, "bild")
    world.outlet("Nord")
    merge(world, "nord", "sport-bild")
    world.record(
        report("Nord", relays={"outlet": "echo"}), report("Echo", relays={"outlet": "nord"}), report("Sport Bild")
    )
    assert_problem(part(world, "nord"), 409, "merge-cycle")
    assert 0 == rebuild_sums(world.runtime.db, now=dt.datetime.now(dt.UTC))


def test_undo_wants_what_was_read(merged):
    """
    An undo needs the tag of the current merge.
    """
    assert_problem(merged.delete(BOTH), 428, "precondition-required")
    assert_problem(merged.delete(BOTH, headers={"If-Match": 'W/"0"'}), 412, "precondition-failed")
    assert 204 == merged.delete(BOTH, headers={"If-Match": "*"}).status_code
    assert_problem(merged.delete(BOTH, headers={"If-Match": "*"}), 404, "not-found")
    assert_problem(merged.get(BOTH), 404, "not-found")


def test_unknown(merged):
    """
    Both outlets must be on record.
    """
    assert_problem(merged.post("/v1/outlets/nobody/merge", {"into": "bild"}), 404, "unknown-outlet")
    assert_problem(merged.post(BOTH, {"into": "nobody"}), 422, "invalid-body", "/into")
    assert_problem(merged.post(BOTH, {}), 422, "invalid-body", "/into")


def test_one_name_of_two(world):
    """
    After a merge a name that both outlets had refers to the surviving one.
    """
    world.outlet("Herald", slug="herald")
    world.outlet("Herald", slug="the-herald")
    refused = world.post("/v1/claims", {"text": "Any.", "reports": [report("Herald")]})
    merge(world, "herald", "the-herald")

    assert_problem(refused, 422, "invalid-body", "/reports/0/outlet/name")
    assert "the-herald" == world.record(report("Herald"))["reports"][0]["outlet"]
