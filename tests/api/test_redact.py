"""POST /v1/redactions"""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from service.ledger.seal import seal_entries
from service.ledger.verify import verify_ledger
from service.storage.models import Claim, Entry, Report, StoredResponse, Version
from tests.support.full_database import NOW
from tests.support.world import assert_problem, report

WORDS = "Ms Example of Example Street is ill."
REASON = "A court has said so."
SENT = {
    "text": WORDS,
    "external_id": "feed/1",
    "reports": [
        report(quote=WORDS, url="https://herald.example/example", relays={"outlet": None, "cited_as": "Example"})
    ],
}


@pytest.fixture
def claim(world):
    """A sealed claim with texts to redact, one of them in an earlier version and one in a stored response."""
    claim = world.post("/v1/claims", SENT, headers={"Idempotency-Key": "once"}).json
    world.resolve(claim, "true", note=WORDS, evidence=["https://herald.example/example"])
    world.patch(f"/v1/claims/{claim['id']}", {"text": f"{WORDS} Or was."}, headers={"If-Match": "*"})
    seal_entries(world.runtime.db, now=NOW)
    return world.claim(claim)


def redact(world, subject, *members):
    return world.post("/v1/redactions", {"subject": subject["id"], "members": list(members), "reason": REASON})


def redact_all(world, claim):
    """Redact all texts."""
    for subject, members in (
        (claim, ["text"]),
        (claim["reports"][0], ["quote", "url", "cited_as"]),
        (claim["resolution"], ["note", "evidence"]),
    ):
        assert 201 == redact(world, subject, *members).status_code


def everything(db):
    """Return all rows of all tables as one text."""
    with db.read() as session:
        tables = [table for table in Claim.metadata.sorted_tables if table.name != "redaction"]
        rows = [dict(row) for table in tables for row in session.execute(sa.select(table)).mappings()]
    return json.dumps(rows, default=lambda value: value.decode() if isinstance(value, bytes) else str(value))


def test_it_works(world, claim):
    """
    A redacted text is replaced by the reason and the time.
    """
    response = redact(world, claim["reports"][0], "quote", "url")

    [filed] = world.claim(claim)["reports"]
    assert (201, ["quote", "url"], REASON) == (response.status_code, response.json["members"], response.json["reason"])
    assert (None, None, "Example") == (filed["quote"], filed["url"], filed["relays"]["cited_as"])
    expected = {"reason": REASON, "recorded_at": response.json["recorded_at"]}
    assert [{"member": "quote", **expected}, {"member": "url", **expected}] == filed["redacted"]


def test_no_word_is_left_in_any_table(world, claim):
    """
    The redacted texts are gone from the rows, the earlier versions, the stored responses and the ledger.
    """
    assert "xample" in everything(world.runtime.db)

    redact_all(world, claim)

    assert [] == [word for word in ("Ms Ex", "Street", "herald.example/") if word in everything(world.runtime.db)]
    assert 0 == len(world.get("/v1/claims?q=Street").json["items"])
    shown = world.claim(claim)
    assert ("[redacted]", [], "[redacted]") == (
        shown["text"],
        shown["resolution"]["evidence"],
        shown["resolution"]["note"],
    )
    assert ["text"] == [note["member"] for note in shown["redacted"]]


def test_ledger_holds_after_it(world, claim):
    """
    The ledger still verifies after a redaction; the salts are gone, and the chain before is unchanged.
    """
    head = world.score()["ledger"]

    redact_all(world, claim)
    seal_entries(world.runtime.db, now=NOW)

    assert [] == list(verify_ledger(world.runtime.db, head=head))
    with world.runtime.db.read() as session:
        of_claim = sa.select(Entry.salt).where(Entry.row_key == claim["id"]).order_by(Entry.position)
        first, second, last = session.scalars(of_claim)
        version = session.scalars(sa.select(Version.content)).one()
    assert (None, None, True) == (first, second, last is not None)
    assert "[redacted]" == version["text"]


def test_sent_again_it_stays_away(world, claim):
    """
    R4: sending the claim or the report again returns the existing one without the texts.
    """
    redact_all(world, claim)

    again = world.post("/v1/claims", SENT)
    once_more = world.post(f"/v1/claims/{claim['id']}/reports", SENT["reports"][0])

    assert (200, claim["id"], "[redacted]") == (again.status_code, again.json["id"], again.json["text"])
    assert (200, None) == (once_more.status_code, once_more.json["quote"])
    assert "Street" not in everything(world.runtime.db)
    with world.runtime.db.read() as session:
        assert 1 == session.scalar(sa.select(sa.func.count()).select_from(Report))


def test_answer_with_an_idempotency_key_is_not_replayed_with_the_words(world, claim):
    """
    A stored response with the texts is deleted, and the call runs again and finds the existing claim.
    """
    redact(world, claim, "text")

    with world.runtime.db.read() as session:
        assert [] == [kept for kept in session.scalars(sa.select(StoredResponse)) if b"Street" in kept.body]
    assert "[redacted]" == world.post("/v1/claims", SENT, headers={"Idempotency-Key": "once"}).json["text"]


def test_words_of_talk(world, claim):
    """
    Texts of disputes and replies can be redacted, and are gone from the score.
    """
    dispute = world.post(
        f"/v1/claims/{claim['id']}/disputes", {"reason": WORDS, "evidence": ["https://x.example/1"]}
    ).json
    reply = world.post("/v1/outlets/herald/replies", {"text": WORDS}).json
    assert WORDS in json.dumps(world.score(), ensure_ascii=False)

    assert 201 == redact(world, dispute, "reason", "evidence").status_code
    assert 201 == redact(world, reply, "text").status_code

    assert WORDS not in json.dumps(world.score(), ensure_ascii=False)
    assert [] == list(verify_ledger(world.runtime.db))
    [shown] = world.claim(claim)["disputes"]
    assert ("[redacted]", []) == (shown["reason"], shown["evidence"])


def test_why_a_report_was_withdrawn(world, claim):
    """
    The reason of a withdrawal is redacted through its report.
    """
    world.post(f"/v1/reports/{claim['reports'][0]['id']}/withdrawal", {"reason": WORDS})

    assert 201 == redact(world, claim["reports"][0], "reason").status_code

    assert "[redacted]" == world.claim(claim)["reports"][0]["withdrawn"]["reason"]
    assert [] == list(verify_ledger(world.runtime.db))


def test_what_cannot_be_redacted(world, claim):
    """
    An unknown member or an unknown subject is an error at its place.
    """
    assert_problem(redact(world, claim, "text", "quote"), 422, "invalid-body", "/members/1")
    assert_problem(redact(world, claim, "slug"), 422, "invalid-body", "/members/0")
    assert_problem(redact(world, claim), 422, "invalid-body", "/members")
    assert_problem(
        redact(world, {"id": "0192aa00-0000-7000-8000-000000000000"}, "text"), 422, "invalid-body", "/subject"
    )
    assert [] == world.claim(claim)["redacted"]


def test_twice(world, claim):
    """
    A member can be redacted again with another reason; the last reason is shown.
    """
    redact(world, claim, "text")
    world.post("/v1/redactions", {"subject": claim["id"], "members": ["text"], "reason": "Another court, too."})

    assert ["Another court, too."] == [note["reason"] for note in world.claim(claim)["redacted"]]
    assert [] == list(verify_ledger(world.runtime.db))
