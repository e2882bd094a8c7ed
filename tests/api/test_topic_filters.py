"""The parameter `topic` of scores and lists"""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from service.storage.models import Claim
from service.storage.predicates import in_topic
from service.values.instants import utc_now
from service.values.vocabulary import ClaimKind
from tests.support.world import assert_problem, report

SPELLINGS = ["Transfers", " transfers ", "TRANSFERS\u3000", "\uff54ransfers"]
APART = [
    "a",
    "a/b",
    "a/b/c",
    "a-b",
    "a0",
    "a ",
    "ab",
    "a_b",
    "axb",
    "a_b/c",
    "100%",
    "100%/x",
    "100x",
    "a\\b",
    "a'b",
    "á",
]


def texts(world, **query):
    return {claim["text"] for page in world.pages("/v1/claims", **query) for claim in page}


def test_spellings_of_one_topic(world):
    """
    Spellings that differ in case, width or blanks are one topic, in bodies and in queries (R21b).
    """
    claims = [world.record(topic=spelling) for spelling in SPELLINGS]
    held = world.get(f"/v1/claims/{claims[0]['id']}")
    changed = world.patch(
        f"/v1/claims/{claims[0]['id']}", {"topic": " TRANSFERS/x"}, headers={"If-Match": held.headers["ETag"]}
    )

    assert {"transfers"} == {claim["topic"] for claim in claims}
    assert "transfers/x" == changed.json["topic"]
    assert [4] * len(SPELLINGS) == [world.score(topic=spelling)["counts"]["claims"] for spelling in SPELLINGS]
    assert "transfers" == world.score(topic=SPELLINGS[0])["topic"]


def test_lists_cover_the_topics_below(world):
    """
    A list for a topic has the claims on it and below it, whatever characters its names have (R21b).
    """
    paths = [path.strip() for path in APART]
    for path in paths:
        world.record(topic=path, text=path)
    world.record(text="without a topic")

    for scope in paths:
        below = {path for path in paths if path.split("/")[: scope.count("/") + 1] == scope.split("/")}
        assert below == texts(world, topic=scope)


def test_scores_cover_the_topics_below(world):
    """
    Every view of a score for a topic counts the claims on it and below it (R21b).
    """
    for topic in ("a", "a/b", "a/b/c", "ab", "a-b", None):
        world.resolve(world.record(report(probability=0.9), topic=topic), "true")
    now = utc_now().isoformat().replace("+00:00", "Z")

    for topic, number in (("a", 3), ("a/b", 2), ("a/b/c", 1), ("ab", 1), ("a/c", 0)):
        for moment in ({}, {"as_of": now}, {"recorded_by": now}, {"basis": "matured"}):
            assert number == world.score(topic=topic, **moment)["counts"]["resolved"]
        query = {"query_string": {"topic": topic}}
        explanation = world.get("/v1/outlets/herald/score/explanation", **query).json
        assert number == len(explanation["contributions"])
        assert number == world.get("/v1/outlets/herald/calibration", **query).json["resolved"]
        assert number == world.get("/v1/outlets/herald/score/history", **query).json["items"][-1]["record"]["resolved"]
        ranking = world.get("/v1/scores", query_string={"topic": topic, "min_resolved": 1}).json["items"]
        assert ([number] if number else []) == [score["record"]["resolved"] for score in ranking]


@pytest.mark.sqlite_alone
@pytest.mark.parametrize("bad", ["a//b", "a/", "/", " ", "x" * 101, "a/b/c/d/e/f", "a/..", "\u3000/a"])
def test_bad_topics(world, bad):
    """
    A path that is no topic is rejected with its place, in bodies and in queries (R21b).
    """
    body = {"text": "The bridge opens.", "topic": bad, "reports": [report()]}

    assert_problem(world.post("/v1/claims", body), 422, "invalid-body", "/topic")
    for path in ("/v1/claims", "/v1/outlets/herald/score", "/v1/scores"):
        assert_problem(world.get(path, query_string={"topic": bad}), 400, "invalid-query", "/topic")


def test_a_claim_sent_again_in_another_spelling(world):
    """
    A claim sent again with its topic in another spelling is the same claim (R4, R21b).
    """
    body = {"text": "The bridge opens.", "external_id": "1", "reports": [report()]}
    first = world.post("/v1/claims", body | {"topic": "Roads / Bridges"})
    again = world.post("/v1/claims", body | {"topic": "roads/bridges"})

    assert (201, 200) == (first.status_code, again.status_code)
    assert first.json["id"] == again.json["id"]


def test_a_topic_is_one_range_of_an_index(db):
    """
    A condition on a topic reads one range of the index on topics, so claims on other topics cost nothing (R21b).
    """
    common = {"text": "It opens.", "kind": ClaimKind.FACT, "tags": [], "recorded_at": utc_now()}
    with db.write() as session:
        session.add_all(Claim(topic=f"{'ab'[n % 50 > 0]}/{n}", **common) for n in range(1000))
    db.analyze()
    with db.read() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(sa.text("SET LOCAL enable_seqscan = off"))
        statement = sa.select(Claim.text).where(in_topic(Claim.topic, "a"))
        written = str(statement.compile(session.get_bind(), compile_kwargs={"literal_binds": True}))
        prefix = "EXPLAIN " if session.get_bind().dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "
        plan = "\n".join(str(row[-1]) for row in session.execute(sa.text(prefix + written)))

    assert "ix_claim_topic" in plan
    assert "(topic>? AND topic<?)" in plan or "Index Cond: (((topic)::text >= 'a'::text) AND" in plan, plan
