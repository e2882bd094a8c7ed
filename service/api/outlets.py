"""/v1/outlets"""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

from service import outlets, reports
from service.auth import caller, requires
from service.once import once
from service.schemas.fields import PageQuery
from service.schemas.outlets import OutletIn, OutletOut, OutletPage, OutletPatch, OutletQuery
from service.schemas.reports import ReportPage
from service.vocabulary import Scope
from service.web import Blueprint, page_of, runtime

blp = Blueprint("outlets", __name__, url_prefix="/v1/outlets", description="Who publishes")


@blp.route("", methods=["POST"])
@requires(Scope.OUTLETS_WRITE)
@once()
@blp.arguments(OutletIn)
@blp.response(201, OutletOut)
@blp.fails(409)
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
@blp.tagged
def get_outlet(outlet: str) -> dict[str, Any]:
    """Get an outlet by slug or id"""
    return outlets.get_outlet(runtime().db, outlet)


@blp.route("/<unreserved:outlet>", methods=["PATCH"])
@requires(Scope.OUTLETS_WRITE)
@blp.arguments(OutletPatch)
@blp.response(200, OutletOut)
@blp.fails(409)
@blp.changes
@blp.tagged
def change_outlet(body: dict[str, Any], outlet: str, tags: frozenset[str] | None) -> dict[str, Any]:
    """Change what is on record of an outlet"""
    at, now = runtime(), dt.datetime.now(dt.UTC)
    return outlets.change_outlet(at.db, at.cache, outlet, changes=body, tags=tags, caller=caller(), now=now)


@blp.route("/<outlet>/reports")
@requires(Scope.READ)
@blp.arguments(PageQuery, location="query")
@blp.response(200, ReportPage)
def list_outlet_reports(query: dict[str, Any], outlet: str) -> Any:
    """List the reports of an outlet, the newest first"""
    return page_of(query, partial(reports.list_outlet_reports, runtime().db, outlet))
