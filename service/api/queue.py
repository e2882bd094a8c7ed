"""/v1/queue"""

from __future__ import annotations

from functools import partial

from service.claims import queue
from service.claims.queue import QueuedClaim
from service.schemas.queue import Queue, QueueQuery
from service.storage.paging import PageRequest
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.blueprint import Blueprint
from service.web.responses import PageResponse, page_of
from service.web.runtime import runtime

blp = Blueprint("queue", __name__, url_prefix="/v1/queue", description="Claims that are due for a resolution.")


@blp.route("")
@requires(Scope.READ)
@blp.arguments(QueueQuery, location="query")
@blp.response(200, Queue)
def list_due_claims(query: PageRequest) -> PageResponse[QueuedClaim]:
    """List the claims that are due

    Returns the events without a verdict whose `resolves_by` has passed. The longest overdue claim comes first. Claims
    due at the same time are sorted by their number of reports, the largest first.
    """
    return page_of(query, partial(queue.list_due_claims, runtime().db, now=utc_now()))
