"""/v1/outlets/{outlet}/replies and /v1/replies"""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any
from uuid import UUID

from service import replies
from service.answers import page_of
from service.auth import caller, requires
from service.once import once
from service.runtime import runtime
from service.schemas.fields import PageQuery
from service.schemas.reports import WithdrawalIn
from service.schemas.talk import ReplyIn, ReplyOut, ReplyPage
from service.vocabulary import Scope
from service.web import Blueprint, may_fail

blp = Blueprint("replies", __name__, url_prefix="/v1", description="What outlets answer to their record")


@blp.route("/outlets/<outlet>/replies", methods=["POST"])
@requires(Scope.OUTLETS_WRITE)
@once()
@blp.arguments(ReplyIn)
@blp.response(201, ReplyOut)
@blp.alt_response(200, schema=ReplyOut, description="On record already", success=True)
def record_reply(body: dict[str, Any], outlet: str) -> Any:
    """Put on record what an outlet answers, to its whole record or to one claim

    Whoever does so vouches that they have verified that the outlet said it. The newest reply to a whole record is shown
    with its score, one to a claim on that claim.
    """
    at, now = runtime(), dt.datetime.now(dt.UTC)
    reply, created = replies.record_reply(at.db, at.cache, outlet, **body, caller=caller(), now=now)
    return reply, 201 if created else 200


@blp.route("/outlets/<outlet>/replies")
@requires(Scope.READ)
@blp.arguments(PageQuery, location="query")
@blp.response(200, ReplyPage)
@blp.follows
def list_replies(query: dict[str, Any], outlet: str) -> Any:
    """List what an outlet has answered, the newest first"""
    return page_of(query, partial(replies.list_replies, runtime().db, outlet))


@blp.route("/replies/<uuid:reply_id>/withdrawal", methods=["POST"])
@requires(Scope.OUTLETS_WRITE)
@once()
@blp.arguments(WithdrawalIn)
@blp.response(201, ReplyOut)
@blp.alt_response(200, schema=ReplyOut, description="Withdrawn already", success=True)
@may_fail(409)
def withdraw_reply(body: dict[str, Any], reply_id: UUID) -> Any:
    """Take a reply back"""
    at, now = runtime(), dt.datetime.now(dt.UTC)
    reply, created = replies.withdraw_reply(at.db, at.cache, reply_id, **body, caller=caller(), now=now)
    return reply, 201 if created else 200
