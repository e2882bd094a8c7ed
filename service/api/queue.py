"""/v1/queue"""

from __future__ import annotations

import datetime as dt
from functools import partial

from service import browse
from service.answers import PageResponse, page_of
from service.auth import requires
from service.browse import QueuedClaim
from service.paging import PageRequest
from service.runtime import runtime
from service.schemas.claims import Queue
from service.schemas.fields import PageQuery
from service.vocabulary import Scope
from service.web import Blueprint

blp = Blueprint("queue", __name__, url_prefix="/v1/queue", description="Claims that are due for a resolution.")


@blp.route("")
@requires(Scope.READ)
@blp.arguments(PageQuery, location="query")
@blp.response(200, Queue)
def list_due_claims(query: PageRequest) -> PageResponse[QueuedClaim]:
    """List the claims that are due

    Returns the events whose `resolves_by` has passed and that have no verdict. The longest overdue claim comes first,
    and of those due at the same time the one with the most reports.
    """
    return page_of(query, partial(browse.list_due_claims, runtime().db, now=dt.datetime.now(dt.UTC)))
