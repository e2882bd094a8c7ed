"""/v1/claims/{claim_id}/resolutions"""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any
from uuid import UUID

from service import resolutions
from service.answers import page_of
from service.auth import caller, requires
from service.once import once
from service.runtime import runtime
from service.schemas.fields import PageQuery
from service.schemas.resolutions import ResolutionIn, ResolutionOut, ResolutionPage
from service.vocabulary import Scope
from service.web import Blueprint, may_fail

blp = Blueprint("resolutions", __name__, url_prefix="/v1/claims/<uuid:claim_id>", description="How claims came out")


@blp.route("/resolutions", methods=["POST"])
@requires(Scope.RESOLUTIONS_WRITE)
@once()
@blp.arguments(ResolutionIn)
@blp.response(201, ResolutionOut)
@may_fail(404, 409)
def resolve_claim(body: Any, claim_id: UUID) -> Any:
    """Resolve a claim, or correct or withdraw its resolution"""
    at, now = runtime(), dt.datetime.now(dt.UTC)
    return resolutions.resolve_claim(at.db, at.cache, claim_id, resolution=body, caller=caller(), now=now)


@blp.route("/resolutions")
@requires(Scope.READ)
@blp.arguments(PageQuery, location="query")
@blp.response(200, ResolutionPage)
@may_fail(404)
def list_resolutions(query: dict[str, Any], claim_id: UUID) -> Any:
    """List all the resolutions of a claim, the oldest first"""
    return page_of(query, partial(resolutions.list_resolutions, runtime().db, claim_id))
