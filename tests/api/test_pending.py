"""GET /v1/pending, POST /v1/pending/{pending_id}/accept and …/refuse"""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.claims.submissions import get_submission
from service.ledger.seal import seal_entries
from service.storage.models import Dispute, Entry, Reply
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from tests.support.contract import NOTHING
from tests.support.submissions import EMAIL, VERIFIED, WRONG, accept, pending, refuse, send_dispute, send_reply
from tests.support.world import assert_problem, report

RESOLVE, OWN = Scope.RESOLUTIONS_WRITE, Scope.RESOLUTIONS_OWN
DAY = dt.timedelta(days=1)


@pytest.fixture
def claim(world):
    """A claim of two outlets that proved true."""
    claim = world.record(report("Herald"), report("Tribune", stance="deny"))
    return world.claim(claim) | {"resolution": world.resolve(claim, "true")}


def state(world, secret):
    return get_submission(world.runtime.db, secret)


def public_reads(world, claim):
    """Return everything public that could show a submission."""
    seal_entries(world.runtime.db, now=utc_now())
    paths = [f"/v1/claims/{claim['id']}", "/v1/disputes", "/v1/outlets/herald/replies", "/v1/changes", "/v1/trail"]
    paths += ["/v1/claims?disputed=true", "/v1/audit", "/v1/topics", "/v1/export/claims"]
    texts = [world.get(path).text for path in paths]
    score = world.score()
    return [*texts, score["counts"], score["reply"], world.count(Entry), world.count(Dispute), world.count(Reply)]


def test_pending_is_not_on_record(world, claim):
    """
    A pending or refused submission changes no public read, count, ledger, feed or export.
    """
    before = public_reads(world, claim)

    send_dispute(world, claim)
    send_reply(world)
    send_reply(world, claim=claim)
    waiting = public_reads(world, claim)
    for one in pending(world):
        refuse(world, one)

    assert before == waiting == public_reads(world, claim)
    assert not world.claim(claim)["disputed"]


def test_listed_for_editors(world, claim):
    """
    Editors see submissions with the mail address, the oldest first, each kind with its scope, and by status.
    """
    send_dispute(world, claim, links=["https://example.org/other"])
    send_reply(world, claim=claim)

    first, second = pending(world)

    assert ("dispute", "pending", WRONG, EMAIL) == tuple(first[name] for name in ("kind", "status", "text", "email"))
    assert (claim["id"], claim["resolution"]["id"], None) == (first["claim"], first["resolution"], first["outlet"])
    assert (claim["text"], ["https://example.org/other"]) == (first["about"], first["links"])
    assert ("reply", claim["id"], "herald", None) == tuple(
        second[name] for name in ("kind", "claim", "outlet", "resolution")
    )
    checker, editor = world.with_scopes(RESOLVE), world.with_scopes(Scope.OUTLETS_WRITE)
    assert [[first], [second]] == [pending(checker), pending(editor)]
    assert [[first], []] == [pending(world, kind="dispute"), pending(world, status="refused")]
    assert [[first], [second]] == list(world.pages("/v1/pending", limit=1))
    assert_problem(editor.get("/v1/pending?kind=dispute"), 403, "forbidden")
    assert_problem(world.with_scopes(Scope.READ, Scope.CLAIMS_WRITE).get("/v1/pending"), 403, "forbidden")
    assert "no-store" == world.get("/v1/pending").headers["Cache-Control"]


def test_accepted_dispute(world, claim):
    """
    R20: an accepted dispute is an ordinary one, filed by no key via the public form, and counts at once.
    """
    secret = send_dispute(world, claim, links=["https://example.org/other"])
    before = world.score()

    answer = accept(world, pending(world)[0])

    body, shown = answer.json, world.claim(claim)
    assert (201, "accepted", None, None, []) == (
        answer.status_code,
        *(body[name] for name in ("status", "text", "email", "links")),
    )
    assert (True, [body["dispute"]]) == (shown["disputed"], shown["disputes"])
    assert ("public form", WRONG, ["https://example.org/other"]) == tuple(
        body["dispute"][name] for name in ("via", "reason", "evidence")
    )
    assert (0, 1) == (before["counts"]["disputed"], world.score()["counts"]["disputed"])
    assert ("accepted", None) == (state(world, secret).status, state(world, secret).refusal)
    with world.runtime.db.read() as session:
        assert [None] == [dispute.filed_by for dispute in session.query(Dispute)]
    assert [] == pending(world)
    assert [body] == pending(world, status="accepted")


def test_accepted_reply(world, claim):
    """
    R20: an accepted reply shows how the editor verified it, with the score or on its claim.
    """
    send_reply(world, links=["https://herald.example/corrections"])
    send_reply(world, "On this claim.", claim=claim)
    general, on_claim = pending(world)

    assert_problem(accept(world, general), 422, "invalid-body", "/verified")
    answers = [accept(world, one, verified=VERIFIED) for one in (general, on_claim)]

    assert [201, 201] == [answer.status_code for answer in answers]
    expected = ("public form", VERIFIED, "https://herald.example/corrections")
    assert expected == tuple(world.score()["reply"][name] for name in ("via", "verified", "url"))
    assert [answers[1].json["reply"]] == world.claim(claim)["replies"]
    assert [answers[1].json["reply"], answers[0].json["reply"]] == world.get("/v1/outlets/herald/replies").json["items"]
    seal_entries(world.runtime.db, now=utc_now())
    replies = [one["data"] for one in world.get("/v1/changes?limit=200").json["items"] if one["kind"] == "reply"]
    assert [("public form", VERIFIED)] * 2 == [(one["via"], one["verified"]) for one in replies]


def test_dispute_is_not_verified(world, claim):
    """
    Only a reply is verified; a dispute with `verified` is rejected and stays pending.
    """
    send_dispute(world, claim)

    assert_problem(accept(world, pending(world)[0], verified=VERIFIED), 422, "invalid-body", "/verified")
    assert 1 == len(pending(world))


def test_refused(world, claim):
    """
    A refusal is shown to the sender and to editors only; the mail address is deleted.
    """
    secret = send_dispute(world, claim)

    answer = refuse(world, pending(world)[0])

    seen = state(world, secret)
    assert (201, "refused", None, WRONG) == (
        answer.status_code,
        *(answer.json[name] for name in ("status", "email", "text")),
    )
    assert ("refused", "It is the same bridge.") == (seen.status, seen.refusal)
    assert [answer.json] == pending(world, status="refused")
    assert_problem(refuse(world, answer.json, " "), 422, "invalid-body", "/reason")


def test_decided_once(world, claim):
    """
    Of two editors who decide the same submission at once, one receives 409, and the first decision stands.
    """
    send_dispute(world, claim)
    [waiting] = pending(world)
    with ThreadPoolExecutor(4) as pool:
        decide = [accept, refuse, accept, refuse]
        answers = list(pool.map(lambda step: step(world, waiting), decide))

    assert [201, 409, 409, 409] == sorted(answer.status_code for answer in answers)
    [done] = [answer.json for answer in answers if answer.status_code == 201]
    assert [done] == pending(world, status=done["status"])
    assert_problem(accept(world, waiting), 409, "already-decided")
    assert_problem(refuse(world, waiting), 409, "already-decided")
    assert (done["status"] == "accepted") is world.claim(claim)["disputed"]


def test_resolver_accepts_and_does_not_refuse(world):
    """
    R14: keys that resolved or filed the claim may accept a dispute, and need `resolutions:own` to refuse it.
    """
    scopes = (Scope.CLAIMS_WRITE, RESOLVE)
    filer, resolver = world.with_scopes(*scopes), world.with_scopes(*scopes)
    filed = filer.record(report("Herald"))
    resolver.resolve(filed, "true")
    for _ in range(3):
        send_dispute(world, filed)
    first, second, third = pending(world)

    for party in (filer, resolver):
        assert_problem(refuse(party, first), 403, "own-dispute")
    assert 201 == accept(resolver, first).status_code
    [opened] = world.claim(filed)["disputes"]
    closure = {"reason": "It is the same bridge."}
    assert_problem(resolver.post(f"/v1/disputes/{opened['id']}/closure", closure), 403, "own-dispute")
    assert 201 == refuse(world.with_scopes(*scopes, OWN), second).status_code
    assert 201 == refuse(world.with_scopes(RESOLVE), third).status_code
    other = world.with_scopes(RESOLVE)
    assert 201 == other.post(f"/v1/disputes/{opened['id']}/closure", closure).status_code


def test_each_kind_has_its_scope(world, claim):
    """
    Disputes need `resolutions:write`, and replies `outlets:write`.
    """
    send_dispute(world, claim)
    send_reply(world)
    dispute, reply = pending(world)
    checker, editor = world.with_scopes(RESOLVE), world.with_scopes(Scope.OUTLETS_WRITE)

    for answer in (accept(editor, dispute), refuse(editor, dispute)):
        assert_problem(answer, 403, "forbidden")
    for answer in (accept(checker, reply, verified=VERIFIED), refuse(checker, reply)):
        assert_problem(answer, 403, "forbidden")
    assert [201, 201] == [refuse(checker, dispute).status_code, refuse(editor, reply).status_code]


@pytest.mark.parametrize("verdict", ["false", None])
def test_resolved_anew(world, claim, verdict):
    """
    A dispute of a resolution that was corrected or withdrawn cannot be accepted: it stays pending and can be refused.
    """
    send_dispute(world, claim)
    world.resolve(claim, verdict, supersedes=claim["resolution"]["id"])
    [waiting] = pending(world)

    assert_problem(accept(world, waiting), 409, "submission-outdated")

    assert [waiting] == pending(world)
    assert [] == world.claim(claim)["disputes"]
    assert 201 == refuse(world, waiting, "It was corrected.").status_code


def test_claim_merged(world, claim):
    """
    R22a: a submission follows its claim through a merge if the disputed resolution stays in effect, else it is
    outdated.
    """
    target, resolved = (world.record(report("Herald"), text="It opens.") for _ in range(2))
    send_dispute(world, claim)
    send_reply(world, claim=claim)
    world.post(f"/v1/claims/{claim['id']}/merge", {"into": target["id"]})
    dispute, reply = pending(world)

    assert [target["id"]] * 2 == [dispute["claim"], reply["claim"]]
    assert 201 == accept(world, dispute).status_code
    assert target["id"] == accept(world, reply, verified=VERIFIED).json["reply"]["claim"]
    assert world.claim(target)["disputed"]

    other = world.record(report("Herald"), text="It opens in May.")
    for each in (other, resolved):
        world.resolve(each, "true")
    send_dispute(world, other)
    assert 201 == world.post(f"/v1/claims/{other['id']}/merge", {"into": resolved["id"]}).status_code
    assert_problem(accept(world, pending(world)[0]), 409, "submission-outdated")


def test_outlet_merged_or_report_withdrawn(world, claim):
    """
    R22: a reply follows its outlet through a merge; if the outlet no longer reports the claim, it is outdated.
    """
    send_reply(world, outlet="tribune")
    send_reply(world, outlet="tribune", claim=claim)
    world.post("/v1/outlets/tribune/merge", {"into": "herald"})
    general, on_claim = pending(world)

    assert "herald" == accept(world, general, verified=VERIFIED).json["reply"]["outlet"]
    for filed in claim["reports"]:
        world.post(f"/v1/reports/{filed['id']}/withdrawal", {"reason": "Of another day."})
    assert_problem(accept(world, on_claim, verified=VERIFIED), 409, "submission-outdated")
    assert [on_claim] == pending(world)


def test_accepted_text_is_redacted_everywhere(world, claim):
    """
    The text of an accepted reply, and how it was verified, can be redacted, and no copy of them stays.
    """
    send_reply(world, "A name.", claim=claim)
    made = accept(world, pending(world)[0], verified="By mail to a name.").json["reply"]
    members = {"subject": made["id"], "members": ["text", "verified"], "reason": "By law."}

    assert 201 == world.post("/v1/redactions", members).status_code

    [shown] = world.claim(claim)["replies"]
    assert ("[redacted]", "[redacted]") == (shown["text"], shown["verified"])
    assert "name" not in str(pending(world, status="accepted")[0]["reply"])


def test_unknown(world):
    """
    An unknown submission is a 404 problem.
    """
    assert_problem(accept(world, {"id": NOTHING}), 404, "not-found")
    assert_problem(refuse(world, {"id": NOTHING}), 404, "not-found")
