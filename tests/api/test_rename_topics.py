"""POST, GET and DELETE /v1/topics/renames"""

from __future__ import annotations

import datetime as dt
import json

import pytest

from service.ledger.verify import verify_ledger
from service.outlets.rebuild_sums import rebuild_sums
from service.storage.models import ContextRow
from service.transfer.export.folder import write_export
from service.values.vocabulary import Scope
from tests.support.contexts import fitted_contexts
from tests.support.world import assert_problem, lasting, report

URL = "/v1/topics/renames"
ANY = {"If-Match": "*"}
CELLS = [("a", 5, 4), ("a/x", 2, 0), ("b", 2, 1)]


@pytest.fixture
def fitted(world):
    """A world with a context in which topics differ; its sums must equal the rows afterwards."""
    with world.runtime.db.write() as session:
        when = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
        session.add(ContextRow(number=1, contexts=fitted_contexts(*CELLS, kappa=5.0), recorded_at=when))
    yield world
    assert 0 == rebuild_sums(world.runtime.db, now=dt.datetime.now(dt.UTC))


def rename(world, source, into, status=201):
    response = world.post(URL, {"from": source, "into": into})
    assert status == response.status_code, response.text
    return response.json


def undo(world, made, status=204):
    response = world.delete(f"{URL}/{made['id']}", headers=ANY)
    assert status == response.status_code, response.text


def on(world, topic, verdict="true"):
    """Record a claim on a topic, resolved by a verdict unless that is None."""
    claim = world.record(topic=topic, text=f"About {topic}.")
    if verdict is not None:
        world.resolve(claim, verdict)
    return claim


def topics_of(world, *claims):
    return [world.claim(claim)["topic"] for claim in claims]


def counts(world):
    return {item["topic"]: item["claims"] for item in world.get("/v1/topics").json["items"]}


def scores(world, *topics):
    """Return the scores for topics, without the topic and what passes."""
    return [lasting(world.score(topic=topic)) | {"topic": None, "ledger": None} for topic in topics]


def now():
    return dt.datetime.now(dt.UTC).isoformat().replace("+00:00", "Z")


def test_it_works(fitted):
    """
    A rename moves the claims on a topic and below it, in any spelling of the paths, and can be read (R21b).
    """
    claims = [on(fitted, topic) for topic in ("a", "a/x", "ab")]
    response = fitted.post(URL, {"from": " A ", "into": "Sport / C"})

    assert ["sport/c", "sport/c/x", "ab"] == topics_of(fitted, *claims)
    assert {"ab": 1, "sport": 2, "sport/c": 2, "sport/c/x": 1} == counts(fitted)
    assert f"{URL}/{response.json['id']}" == response.headers["Location"]
    assert ("a", "sport/c", 2, None) == tuple(response.json[name] for name in ("from", "into", "claims", "undone_at"))
    assert response.json == fitted.get(response.headers["Location"]).json == fitted.get(URL).json["items"][0]


def test_scores_follow(fitted):
    """
    The score of the new topic is exactly that of the old one, which has no claims any more (R20, R21b).
    """
    for topic, verdict in (("a", "true"), ("a/x", "false"), ("b/y", "true"), (None, "false")):
        on(fitted, topic, verdict)
    before, everything = scores(fitted, "a", "a/x"), scores(fitted, None)
    rename(fitted, "a", "new")

    assert before == scores(fitted, "new", "new/x")
    assert everything == scores(fitted, None)
    assert 0 == fitted.score(topic="a")["counts"]["claims"]
    assert ["new", "new/x"] == [
        one["topic"]
        for one in sorted(
            fitted.get("/v1/outlets/herald/score/explanation?topic=new").json["contributions"],
            key=lambda one: one["topic"],
        )
    ]


def test_merged_topics(fitted):
    """
    A topic that is renamed to an existing one is merged with it, and undone, all is as before (R21b).
    """
    moved, stays = [on(fitted, topic) for topic in ("a", "a/x")], [on(fitted, "b"), on(fitted, "b/x", "false")]
    before = scores(fitted, "a", "a/x", "b", "b/x", None)
    made = rename(fitted, "a", "b")

    assert {"b": 4, "b/x": 2} == counts(fitted)
    assert 4 == fitted.score(topic="b")["counts"]["resolved"]
    joined = fitted.score(topic="b")["adjusted"]["reference"]
    assert joined not in [score["adjusted"]["reference"] for score in before]

    undo(fitted, made)

    assert ["a", "a/x", "b", "b/x"] == topics_of(fitted, *moved, *stays)
    assert before == scores(fitted, "a", "a/x", "b", "b/x", None)


def test_undo_moves_only_what_it_moved(fitted):
    """
    Undone, claims that were recorded under the new path stay there, and so do claims whose topic was changed (R21b).
    """
    moved, changed, reworded = on(fitted, "a"), on(fitted, "a"), on(fitted, "a/x")
    made = rename(fitted, "a", "c")
    later = on(fitted, "c/x")
    again = on(fitted, "a")
    for claim, members in ((changed, {"topic": "d"}), (reworded, {"text": "In other words."})):
        assert 200 == fitted.patch(f"/v1/claims/{claim['id']}", members, headers=ANY).status_code
    undo(fitted, made)

    assert ["a", "d", "a/x", "c/x", "a"] == topics_of(fitted, moved, changed, reworded, later, again)


def test_export(fitted, tmp_path):
    """
    R19: an export has the claims and the contexts under the current names, so scores can be recomputed from it.
    """
    on(fitted, "a")
    rename(fitted, "a", "b")
    write_export(fitted.runtime.db, tmp_path / "out", licence=None, now=dt.datetime.now(dt.UTC))
    [context, _], [claim] = (
        [json.loads(line) for line in (tmp_path / "out" / f"{name}.ndjson").read_text().splitlines()]
        for name in ("contexts", "claims")
    )

    expected = {("b",): (9, 5), ("b/x",): (2, 0)}  # a cell includes the topics below
    assert expected == {tuple(cell[3:]): (n // 10**9, k // 10**9) for cell, n, k in context["rates"] if len(cell) == 4}
    assert "b" == claim["topic"]


def test_undone_once(fitted):
    """
    A rename that was undone cannot be undone again, is kept, and its paths can be renamed again (R21b).
    """
    claim = on(fitted, "a")
    made = rename(fitted, "a", "c")
    undo(fitted, made)

    assert_problem(fitted.delete(f"{URL}/{made['id']}", headers=ANY), 409, "rename-undone")
    assert fitted.get(f"{URL}/{made['id']}").json["undone_at"]
    rename(fitted, "a", "c")
    assert ["c"] == topics_of(fitted, claim)


def test_chain_of_renames(fitted):
    """
    An earlier rename of the same claims is undone only after the later one (R21b).
    """
    claim, other = on(fitted, "a"), on(fitted, "z")
    first = rename(fitted, "a", "b")
    rename(fitted, "z", "y")
    second = rename(fitted, "b", "c")
    refused = fitted.delete(f"{URL}/{first['id']}", headers=ANY)

    assert_problem(refused, 409, "rename-superseded")
    assert second["id"] in refused.json["detail"]
    undo(fitted, second)
    undo(fitted, first)
    assert ["a", "y"] == topics_of(fitted, claim, other)


def test_there_and_back(fitted):
    """
    A topic can be renamed to the topic above it, and back to its old name (R21b).
    """
    claims = [on(fitted, topic) for topic in ("a", "a/b", "a/b/b")]
    rename(fitted, "a/b", "a")
    assert ["a", "a", "a/b"] == topics_of(fitted, *claims)
    rename(fitted, "a", "c")
    rename(fitted, "c", "a")
    assert ["a", "a", "a/b"] == topics_of(fitted, *claims)


@pytest.mark.parametrize(
    ("source", "into", "pointer", "code"),
    [
        ("nothing", "c", "/from", "unknown-topic"),
        ("100%", "c", "/from", "unknown-topic"),
        ("a_b", "c", "/from", "unknown-topic"),
        ("a", "A ", "/into", "cycle"),
        ("a", "a/b", "/into", "cycle"),
        ("a", "c/d/e/f", "/into", "too-deep"),
        ("a", "c//d", "/into", "invalid"),
        ("a/b/c/d/e/f", "c", "/from", "invalid"),
        (None, "c", "/from", "null"),
    ],
)
def test_bad_renames(world, source, into, pointer, code):
    """
    A rename of a topic without claims, into itself, or to a path that is too long is rejected with its place (R21b).
    """
    world.record(topic="a/b/c")
    world.record(topic="axb")
    response = world.post(URL, {"from": source, "into": into})

    assert_problem(response, 422, "invalid-body", pointer)
    assert [code] == [place["code"] for place in response.json["errors"]]
    assert {"a", "a/b", "a/b/c", "axb"} == counts(world).keys()


def test_longest_path(world):
    """
    A rename may use all five names (R21b).
    """
    claim = world.record(topic="a/b")
    rename(world, "a", "1/2/3/4")

    assert ["1/2/3/4/b"] == topics_of(world, claim)


def test_past_moments(fitted):
    """
    A score recorded by a past moment is the one of that moment, under the current name of the topic (R18, R21b).
    """
    kept, changed = on(fitted, "a"), on(fitted, "a/x", "false")
    was, before = fitted.score(topic="a", recorded_by=(moment := now())), lasting(fitted.score(topic="a"))
    fitted.patch(f"/v1/claims/{kept['id']}", {"text": "In other words."}, headers=ANY)
    fitted.patch(f"/v1/claims/{changed['id']}", {"topic": "d"}, headers=ANY)
    made = rename(fitted, "a", "c")
    then = fitted.score(topic="c", recorded_by=moment)

    assert before["reliability"] == was["reliability"] == then["reliability"]
    assert (2, 0) == (then["counts"]["resolved"], fitted.score(topic="a", recorded_by=moment)["counts"]["claims"])
    between = now()
    undo(fitted, made)
    assert was["counts"] == fitted.score(topic="a", recorded_by=moment)["counts"]
    assert 1 == fitted.score(topic="a", recorded_by=between)["counts"]["claims"]


def test_a_claim_sent_again(world):
    """
    After a rename, a claim sent again under the old name is the same claim; a new one stays under that name (R4, R21b).
    """
    body = {"text": "The bridge opens.", "topic": "a", "reports": [report()], "external_id": "1"}
    first = world.post("/v1/claims", body).json
    rename(world, "a", "b")
    again, new = (world.post("/v1/claims", body | {"external_id": id_}) for id_ in "12")

    assert (200, first["id"], "b") == (again.status_code, again.json["id"], again.json["topic"])
    assert (201, "a") == (new.status_code, new.json["topic"])


def test_versions_and_ledger(world):
    """
    The earlier version of each claim is kept, and the audit log has the rename and the moves (R21b).
    """
    claim = world.record(topic="a")
    held = world.get(f"/v1/claims/{claim['id']}").headers["ETag"]
    made = rename(world, "a", "b")
    stale = world.patch(f"/v1/claims/{claim['id']}", {"tags": ["x"]}, headers={"If-Match": held})
    entries = world.get(f"/v1/audit?subject={claim['id']}").json["items"]

    assert 412 == stale.status_code
    assert {"claim", "version"} <= {entry["table"] for entry in entries}
    assert [] == list(verify_ledger(world.runtime.db))
    [entry] = world.get("/v1/audit?table=topic_rename").json["items"]
    assert ("created", made["id"]) == (entry["action"], entry["row"])


def test_own_claims(world):
    """
    A key that filed a resolved claim on the topic needs `resolutions:own` to rename it and to undo the rename (R14b).
    """
    filer = world.with_scopes(Scope.CLAIMS_WRITE, Scope.RESOLUTIONS_WRITE)
    claim = filer.record(topic="a")
    undo(filer, rename(filer, "a", "b"))
    made = rename(filer, "a", "b")
    world.resolve(claim, "true")

    assert_problem(filer.post(URL, {"from": "b", "into": "c"}), 403, "own-claim")
    assert_problem(filer.delete(f"{URL}/{made['id']}", headers=ANY), 403, "own-claim")
    undo(world.with_scopes(Scope.RESOLUTIONS_WRITE), made)
    assert_problem(world.with_scopes(Scope.CLAIMS_WRITE).post(URL, {"from": "a", "into": "b"}), 403, "forbidden")


def test_preconditions(world):
    """
    Undoing a rename requires its current ETag, and an unknown one is a 404.
    """
    world.record(topic="a")
    response = world.post(URL, {"from": "a", "into": "b"})
    path = response.headers["Location"]

    assert_problem(world.delete(path), 428, "precondition-required")
    assert_problem(world.delete(path, headers={"If-Match": 'W/"x"'}), 412, "precondition-failed")
    assert_problem(world.delete(f"{URL}/0192aa00-0000-7000-8000-000000000000", headers=ANY), 404, "not-found")
    undone = world.delete(path, headers={"If-Match": response.headers["ETag"]})
    assert (204, b"", False) == (undone.status_code, undone.get_data(), "Content-Type" in undone.headers)


def test_a_ranking_expires(world):
    """
    The later pages of a ranking expire when a topic is renamed, because their outlets were found by its old name.
    """
    for outlet in "AB":
        world.resolve(world.record(report(outlet), topic="a"), "true")
    query = {"topic": "a", "min_resolved": 1, "limit": 1}
    cursor = world.get("/v1/scores", query_string=query).json["next_cursor"]
    rename(world, "a", "b")

    assert_problem(world.get("/v1/scores", query_string=query | {"cursor": cursor}), 400, "cursor-expired")
    assert 2 == len([item for page in world.pages("/v1/scores", **query | {"topic": "b"}) for item in page])
