"""/v1/disputes and /v1/claims/{claim_id}/disputes"""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any
from uuid import UUID

from service import disputes
from service.answers import page_of
from service.auth import caller, requires
from service.once import once
from service.runtime import runtime
from service.schemas.fields import PageQuery
from service.schemas.talk import ClosureIn, DisputeIn, DisputeOut, DisputePage, DisputeQuery
from service.vocabulary import Scope
from service.web import Blueprint, may_fail

blp = Blueprint("disputes", __name__, url_prefix="/v1", description="What is said against resolutions")


@blp.route("/claims/<uuid:claim_id>/disputes", methods=["POST"])
@requires(Scope.CLAIMS_WRITE)
@once()
@blp.arguments(DisputeIn)
@blp.response(201, DisputeOut)
@blp.alt_response(200, schema=DisputeOut, description="On record already", success=True)
@may_fail(409)
def dispute_resolution(body: dict[str, Any], claim_id: UUID) -> Any:
    """Say that the resolution of a claim is wrong"""
    at, now = runtime(), dt.datetime.now(dt.UTC)
    dispute, created = disputes.dispute_resolution(at.db, at.cache, claim_id, **body, caller=caller(), now=now)
    return dispute, 201 if created else 200


@blp.route("/claims/<uuid:claim_id>/disputes")
@requires(Scope.READ)
@blp.arguments(PageQuery, location="query")
@blp.response(200, DisputePage)
def list_claim_disputes(query: dict[str, Any], claim_id: UUID) -> Any:
    """List the disputes of a claim's resolutions, the oldest first"""
    return page_of(query, partial(disputes.list_claim_disputes, runtime().db, claim_id))


@blp.route("/disputes")
@requires(Scope.READ)
@blp.arguments(DisputeQuery, location="query")
@blp.response(200, DisputePage)
def list_disputes(query: dict[str, Any]) -> Any:
    """List disputes, the oldest first"""
    return page_of(query, partial(disputes.list_disputes, runtime().db))


@blp.route("/disputes/<uuid:dispute_id>/closure", methods=["POST"])
@requires(Scope.RESOLUTIONS_WRITE)
@once()
@blp.arguments(ClosureIn)
@blp.response(201, DisputeOut)
@may_fail(409)
def close_dispute(body: dict[str, Any], dispute_id: UUID) -> dict[str, Any]:
    """Put a dispute aside with a reason; the resolution stands"""
    at, now = runtime(), dt.datetime.now(dt.UTC)
    return disputes.close_dispute(at.db, at.cache, dispute_id, **body, caller=caller(), now=now)
