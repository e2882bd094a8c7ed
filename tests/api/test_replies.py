"""POST and GET /v1/outlets/{outlet}/replies, and POST /v1/replies/{reply_id}/withdrawal"""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.values.vocabulary import Scope
from tests.support.contract import NOTHING
from tests.support.world import assert_problem, report

TEXT = "We corrected the story the same day."


@pytest.fixture
def claim(world):
    claim = world.record(report("Herald"), report("Tribune", stance="deny"))
    world.resolve(claim, "true")
    return claim


def reply(world, text=TEXT, outlet="herald", **members):
    return world.post(f"/v1/outlets/{outlet}/replies", {"text": text, **members})


def withdraw(world, reply, reason="Another outlet said so."):
    return world.post(f"/v1/replies/{reply['id']}/withdrawal", {"reason": reason})


def replies(world, outlet="herald", **query):
    return world.get(f"/v1/outlets/{outlet}/replies", query_string=query).json


def shown(world, **query):
    """Return the text of the reply that a score shows."""
    return (world.score(**query)["reply"] or {}).get("text")


def now():
    return dt.datetime.now(dt.UTC).isoformat()


@pytest.mark.usefixtures("claim")
def test_reply_is_shown_with_the_score_at_once(world):
    """
    R20: the next score read after a reply has it, even if the score was cached; nothing else changes.
    """
    before, other = (world.get(f"/v1/outlets/{outlet}/score") for outlet in ("herald", "tribune"))

    answer = reply(world.with_scopes(Scope.OUTLETS_WRITE), url="https://herald.example.org/corrections")

    after = world.get("/v1/outlets/herald/score")
    body = answer.json
    assert (201, "herald", None, None) == (answer.status_code, body["outlet"], body["claim"], body["withdrawn"])
    assert {
        name: body[name] for name in ("id", "text", "url", "via", "verified", "recorded_at", "redacted")
    } == after.json["reply"]
    assert before.headers["ETag"] != after.headers["ETag"]
    passing = ("reply", "as_of", "computed_at", "ledger")
    assert before.json | {name: after.json[name] for name in passing} == after.json
    assert (None, None) == (before.json["reply"], other.json["reply"])
    assert [TEXT, None] == [
        score["reply"] and score["reply"]["text"]
        for score in world.get("/v1/scores?outlet=herald&outlet=tribune").json["items"]
    ]
    assert [body] == replies(world)["items"]


def test_reply_to_a_claim_is_shown_on_it(world, claim):
    """
    A reply to a claim is shown with the claim and not with the score.
    """
    before = world.get(f"/v1/claims/{claim['id']}").headers["ETag"]

    answer = reply(world, claim=claim["id"])

    after = world.get(f"/v1/claims/{claim['id']}")
    assert (201, claim["id"], [answer.json]) == (answer.status_code, answer.json["claim"], after.json["replies"])
    assert before != after.headers["ETag"]
    assert (None, [answer.json]) == (shown(world), replies(world)["items"])
    assert [] == world.record()["replies"]


@pytest.mark.usefixtures("claim")
def test_newest_is_shown_until_it_is_withdrawn(world):
    """
    R20: the score shows the newest reply that is not withdrawn; withdrawn ones are still listed, with the reason.
    """
    first = reply(world, "First.").json
    second = reply(world, "Second.").json
    seen = [shown(world)]

    answer = withdraw(world, second)

    seen.append(shown(world))
    assert (201, "Another outlet said so.") == (answer.status_code, answer.json["withdrawn"]["reason"])
    assert [answer.json, first] == replies(world)["items"]
    withdraw(world, first)
    assert ["Second.", "First.", None] == [*seen, shown(world)]


@pytest.mark.usefixtures("claim")
def test_recorded_by(world):
    """
    R18: a score with recorded_by has the reply of that day.
    """
    moments = [now()]
    first = reply(world, "First.").json
    moments.append(now())
    second = reply(world, "Second.").json
    moments.append(now())
    withdraw(world, second)
    withdraw(world, first)
    moments.append(now())

    assert [None, "First.", "Second.", None] == [shown(world, recorded_by=moment) for moment in moments]
    assert None is shown(world, as_of=moments[1])


def test_sent_again(world, claim):
    """
    The same reply is recorded once, even concurrently, and again only after it was withdrawn.
    """
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: reply(world), range(4)))
    assert [200, 200, 200, 201] == sorted(answer.status_code for answer in answers)
    [first] = replies(world)["items"]
    assert [first] * 4 == [answer.json for answer in answers]
    assert [201, 201] == [
        answer.status_code for answer in (reply(world, claim=claim["id"]), reply(world, url="https://example.org/"))
    ]

    assert [201, 200] == [withdraw(world, first).status_code for _ in range(2)]
    assert_problem(withdraw(world, first, "By mistake."), 409, "already-withdrawn")
    assert 201 == reply(world).status_code


def test_merged_outlets(world, claim):
    """
    R22: replies of merged outlets are shown and listed under the surviving one, the newest with its score, until the
    merge is undone.
    """
    reply(world, "Of the Herald.")
    other = reply(world, "Of the Tribune.", outlet="tribune").json
    world.post("/v1/outlets/tribune/merge", {"into": "herald"})

    assert ("Of the Tribune.", ["herald"] * 2) == (shown(world), [one["outlet"] for one in replies(world)["items"]])
    assert 308 == world.get("/v1/outlets/tribune/replies?limit=9").status_code
    assert_problem(reply(world, outlet="tribune"), 409, "outlet-merged")
    withdraw(world, other)
    assert "Of the Herald." == shown(world)
    assert 201 == reply(world, claim=claim["id"]).status_code
    assert 201 == reply(world, "Of both.").status_code
    world.delete("/v1/outlets/tribune/merge", headers={"If-Match": "*"})
    assert ("Of both.", None) == (shown(world), world.score("tribune")["reply"])


@pytest.mark.usefixtures("claim")
def test_redacted(world):
    """
    R20: a redacted reply is gone at once from the score that showed it, and marked as redacted.
    """
    made = reply(world, url="https://herald.example.org/corrections").json
    cached = shown(world)
    members = {"subject": made["id"], "members": ["text", "url"], "reason": "A court said so."}

    assert 201 == world.post("/v1/redactions", members).status_code

    seen = world.score()["reply"]
    assert (TEXT, "[redacted]", None) == (cached, seen["text"], seen["url"])
    assert ["A court said so."] * 2 == [one["reason"] for one in seen["redacted"]]
    assert seen["redacted"] == replies(world)["items"][0]["redacted"]


@pytest.mark.usefixtures("claim")
def test_pages(world):
    """
    Replies are listed in pages, the newest first, separately for each outlet.
    """
    made = [reply(world, f"Reply {n}.").json["id"] for n in range(3)]
    reply(world, outlet="tribune")

    first = replies(world, limit=2)
    second = replies(world, limit=2, cursor=first["next_cursor"])

    assert made[::-1] == [item["id"] for page in (first, second) for item in page["items"]]
    assert None is second["next_cursor"]


@pytest.mark.usefixtures("claim")
def test_only_what_the_outlet_reported(world):
    """
    An outlet can reply only to claims that it reported, not counting withdrawn reports.
    """
    other = world.record(report("Echo"))
    [filed] = other["reports"]

    assert_problem(reply(world, claim=other["id"]), 422, "invalid-body", "/claim")
    assert_problem(reply(world, claim=NOTHING), 422, "invalid-body", "/claim")
    world.post(f"/v1/reports/{filed['id']}/withdrawal", {"reason": "Of another day."})
    assert_problem(reply(world, outlet="echo", claim=other["id"]), 422, "invalid-body", "/claim")


def test_unknown(world):
    """
    An unknown outlet has no replies.
    """
    assert_problem(reply(world), 404, "unknown-outlet")
    assert_problem(world.get("/v1/outlets/herald/replies"), 404, "unknown-outlet")
    assert_problem(withdraw(world, {"id": NOTHING}), 404, "not-found")


@pytest.mark.usefixtures("claim")
def test_what_cannot_be_said(world):
    """
    A reply needs a non-empty text of limited length and a valid URL, if any.
    """
    for text in ("", " ", "a\x00b", "\ud800", "x" * 2001):
        assert_problem(reply(world, text), 422, "invalid-body", "/text")
    assert_problem(reply(world, url="javascript:alert(1)"), 422, "invalid-body", "/url")
    assert [] == replies(world)["items"]
