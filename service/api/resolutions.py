"""/v1/claims/{claim_id}/resolutions"""

from __future__ import annotations

from functools import partial
from uuid import UUID

from service.claims import resolutions, resolve
from service.claims.resolve import NewResolution
from service.claims.views import ResolutionView
from service.schemas.fields import PageQuery
from service.schemas.resolutions import RecordedResolutionOut, ResolutionIn, ResolutionPage
from service.storage.paging import PageRequest
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.blueprint import Blueprint
from service.web.calls import idempotent
from service.web.documentation import may_fail
from service.web.responses import PageResponse, page_of
from service.web.runtime import caller, runtime

blp = Blueprint(
    "resolutions", __name__, url_prefix="/v1/claims/<uuid:claim_id>", description="The established truth of claims."
)


@blp.route("/resolutions", methods=["POST"])
@requires(Scope.RESOLUTIONS_WRITE)
@idempotent()
@blp.arguments(ResolutionIn)
@blp.response(201, RecordedResolutionOut)
@may_fail(404, 409)
def resolve_claim(body: NewResolution, claim_id: UUID) -> ResolutionView:
    """Resolve a claim

    Records the verdict on a claim, with evidence, or corrects or withdraws an earlier one. Nothing is overwritten: the
    newest resolution is in effect, and the scores change at once.

    To correct a resolution, send a new one that names the newest resolution as `supersedes`; to withdraw it, also send
    `"verdict": null`. Without `supersedes` a resolved claim causes a 409 (`already-resolved`). An opinion causes a 409
    (`opinion-unresolved`), and a second true claim in a group causes a 409 (`group-resolved`).

    If `known_at` is earlier than every report, no report counts, and the response has a warning in `warnings`.

    A key that filed the claim or a report on it also needs the scope `resolutions:own`, else the response is 403
    (`own-claim`).
    """
    at, now = runtime(), utc_now()
    return resolve.resolve_claim(at.db, at.cache, claim_id, resolution=body, caller=caller(), now=now)


@blp.route("/resolutions")
@requires(Scope.READ)
@blp.arguments(PageQuery, location="query")
@blp.response(200, ResolutionPage)
@blp.follows
@may_fail(404)
def list_resolutions(query: PageRequest, claim_id: UUID) -> PageResponse[ResolutionView]:
    """List a claim's resolutions

    Returns all resolutions of a claim, including superseded ones, the oldest first.
    """
    return page_of(query, partial(resolutions.list_resolutions, runtime().db, claim_id))
