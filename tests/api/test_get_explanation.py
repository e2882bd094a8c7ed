"""GET /v1/outlets/{outlet}/score/explanation"""

from __future__ import annotations

import datetime as dt
import itertools
import random
from math import fsum, log
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from service.beta import logistic, logit
from service.contexts import refit_context
from service.imports import load_lines
from service.lines import ReadLine
from service.paging import encode_cursor
from service.schemas.lines import read_line
from service.vocabulary import OPERATOR
from tests.world import assert_problem, report

URL = "/v1/outlets/herald/score/explanation"
_EXAMPLES = itertools.count()


def explain(world, outlet="herald", **query):
    response = world.get(f"/v1/outlets/{outlet}/score/explanation", query_string=query)
    assert 200 == response.status_code, response.text
    return response.json


def all_pages(world, outlet="herald", **query):
    """The first page, with the contributions of all."""
    first = page = explain(world, outlet, **query)
    while page["next_cursor"] is not None:
        page = explain(world, outlet, **query, cursor=page["next_cursor"])
        first["contributions"] += page["contributions"]
    return first


def assert_adds_up(explanation):
    """R19: prior and claims lead to the number, by the formula, to 1e-9."""
    sums, prior = explanation["sums"], explanation["prior"]
    n, k, kappa, m = sums["n"], sums["k"], prior["kappa"], prior["m"]
    shift = logit((k + kappa * m) / (n + kappa)) - logit(m)
    total = fsum(one["log_odds"] for one in explanation["contributions"])
    assert n == len(explanation["contributions"]) == explanation["record"]["resolved"]
    assert pytest.approx(k, abs=1e-9) == fsum(one["right"] for one in explanation["contributions"])
    assert pytest.approx(sums["expected"], abs=1e-9) == fsum(one["expected"] for one in explanation["contributions"])
    assert pytest.approx((shift, shift), abs=1e-9) == (sums["d"], total)
    mean = logistic(logit(sums["reference"]) + total)
    assert pytest.approx(mean, abs=1e-9) == explanation["reliability"]["mean"]


def test_explanation_adds_up_to_the_score(world):
    """
    R19: prior, claims and sums lead to the very score that is served, with its record, context and method beside it.
    """
    bridge = world.record(report(commitment=4), text="The bridge opens.", topic="bridges")
    world.resolve(bridge, "true", known_at="2026-02-01T00:00:00Z")
    ferry = world.record(report(stance="deny"), text="The ferry sinks.")
    world.resolve(ferry, "partial", truth=0.25, known_at="2026-03-01T00:00:00Z")

    explanation, score = explain(world), world.score()

    same = ("outlet", "topic", "basis", "method", "status", "reliability", "record", "context")
    assert {name: score[name] for name in same} == {name: explanation[name] for name in same}
    assert {"kappa": 8, "m": 0.5, "weight": 4} == explanation["prior"]
    d = log(5.75 / 4.25)
    expected = {"n": 2, "k": 1.75, "expected": 1, "mu": 0.575, "nu": 9, "alpha": 5.175, "beta": 3.825}
    assert pytest.approx(expected | {"reference": 0.5, "d": d}) == explanation["sums"]
    first, second = explanation["contributions"]
    assert {
        "claim": ferry["id"],
        "text": "The ferry sinks.",
        "kind": "fact",
        "topic": None,
        "stance": "deny",
        "commitment": None,
        "published_at": "2026-01-01T12:00:00Z",
        "known_at": "2026-03-01T00:00:00Z",
        "verdict": "partial",
        "right": 0.75,
        "expected": 0.5,
        "log_odds": pytest.approx(d / 3),
    } == first
    assert (bridge["id"], "bridges", 4, 1) == tuple(second[name] for name in ("claim", "topic", "commitment", "right"))
    assert pytest.approx(2 * d / 3) == second["log_odds"]
    assert "(1.75 + 4)/(10) = 0.575" in explanation["formula"][1]
    assert_adds_up(explanation)


def test_nothing_resolved(world):
    """
    R17: without resolved claims there is no number, no sum and no claim, and a sentence says so.
    """
    world.record()

    explanation = explain(world)

    assert [None] * 3 == [explanation[name] for name in ("reliability", "prior", "sums")]
    assert ("insufficient", [], None) == tuple(explanation[name] for name in ("status", "contributions", "next_cursor"))
    assert ["Nothing that the outlet reported is resolved, so there is no number."] == explanation["formula"]


def test_outlet_that_is_not_scored(world):
    """
    R9: a placeholder's claims add up to nothing.
    """
    world.outlet("Herald", scorable=False)
    world.resolve(world.record(), "true")

    explanation = explain(world)

    assert (None, None, []) == tuple(explanation[name] for name in ("reliability", "sums", "contributions"))


def test_only_what_counts_is_listed(world):
    """
    R5-R7, R13: open, void and unverifiable claims, relays, and what was said too late are not among the claims.
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
    R19: the pages show every claim once, the last known first, and their parts sum to d over all of them.
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
    R19: what is resolved, corrected or renamed between two pages is on neither: they are of one record.
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
def test_looks_where_the_score_looks(world, query):
    """
    R16, R18: topic, basis, level and moments choose the same claims, and give the same number, as for the score.
    """
    for topic, due, known in itertools.product("ab", [None, "2999-01-01", "2026-02-10"], ["2026-02-01", "2026-03-01"]):
        members = {"topic": topic} | ({"resolves_by": f"{due}T00:00:00Z"} if due else {})
        world.resolve(world.record(**members), "true", known_at=f"{known}T00:00:00Z")

    explanation, score = all_pages(world, limit=3, **query), world.score(**query)

    same = ("topic", "basis", "status", "reliability", "record", "context")
    assert {name: score[name] for name in same} == {name: explanation[name] for name in same}
    assert score["counts"]["resolved"] == len(explanation["contributions"])
    if explanation["sums"]:
        assert_adds_up(explanation)


def test_not_modified(world):
    """
    An explanation has a tag that time alone does not change, and a resolution does.
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
    An outlet that is not on record is a 404 that names the nearest ones.
    """
    world.outlet("Herald")

    response = world.get("/v1/outlets/heralt/score/explanation")

    assert_problem(response, 404, "unknown-outlet")
    assert "herald" in response.json["detail"]


BAD = [("limit", "0"), ("limit", "201"), ("level", "0.7"), ("basis", "all"), ("as_of", "2026-01-01"), ("levle", "0.9")]
BAD += [("as_of", "2999-01-01T00:00:00Z"), ("recorded_by", "2999-01-01T00:00:00Z"), ("cursor", "x"), ("topic", " ")]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_bad_query(standing_world, name, value):
    """
    A parameter that is unknown, or has a value that cannot be used, is named.
    """
    standing_world.record()

    response = standing_world.get(URL, query_string={name: value})

    assert_problem(response, 400, "invalid-query", f"/{name}")


def test_cursor_of_another_list(world):
    """
    A cursor is good only for the outlet and the question it was given out for.
    """
    for outlet in ("Herald", "Echo"):
        for _ in range(2):
            world.resolve(world.record(report(outlet)), "true")
    cursor = explain(world, limit=1)["next_cursor"]

    for path, query in ((URL, {"basis": "matured"}), (URL, {"topic": "a"}), (URL.replace("herald", "echo"), {})):
        response = world.get(path, query_string=query | {"cursor": cursor})
        assert_problem(response, 400, "invalid-query", "/cursor")


@pytest.mark.parametrize("position", [[], ["x"] * 3, ["2026-01-01T00:00:00Z"] * 3, ["", "", ""], ["9" * 400] * 3])
def test_forged_cursor(standing_world, position):
    """
    A position that was never given out, sealed as one that was, is a bad query and no failure.
    """
    standing_world.record()
    outlet = UUID(standing_world.get("/v1/outlets/herald").json["id"])
    bound_to = ["explanation", outlet, None, "resolved", None, None, 0.9]
    real, forged = (
        standing_world.get(URL, query_string={"cursor": encode_cursor(one, bound_to)})
        for one in (["2026-01-01T00:00:00Z"] * 2 + [str(outlet)], position)
    )

    assert 200 == real.status_code
    assert_problem(forged, 400, "invalid-query", "/cursor")


def load(world, lines):
    """Load flat lines as an import does."""
    read = [ReadLine(number, read_line(line, feed=None)) for number, line in enumerate(lines)]
    runtime, now = world.runtime, dt.datetime.now(dt.UTC)
    results = load_lines(runtime.db, runtime.cache, read, caller=OPERATOR, now=now)
    assert not [result for result in results if result.error]


def lines_of(outlet, claims):
    """Flat lines of an outlet's claims, given as (stance, commitment, topic, outcome)."""
    for number, (stance, commitment, topic, outcome) in enumerate(claims):
        yield {
            "outlet": outlet,
            "claim_id": f"{outlet}-{number}",
            "claim": f"Claim {number}.",
            "stance": stance,
            "commitment": commitment,
            "topic": topic,
            "published_at": "2026-01-01",
            "outcome": outcome,
            "resolved_at": f"2026-02-{1 + number % 28:02}",
        }


def test_under_a_fitted_context(world):
    """
    R19: it adds up under a fitted context too, in which every sort of claim is expected to prove right at its own rate.
    """
    rng = random.Random(4)  # noqa: S311 - any numbers will do
    outlets = {
        name: [
            (stance, commitment, topic, rng.choices([0, 0.4, 1], [4, 1, 2 if stance == "support" else 1])[0])
            for stance, commitment, topic in rng.choices(
                [("support", 1, "a"), ("support", 4, "b"), ("deny", None, "a")], k=size
            )
        ]
        for name, size in (("Herald", 150), ("Echo", 80))
    }
    load(world, [line for name, claims in outlets.items() for line in lines_of(name, claims)])
    refit_context(world.runtime.db, world.runtime.cache, now=dt.datetime.now(dt.UTC))

    for outlet, topic in itertools.product(("herald", "echo"), (None, "a")):
        query = {"topic": topic} if topic else {}
        explanation, score = all_pages(world, outlet, limit=60, **query), world.score(outlet, **query)
        assert_adds_up(explanation)
        assert ("ctx_1", score["reliability"]) == (explanation["context"]["id"], explanation["reliability"])
        assert len({one["expected"] for one in explanation["contributions"]}) > 1


told = st.tuples(
    st.sampled_from(["support", "deny"]),
    st.sampled_from([None, 1, 4]),
    st.sampled_from([None, "a"]),
    st.sampled_from([0, 1, 0.3]),
)


# The database is shared by the examples; each looks at outlets of its own.
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example([("support", 1, None, 1)] * 3, 0)
@given(st.lists(told, min_size=1, max_size=7), st.randoms(use_true_random=False).map(lambda rng: rng.random()))
def test_any_order_gives_the_same_explanation(world, claims, seed):
    """
    R11: told in any order, the same claims have the same sums, formula and parts, to the last digit.
    """
    names = [f"Paper {next(_EXAMPLES)}" for _ in range(2)]
    in_order, shuffled = (list(lines_of(name, claims)) for name in names)
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - Hypothesis draws the seed
    load(world, in_order)
    load(world, shuffled)

    explanations = [all_pages(world, name.lower().replace(" ", "-"), limit=3) for name in names]

    for one in explanations:
        assert_adds_up(one)
        one["contributions"] = sorted(
            ({name: value for name, value in part.items() if name != "claim"} for part in one["contributions"]),
            key=lambda part: part["text"],
        )
        for name in ("outlet", "as_of", "next_cursor", "computed_at"):
            del one[name]
    assert explanations[0] == explanations[1]
