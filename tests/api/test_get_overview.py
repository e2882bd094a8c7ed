"""GET /v1/overview"""

from __future__ import annotations

import datetime as dt

import pytest

from service.scores.context_refit import refit_context
from tests.support.load_lines import load_all
from tests.support.world import report

URL = "/v1/overview"


def days_ago(days):
    return (dt.datetime.now(dt.UTC) - dt.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def texts(claims):
    return [claim["text"] for claim in claims]


def test_totals(world):
    """
    The totals leave out merged outlets and claims, and count as decided only claims whose resolution in effect has a
    verdict that became public in the last seven days.
    """
    empty = world.get(URL).json
    for number, (verdict, days) in enumerate([("true", 1), ("void", 6), ("false", 8), (None, 0)]):
        claim = world.record(report(f"Outlet {number}", days_ago(20)), text=f"Claim {number}.")
        if verdict:
            world.resolve(claim, verdict, known_at=days_ago(days))
    reopened = world.record(report("Outlet 0", days_ago(20)), text="Reopened.")
    world.resolve(reopened, None, supersedes=world.resolve(reopened, "true", known_at=days_ago(1))["id"])
    duplicate = world.record(report("Outlet 1", days_ago(20)), text="Reopened!")
    assert 201 == world.post(f"/v1/claims/{duplicate['id']}/merge", {"into": reopened["id"]}).status_code
    world.post("/v1/outlets/outlet-3/merge", {"into": "outlet-2"})
    found = world.get(URL).json

    assert {"outlets": 0, "claims": 0, "decided": 0} == empty["totals"]
    assert [None, [], [], []] == [empty[name] for name in ("changed_at", "decided", "most_reported", "surprises")]
    assert {"outlets": 3, "claims": 5, "decided": 2} == found["totals"]
    assert ["Claim 0.", "Claim 1.", "Claim 2."] == texts(found["decided"])
    assert found["changed_at"] <= found["as_of"]


def test_most_reported(world):
    """
    Claims without a verdict are listed by the number of outlets that take a side. Opinions, resolved claims, queries
    and withdrawn reports do not count, and merged outlets count once.
    """
    many = [report(name) for name in ("Alpha", "Beta", "Gamma", "Delta")]
    world.resolve(world.record(*many, text="Decided."), "true")
    world.record(*many, text="Opinion.", kind="opinion")
    world.record(*many[:3], text="Three.")
    world.record(report("Alpha"), report("Beta", stance="deny"), report("Gamma", stance="query"), text="Two.")
    withdrawn = world.record(report("Alpha"), report("Delta"), text="One.")
    world.post(f"/v1/reports/{withdrawn['reports'][1]['id']}/withdrawal", {"reason": "A mistake."})
    world.record(report("Alpha"), kind="event", resolves_by=days_ago(1), text="Due.")
    before = world.get(URL).json["most_reported"]
    world.post("/v1/outlets/gamma/merge", {"into": "beta"})
    after = world.get(URL).json["most_reported"]

    assert [("Three.", 3), ("Two.", 2)] == [(one["text"], one["outlets"]) for one in before[:2]]
    assert {("One.", 1), ("Due.", 1)} == {(one["text"], one["outlets"]) for one in before[2:]}
    assert {"Due.": "due", "One.": "open"} == {one["text"]: one["status"] for one in before[2:]}
    assert {("Two.", 2), ("Three.", 2)} == {(one["text"], one["outlets"]) for one in after[:2]}


@pytest.fixture
def history(world):
    """Claims that mostly proved true, so that support of such claims is expected to be right, and denials wrong."""
    at, now = world.runtime, dt.datetime.now(dt.UTC)
    old = {"topic": "roads", "published_at": "2020-01-01", "resolved_at": "2020-02-01"}
    lines = (
        {"claim_id": str(n), "claim": f"Old {n}.", "outcome": n % 10 > 0, "outlet": outlet, "stance": stance, **old}
        for n in range(200)
        for outlet, stance in (("Alpha", "support"), ("Delta", "deny"))
    )
    load_all(at.db, at.cache, lines)
    refit_context(at.db, at.cache, now=now, at_once=True)


@pytest.mark.usefixtures("history")
def test_surprises(world):
    """
    A surprise is a claim on which most outlets were expected to be right and most were wrong, or the other way round.
    The one with the largest difference comes first, then the one decided last. Relays, and outlets that are not scored,
    do not count.
    """
    world.outlet("Nobody", scorable=False)
    relay = report("Copy", "2021-01-01", relays={"outlet": {"name": "Alpha"}})
    pair = [report("Alpha", "2021-01-01"), report("Beta", "2021-01-01")]
    for text, reports, verdict in (
        ("Two wrong.", pair, "false"),
        ("Two right.", pair, "true"),
        ("Two denials were right.", [one | {"stance": "deny"} for one in pair], "false"),
        ("One wrong.", [report("Gamma", "2021-01-01"), relay, report("Nobody", "2021-01-01")], "false"),
        ("Void.", pair, "void"),
    ):
        world.resolve(world.record(*reports, text=text, topic="roads"), verdict, known_at="2021-02-01")
    found = world.get(URL).json["surprises"]
    explained = world.get("/v1/outlets/alpha/score/explanation?limit=200").json["contributions"]
    expected = {one["claim"]: one["expected"] for one in explained}

    assert {("Two wrong.", 2, 0), ("Two denials were right.", 2, 2), ("One wrong.", 1, 0)} == {
        (one["text"], one["outlets"], one["right"]) for one in found
    }
    assert "One wrong." == found[2]["text"]
    for one in found[:2]:
        assert 2 * expected[one["id"]] == pytest.approx(one["expected"])


@pytest.mark.usefixtures("history")
def test_surprises_of_one_outlet(world):
    """
    A surprise is left out if each of its outlets already has two claims in the list.
    """
    alpha, beta = report("Alpha", "2021-01-01"), report("Beta", "2021-01-01")
    for number, reports in enumerate([[alpha], [beta, alpha], [alpha], [alpha], [beta], [beta]]):
        claim = world.record(*reports, text=f"Wrong {number}.", topic="roads")
        world.resolve(claim, "false", known_at=f"2021-02-1{number}")

    assert ["Wrong 1.", "Wrong 5.", "Wrong 3."] == texts(world.get(URL).json["surprises"])
