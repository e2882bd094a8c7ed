"""GET /v1/outlets/{outlet}/score/explanation"""

from __future__ import annotations

import itertools
from math import log
from uuid import UUID

import pytest

from service.storage.cursors import encode_cursor
from tests.support.explanations import all_pages, assert_adds_up, explain
from tests.support.world import assert_problem, report

URL = "/v1/outlets/herald/score/explanation"


def test_explanation_adds_up_to_the_score(world):
    """
    R19: contributions and sums yield the score of the API, with its record, context and method.
    """
    bridge = world.record(report(commitment=4), text="The bridge opens.", topic="bridges")
    world.resolve(bridge, "true", known_at="2026-02-01T00:00:00Z")
    ferry = world.record(report(stance="deny"), text="The ferry sinks.")
    world.resolve(ferry, "partial", truth=0.25, known_at="2026-03-01T00:00:00Z")

    explanation, score = explain(world), world.score()

    same = ("outlet", "topic", "basis", "method", "status", "reliability", "adjusted", "advantage", "record", "context")
    assert {name: score[name] for name in same} == {name: explanation[name] for name in same}
    d = log(5.75 / 4.25)
    expected = {"n": 2, "right": 1.75, "expected": 1, "kappa": 8, "drift": 0.2, "d": d, "t": 0.575, "nu": 9}
    assert pytest.approx(expected) == explanation["sums"]
    first, second = explanation["contributions"]
    assert {
        "claim": ferry["id"],
        "text": "The ferry sinks.",
        "kind": "fact",
        "topic": None,
        "stance": "deny",
        "commitment": None,
        "published_at": "2026-01-01T12:00:00Z",
        "published_precision": "instant",
        "known_at": "2026-03-01T00:00:00Z",
        "known_precision": "instant",
        "verdict": "partial",
        "right": 0.75,
        "expected": 0.5,
        "chance": pytest.approx(0.575),
        "share": pytest.approx((0.75 - 0.575) / 8),
    } == first
    assert (bridge["id"], "bridges", 4, 1) == tuple(second[name] for name in ("claim", "topic", "commitment", "right"))
    assert pytest.approx((1 - 0.575) / 8) == second["share"]
    assert "(1.75 - 0.6)/2 = 0.575" in explanation["formula"][3]
    assert_adds_up(explanation)


def test_claims_that_moved_it_most(world):
    """
    R19: the five claims that raised the score most, and the five that lowered it most, are the same on every page.
    """
    for number in range(8):
        claim = world.record(report(stance="support"), text=f"Bridge {number} opens.")
        world.resolve(claim, "true" if number < 6 else "false", known_at=f"2026-02-0{number + 1}T00:00:00Z")
    first = world.get(f"{URL}?limit=3").json
    second = world.get(URL, query_string={"limit": 3, "cursor": first["next_cursor"]}).json
    every = world.get(URL).json["contributions"]

    assert [one for one in every if one["right"]][:5] == first["raised"] == second["raised"]
    assert [one for one in every if not one["right"]] == first["lowered"] == second["lowered"]


def test_nothing_resolved(world):
    """
    R17: without resolved claims there is no number, no sum and no claim, and a sentence says so.
    """
    world.record()

    explanation = explain(world)

    assert [None] * 4 == [explanation[name] for name in ("reliability", "adjusted", "advantage", "sums")]
    assert ("insufficient", [], None) == tuple(explanation[name] for name in ("status", "contributions", "next_cursor"))
    assert ["None of the outlet's own claims is resolved, so it has no score."] == explanation["formula"]


def test_outlet_that_is_not_scored(world):
    """
    R9: the explanation of a placeholder has no contributions.
    """
    world.outlet("Herald", scorable=False)
    world.resolve(world.record(), "true")

    explanation = explain(world)

    assert (None, None, []) == tuple(explanation[name] for name in ("reliability", "sums", "contributions"))


def test_only_what_counts_is_listed(world):
    """
    R5-R7, R13: open, void and unverifiable claims, relays and late reports are not listed.
    """
    counted = world.record()
    world.resolve(counted, "false")
    world.record()
    for verdict in ("void", "unverifiable"):
        world.resolve(world.record(), verdict)
    world.resolve(world.record(report(relays={})), "true")
    world.resolve(world.record(report(stance="comment")), "true")
    world.resolve(world.record(report(published_at="2026-02-02T00:00:00Z")), "true", known_at="2026-02-01T00:00:00Z")

    assert [counted["id"]] == [one["claim"] for one in explain(world)["contributions"]]


def test_pages(world):
    """
    R19: the pages list every claim once, the last known first, and together their contributions sum to t - 1/2.
    """
    days = ["2026-02-01", "2026-02-03", "2026-02-03", "2026-02-02", "2026-02-03"]
    for number, day in enumerate(days):
        world.resolve(world.record(), ["true", "false"][number % 2], known_at=f"{day}T00:00:00Z")

    response = world.get(URL, query_string={"limit": 2})
    explanation = all_pages(world, limit=2)

    assert f"cursor={response.json['next_cursor']}" in response.headers["Link"]
    order = [(one["known_at"], one["claim"]) for one in explanation["contributions"]]
    assert sorted(order, reverse=True) == order
    assert_adds_up(explanation)


def test_pages_while_others_write(world):
    """
    R19: all pages describe the record at the time of the first page, whatever is written in between.
    """
    claims = [world.record(text="Old.") for _ in range(4)]
    resolutions = [world.resolve(claim, "true", known_at="2026-02-01T00:00:00Z") for claim in claims]
    before = all_pages(world, limit=2)
    first = explain(world, limit=2)
    world.resolve(world.record(), "false", known_at="2026-01-15T00:00:00Z")
    for claim, resolution in zip(claims, resolutions, strict=True):
        world.resolve(claim, "false", supersedes=resolution["id"])
        held = world.get(f"/v1/claims/{claim['id']}")
        world.patch(f"/v1/claims/{claim['id']}", {"text": "New."}, headers={"If-Match": held.headers["ETag"]})

    second = explain(world, limit=2, cursor=first["next_cursor"])

    assert before["contributions"] == first["contributions"] + second["contributions"]
    assert (before["sums"], first["as_of"]) == (second["sums"], second["as_of"])
    assert 5 == explain(world)["sums"]["n"]


@pytest.fixture(scope="module")
def varied(shared_world):
    """Record claims of two topics, with and without due dates, known at two moments."""
    for topic, due, known in itertools.product("ab", [None, "2999-01-01", "2026-02-10"], ["2026-02-01", "2026-03-01"]):
        members = {"topic": topic} | ({"resolves_by": f"{due}T00:00:00Z"} if due else {})
        shared_world.resolve(shared_world.record(**members), "true", known_at=f"{known}T00:00:00Z")
    return shared_world


@pytest.mark.parametrize(
    "query",
    [
        {"topic": "a"},
        {"topic": "nowhere"},
        {"basis": "matured"},
        {"as_of": "2026-02-15T00:00:00Z"},
        {"recorded_by": "2026-02-15T00:00:00Z"},
        {"level": 0.5},
        {"topic": "a", "basis": "matured", "as_of": "2026-02-15T00:00:00Z"},
    ],
)
def test_looks_where_the_score_looks(varied, query):
    """
    R16, R18: topic, basis, level and moments select the same claims as for the score.
    """
    explanation, score = all_pages(varied, limit=3, **query), varied.score(**query)

    same = ("topic", "basis", "status", "reliability", "record", "context")
    assert {name: score[name] for name in same} == {name: explanation[name] for name in same}
    assert score["counts"]["resolved"] == len(explanation["contributions"])
    if explanation["sums"]:
        assert_adds_up(explanation)


def test_not_modified(world):
    """
    The tag of an explanation changes with a resolution and not with time.
    """
    claims = [world.record() for _ in range(3)]
    for claim in claims[:2]:
        world.resolve(claim, "true")
    tag = world.get(URL, query_string={"limit": 1}).headers["ETag"]
    again = world.get(URL, query_string={"limit": 1}, headers={"If-None-Match": tag})
    world.resolve(claims[2], "true")
    changed = world.get(URL, query_string={"limit": 1}, headers={"If-None-Match": tag})

    assert tag.startswith('W/"')
    assert (304, b"", "borneout; fwd=bypass") == (again.status_code, again.data, again.headers["Cache-Status"])
    assert 200 == changed.status_code


def test_unknown_outlet(world):
    """
    An unknown outlet causes a 404 that names the nearest slugs.
    """
    world.outlet("Herald")

    response = world.get("/v1/outlets/heralt/score/explanation")

    assert_problem(response, 404, "unknown-outlet")
    assert "herald" in response.json["detail"]


BAD = [("limit", "0"), ("limit", "201"), ("level", "0.7"), ("basis", "all"), ("as_of", "2026-W01-1"), ("levle", "0.9")]
BAD += [("as_of", "2999-01-01T00:00:00Z"), ("recorded_by", "2999-01-01T00:00:00Z"), ("cursor", "x"), ("topic", " ")]


@pytest.mark.sqlite_alone
@pytest.mark.parametrize(("name", "value"), BAD)
def test_bad_query(shared_world, name, value):
    """
    Unknown parameters and invalid values are rejected with their names.
    """
    shared_world.record()

    response = shared_world.get(URL, query_string={name: value})

    assert_problem(response, 400, "invalid-query", f"/{name}")


def test_cursor_of_another_list(world):
    """
    A cursor is only valid for the same outlet and the same query.
    """
    for outlet in ("Herald", "Echo"):
        for _ in range(2):
            world.resolve(world.record(report(outlet)), "true")
    cursor = explain(world, limit=1)["next_cursor"]

    for path, query in ((URL, {"basis": "matured"}), (URL, {"topic": "a"}), (URL.replace("herald", "echo"), {})):
        response = world.get(path, query_string=query | {"cursor": cursor})
        assert_problem(response, 400, "invalid-query", "/cursor")


def test_cursor_of_a_machine_whose_clock_is_ahead(shared_world):
    """
    A cursor from a machine whose clock is ahead is accepted.
    """
    shared_world.record()
    outlet = shared_world.get("/v1/outlets/herald").json["id"]
    bound_to = ["explanation", UUID(outlet), None, "resolved", None, None, 0.9, None]
    cursor = encode_cursor(["2999-01-01T00:00:00Z", "2026-01-01T00:00:00Z", outlet], bound_to)

    assert 200 == shared_world.get(URL, query_string={"cursor": cursor}).status_code


@pytest.mark.parametrize("position", [[], ["x"] * 3, ["2026-01-01T00:00:00Z"] * 3, ["", "", ""], ["9" * 400] * 3])
def test_forged_cursor(shared_world, position):
    """
    A forged cursor with a valid checksum is rejected as a bad query.
    """
    shared_world.record()
    outlet = UUID(shared_world.get("/v1/outlets/herald").json["id"])
    bound_to = ["explanation", outlet, None, "resolved", None, None, 0.9, None]
    real, forged = (
        shared_world.get(URL, query_string={"cursor": encode_cursor(one, bound_to)})
        for one in (["2026-01-01T00:00:00Z"] * 2 + [str(outlet)], position)
    )

    assert 200 == real.status_code
    assert_problem(forged, 400, "invalid-query", "/cursor")


@pytest.mark.parametrize("query", [{}, {"as_of": "2026-02-02"}])
def test_bare_dates(world, query):
    """
    R6a: a contribution shows the precision of both moments.
    """
    world.resolve(world.record(report(published_at="2026-01-01")), "true", known_at="2026-02-01")

    [contribution] = explain(world, **query)["contributions"]

    assert ["day", "day"] == [contribution[name] for name in ("published_precision", "known_precision")]
