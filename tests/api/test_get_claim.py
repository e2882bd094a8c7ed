"""GET /v1/claims/{claim_id}"""

from __future__ import annotations

import datetime as dt

import pytest

from tests.support.world import assert_problem, report


def roots(world, *reports):
    return world.record(*reports)["independent_roots"]


def relay(outlet, cited, **members):
    return report(outlet, relays={} if cited is None else {"outlet": cited}, **members)


def test_it_works(world):
    """
    A claim is shown with its reports, its resolution in effect and the number of its roots.
    """
    claim = world.record(topic="bridges")
    resolution = world.resolve(claim, "true")

    shown = world.claim(claim)

    resolved = {"status": "resolved", "resolution": resolution, "supersedes": resolution["id"]}
    assert claim | resolved == shown | {"reports": claim["reports"]}
    assert claim["reports"] == shown["reports"]


@pytest.mark.parametrize("path", ["0192aa00-0000-7000-8000-000000000000", "herald", "1", "9" * 400, "%00", "%ff"])
def test_unknown_claim(shared_world, path):
    """
    An unknown id in any spelling is a 404 problem.
    """
    assert_problem(shared_world.get(f"/v1/claims/{path}"), 404, "not-found")


def test_status(world):
    """
    R15: an event past its date is due until it is resolved, and again once its resolution is withdrawn.
    """
    past, ahead = ((dt.datetime.now(dt.UTC) + dt.timedelta(days=days)).isoformat() for days in (-1, 1))
    due = world.record(kind="event", resolves_by=past)
    not_yet = world.record(kind="event", resolves_by=ahead)
    fact = world.record(kind="fact", resolves_by=past)

    statuses = [due["status"], not_yet["status"], fact["status"]]
    first = world.resolve(due, "false")
    resolved = world.claim(due)
    world.resolve(due, None, supersedes=first["id"])

    assert ["due", "open", "open"] == statuses
    assert ("resolved", "false") == (resolved["status"], resolved["resolution"]["verdict"])
    assert ("due", None) == (world.claim(due)["status"], world.claim(due)["resolution"])


def test_five_relays_are_one_root(world):
    """
    R8: five papers that relay one outlet are one root, whether or not that outlet has a report.
    """
    world.outlet("Agency", kind="agency")
    relays = [relay(f"Paper {number}", "agency") for number in range(5)]

    assert 1 == roots(world, *relays)
    assert 1 == roots(world, *relays, report("Agency"))


def test_chain_of_relays(world):
    """
    R8: relays are followed to their end.
    """
    for name in "ABC":
        world.outlet(name)

    assert 1 == roots(world, relay("A", "b"), relay("B", "c"))
    assert 2 == roots(world, relay("A", "b"), relay("B", "c"), report("A"))


def test_siblings_are_one_root(world):
    """
    R8: roots under one topmost parent are one, at any depth below it.
    """
    world.outlet("Group")
    world.outlet("Bild", parent="group")
    world.outlet("Sport Bild", parent="bild")
    world.outlet("Other")

    assert 1 == roots(world, report("Group"), report("Bild"), report("Sport Bild"))
    assert 1 == roots(world, report("Bild"), relay("Joe", "sport-bild"))
    assert 2 == roots(world, report("Sport Bild"), report("Other"))


def test_unknown_sources_share_one_root(world):
    """
    R7: all relays of unknown sources on one claim share one root, in addition to the named roots.
    """
    anonymous = [
        relay("A", None),
        report("B", relays={"cited_as": "reports in Spain"}),
        report("C", relays={"cited_as": "Marca?"}),
    ]

    assert 1 == roots(world, *anonymous)
    assert 2 == roots(world, *anonymous, report("Herald"))
    assert 1 == roots(world, *anonymous, relay("D", "a"))


def test_outlet_without_a_report_is_scored_for_nothing(world):
    """
    R7: a cited outlet without a report of its own is a root and has no record of the claim.
    """
    world.outlet("Sport Bild")
    claim = world.record(relay("Joe", "sport-bild"))
    world.resolve(claim, "true")

    score = world.score("sport-bild")

    assert 1 == claim["independent_roots"]
    assert (0, 0) == (score["counts"]["claims"], score["relay"]["resolved"])


def test_roots_by_side(world):
    """
    R8: roots are counted for each side, and a source of both sides once together.
    """
    world.outlet("Agency")
    claim = world.record(report("A"), relay("B", "agency"), relay("C", "agency", stance="deny"), report("D"))

    assert (3, {"support": 3, "deny": 1}) == (claim["independent_roots"], claim["roots"])
    assert claim["roots"] == world.get(f"/v1/claims/{claim['id']}/forecast").json["roots"]


def test_reports_that_are_not_roots(world):
    """
    R6, R8: comments, queries, withdrawn reports, former stances and reports after the answer are not roots.
    """
    before, after = "2026-01-01T00:00:00Z", "2026-02-02T00:00:00Z"
    claim = world.record(
        report("A", before),
        report("B", before, stance="comment"),
        report("C", before, stance="query", relays={"cited_as": "a friend"}),
        report("D", before),
        report("D", "2026-01-02T00:00:00Z", stance="deny"),
        report("E", after),
        report("F", before),
    )
    mistake = next(one for one in claim["reports"] if one["outlet"] == "f")
    world.post(f"/v1/reports/{mistake['id']}/withdrawal", {"reason": "Another claim."})
    is_open = world.claim(claim)
    world.resolve(claim, "true", known_at="2026-02-01")
    resolved = world.claim(claim)

    assert (3, {"support": 2, "deny": 1}) == (is_open["independent_roots"], is_open["roots"])
    assert (2, {"support": 1, "deny": 1}) == (resolved["independent_roots"], resolved["roots"])


def test_roots_after_a_merge(world):
    """
    R8, R22: two outlets that were merged are one root, and two again after the merge is undone.
    """
    claim = world.record(report("A"), report("B"), relay("C", None))
    world.post("/v1/outlets/a/merge", {"into": "b"})
    merged = world.claim(claim)["roots"]
    world.delete("/v1/outlets/a/merge", headers={"If-Match": "*"})

    assert [{"support": 2, "deny": 0}, {"support": 3, "deny": 0}] == [merged, world.claim(claim)["roots"]]


def test_opinion_is_not_open(world):
    """
    R15: an opinion has its own status, also with a date that has passed, and is neither open nor due.
    """
    opinion = world.record(kind="opinion", resolves_by="2026-02-01")

    listed = {
        status: world.get("/v1/claims", query_string={"status": status}).json["items"]
        for status in ("open", "due", "resolved", "opinion")
    }

    assert ("opinion", None) == (opinion["status"], opinion["not_due_because"])
    assert {"open": 0, "due": 0, "resolved": 0, "opinion": 1} == {name: len(items) for name, items in listed.items()}


def test_no_report_counts(world):
    """
    R15: an event past its date whose reports are withdrawn, or take no side, is open with the reason, and is due again
    with the next report.
    """
    members = {"kind": "event", "resolves_by": "2026-02-01"}
    withdrawn, asked = (
        world.record(**members),
        world.record(report(stance="query"), report("B", stance="comment"), **members),
    )
    world.post(f"/v1/reports/{withdrawn['reports'][0]['id']}/withdrawal", {"reason": "Another claim."})
    shown = [world.claim(claim) for claim in (withdrawn, asked)]
    listed = {
        status: world.get("/v1/claims", query_string={"status": status}).json["items"] for status in ("open", "due")
    }
    queue = world.get("/v1/queue").json["items"]
    world.post(f"/v1/claims/{withdrawn['id']}/reports", report("C"))

    assert [("open", "no-report-counts")] * 2 == [(claim["status"], claim["not_due_because"]) for claim in shown]
    assert [("open", "no-report-counts")] * 2 == [(item["status"], item["not_due_because"]) for item in listed["open"]]
    assert ([], []) == (listed["due"], queue)
    assert ("due", None) == tuple(world.claim(withdrawn)[name] for name in ("status", "not_due_because"))
    assert [withdrawn["id"]] == [item["id"] for item in world.get("/v1/queue").json["items"]]
