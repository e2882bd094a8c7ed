"""Submissions from the public forms, without the forms"""

from __future__ import annotations

from uuid import UUID

from service.claims.submissions import submit_dispute, submit_reply
from service.values.instants import utc_now

EMAIL = "reader@example.org"
WRONG = "The page speaks of another bridge."
VERIFIED = "By mail to the address in the masthead."


def send_dispute(world, claim, text=WRONG, *, links=(), email=EMAIL, sender="a", now=None):
    """Send a dispute, and return the secret of its link."""
    submission = {"text": text, "links": list(links), "email": email}
    now = now or utc_now()
    return submit_dispute(world.runtime.db, UUID(claim["id"]), submission=submission, sender=sender, now=now)


def send_reply(world, text="We regret it.", *, outlet="herald", claim=None, links=(), sender="a", now=None):
    """Send a reply, and return the secret of its link."""
    return submit_reply(
        world.runtime.db,
        outlet,
        claim=None if claim is None else UUID(claim["id"]),
        submission={"text": text, "links": list(links), "email": EMAIL},
        sender=sender,
        now=now or utc_now(),
    )


def pending(world, **query):
    """Return the submissions that wait for a decision."""
    response = world.get("/v1/pending", query_string=query)
    assert 200 == response.status_code, response.text
    return response.json["items"]


def accept(world, submission, **body):
    return world.post(f"/v1/pending/{submission['id']}/accept", body)


def refuse(world, submission, reason="It is the same bridge."):
    return world.post(f"/v1/pending/{submission['id']}/refuse", {"reason": reason})
