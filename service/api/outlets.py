"""/v1/outlets"""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

from service import merging, outlets, reports
from service.answers import page_of
from service.auth import caller, requires
from service.once import once
from service.runtime import runtime
from service.schemas.fields import PageQuery
from service.schemas.outlets import MergeIn, MergeOut, OutletIn, OutletOut, OutletPage, OutletPatch, OutletQuery
from service.schemas.reports import ReportPage
from service.vocabulary import Scope
from service.web import Blueprint, may_fail

blp = Blueprint("outlets", __name__, url_prefix="/v1/outlets", description="Who publishes")


@blp.route("", methods=["POST"])
@requires(Scope.OUTLETS_WRITE)
@once()
@blp.arguments(OutletIn)
@blp.response(201, OutletOut)
@may_fail(409)
@blp.tagged
def record_outlet(body: Any) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Record an outlet"""
    outlet = outlets.record_outlet(runtime().db, outlet=body, now=dt.datetime.now(dt.UTC))
    return outlet, 201, {"Location": f"/v1/outlets/{outlet['slug']}"}


@blp.route("")
@requires(Scope.READ)
@blp.arguments(OutletQuery, location="query")
@blp.response(200, OutletPage)
def list_outlets(query: dict[str, Any]) -> Any:
    """List outlets by slug"""
    return page_of(query, partial(outlets.list_outlets, runtime().db))


@blp.route("/<unreserved:outlet>")
@requires(Scope.READ)
@blp.response(200, OutletOut)
@blp.follows
@blp.tagged
def get_outlet(outlet: str) -> dict[str, Any]:
    """Get an outlet by slug or id"""
    return outlets.get_outlet(runtime().db, outlet)


@blp.route("/<unreserved:outlet>", methods=["PATCH"])
@requires(Scope.OUTLETS_WRITE)
@blp.arguments(OutletPatch)
@blp.response(200, OutletOut)
@may_fail(409)
@blp.changes
@blp.tagged
def change_outlet(body: dict[str, Any], outlet: str, seen: frozenset[str] | None) -> dict[str, Any]:
    """Change what is on record of an outlet"""
    at, now = runtime(), dt.datetime.now(dt.UTC)
    return outlets.change_outlet(at.db, at.cache, outlet, changes=body, seen=seen, caller=caller(), now=now)


@blp.route("/<outlet>/merge", methods=["POST"])
@requires(Scope.OUTLETS_WRITE)
@once()
@blp.arguments(MergeIn)
@blp.response(201, MergeOut)
@blp.alt_response(200, schema=MergeOut, description="It is merged into that one already", success=True)
@may_fail(409)
@blp.tagged
def merge_outlet(body: dict[str, Any], outlet: str) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Merge an outlet into another one, because both prove to be the same

    What is asked of it is from then on answered with a redirect, and a change of it is refused. Its reports count in
    the record of the other one, where a claim that both have reported counts once, and none is a relay of the other.
    """
    at, now = runtime(), dt.datetime.now(dt.UTC)
    merge, is_new = merging.merge_outlet(at.db, at.cache, outlet, **body, caller=caller(), now=now)
    return merge, 201 if is_new else 200, {"Location": f"/v1/outlets/{merge['outlet']}/merge"}


@blp.route("/<outlet>/merge")
@requires(Scope.READ)
@blp.response(200, MergeOut)
@blp.tagged
def get_merge(outlet: str) -> dict[str, Any]:
    """Get which outlet an outlet was merged into"""
    return merging.get_merge(runtime().db, outlet)


@blp.route("/<outlet>/merge", methods=["DELETE"])
@requires(Scope.OUTLETS_WRITE)
@blp.response(204)
@may_fail(409)
@blp.changes
def undo_merge(outlet: str, seen: frozenset[str] | None) -> None:
    """Undo a merge: the outlet has its own record again"""
    at, now = runtime(), dt.datetime.now(dt.UTC)
    merging.undo_merge(at.db, at.cache, outlet, seen=seen, caller=caller(), now=now)


@blp.route("/<outlet>/reports")
@requires(Scope.READ)
@blp.arguments(PageQuery, location="query")
@blp.response(200, ReportPage)
@blp.follows
def list_outlet_reports(query: dict[str, Any], outlet: str) -> Any:
    """List the reports of an outlet, the newest first"""
    return page_of(query, partial(reports.list_outlet_reports, runtime().db, outlet))
