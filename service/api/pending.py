"""/v1/pending: submissions from the public forms"""

from __future__ import annotations

from functools import partial
from uuid import UUID

from service.claims import decide, pending
from service.claims.submission_views import PendingView
from service.schemas.pending import AcceptanceIn, PendingOut, PendingPage, PendingQuery, RefusalIn
from service.storage.paging import PageRequest
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.blueprint import Blueprint
from service.web.calls import idempotent
from service.web.documentation import may_fail
from service.web.responses import PageResponse, forbid_caching, page_of
from service.web.runtime import caller, runtime

blp = Blueprint("pending", __name__, url_prefix="/v1", description="Disputes and replies from the public forms.")
blp.after_request(forbid_caching)  # submissions may contain email addresses


@blp.route("/pending")
@requires(Scope.RESOLUTIONS_WRITE, Scope.OUTLETS_WRITE)
@blp.arguments(PendingQuery, location="query")
@blp.response(200, PendingPage)
def list_pending(query: PageRequest) -> PageResponse[PendingView]:
    """List submissions from the public forms

    Returns the disputes and replies that were sent without a key and wait for an editor's decision, the oldest first.
    With `status`, returns those that were accepted or refused. Submissions are not part of the record. A key with
    `resolutions:write` receives disputes, and a key with `outlets:write` receives replies.
    """
    return page_of(query, partial(pending.list_pending, runtime().db, caller=caller()))


@blp.route("/pending/<uuid:pending_id>/accept", methods=["POST"])
@requires(Scope.RESOLUTIONS_WRITE, Scope.OUTLETS_WRITE)
@idempotent()
@blp.arguments(AcceptanceIn)
@blp.response(201, PendingOut)
@may_fail(409)
def accept_pending(body: dict[str, str | None], pending_id: UUID) -> PendingView:
    """Accept a submission

    Publishes the submission as a dispute (`resolutions:write`) or as a reply (`outlets:write`), with `via` set to
    `public form`. A reply requires `verified`, a description of your check that the outlet sent it.

    A submission that was already accepted or refused causes a 409 (`already-decided`). If the disputed resolution is no
    longer in effect, or the outlet no longer has a report on the claim, the response is 409 (`submission-outdated`),
    and the submission stays pending.
    """
    at, now = runtime(), utc_now()
    return decide.accept_pending(at.db, at.cache, pending_id, **body, caller=caller(), now=now)


@blp.route("/pending/<uuid:pending_id>/refuse", methods=["POST"])
@requires(Scope.RESOLUTIONS_WRITE, Scope.OUTLETS_WRITE)
@idempotent()
@blp.arguments(RefusalIn)
@blp.response(201, PendingOut)
@may_fail(409)
def refuse_pending(body: dict[str, str], pending_id: UUID) -> PendingView:
    """Refuse a submission

    Nothing is published. The sender can read the reason on the page of the submission, which is deleted after 90 days.

    A key that resolved the claim, or filed it or a report on it, also needs the scope `resolutions:own` to refuse a
    dispute, otherwise the response is 403 (`own-dispute`). A submission that was already accepted or refused causes a
    409 (`already-decided`).
    """
    return decide.refuse_pending(runtime().db, pending_id, **body, caller=caller(), now=utc_now())
