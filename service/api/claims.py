"""/v1/claims"""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any
from uuid import UUID

from service import browse, claims, reports
from service.answers import page_of
from service.auth import caller, requires
from service.once import once
from service.runtime import runtime
from service.schemas.claims import ClaimIn, ClaimOut, ClaimPage, ClaimPatch, ClaimQuery
from service.schemas.fields import PageQuery
from service.schemas.reports import ReportIn, ReportOut, ReportPage
from service.vocabulary import Scope
from service.web import Blueprint, may_fail

blp = Blueprint(
    "claims", __name__, url_prefix="/v1/claims", description="What was claimed, by whom, and how it came out"
)


@blp.route("", methods=["POST"])
@requires(Scope.CLAIMS_WRITE)
@once()
@blp.arguments(ClaimIn)
@blp.response(201, ClaimOut)
@blp.alt_response(200, schema=ClaimOut, description="On record already", success=True)
@may_fail(409)
@blp.tagged
def record_claim(body: Any) -> Any:
    """Record a claim with the reports that carry it"""
    at, filed = runtime(), body.pop("reports")
    now = dt.datetime.now(dt.UTC)
    claim, created = claims.record_claim(at.db, at.cache, claim=body, reports=filed, caller=caller(), now=now)
    return claim, 201 if created else 200, {"Location": f"/v1/claims/{claim['id']}"}


@blp.route("")
@requires(Scope.READ)
@blp.arguments(ClaimQuery, location="query")
@blp.response(200, ClaimPage)
def list_claims(query: dict[str, Any]) -> Any:
    """List claims, the last recorded first"""
    return page_of(query, partial(browse.list_claims, runtime().db, now=dt.datetime.now(dt.UTC)))


@blp.route("/<uuid:claim_id>")
@requires(Scope.READ)
@blp.response(200, ClaimOut)
@blp.tagged
def get_claim(claim_id: UUID) -> dict[str, Any]:
    """Get a claim with its reports, resolution and independent roots"""
    return claims.get_claim(runtime().db, claim_id, now=dt.datetime.now(dt.UTC))


@blp.route("/<uuid:claim_id>", methods=["PATCH"])
@requires(Scope.CLAIMS_WRITE)
@blp.arguments(ClaimPatch)
@blp.response(200, ClaimOut)
@may_fail(409)
@blp.changes
@blp.tagged
def change_claim(body: dict[str, Any], claim_id: UUID, seen: frozenset[str] | None) -> dict[str, Any]:
    """Change what a claim says"""
    at, now = runtime(), dt.datetime.now(dt.UTC)
    return claims.change_claim(at.db, at.cache, claim_id, changes=body, seen=seen, caller=caller(), now=now)


@blp.route("/<uuid:claim_id>/reports", methods=["POST"])
@requires(Scope.CLAIMS_WRITE)
@once()
@blp.arguments(ReportIn)
@blp.response(201, ReportOut)
@blp.alt_response(200, schema=ReportOut, description="On record already", success=True)
def add_report(body: Any, claim_id: UUID) -> Any:
    """File a report on a claim"""
    at, now = runtime(), dt.datetime.now(dt.UTC)
    report, created = reports.add_report(at.db, at.cache, claim_id, report=body, caller=caller(), now=now)
    return report, 201 if created else 200


@blp.route("/<uuid:claim_id>/reports")
@requires(Scope.READ)
@blp.arguments(PageQuery, location="query")
@blp.response(200, ReportPage)
def list_claim_reports(query: dict[str, Any], claim_id: UUID) -> Any:
    """List the reports on a claim, in the order they were published"""
    return page_of(query, partial(reports.list_claim_reports, runtime().db, claim_id))
