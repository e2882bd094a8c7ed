"""Submissions from the public forms: their limits, and when they are deleted"""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.claims.submissions import get_submission, prune_submissions
from service.errors import NotFound, TooManySubmissions
from service.storage.models import Submission
from service.values.instants import utc_now
from tests.support.submissions import accept, pending, refuse, send_dispute, send_reply
from tests.support.world import report

DAY = dt.timedelta(days=1)


@pytest.fixture
def claim(world):
    """A claim of two outlets that proved true."""
    claim = world.record(report("Herald"), report("Tribune", stance="deny"))
    return world.claim(claim) | {"resolution": world.resolve(claim, "true")}


def test_deleted_after_90_days(world, claim):
    """
    Submissions are deleted 90 days after they were refused or left without a decision; accepted ones stay.
    """
    secrets = [send_dispute(world, claim) for _ in range(3)]
    waiting = pending(world)
    refuse(world, waiting[0])
    accept(world, waiting[1])

    prune_submissions(world.runtime.db, now=utc_now() + 89 * DAY)
    kept = world.count(Submission)
    prune_submissions(world.runtime.db, now=utc_now() + 91 * DAY)

    assert (3, 1) == (kept, world.count(Submission))
    assert "accepted" == get_submission(world.runtime.db, secrets[1]).status
    for secret in (secrets[0], secrets[2], "nothing"):
        with pytest.raises(NotFound):
            get_submission(world.runtime.db, secret)


def test_five_a_day(world, claim):
    """
    An address sends five submissions within a day; it is forgotten after that day, and others are not affected.
    """
    start = utc_now() - dt.timedelta(hours=23)
    for n in range(5):
        send_dispute(world, claim, now=start + dt.timedelta(minutes=n))

    with pytest.raises(TooManySubmissions) as refused:
        send_reply(world)
    send_reply(world, sender="b")
    assert 3500 < refused.value.retry_after <= 3600
    prune_submissions(world.runtime.db, now=start + DAY)
    with world.runtime.db.read() as session:
        assert 4 == session.query(Submission).filter(Submission.sender == "a").count()
    send_reply(world)
    assert 7 == len(pending(world))


def test_five_a_day_at_once(world, claim):
    """
    Concurrent submissions from one address do not exceed the limit.
    """

    def send(_):
        try:
            return send_dispute(world, claim)
        except TooManySubmissions:
            return None

    with ThreadPoolExecutor(8) as pool:
        sent = list(pool.map(send, range(8)))

    assert 5 == len([secret for secret in sent if secret]) == len(pending(world))


def test_at_most_500(world, claim, monkeypatch):
    """
    Only a limited number of submissions wait for a decision.
    """
    monkeypatch.setattr("service.claims.submissions.MAX_PENDING", 2)
    for sender in "ab":
        send_dispute(world, claim, sender=sender)

    with pytest.raises(TooManySubmissions):
        send_dispute(world, claim, sender="c")
    refuse(world, pending(world)[0])
    assert send_dispute(world, claim, sender="c")
