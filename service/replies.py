"""Put on record what outlets answer, to their record as a whole or to one claim."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from service.cache import ScoreCache
from service.db import Database, lock_name, retried
from service.errors import AlreadyWithdrawn, InvalidBody, NotFound
from service.identity import new_id
from service.models import Claim, Outlet, Reply, Report, Withdrawal
from service.outbox import forget_scores
from service.paging import Keyset, Page, Position
from service.register import PLACES, merged_with, require_outlet
from service.talk import describe_reply
from service.vocabulary import Caller


@retried
def record_reply(
    db: Database,
    cache: ScoreCache,
    reference: str,
    *,
    text: str,
    url: str | None,
    claim: UUID | None,
    caller: Caller,
    now: dt.datetime,
) -> tuple[dict[str, Any], bool]:
    """Put on record what an outlet answers. Whoever may change outlets vouches that it did.

    Args:
        db: The database.
        cache: The scores that the reply is shown with.
        reference: The outlet's slug or id.
        text: What it says.
        url: Where it says so.
        claim: The claim that it speaks of; None for its record as a whole.
        caller: Who puts it on record.
        now: The moment of the call.

    Returns:
        The reply, and whether it is new: one sent again is the one that is there, unless that was withdrawn.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
        OutletMerged: It was merged into another one.
        InvalidBody: The outlet has not reported the claim.
    """
    with db.write() as session:
        lock_name(session, PLACES)  # one reply at a time, and none while outlets are merged
        outlet = require_outlet(session, reference)
        if claim is not None:
            _check_reported(session, outlet, claim)
        given = {"outlet_id": outlet.id, "claim_id": claim, "text": text, "url": url}
        known = session.scalar(_shown().filter_by(**given, withdrawn_at=None))
        if known is not None:
            return describe_reply(known), False
        reply = Reply(id=new_id(), **given, outlet=outlet, filed_by=caller.key_id, recorded_at=now)
        session.add(reply)
        _forget(session, cache, reply, now=now)
    return describe_reply(reply), True


@retried
def withdraw_reply(
    db: Database, cache: ScoreCache, reply_id: UUID, *, reason: str, caller: Caller, now: dt.datetime
) -> tuple[dict[str, Any], bool]:
    """Take a reply back: it is kept and listed, and not shown with the score any more.

    Returns:
        The reply, and whether it was withdrawn just now and not before, for the same reason.

    Raises:
        NotFound: There is no such reply.
        AlreadyWithdrawn: It was withdrawn for another reason.
    """
    with db.write() as session:
        lock_name(session, PLACES)
        if (reply := session.scalar(_shown().where(Reply.id == reply_id))) is None:
            raise NotFound(f"No reply {reply_id} is on record.")
        created = reply.withdrawn_at is None
        if created:
            reply.withdrawn_at, reply.withdrawn_by, reply.withdrawal_reason = now, caller.key_id, reason
            _forget(session, cache, reply, now=now)
        elif reply.withdrawal_reason != reason:
            raise AlreadyWithdrawn(f"The reply {reply_id} was withdrawn before: {reply.withdrawal_reason}")
    return describe_reply(reply), created


def list_replies(db: Database, reference: str, *, after: Position | None, limit: int) -> Page[dict[str, Any]]:
    """The replies of an outlet, and of those that were merged into it, the newest first.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
        OutletMerged: It was merged into another one.
        InvalidQuery: `after` is not a position of this list.
    """
    keyset = Keyset([Reply.id], [UUID], descending=True)
    with db.read() as session:
        filed = Reply.outlet_id.in_(merged_with(require_outlet(session, reference)))
        page = keyset.page(session, _shown().where(filed), after=after, limit=limit)
        return Page([describe_reply(reply) for reply in page.items], page.next)


def _shown() -> sa.Select[Reply]:
    return sa.select(Reply).options(selectinload(Reply.outlet))


def _check_reported(session: Session, outlet: Outlet, claim_id: UUID) -> None:
    if session.get(Claim, claim_id) is None:
        raise InvalidBody.at("/claim", f"No claim {claim_id} is on record.", "unknown-claim")
    withdrawn = sa.exists().where(Withdrawal.report_id == Report.id)
    reports = sa.select(Report.id).where(Report.claim_id == claim_id, Report.outlet_id.in_(merged_with(outlet)))
    if session.scalar(reports.where(~withdrawn).limit(1)) is None:
        raise InvalidBody.at("/claim", f"The outlet {outlet.slug!r} has not reported this claim.", "not-reported")


def _forget(session: Session, cache: ScoreCache, reply: Reply, *, now: dt.datetime) -> None:
    """A score shows what is said of the record as a whole; what is said of a claim is shown there."""
    if reply.claim_id is None:
        forget_scores(session, cache, [reply.outlet.surviving.slug], now=now)
