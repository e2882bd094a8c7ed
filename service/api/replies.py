"""/v1/outlets/{outlet}/replies and /v1/replies"""

from __future__ import annotations

from functools import partial
from uuid import UUID

from service.claims import reply as replies
from service.claims.reply import NewReply
from service.claims.views import ReplyView
from service.schemas.fields import PageQuery
from service.schemas.replies import ReplyIn, ReplyOut, ReplyPage
from service.schemas.shown_reports import WithdrawalIn
from service.storage.paging import PageRequest
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.blueprint import Blueprint
from service.web.calls import idempotent
from service.web.documentation import may_fail
from service.web.responses import PageResponse, page_of
from service.web.runtime import caller, runtime

blp = Blueprint("replies", __name__, url_prefix="/v1", description="Replies of outlets to their records.")


@blp.route("/outlets/<outlet>/replies", methods=["POST"])
@requires(Scope.OUTLETS_WRITE)
@idempotent()
@blp.arguments(ReplyIn)
@blp.response(201, ReplyOut)
@blp.alt_response(200, schema=ReplyOut, description="The reply was already recorded: the existing reply.", success=True)
def record_reply(body: NewReply, outlet: str) -> tuple[ReplyView, int]:
    """Record the reply of an outlet

    Publishes the statement of an outlet about its whole record or about one claim. By recording it, you confirm that
    the statement comes from the outlet. The newest reply to the whole record is shown with the score; a reply to a
    claim is shown with the claim.

    Sending the same reply again returns the existing one (200), unless it was withdrawn.
    """
    at, now = runtime(), utc_now()
    reply, created = replies.record_reply(at.db, at.cache, outlet, reply=body, caller=caller(), now=now)
    return reply, 201 if created else 200


@blp.route("/outlets/<outlet>/replies")
@requires(Scope.READ)
@blp.arguments(PageQuery, location="query")
@blp.response(200, ReplyPage)
@blp.follows
def list_replies(query: PageRequest, outlet: str) -> PageResponse[ReplyView]:
    """List an outlet's replies

    Returns the replies of the outlet, and of outlets that were merged into it, the most recent first.
    """
    return page_of(query, partial(replies.list_replies, runtime().db, outlet))


@blp.route("/replies/<uuid:reply_id>/withdrawal", methods=["POST"])
@requires(Scope.OUTLETS_WRITE)
@idempotent()
@blp.arguments(WithdrawalIn)
@blp.response(201, ReplyOut)
@blp.alt_response(200, schema=ReplyOut, description="The reply was already withdrawn.", success=True)
@may_fail(409)
def withdraw_reply(body: dict[str, str], reply_id: UUID) -> tuple[ReplyView, int]:
    """Withdraw a reply

    The reply stays listed as withdrawn, but is no longer shown with the score. Repeating the call with the same reason
    returns the reply (200); a different reason causes a 409 (`already-withdrawn`).
    """
    at, now = runtime(), utc_now()
    reply, created = replies.withdraw_reply(at.db, at.cache, reply_id, **body, caller=caller(), now=now)
    return reply, 201 if created else 200
