"""/v1/audit, /v1/trail, /v1/ledger and /v1/redactions"""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

from service import audit, redactions
from service.answers import page_of
from service.auth import caller, requires
from service.once import once
from service.runtime import runtime
from service.schemas.audit import (
    AuditQuery,
    EntryPage,
    RedactionIn,
    RedactionOut,
    SealPage,
    TrailPage,
    TrailQuery,
)
from service.schemas.fields import PageQuery
from service.vocabulary import Scope
from service.web import Blueprint

blp = Blueprint("audit", __name__, url_prefix="/v1", description="Who wrote what, and how it can be proved")


@blp.route("/audit")
@requires(Scope.ADMIN)
@blp.arguments(AuditQuery, location="query")
@blp.response(200, EntryPage)
def list_entries(query: dict[str, Any]) -> Any:
    """List every write with who did it and what was there before, the newest first"""
    return page_of(query, partial(audit.page_entries, runtime().db))


@blp.route("/trail")
@requires(Scope.READ)
@blp.arguments(TrailQuery, location="query")
@blp.response(200, TrailPage)
def list_trail(query: dict[str, Any]) -> Any:
    """List the writes that the public record was made by, the newest first"""
    return page_of(query, partial(audit.page_trail, runtime().db))


@blp.route("/ledger")
@requires(Scope.READ)
@blp.arguments(PageQuery, location="query")
@blp.response(200, SealPage)
def list_seals(query: dict[str, Any]) -> Any:
    """List the seals of the chain that all writes are in, the newest first"""
    return page_of(query, partial(audit.page_seals, runtime().db))


@blp.route("/redactions", methods=["POST"])
@requires(Scope.ADMIN)
@once()
@blp.arguments(RedactionIn)
@blp.response(201, RedactionOut)
def redact_members(body: dict[str, Any]) -> Any:
    """Take out of the record what the law demands, and say why"""
    at, now = runtime(), dt.datetime.now(dt.UTC)
    return redactions.redact_members(at.db, at.cache, **body, caller=caller(), now=now)
