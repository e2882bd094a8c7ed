"""/v1/outlets/lookup"""

from __future__ import annotations

import datetime as dt
from typing import Any

from service import lookup
from service.auth import requires
from service.runtime import runtime
from service.schemas.lookup import LookupIn, LookupList, LookupOut, LookupQuery
from service.vocabulary import Scope
from service.web import Blueprint, may_fail

blp = Blueprint("lookup", __name__, url_prefix="/v1/outlets/lookup", description="Whose page it is")


@blp.route("")
@requires(Scope.READ)
@blp.arguments(LookupQuery, location="query")
@blp.response(200, LookupOut)
@may_fail(404)
def lookup_outlet(query: dict[str, Any]) -> lookup.Found:
    """Find the outlet behind a URL or a host"""
    return lookup.lookup_outlet(runtime().db, **query)


@blp.route("", methods=["POST"])
@requires(Scope.READ)
@blp.arguments(LookupIn)
@blp.response(200, LookupList)
def lookup_outlets(body: dict[str, Any]) -> dict[str, Any]:
    """Find the outlets behind many URLs or hosts, and their scores"""
    at, now = runtime(), dt.datetime.now(dt.UTC)
    return {"items": lookup.lookup_outlets(at.db, at.cache, **body, now=now)}
