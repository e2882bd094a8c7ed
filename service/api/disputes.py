"""/v1/disputes and /v1/claims/{claim_id}/disputes"""

from __future__ import annotations

from functools import partial
from uuid import UUID

from service.claims import dispute as disputes
from service.claims import dispute_lists
from service.claims.dispute import NewDispute
from service.claims.views import DisputeView, ListedDispute
from service.schemas.disputes import ClosureIn, DisputeIn, DisputeOut, DisputePage, DisputeQuery
from service.schemas.fields import PageQuery
from service.storage.paging import PageRequest
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.blueprint import Blueprint
from service.web.calls import idempotent
from service.web.documentation import may_fail
from service.web.responses import PageResponse, page_of
from service.web.runtime import caller, runtime

blp = Blueprint("disputes", __name__, url_prefix="/v1", description="Statements that a resolution is wrong.")


@blp.route("/claims/<uuid:claim_id>/disputes", methods=["POST"])
@requires(Scope.CLAIMS_WRITE)
@idempotent()
@blp.arguments(DisputeIn)
@blp.response(201, DisputeOut)
@blp.alt_response(
    200, schema=DisputeOut, description="The dispute was already recorded: the existing dispute.", success=True
)
@may_fail(409)
def dispute_resolution(body: NewDispute, claim_id: UUID) -> tuple[DisputeView, int]:
    """Dispute the resolution of a claim

    Publishes the statement that the resolution in effect is wrong. The verdict and the scores stay the same, and are
    marked as disputed until the dispute is closed or a new resolution is recorded.

    Sending the same dispute again returns the existing one (200). A claim without a resolution causes a 409
    (`nothing-to-dispute`), and so does a second open dispute by the same key (`already-disputed`).
    """
    at, now = runtime(), utc_now()
    dispute, created = disputes.dispute_resolution(at.db, at.cache, claim_id, **body, caller=caller(), now=now)
    return dispute, 201 if created else 200


@blp.route("/claims/<uuid:claim_id>/disputes")
@requires(Scope.READ)
@blp.arguments(PageQuery, location="query")
@blp.response(200, DisputePage)
@blp.follows
def list_claim_disputes(query: PageRequest, claim_id: UUID) -> PageResponse[DisputeView]:
    """List a claim's disputes

    Returns the disputes of all resolutions of a claim, the oldest first.
    """
    return page_of(query, partial(dispute_lists.list_claim_disputes, runtime().db, claim_id))


@blp.route("/disputes")
@requires(Scope.READ)
@blp.arguments(DisputeQuery, location="query")
@blp.response(200, DisputePage)
def list_disputes(query: PageRequest) -> PageResponse[ListedDispute]:
    """List disputes

    Returns the disputes of all claims, the oldest first.
    """
    return page_of(query, partial(dispute_lists.list_disputes, runtime().db))


@blp.route("/disputes/<uuid:dispute_id>/closure", methods=["POST"])
@requires(Scope.RESOLUTIONS_WRITE)
@idempotent()
@blp.arguments(ClosureIn)
@blp.response(201, DisputeOut)
@may_fail(409)
def close_dispute(body: dict[str, str], dispute_id: UUID) -> DisputeView:
    """Close a dispute

    Keeps the resolution and publishes the reason. To change the verdict instead, record a new resolution, which also
    closes the dispute.

    A key that filed the claim, a report on it, its resolution or the dispute also needs the scope `resolutions:own`,
    otherwise the response is 403 (`own-dispute`). A dispute that is already closed causes a 409 (`dispute-closed`).
    """
    at, now = runtime(), utc_now()
    return disputes.close_dispute(at.db, at.cache, dispute_id, **body, caller=caller(), now=now)
