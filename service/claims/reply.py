"""Record the replies of outlets to their whole record or to one claim, withdraw them, and list them."""

from __future__ import annotations

import datetime as dt
from typing import TypedDict
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from service.cache.invalidation import invalidate_scores
from service.cache.score_cache import ScoreCache
from service.claims.describe import describe_reply
from service.claims.views import ReplyView
from service.errors import AlreadyWithdrawn, InvalidBody, NotFound
from service.outlets.find import PLACES, require_outlet
from service.storage.db import Database, retried
from service.storage.facts import surviving_outlet
from service.storage.locks import lock_name
from service.storage.models import Claim, Outlet, Reply, Report, Withdrawal
from service.storage.paging import Keyset, Page, SortKey
from service.storage.predicates import merged_with
from service.values.ids import new_id
from service.values.vocabulary import Caller, Via


class NewReply(TypedDict):
    """The members of a new reply."""

    text: str
    url: str | None
    """The page of the reply; None if not given."""
    claim: UUID | None
    """The claim that the reply is about; None for the whole record."""


@retried
def record_reply(
    db: Database, cache: ScoreCache, reference: str, *, reply: NewReply, caller: Caller, now: dt.datetime
) -> tuple[ReplyView, bool]:
    """Record a reply after the caller has verified that the outlet sent it.

    Returns:
        The reply, and whether it is new. The same reply sent again returns the existing one, unless it was withdrawn.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
        OutletMerged: The outlet was merged into another one.
        InvalidBody: The claim is unknown, or the outlet has not reported it.
    """
    with db.write() as session:
        lock_name(session, PLACES)  # blocks concurrent replies and merges
        outlet = require_outlet(session, reference)
        claim = None if reply["claim"] is None else check_reported(session, outlet, reply["claim"])
        given = {"outlet_id": outlet.id, "claim_id": claim, "text": reply["text"], "url": reply["url"]}
        known = session.scalar(_loaded().filter_by(**given, withdrawn_at=None))
        if known is not None:
            return describe_reply(known), False
        new = Reply(**given, outlet=outlet, filed_by=caller.key_id, via=Via.API)
        add_reply(session, cache, new, now=now)
    return describe_reply(new), True


def add_reply(session: Session, cache: ScoreCache, reply: Reply, *, now: dt.datetime) -> None:
    """Add a new reply of an outlet. The caller must hold the lock `PLACES`."""
    reply.id, reply.recorded_at = new_id(), now
    session.add(reply)
    _invalidate(session, cache, reply, now=now)


@retried
def withdraw_reply(
    db: Database, cache: ScoreCache, reply_id: UUID, *, reason: str, caller: Caller, now: dt.datetime
) -> tuple[ReplyView, bool]:
    """Withdraw a reply. It stays listed, but is no longer shown with the score.

    Returns:
        The reply, and whether this call withdrew it. It may already have been withdrawn for the same reason.

    Raises:
        NotFound: No reply has this id.
        AlreadyWithdrawn: The reply was already withdrawn for a different reason.
    """
    with db.write() as session:
        lock_name(session, PLACES)
        if (reply := session.scalar(_loaded().where(Reply.id == reply_id))) is None:
            raise NotFound(f"No reply has the id {reply_id}. Find it among the replies of its outlet.")
        is_new = reply.withdrawn_at is None
        if is_new:
            reply.withdrawn_at, reply.withdrawn_by, reply.withdrawal_reason = now, caller.key_id, reason
            _invalidate(session, cache, reply, now=now)
        elif reply.withdrawal_reason != reason:
            raise AlreadyWithdrawn(
                f"You tried to withdraw the reply {reply_id}, which was already withdrawn for a different reason: "
                f"{reply.withdrawal_reason}"
            )
    return describe_reply(reply), is_new


def list_replies(db: Database, reference: str, *, after: SortKey | None, limit: int) -> Page[ReplyView]:
    """Return a page of the replies of an outlet and of the outlets merged into it, the newest first.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
        OutletMerged: The outlet was merged into another one.
        InvalidQuery: `after` is not a sort key of this list.
    """
    keyset = Keyset([Reply.id], [UUID], descending=True)
    with db.read() as session:
        filed = Reply.outlet_id.in_(merged_with(require_outlet(session, reference)))
        page = keyset.page(session, _loaded().where(filed), after=after, limit=limit)
        return Page([describe_reply(reply) for reply in page.items], page.next)


def _loaded() -> sa.Select[Reply]:
    """Select replies with the outlets that their views name."""
    return sa.select(Reply).options(selectinload(Reply.outlet))


def check_reported(session: Session, outlet: Outlet, claim_id: UUID) -> UUID:
    """Check that an outlet reported a claim, and return the id of the claim after merges.

    Raises:
        InvalidBody: The claim is unknown, or the outlet has not reported it.
    """
    if (claim := session.get(Claim, claim_id)) is None:
        raise InvalidBody.at(
            "/claim", f"No claim has the id {claim_id}. Find the id with GET /v1/claims.", "unknown-claim"
        )
    claim_id = claim.merged_into_id or claim.id
    withdrawn = sa.exists().where(Withdrawal.report_id == Report.id)
    reports = sa.select(Report.id).where(Report.claim_id == claim_id, Report.outlet_id.in_(merged_with(outlet)))
    if session.scalar(reports.where(~withdrawn).limit(1)) is None:
        detail = (
            f"The outlet {outlet.slug!r} has not reported this claim. Leave out `claim` to reply to the whole record."
        )
        raise InvalidBody.at("/claim", detail, "not-reported")
    return claim_id


def _invalidate(session: Session, cache: ScoreCache, reply: Reply, *, now: dt.datetime) -> None:
    """Invalidate the score that shows a reply. Only replies to a whole record are shown with a score."""
    if reply.claim_id is None:
        invalidate_scores(session, cache, [surviving_outlet(reply.outlet).slug], now=now)
