"""/v1/audit, /v1/trail, /v1/ledger and /v1/redactions"""

from __future__ import annotations

from functools import partial

from service.claims import redact
from service.claims.redact import RedactionRequest, RedactionView
from service.ledger import audit
from service.ledger.audit import EntryView, SealView, TrailEntryView
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
from service.storage.paging import PageRequest
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.blueprint import Blueprint
from service.web.calls import idempotent
from service.web.responses import PageResponse, page_of
from service.web.runtime import caller, runtime

blp = Blueprint("audit", __name__, url_prefix="/v1", description="The history of all writes, with its hash chain.")


@blp.route("/audit")
@requires(Scope.ADMIN)
@blp.arguments(AuditQuery, location="query")
@blp.response(200, EntryPage)
def list_entries(query: PageRequest) -> PageResponse[EntryView]:
    """List all writes

    Returns every write to the database, with its author and the row before and after it. The most recent write comes
    first.
    """
    return page_of(query, partial(audit.page_entries, runtime().db))


@blp.route("/trail")
@requires(Scope.READ)
@blp.arguments(TrailQuery, location="query")
@blp.response(200, TrailPage)
def list_trail(query: PageRequest) -> PageResponse[TrailEntryView]:
    """List the writes to the public record

    Returns the writes to claims and their merges, reports, resolutions, disputes, replies and redactions, the most
    recent first, without their authors.
    """
    return page_of(query, partial(audit.page_trail, runtime().db))


@blp.route("/ledger")
@requires(Scope.READ)
@blp.arguments(PageQuery, location="query")
@blp.response(200, SealPage)
def list_seals(query: PageRequest) -> PageResponse[SealView]:
    """List the seals of the ledger

    Returns the hash chain over all writes, the most recent seal first. `borneout verify` compares the database with it.
    """
    return page_of(query, partial(audit.page_seals, runtime().db))


@blp.route("/redactions", methods=["POST"])
@requires(Scope.ADMIN)
@idempotent()
@blp.arguments(RedactionIn)
@blp.response(201, RedactionOut)
def redact_members(body: RedactionRequest) -> RedactionView:
    """Remove content for legal reasons

    Permanently removes the content of members of a claim, report, resolution, dispute or reply, including its earlier
    versions. The names of the members and the reason are public.

    An unknown id, or a member that the object does not have, causes a 422 (`invalid-body`).
    """
    at, now = runtime(), utc_now()
    return redact.redact_members(at.db, at.cache, **body, caller=caller(), now=now)
